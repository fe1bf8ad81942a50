package server

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"capplayground/cluster"
	"capplayground/cluster/link"
	"capplayground/cluster/loopback"
	"capplayground/server/collect"
)

// handNode is a node process that the playground did not start.
type handNode struct {
	cmd *exec.Cmd
	mu  sync.Mutex
	out bytes.Buffer // its standard error
}

func (h *handNode) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.out.Write(p)
}

func (h *handNode) said(text string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return strings.Contains(h.out.String(), text)
}

// byHand starts a node as a person does in a terminal.
func byHand(t *testing.T, args ...string) *handNode {
	t.Helper()
	h := &handNode{}
	h.cmd = exec.Command(os.Args[0], append([]string{"node"}, args...)...)
	h.cmd.Stderr = h
	h.cmd.Env = append(os.Environ(), "MODE=")
	if err := h.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = h.cmd.Process.Kill()
		_ = h.cmd.Wait()
		if t.Failed() {
			t.Logf("%v said:\n%s", args, h.out.String())
		}
	})
	return h
}

func (r *rig) is(node int, want cluster.Status) func() bool {
	return func() bool { return r.Cluster().Nodes[node-1].Status == want }
}

// A node that is started by hand takes the place of a killed node, on the disk of that
// node. It reads, writes and freezes as the killed node did, without signals. Kill, restart
// and reset are refused. Issue 4.
func TestNodeByHandTakesThePlaceOfAKilledOne(t *testing.T) {
	t.Parallel()
	r := newRig(t, "CP")
	r.MustWrite(1, "city", "Wien")
	r.settled()
	r.Do("POST", "/api/nodes/3/kill", "")
	url := "http://" + r.s.listener.addr()

	// In CP a node may not take its slot again without its disk.
	empty := byHand(t, "3", "--data", t.TempDir(), "--playground", url)
	r.Eventually("a node without its disk is refused, with the reason", func() bool { return empty.said("another database") })
	_ = empty.cmd.Process.Kill()
	_ = empty.cmd.Wait()

	h := byHand(t, "3", "--playground", url)
	r.Eventually("it is up", r.is(3, cluster.StatusUp))
	if n := r.Cluster().Nodes[2]; n.PID != h.cmd.Process.Pid {
		t.Errorf("it is %+v (want pid %d)", n, h.cmd.Process.Pid)
	}
	r.Eventually("it answers", func() bool { return !r.Cluster().Nodes[2].Silent })
	r.Eventually("it has what its disk kept", func() bool { val, _ := r.Holds(3, "city"); return val == "Wien" })
	r.Eventually("a write by it", func() bool { s, _ := r.Write(3, "city", "Graz"); return s == 201 })
	if !slices.ContainsFunc(r.settled(), func(e cluster.Event) bool { return e.Kind() == cluster.KindSent && e.Message().From == 3 }) {
		t.Error("its messages are not seen")
	}
	r.Do("POST", "/api/nodes/3/freeze", "")
	if n := r.Cluster().Nodes[2]; n.Status != cluster.StatusFrozen || n.Freeze != "self" {
		t.Errorf("frozen by itself: %+v", n)
	}
	r.MustWrite(1, "city", "Linz")
	r.Do("POST", "/api/nodes/3/unfreeze", "")
	for _, verb := range []string{"/api/nodes/3/kill", "/api/nodes/3/restart", "/api/reset"} {
		if s, body := r.Call("POST", r.URL+verb, ""); s != 409 {
			t.Errorf("%s: %d %s (want 409)", verb, s, body)
		}
	}
	second := byHand(t, "3", "--playground", url)
	r.Eventually("a second node finds that the address is in use", func() bool { return second.said("in use") })
	if err := h.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	r.Eventually("it is killed", r.is(3, cluster.StatusKilled))
	r.Do("POST", "/api/nodes/3/restart", "") // the launcher starts a node in its slot again
	if val, _ := r.Holds(3, "city"); val == "" {
		t.Error("the values that the node by hand kept are lost")
	}
	r.settled()
}

// All nodes are started by hand. The playground ends and starts again: the nodes
// run on without it, join it again, and send it their present state.
func TestNodesByHandSurviveRestartsOfThePlayground(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts real processes")
	}
	block := loopback.Test(t, 5)
	cfg := Config{Listen: block.Playground, Peers: block.Addrs, Mode: "CA", Attach: true}
	r := startRig(t, cfg)
	for node := 1; node <= 5; node++ {
		if !r.is(node, cluster.StatusKilled)() {
			t.Error("a node is up before one was started")
		}
	}
	url := "http://" + block.Playground
	var data [5]string
	var nodes []*handNode
	for node := 1; node <= 5; node++ {
		data[node-1] = t.TempDir()
		nodes = append(nodes, byHand(t, fmt.Sprint(node), "--data", data[node-1], "--durability", "process", "--playground", url, "--killable"))
	}
	allUp := func() bool {
		return !slices.ContainsFunc(r.Cluster().Nodes, func(n collect.Node) bool { return n.Status != cluster.StatusUp || n.Silent })
	}
	r.Eventually("five nodes joined", allUp)
	r.Eventually("a write", func() bool { s, _ := r.Write(1, "city", "Wien"); return s == 201 })
	r.settled()

	// The playground may kill such a node, even a frozen one, but cannot start it.
	r.Do("POST", "/api/nodes/4/freeze", "")
	r.Do("POST", "/api/nodes/4/kill", "")
	if !r.is(4, cluster.StatusKilled)() {
		t.Errorf("after the kill: %+v", r.Cluster().Nodes[3])
	}
	if err := nodes[3].cmd.Wait(); err == nil {
		t.Error("the killed process ended with status 0")
	}
	for _, verb := range []string{"4/restart", "5/restart", "5/wipe"} {
		if s, body := r.Call("POST", r.URL+"/api/nodes/"+verb, ""); s != 409 {
			t.Errorf("%s: %d %s (want 409)", verb, s, body)
		}
	}
	byHand(t, "4", "--data", data[3], "--durability", "process", "--playground", url, "--killable")
	r.Eventually("the killed node is back, and node 5 was not killed", allUp)

	// The playground ends in slow motion. A write is under way, one node is frozen,
	// and a link is cut. Five seconds after the end the nodes are back at full speed
	// and node 5 thaws. Most of the time for its vote must be left then.
	r.Do("PUT", "/api/pace", `{"pace":"slow","rate":0.02}`)
	r.Do("POST", "/api/nodes/5/freeze", "")
	r.Do("PUT", "/api/links/1/4", `{"cut":true,"delay_ms":0,"jitter_ms":0,"loss":0}`)
	done := r.Later(2, "city", "Graz") // node 5 does not vote until it thaws by itself
	r.Eventually("its messages are under way", func() bool { m, _ := r.Inflight(); return len(m) > 0 })
	r.Stop()
	if status := <-done; status != 201 { // on a busy machine node 5 votes too late
		t.Logf("the write during which the playground ended: %d; it is made again", status)
		r.MustWrite(2, "city", "Graz")
	}
	r.Eventually("the links heal by themselves", func() bool { s, _ := r.Write(1, "town", "Bern"); return s == 201 })

	r = startRig(t, cfg)
	r.Eventually("all five are back", allUp)
	r.Eventually("the values of all nodes are known again", func() bool {
		known := 0
		for _, e := range r.s.play.Collect.Key("city") {
			if cluster.BodyOf[cluster.KeyChanged](e).Val == "Graz" {
				known++
			}
		}
		return known == 5
	})
	for node := 1; node <= 5; node++ {
		if n := r.Cluster().Nodes[node-1]; n.Freeze != "" {
			t.Errorf("node %d: %+v", node, n)
		}
	}

	// Virtual time was late and goes on from there. That makes no timer fire.
	r.Do("PUT", "/api/pace", `{"pace":"slow","rate":0.1}`)
	began := time.Now()
	r.MustWrite(3, "city", "Rom")
	if took, least := time.Since(began), 2*10*cluster.SlowLatency*time.Millisecond*85/100; took < least {
		t.Errorf("it took %v (want %v at least)", took, least)
	}
	r.Do("PUT", "/api/pace", `{"pace":"live"}`)
	r.Eventually("nothing under way", func() bool { m, _ := r.Inflight(); return len(m) == 0 })
	if status, body := r.Call("PUT", r.URL+"/api/mode", `{"mode":"AP"}`); status != 409 {
		t.Errorf("mode switch of nodes by hand: %d %s (want 409)", status, body)
	}
}

// The link is guarded as all other routes are: a caller that may not use them may
// not use the link.
func TestTheLinkIsGuarded(t *testing.T) {
	t.Parallel()
	block := loopback.Test(t, 3)
	r := startRig(t, Config{Listen: block.Playground, Peers: block.Addrs, Attach: true, Token: "s3cret"})
	upgrade := map[string]string{"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA=="}
	for _, tc := range []struct {
		name   string
		host   string
		header map[string]string
		want   int
	}{
		{"a node", "", nil, 101},
		{"no token", "", map[string]string{"Authorization": ""}, 401},
		{"a wrong token", "", map[string]string{"Authorization": "Bearer secret"}, 401},
		{"the token of a browser", "", map[string]string{"Authorization": "", "Cookie": "cap_token=s3cret"}, 401},
		{"another origin", "", map[string]string{"Origin": "http://example.com"}, 403},
		{"no origin at all", "", map[string]string{"Origin": "null"}, 403},
		{"another port", "", map[string]string{"Origin": "http://" + block.Addrs[0]}, 403},
		{"another site", "", map[string]string{"Sec-Fetch-Site": "cross-site"}, 403},
		{"another name", "example.com", nil, 403},
	} {
		for _, joins := range []bool{true, false} {
			req, err := http.NewRequestWithContext(t.Context(), "GET", "http://"+block.Playground+link.Path, nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Authorization", "Bearer s3cret")
			if joins {
				for name, val := range upgrade {
					req.Header.Set(name, val)
				}
			}
			for name, val := range tc.header {
				req.Header.Set(name, val)
			}
			req.Host = tc.host
			resp, err := r.HTTP.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			want := tc.want
			if want == 101 && !joins {
				want = 200
			}
			if resp.StatusCode != want {
				t.Errorf("%s, joining %v: %d (want %d)", tc.name, joins, resp.StatusCode, want)
			}
		}
	}
	if status, _ := r.Call("POST", r.URL+link.Path, ""); status != 405 {
		t.Errorf("POST: %d (want 405)", status)
	}
}
