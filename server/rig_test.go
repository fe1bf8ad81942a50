package server

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"capplayground/cluster"
	"capplayground/cluster/loopback"
	"capplayground/server/collect"
)

// soon bounds every wait for a condition. It is generous: the machine that
// runs the tests may be busy.
const soon = 20 * time.Second

// rig is a whole playground with five real node processes.
type rig struct {
	t     *testing.T
	s     *Server
	url   string
	nodes []string // URLs, by number from 1
	http  *http.Client
	token string
	stop  func() // ends the playground, once
}

func newRig(t *testing.T, mode cluster.Mode) *rig {
	t.Helper()
	return newRigWith(t, Config{Mode: mode})
}

// newRigWith takes all else from cfg.
func newRigWith(t *testing.T, cfg Config) *rig {
	t.Helper()
	if testing.Short() {
		t.Skip("starts real processes")
	}
	block := loopback.Test(t, 5)
	cfg.Listen, cfg.Peers, cfg.Durability = block.Playground, block.Addrs, "process"
	return startRig(t, cfg)
}

// startRig starts a playground of this configuration and returns when it is
// ready.
func startRig(t *testing.T, cfg Config) *rig {
	t.Helper()
	ready := make(chan struct{})
	cfg.Log, cfg.Ready = t.Output(), func() { close(ready) }
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	r := &rig{
		t: t, s: s, url: s.URL(), nodes: []string{""}, token: cfg.Token,
		http: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}},
	}
	r.stop = sync.OnceFunc(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("the playground ended with %v", err)
		}
	})
	t.Cleanup(r.stop)
	select {
	case <-ready:
	case err := <-ended:
		ended <- err
		t.Fatalf("the playground did not start: %v", err)
	}
	for _, addr := range cfg.Peers {
		r.nodes = append(r.nodes, "http://"+addr)
	}
	return r
}

// call makes a request and returns status and body.
func (r *rig) call(method, url, body string) (int, string) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if r.token != "" {
		req.Header.Set("Authorization", "Bearer "+r.token)
	}
	resp, err := r.http.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err.Error()
	}
	return resp.StatusCode, string(answer)
}

// do is a call of the control API that must succeed.
func (r *rig) do(method, path, body string) string {
	r.t.Helper()
	status, answer := r.call(method, r.url+path, body)
	if status/100 != 2 {
		r.t.Fatalf("%s %s %s: %d %s", method, path, body, status, answer)
	}
	return answer
}

// prompt makes an idempotent call that waits for nobody: it is answered within
// a second, or the next time is, if the machine was busy elsewhere.
func (r *rig) prompt(method, path, body string) {
	r.t.Helper()
	var took time.Duration
	for range 3 {
		began := time.Now()
		r.do(method, path, body)
		if took = time.Since(began); took < time.Second {
			return
		}
	}
	r.t.Errorf("%s %s took %v, three times over a second", method, path, took)
}

// write and read call a node as curl does.
func (r *rig) write(node int, key, val string) (int, string) {
	r.t.Helper()
	return r.call("POST", fmt.Sprintf("%s/database/%s/%s", r.nodes[node], key, val), "")
}

func (r *rig) read(node int, key string) (status int, val string) {
	r.t.Helper()
	status, body := r.call("GET", r.nodes[node]+"/database/"+key, "")
	var answer struct {
		Val string `json:"val"`
	}
	_ = json.Unmarshal([]byte(body), &answer)
	return status, answer.Val
}

// later starts a write and returns where its status will be.
func (r *rig) later(node int, key, val string) <-chan int {
	done := make(chan int, 1)
	go func() {
		status, _ := r.write(node, key, val)
		done <- status
	}()
	return done
}

// state is what a node says of itself.
func (r *rig) state(node int) (s cluster.Snapshot) {
	r.t.Helper()
	if status, body := r.call("GET", r.nodes[node]+"/admin/state", ""); status == 200 {
		if err := json.Unmarshal([]byte(body), &s); err != nil {
			r.t.Fatal(err)
		}
	}
	return s
}

// holds is a node's value of a key and the operation that locks it.
func (r *rig) holds(node int, key string) (val string, lock cluster.OpID) {
	for _, k := range r.state(node).Keys {
		if k.Key == key {
			return k.Val, k.LockedBy
		}
	}
	return "", ""
}

// events is everything retained.
func (r *rig) events() []cluster.Event {
	r.t.Helper()
	var buf bytes.Buffer
	if err := r.s.play.Record(&buf); err != nil {
		r.t.Fatal(err)
	}
	dec := json.NewDecoder(&buf)
	var hello json.RawMessage
	if err := dec.Decode(&hello); err != nil {
		r.t.Fatal(err)
	}
	var events []cluster.Event
	for {
		var e cluster.Event
		if err := dec.Decode(&e); err == io.EOF {
			return events
		} else if err != nil {
			r.t.Fatal(err)
		}
		events = append(events, e)
	}
}

// count is how many events of a kind tell of messages of a type.
func count(events []cluster.Event, kind cluster.EventKind, kinds ...string) (n int) {
	for _, e := range events {
		for _, name := range kinds {
			if e.Kind == kind && e.Type == name {
				n++
			}
		}
	}
	return n
}

// inflight is what GET /api/inflight answers.
func (r *rig) inflight() (messages, timers []cluster.Event) {
	r.t.Helper()
	var answer struct{ Messages, Timers []cluster.Event }
	if err := json.Unmarshal([]byte(r.do("GET", "/api/inflight", "")), &answer); err != nil {
		r.t.Fatal(err)
	}
	return answer.Messages, answer.Timers
}

func (r *rig) cluster() (c collect.Cluster) {
	r.t.Helper()
	if err := json.Unmarshal([]byte(r.do("GET", "/api/cluster", "")), &c); err != nil {
		r.t.Fatal(err)
	}
	return c
}

func (r *rig) eventually(what string, is func() bool) {
	r.t.Helper()
	deadline := time.After(soon)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !is() {
		select {
		case <-deadline:
			r.t.Fatalf("not within %v: %s", soon, what)
		case <-tick.C:
		}
	}
}

// settled waits until nothing is under way and returns all events, in which
// every message must then have ended exactly once. One look does not tell: a
// node may be about to send, or have told of it in words that are still in its
// pipe. So every node is asked twice for an answer, which comes after all that it
// did before: where nothing was under way, and nothing sent or taken in between
// the two, nothing is.
func (r *rig) settled() []cluster.Event {
	r.t.Helper()
	var events []cluster.Event
	before := -1
	r.eventually("nothing in flight", func() bool {
		r.s.play.launch.Apply(r.t.Context())
		if m, _ := r.s.play.Inflight(); len(m) > 0 {
			before = -1
			return false
		}
		events = r.events()
		last := before
		before = 0
		for _, e := range events {
			if e.Kind == cluster.KindSent || e.Kind == cluster.KindDelivered || e.Kind == cluster.KindLost {
				before++
			}
		}
		return before == last
	})
	sent, ended := map[string]bool{}, map[string]int{}
	for i, e := range events {
		if i > 0 && e.Seq != events[i-1].Seq+1 {
			r.t.Errorf("seq %d follows %d", e.Seq, events[i-1].Seq)
		}
		switch e.Kind {
		case cluster.KindSent:
			sent[e.Msg] = true
		case cluster.KindDelivered, cluster.KindLost:
			ended[e.Msg]++
			if !sent[e.Msg] { // its sender's pipe may lag behind on a busy machine
				r.t.Logf("%s was %s before its sent was heard of", e.Msg, e.Kind)
			}
		}
	}
	for msg := range sent {
		if ended[msg] != 1 {
			r.t.Errorf("message %s ended %d times", msg, ended[msg])
		}
	}
	return events
}
