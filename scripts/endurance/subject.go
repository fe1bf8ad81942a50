package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"capplayground/cluster"
	"capplayground/cluster/loopback"
	"capplayground/cluster/modes"
)

// size is how many nodes there are.
const size = 5

// subject is the playground under test, a process of its own.
type subject struct {
	cmd    *exec.Cmd
	ended  chan struct{} // closed when it was reaped
	block  *loopback.Block
	dir    string // holds the binary and data
	data   string
	binary string
	api    string   // http://host:port
	nodes  []string // http://host:port of each
	http   *http.Client
	log    tail
}

// start builds the program unless there is one, and returns when it serves.
func start(ctx context.Context, o options) (*subject, error) {
	dir, err := os.MkdirTemp("", "soak-")
	if err != nil {
		return nil, err
	}
	p := &subject{dir: dir, data: filepath.Join(dir, "data"), ended: make(chan struct{}),
		http: &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}}
	if err := p.start(ctx, o); err != nil {
		p.remove()
		return nil, err
	}
	return p, nil
}

func (p *subject) start(ctx context.Context, o options) (err error) {
	// A file of our own tells our processes from those of anybody else.
	if p.dir, err = filepath.EvalSymlinks(p.dir); err != nil {
		return err
	}
	p.binary = filepath.Join(p.dir, "playground")
	if o.binary != "" {
		if err := clone(o.binary, p.binary); err != nil {
			return err
		}
	} else if out, err := exec.CommandContext(ctx, "go", "build", "-o", p.binary, "capplayground/cmd/playground").CombinedOutput(); err != nil {
		return fmt.Errorf("build: %w: %s", err, out)
	}
	if p.block, err = loopback.Reserve(size); err != nil {
		return err
	}
	p.api = "http://" + p.block.Playground
	for _, addr := range p.block.Addrs {
		p.nodes = append(p.nodes, "http://"+addr)
	}
	args := []string{"--listen", p.block.Playground, "--peers", strings.Join(p.block.Addrs, ","), "--data-dir", p.data}
	if o.bug != "" {
		args = append(args, "--bug", o.bug)
	}
	p.cmd = exec.Command(p.binary, args...)
	p.cmd.SysProcAttr = attributes()
	p.cmd.Stderr = &p.log
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := p.cmd.Start(); err != nil {
		return err
	}
	said := bufio.NewScanner(out).Scan()
	go func() {
		_, _ = io.Copy(io.Discard, out)
		_ = p.cmd.Wait()
		close(p.ended)
	}()
	if !said {
		<-p.ended
		return fmt.Errorf("the playground did not start: %s", p.log.String())
	}
	return nil
}

// clone copies a program.
func clone(from, to string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, text, 0o700)
}

// stop ends the playground as Ctrl-C does, and says how long that took.
func (p *subject) stop() (time.Duration, error) {
	began := time.Now()
	_ = p.cmd.Process.Signal(os.Interrupt)
	select {
	case <-p.ended:
		if code := p.cmd.ProcessState.ExitCode(); code != 0 {
			return time.Since(began), fmt.Errorf("the playground ended with %v", p.cmd.ProcessState)
		}
		return time.Since(began), nil
	case <-time.After(20 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.ended
		return time.Since(began), errors.New("the playground did not end")
	}
}

// remove gives back what start took. The process has ended.
func (p *subject) remove() {
	if p.cmd != nil && p.cmd.Process != nil {
		_ = p.cmd.Process.Kill()
		<-p.ended
	}
	if p.block != nil {
		_ = p.block.Close()
	}
	p.http.CloseIdleConnections()
	_ = os.RemoveAll(p.dir)
}

// control calls the playground. Status 0 means that no answer came.
func (p *subject) control(method, path, body string) (status int, answer string) {
	req, err := http.NewRequest(method, p.api+path, strings.NewReader(body))
	if err != nil {
		return 0, err.Error()
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	// Changing the mode may wait for nodes that come up slowly.
	caller := http.Client{Timeout: 30 * time.Second, Transport: p.http.Transport}
	resp, err := caller.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err.Error()
	}
	return resp.StatusCode, string(text)
}

// get decodes the JSON at url.
func (p *subject) get(url string, into any) error {
	resp, err := p.http.Get(url)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", url, resp.Status)
	}
	return json.NewDecoder(resp.Body).Decode(into)
}

// clusterNow is what we need of /api/cluster.
type clusterNow struct {
	Mode  cluster.Mode `json:"mode"`
	Nodes []struct {
		ID     cluster.NodeID `json:"id"`
		Status cluster.Status `json:"status"`
		Silent bool           `json:"silent"`
		PID    int            `json:"pid"`
	} `json:"nodes"`
	Process cluster.Vitals `json:"process"`
}

func (p *subject) cluster() (c clusterNow, err error) {
	err = p.get(p.api+"/api/cluster", &c)
	if err == nil && len(c.Nodes) != size {
		err = fmt.Errorf("%d nodes", len(c.Nodes))
	}
	return c, err
}

// allUp says that every node serves and answers.
func (p *subject) allUp() error {
	c, err := p.cluster()
	if err != nil {
		return err
	}
	for _, n := range c.Nodes {
		if n.Status != cluster.StatusUp || n.Silent {
			return fmt.Errorf("node %d is %s, silent %v", n.ID, n.Status, n.Silent)
		}
	}
	return nil
}

// settled says that no transaction is undecided, no lock and no hint held, and
// that the nodes that must hold a key at rest hold the same of it. Which nodes
// these are is told by the mode's descriptor.
func (p *subject) settled(mode cluster.Mode) error {
	held := map[string][size]string{}
	homes := map[string][]cluster.NodeID{}
	for i, url := range p.nodes {
		var s cluster.Snapshot
		if err := p.get(url+"/admin/state", &s); err != nil {
			return err
		}
		if len(s.Undecided) > 0 || len(s.Hints) > 0 {
			return fmt.Errorf("node %d: undecided %v, hints %v", i+1, s.Undecided, s.Hints)
		}
		for _, k := range s.Keys {
			if k.LockedBy != "" {
				return fmt.Errorf("node %d: %s is locked by %s", i+1, k.Key, k.LockedBy)
			}
			row := held[k.Key]
			row[i] = fmt.Sprint(k.Val, k.Version, k.Siblings)
			held[k.Key] = row
			switch copies := modes.Of(mode).Copies; {
			case copies == cluster.CopiesAll:
				homes[k.Key] = []cluster.NodeID{1, 2, 3, 4, 5}
			case copies == cluster.CopiesHomes && len(k.Homes) > 0:
				homes[k.Key] = k.Homes
			}
		}
	}
	for key, at := range homes {
		for _, node := range at[1:] {
			if row := held[key]; row[node-1] != row[at[0]-1] {
				return fmt.Errorf("%s: node %d holds %q, node %d %q", key, at[0], row[at[0]-1], node, row[node-1])
			}
		}
	}
	return nil
}

// dataBytes is what the databases take on disk.
func (p *subject) dataBytes() int64 {
	var sum int64
	_ = filepath.WalkDir(p.data, func(_ string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			if info, err := d.Info(); err == nil {
				sum += info.Size()
			}
		}
		return nil // what is deleted meanwhile takes nothing
	})
	return sum
}

// tail keeps the last that was written to it, a line at a time, but for what
// nodes say of streams that end, which here is all that they talk about.
type tail struct {
	mu   sync.Mutex
	text []byte
}

const tailBytes = 32 << 10

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if bytes.Contains(b, []byte("level=INFO")) {
		return len(b), nil
	}
	t.text = append(t.text, b...)
	if over := len(t.text) - tailBytes; over > 0 {
		t.text = slices.Delete(t.text, 0, over)
	}
	return len(b), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(bytes.TrimSpace(t.text))
}
