package servertest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"capplayground/cluster"
)

// Test is a playground that ends with a test. Its methods fail that test.
type Test struct {
	*Playground
	tb testing.TB
	o  Options
}

// Start starts a playground for the length of a test. Tests with -short are
// skipped: it starts real processes.
func Start(tb testing.TB, o Options) *Test {
	tb.Helper()
	if testing.Short() {
		tb.Skip("starts real processes")
	}
	if o.Data == "" {
		o.Data = tb.TempDir() + "/data"
	}
	p := &Test{tb: tb, o: o}
	p.Start()
	tb.Cleanup(func() {
		p.Stop()
		if tb.Failed() {
			tb.Logf("the playground said:\n%s", p.Log())
		}
	})
	return p
}

// Test is this playground for a test, which does not end it.
func (p *Playground) Test(tb testing.TB) *Test { return &Test{Playground: p, tb: tb} }

// Start starts the playground again after Stop, at the same addresses and on
// the same data. The addresses are not reserved in between.
func (p *Test) Start() {
	p.tb.Helper()
	started, err := New(p.tb.Context(), p.o)
	if err != nil {
		p.tb.Fatal(err)
	}
	p.Playground = started
	p.o.Place = started.Place
	answers := &checked{next: started.HTTP.Transport, place: started.Place}
	started.HTTP.Transport = answers
	p.tb.Cleanup(func() {
		for call, differs := range answers.Differs() {
			p.tb.Errorf("%s is not as openapi.yaml describes it: %s", call, differs)
		}
	})
}

// Stop ends the playground. The test fails if it did not end well.
func (p *Test) Stop() {
	p.tb.Helper()
	if _, err := p.Playground.Stop(); err != nil {
		p.tb.Errorf("the playground ended with %v", err)
	}
}

// In is the same playground for a subtest.
func (p *Test) In(tb testing.TB) *Test {
	q := *p
	q.tb = tb
	return &q
}

// Do calls the control API and fails the test unless the answer is 2xx. It
// returns the answer's body.
func (p *Test) Do(method, path, body string) string {
	p.tb.Helper()
	status, answer := p.Control(method, path, body)
	if status/100 != 2 {
		p.tb.Fatalf("%s %s %s: %d %s", method, path, body, status, answer)
	}
	return answer
}

// Answer is a node's answer to a client.
type Answer struct {
	Op       cluster.OpID      `json:"op"`
	Val      string            `json:"val"`
	Version  string            `json:"version"`
	Siblings []cluster.Sibling `json:"siblings"`
}

// Write writes a key at node i as curl does, and returns status and body.
func (p *Playground) Write(i int, key, val string) (status int, answer string) {
	return p.Call("POST", p.Node(i)+"/database/"+key+"/"+val, "")
}

// Read reads a key at node i as curl does, and returns status and value.
func (p *Playground) Read(i int, key string) (status int, val string) {
	status, body := p.Call("GET", p.Node(i)+"/database/"+key, "")
	var answer Answer
	_ = json.Unmarshal([]byte(body), &answer)
	return status, answer.Val
}

// Later begins a write and returns where its status will be.
func (p *Playground) Later(i int, key, val string) <-chan int {
	done := make(chan int, 1)
	go func() {
		status, _ := p.Write(i, key, val)
		done <- status
	}()
	return done
}

// MustWrite writes a key at node i, and returns the answer. The test fails if the
// write is refused.
//
// On a busy machine a node may not be scheduled in time, and then even a healthy
// cluster refuses a write: 503 or 504, after a timer of the protocol. Only such a
// write, or one whose header the node read too late, is made again. Its locks may
// still be held then, which is a 409.
func (p *Test) MustWrite(i int, key, val string) (answer Answer) {
	p.tb.Helper()
	again := false
	p.Await("an accepted write", Patience, func() error {
		began := time.Now()
		status, body, err := p.Request(p.tb.Context(), http.MethodPost, p.Node(i)+"/database/"+key+"/"+val, "")
		took := time.Since(began)
		timeout := (status == http.StatusServiceUnavailable || status == http.StatusGatewayTimeout) && took >= cluster.MinTimer
		switch {
		case status == http.StatusCreated:
			return json.Unmarshal(body, &answer)
		case !timeout && !TooLate(err, took) && !(again && status == http.StatusConflict):
			p.tb.Fatalf("writing %s=%s at node %d: %d %s %v", key, val, i, status, body, err)
		}
		again = true
		return fmt.Errorf("%s=%s at node %d: %d %s %v", key, val, i, status, body, err)
	})
	return answer
}

// Holds is the value that node i has of a key, and the operation that locks it.
func (p *Test) Holds(i int, key string) (val string, lock cluster.OpID) {
	p.tb.Helper()
	s := p.State(i)
	at := slices.IndexFunc(s.Keys, func(k cluster.KeyState) bool { return k.Key == key })
	if at < 0 {
		return "", ""
	}
	return s.Keys[at].Val, s.Keys[at].LockedBy
}

// State is what node i says of itself. It is empty if the node does not answer.
func (p *Test) State(i int) cluster.Snapshot {
	s, _ := p.ReadState(i)
	return s
}

// Cluster is what GET /api/cluster answers.
func (p *Test) Cluster() Cluster {
	p.tb.Helper()
	c, err := p.ReadCluster()
	p.must(err)
	return c
}

// Inflight is what GET /api/inflight answers.
func (p *Test) Inflight() (messages, timers []cluster.Event) {
	p.tb.Helper()
	messages, timers, err := p.ReadInflight()
	p.must(err)
	return messages, timers
}

// Events are all events that the playground retains.
func (p *Test) Events() []cluster.Event {
	p.tb.Helper()
	events, err := p.ReadEvents()
	p.must(err)
	return events
}

func (p *Test) must(err error) {
	p.tb.Helper()
	if err != nil {
		p.tb.Fatal(err)
	}
}

// Await waits until a condition is nil, and fails the test with its last error.
func (p *Test) Await(what string, patience time.Duration, condition func() error) {
	p.tb.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		err := condition()
		if err == nil {
			return
		}
		select {
		case <-deadline:
			p.tb.Fatalf("not within %v: %s: %v", patience, what, err)
		case <-tick.C:
		}
	}
}

var errNotYet = errors.New("not yet")

// Eventually waits until a condition holds.
func (p *Test) Eventually(what string, condition func() bool) {
	p.tb.Helper()
	p.Await(what, Patience, func() error {
		if condition() {
			return nil
		}
		return errNotYet
	})
}
