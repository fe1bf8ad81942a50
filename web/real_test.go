package web_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"capplayground/cluster/loopback"
)

// built is the program, built once for all tests that run it, in builtIn.
var (
	builtIn string
	built   = sync.OnceValues(func() (string, error) {
		dir, err := os.MkdirTemp("", "playground-test-")
		if err != nil {
			return "", err
		}
		builtIn = dir
		program := filepath.Join(dir, "playground.exe")
		out, err := exec.Command("go", "build", "-o", program, "capplayground/cmd/playground").CombinedOutput()
		if err != nil {
			return "", fmt.Errorf("go build: %w\n%s", err, out)
		}
		return program, nil
	})
)

// real is a playground as users start it: a process with five more below it.
type real struct {
	t    *testing.T
	url  string // of the page, without a slash at its end
	args []string
	addr []string // of the nodes
	cmd  *exec.Cmd
	said *locked
}

// locked is a buffer that a process writes and a test reads.
type locked struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *locked) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// launch starts a playground on addresses of its own and waits until its nodes
// are up. It is ended with the test.
func launch(t *testing.T, args ...string) *real {
	t.Helper()
	block := loopback.Test(t, 5)
	return launchOn(t, block.Playground, block.Addrs, args...)
}

// launchOn is launch on given addresses.
func launchOn(t *testing.T, playground string, nodes []string, args ...string) *real {
	t.Helper()
	r := &real{t: t, url: "http://" + playground, addr: nodes}
	r.args = append([]string{
		"--listen", playground, "--peers", strings.Join(nodes, ","),
		"--data-dir", filepath.Join(t.TempDir(), "data"), "--durability", "process",
	}, args...)
	r.start()
	t.Cleanup(func() {
		r.end()
		if t.Failed() {
			t.Logf("the playground said:\n%s", r.said)
		}
	})
	return r
}

func (r *real) start() {
	r.t.Helper()
	program, err := built()
	if err != nil {
		r.t.Fatal(err)
	}
	r.said = &locked{}
	r.cmd = exec.Command(program, r.args...)
	r.cmd.Stdout, r.cmd.Stderr = r.said, r.said
	if err := r.cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	deadline := time.Now().Add(patience)
	for r.up() < 5 {
		if time.Now().After(deadline) {
			r.t.Fatalf("only %d nodes came up", r.up())
		}
		time.Sleep(20 * time.Millisecond) // between looks: the condition decides
	}
}

// up is how many nodes the playground says are up.
func (r *real) up() int {
	resp, err := http.Get(r.url + "/api/cluster")
	if err != nil {
		return 0
	}
	defer func() { _ = resp.Body.Close() }()
	var cluster struct {
		Nodes []struct {
			Status string `json:"status"`
		} `json:"nodes"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&cluster); err != nil {
		return 0
	}
	n := 0
	for _, node := range cluster.Nodes {
		if node.Status == "up" {
			n++
		}
	}
	return n
}

// end ends the playground as Ctrl-C does, or as nobody wishes.
func (r *real) end() {
	if r.cmd == nil {
		return
	}
	_ = r.cmd.Process.Signal(os.Interrupt)
	force := time.AfterFunc(patience, func() { _ = r.cmd.Process.Kill() })
	defer force.Stop()
	_ = r.cmd.Wait()
	r.cmd = nil
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
}

// curl asks node i, as somebody with curl does, and returns the status.
func (r *real) curl(i int, method, path string) int {
	r.t.Helper()
	status, _ := r.call(method, "http://"+r.addr[i-1]+path, "")
	return status
}

// call sends one request, and returns status and body.
func (r *real) call(method, url, body string) (int, string) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatalf("%s %s: %v", method, url, err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatalf("%s %s: %v", method, url, err)
	}
	return resp.StatusCode, string(answer)
}
