package main

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

// TestMain makes the test binary the program, if CAP_TEST_NODE is set.
func TestMain(m *testing.M) {
	if os.Getenv("CAP_TEST_NODE") != "" {
		main()
	}
	os.Exit(m.Run())
}

// five is a cluster of five real node processes.
type five struct {
	t     *testing.T
	mode  string
	token string
	block *loopback.Block
	data  string
	procs [5]*exec.Cmd
	out   [5]*buffer
}

// buffer holds what a process prints. It can be read while the process runs.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func start(t *testing.T, mode, token string) *five {
	f := &five{t: t, mode: mode, token: token, block: loopback.Test(t, 5), data: t.TempDir()}
	t.Cleanup(func() {
		for i := range f.procs {
			f.kill(i + 1)
		}
		if t.Failed() {
			for i, out := range f.out {
				t.Logf("node %d:\n%s", i+1, out)
			}
		}
	})
	for i := range f.procs {
		f.start(i + 1)
	}
	for i := range f.procs {
		f.ready(i + 1)
	}
	return f
}

func (f *five) start(i int) {
	f.t.Helper()
	cmd := exec.Command(os.Args[0], fmt.Sprint(i), "--peers", strings.Join(f.block.Addrs, ","), "--data", filepath.Join(f.data, fmt.Sprint(i)))
	cmd.Env = append(os.Environ(), "CAP_TEST_NODE=1", "MODE="+f.mode, "CAP_TOKEN="+f.token)
	if f.out[i-1] == nil {
		f.out[i-1] = &buffer{}
	}
	cmd.Stdout, cmd.Stderr = f.out[i-1], f.out[i-1]
	if err := cmd.Start(); err != nil {
		f.t.Fatal(err)
	}
	f.procs[i-1] = cmd
}

// kill ends a node with SIGKILL.
func (f *five) kill(i int) {
	if cmd := f.procs[i-1]; cmd != nil {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		f.procs[i-1] = nil
	}
}

func (f *five) ready(i int) {
	f.t.Helper()
	f.until(fmt.Sprintf("node %d is ready", i), func() bool {
		status, _ := f.call(i, "GET", "/healthz", "")
		return status == 200
	})
}

func (f *five) until(what string, done func() bool) {
	f.t.Helper()
	for end := time.Now().Add(2 * time.Minute); !done(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			f.t.Fatalf("this did not happen: %s", what)
		}
	}
}

// answer has the fields of a node's answer that the tests look at.
type answer struct {
	Val     string
	Node    int
	Version string
	Outcome string
	Keys    []struct {
		Key, Val string
		Locked   string `json:"locked_by"`
	}
}

func (f *five) call(i int, method, path, body string) (int, answer) {
	req, err := http.NewRequest(method, "http://"+f.block.Addrs[i-1]+path, strings.NewReader(body))
	if err != nil {
		f.t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if f.token != "" {
		req.Header.Set("Authorization", "Bearer "+f.token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, answer{}
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, answer{}
	}
	var a answer
	if err := json.Unmarshal(data, &a); err != nil {
		f.t.Errorf("%s %s: %v in %s", method, path, err, data)
	}
	if want := f.block.Addrs[i-1][strings.LastIndex(f.block.Addrs[i-1], ":")+1:]; resp.Header.Get("X-Sys-Id") != want {
		f.t.Errorf("%s %s: X-Sys-Id %q, want %q", method, path, resp.Header.Get("X-Sys-Id"), want)
	}
	return resp.StatusCode, a
}

// write repeats a write until it succeeds: a node that has just started may not
// have its streams to the others yet.
func (f *five) write(i int, key, val string) {
	f.t.Helper()
	f.until("write "+key+" at "+fmt.Sprint(i), func() bool {
		status, _ := f.call(i, "POST", "/database/"+key+"/"+val, "")
		return status == 201
	})
}

func TestFiveProcesses(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"AC", "AP", "CP"} {
		t.Run(mode, func(t *testing.T) {
			f := start(t, mode, "")
			f.write(1, "city", "London")
			for i := 1; i <= 5; i++ {
				f.until(fmt.Sprintf("an answer of node %d", i), func() bool {
					status, a := f.call(i, "GET", "/database/city", "")
					if status == 200 && (a.Val != "London" || a.Node != i) {
						t.Fatalf("node %d: %+v", i, a)
					}
					return status == 200
				})
				if status, _ := f.call(i, "GET", "/database/constructor", ""); status != 404 {
					t.Errorf("node %d has a constructor: %d", i, status)
				}
			}
			// Each message is a line on the screen of a node.
			f.until("a line about the write", func() bool { return strings.Contains(f.out[0].String(), "city=London") })

			f.kill(3)
			f.start(3)
			f.ready(3)
			f.until("an answer of the restarted node", func() bool {
				status, a := f.call(3, "GET", "/database/city", "")
				if status == 200 && a.Val != "London" {
					t.Fatalf("restarted: %+v", a)
				}
				return status == 200
			})
			f.write(3, "city", "Paris")
			f.until("every node has Paris", func() bool {
				for i := 1; i <= 5; i++ {
					if _, a := f.call(i, "GET", "/database/city", ""); a.Val != "Paris" {
						return false
					}
				}
				return true
			})

			// Kill all nodes at once, as in a power cut.
			for i := 1; i <= 5; i++ {
				f.kill(i)
			}
			for i := 1; i <= 5; i++ {
				f.start(i)
			}
			for i := 1; i <= 5; i++ {
				f.ready(i)
			}
			f.until("Paris survived", func() bool {
				status, a := f.call(5, "GET", "/database/city", "")
				return status == 200 && a.Val == "Paris"
			})
		})
	}
}

func TestByHand(t *testing.T) {
	t.Parallel()
	f := start(t, "CA", "")
	if status, _ := f.call(2, "POST", "/2pc/propose", `{"id":"7","key":"city","val":"Rome"}`); status != 200 {
		t.Fatalf("propose: %d", status)
	}
	if status, a := f.call(1, "POST", "/database/city/London", ""); status != 409 || a.Outcome != "aborted" {
		t.Errorf("a write of a locked key: %d %+v", status, a)
	}
	f.kill(2)
	f.start(2)
	f.ready(2)
	if _, a := f.call(2, "GET", "/admin/dump", ""); len(a.Keys) != 1 || a.Keys[0].Locked != "7" {
		t.Errorf("the lock did not survive: %+v", a)
	}
	if status, _ := f.call(2, "POST", "/2pc/commit/7", ""); status != 200 {
		t.Errorf("commit: %d", status)
	}
	if status, a := f.call(2, "GET", "/database/city", ""); status != 200 || a.Val != "Rome" {
		t.Errorf("after the commit: %d %+v", status, a)
	}
	if status, _ := f.call(2, "POST", "/2pc/commit/8", ""); status != 404 {
		t.Errorf("commit of an unknown id: %d", status)
	}
}

// TestToken gives the nodes a token. Nodes that other machines can reach need one.
func TestToken(t *testing.T) {
	t.Parallel()
	f := start(t, "CP", "s3cret")
	f.write(4, "city", "Oslo") // the nodes send the token to each other, too
	f.token = "other"
	for _, path := range []string{"/database/city", "/admin/state", "/healthz", "/peer"} {
		if status, _ := f.call(4, "GET", path, ""); status != 401 {
			t.Errorf("%s with a wrong token: %d", path, status)
		}
	}
}
