package simnodes_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"capplayground/cluster"
	"capplayground/cluster/modes"
	"capplayground/cluster/simulated"
	"capplayground/server/operation"
	"capplayground/server/scenario"
	"capplayground/server/simnodes"
	"capplayground/server/stage"
	"capplayground/server/verbs"
	"capplayground/server/workload"
)

// rig is a stage with five simulated nodes, in the fake time of package synctest.
type rig struct {
	*simnodes.Edition
	t *testing.T
}

// play calls do with a stage whose nodes have started.
func play(t *testing.T, mode cluster.Mode, do func(*rig)) {
	t.Helper()
	playWith(t, simnodes.EditionConfig{Mode: mode}, do)
}

func playWith(t *testing.T, cfg simnodes.EditionConfig, do func(*rig)) {
	t.Helper()
	cfg.Seed, cfg.Boot, cfg.Version, cfg.Clock = 7, "boot", "test", cluster.Steady(0)
	synctest.Test(t, func(t *testing.T) {
		e, err := simnodes.Open(cfg)
		if err != nil {
			t.Fatal(err)
		}
		r := &rig{e, t}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- e.Run(ctx) }()
		if cfg.Run == nil {
			if err := e.Start(ctx); err != nil {
				t.Fatal(err)
			}
		}
		defer func() {
			e.Close()
			stop()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}()
		do(r)
	})
}

// operate makes an operation of a client.
func (r *rig) operate(node cluster.NodeID, kind cluster.RequestKind, key, val string) operation.Answer {
	r.t.Helper()
	answer, err := r.Verbs.Operate(r.t.Context(), operation.Op{Node: node, Kind: kind, Key: key, Val: val, Client: "test"})
	if err != nil {
		r.t.Fatal(err)
	}
	return answer
}

// TestACallOfTheAPI: a call of the control API that waits for a node's answer returns it.
func TestACallOfTheAPI(t *testing.T) {
	t.Parallel()
	play(t, "CP", func(r *rig) {
		ask := func(body string) (int, string) {
			req, err := http.NewRequestWithContext(r.t.Context(), http.MethodPost, "http://localhost:8080/api/ops", strings.NewReader(body))
			if err != nil {
				r.t.Fatal(err)
			}
			req.Header.Set("Content-Type", "application/json")
			answer := simnodes.Serve(r.API, req)
			text, _ := io.ReadAll(answer.Body) // it is in memory
			return answer.StatusCode, string(text)
		}
		if status, text := ask(`{"node":1,"kind":"write","key":"city","val":"Lisboa"}`); status != http.StatusCreated {
			r.t.Errorf("a write: %d %s", status, text)
		}
		if status, text := ask(`{"node":3,"kind":"read","key":"city"}`); status != http.StatusOK || !strings.Contains(text, "Lisboa") {
			r.t.Errorf("a read: %d %s", status, text)
		}
	})
}

// TestALoadWaitsForThePage: each operation of a load waits until Turn returns, one
// operation after the other. A call of the page does not wait.
func TestALoadWaitsForThePage(t *testing.T) {
	t.Parallel()
	var turns, inside atomic.Int64
	turn := func() {
		if inside.Add(1) > 1 {
			t.Error("two operations of the load wait at once")
		}
		time.Sleep(time.Millisecond)
		inside.Add(-1)
		turns.Add(1)
	}
	playWith(t, simnodes.EditionConfig{Mode: "CP", Turn: turn}, func(r *rig) {
		r.operate(1, cluster.OpWrite, "city", "Porto")
		if n := turns.Load(); n != 0 {
			t.Errorf("a write of the page waited %d times", n)
		}
		if err := r.Verbs.StartLoad(workload.Load{Rate: 100, Clients: 16, Keys: 3, ReadRatio: 0.5}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second) // of the fake time
		r.Verbs.StopLoad()
		if n := turns.Load(); n < 50 {
			t.Errorf("the operations of a load of 100 a second waited %d times in a second", n)
		}
	})
}

// TestALinkFromAnyNode: an action of a scenario sets every link that it names, and the
// command beside it sets the same links. "*" is any node.
func TestALinkFromAnyNode(t *testing.T) {
	t.Parallel()
	for link, want := range map[string]int{
		`from: "*", to: "*"`: 20,
		`from: 2, to: "*"`:   4,
		`from: "*", to: 2`:   4,
		`from: 2, to: 3`:     1,
	} {
		t.Run(link, func(t *testing.T) {
			t.Parallel()
			sc, err := scenario.Parse("slow.yaml", []byte(`version: 1
title: Slow
summary: Links are slow.
mode: AP
duration: 1m
steps:
  - {id: slow, say: Links are slow., do: [{link: {`+link+`, delay_ms: 100}}]}
`))
			if err != nil {
				t.Fatal(err)
			}
			play(t, "AP", func(r *rig) {
				var command string
				if err := r.Talk.Rehearse(r.t.Context(), sc, func(p scenario.Played) { command = p.Done[0].Curl }); err != nil {
					t.Fatal(err)
				}
				slow := map[[2]cluster.NodeID]bool{}
				for _, ev := range r.seen() {
					if l, ok := ev.Body.(*cluster.LinkChanged); ok && l.Link.DelayMS == 100 {
						slow[[2]cluster.NodeID{l.From, l.To}] = true
					}
				}
				if len(slow) != want {
					t.Errorf("%d links are slow, want %d: %v", len(slow), want, slow)
				}
				calls, err := exec.Command("sh", "-c", `curl() { echo "$3"; }; `+command).Output()
				if err != nil {
					t.Fatalf("%s: %v", command, err)
				}
				set := map[[2]cluster.NodeID]bool{}
				for call := range strings.Lines(string(calls)) {
					var from, to cluster.NodeID
					if _, err := fmt.Sscanf(call[strings.Index(call, "/api"):], "/api/links/%d/%d", &from, &to); err != nil {
						t.Errorf("%s: %v", call, err)
					}
					set[[2]cluster.NodeID{from, to}] = true
				}
				if !maps.Equal(set, slow) {
					t.Errorf("%s sets %v, the action %v", command, set, slow)
				}
			})
		})
	}
}

// TestFaultsOfANode: the answers of a node that is killed, frozen or cut off are those of
// a process.
func TestFaultsOfANode(t *testing.T) {
	t.Parallel()
	play(t, "CA", func(r *rig) {
		ctx := r.t.Context()
		if a := r.operate(1, cluster.OpWrite, "city", "Lisboa"); a.Status != http.StatusCreated {
			t.Errorf("a write: %d %s", a.Status, a.Body)
		}
		if err := r.Verbs.Freeze(ctx, 4); err != nil {
			t.Fatal(err)
		}
		if a := r.operate(1, cluster.OpWrite, "city", "Porto"); a.Status != http.StatusServiceUnavailable {
			t.Errorf("a write while node 4 is frozen: %d %s", a.Status, a.Body)
		}
		if a := r.operate(4, cluster.OpRead, "city", ""); a.Status != http.StatusGatewayTimeout {
			t.Errorf("a read at the frozen node: %d %s", a.Status, a.Body)
		}
		if err := r.Verbs.Thaw(ctx, 4); err != nil {
			t.Fatal(err)
		}
		if a := r.operate(4, cluster.OpRead, "city", ""); a.Status != http.StatusOK || !strings.Contains(string(a.Body), "Lisboa") {
			t.Errorf("a read after the thaw: %d %s", a.Status, a.Body)
		}
		if err := r.Verbs.Kill(ctx, 2); err != nil {
			t.Fatal(err)
		}
		if a := r.operate(2, cluster.OpRead, "city", ""); a.Status != http.StatusServiceUnavailable || !strings.Contains(string(a.Body), "connection refused") {
			t.Errorf("a read at the killed node: %d %s", a.Status, a.Body)
		}
		if err := r.Verbs.Freeze(ctx, 2); err == nil {
			t.Error("a killed node was frozen")
		}
		if err := r.Verbs.Restart(ctx, 2); err != nil {
			t.Fatal(err)
		}
		if a := r.operate(2, cluster.OpRead, "city", ""); a.Status != http.StatusOK || !strings.Contains(string(a.Body), "Lisboa") {
			t.Errorf("a read after the restart: %d %s", a.Status, a.Body)
		}
	})
}

// TestAKilledNodeBreaksItsConnections: if a node is killed, the client of an operation at
// this node gets an error at once, and the outcome of the operation is unknown.
func TestAKilledNodeBreaksItsConnections(t *testing.T) {
	t.Parallel()
	play(t, "CP", func(r *rig) {
		if err := r.Verbs.Partition(r.t.Context(), [][]cluster.NodeID{{1}, {2, 3, 4, 5}}); err != nil {
			t.Fatal(err)
		}
		began, answered := time.Now(), make(chan operation.Answer)
		go func() { answered <- r.operate(1, cluster.OpWrite, "city", "x") }()
		synctest.Wait()
		if err := r.Verbs.Kill(r.t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		if a := <-answered; a.Status != http.StatusGatewayTimeout || time.Since(began) > 100*time.Millisecond {
			t.Errorf("after %v: %d %s", time.Since(began), a.Status, a.Body)
		}
	})
}

// TestTheSameActionsGiveTheSameEvents: the kept actions of a run repeat it, event by event,
// also after they were written as JSON.
func TestTheSameActionsGiveTheSameEvents(t *testing.T) {
	t.Parallel()
	for _, mode := range modes.Names() {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			play(t, mode, func(r *rig) {
				r.makeTrouble()
				run, ok := r.Nodes.Run()
				if !ok || len(run.Actions) < 50 {
					r.t.Fatalf("%d actions, ok %v", len(run.Actions), ok)
				}
				text, err := json.Marshal(run)
				if err != nil {
					r.t.Fatal(err)
				}
				var read simnodes.Run
				if err := json.Unmarshal(text, &read); err != nil {
					r.t.Fatal(err)
				}
				compare(r.t, r.seen(), repeat(read))
			})
		})
	}
}

// seen returns the events of the nodes that the collector has.
func (r *rig) seen() (events []cluster.Event) {
	r.t.Helper()
	_, texts, _ := r.Collect.Retained()
	for _, text := range texts {
		var e cluster.Event
		if err := json.Unmarshal(text, &e); err != nil {
			r.t.Fatal(err)
		}
		e.Seq = 0
		if b, ok := e.Body.(*cluster.StatusChanged); ok { // the collector adds what was before
			b.Was, b.WasSilent = "", false
		}
		events = append(events, e)
	}
	return events
}

// makeTrouble puts traffic and faults on the cluster.
func (r *rig) makeTrouble() {
	r.t.Helper()
	ctx := r.t.Context()
	must := func(err error) {
		r.t.Helper()
		if err != nil {
			r.t.Fatal(err)
		}
	}
	wait := func(d time.Duration) {
		_, err := r.Verbs.Do(ctx, verbs.Action{Verb: verbs.Pause, Args: verbs.Args{For: d}})
		must(err)
	}
	must(r.Verbs.StartLoad(workload.Load{Rate: 10, Clients: 4, Keys: 3, ReadRatio: 0.5}))
	wait(time.Second)
	must(r.Verbs.Freeze(ctx, 2))
	wait(time.Second)
	must(r.Verbs.Kill(ctx, 5))
	must(r.Verbs.Thaw(ctx, 2))
	wait(time.Second)
	must(r.Verbs.Restart(ctx, 5))
	_, err := r.Verbs.SetLink(ctx, cluster.Link{From: 1, To: 3, Loss: 0.3, DelayMS: 20, JitterMS: 30})
	must(err)
	wait(time.Second)
	must(r.Verbs.Isolate(ctx, 3))
	_, err = r.Verbs.SetPace(ctx, cluster.PaceSlow, 0.5)
	must(err)
	wait(time.Second)
	must(r.Verbs.Heal(ctx))
	wait(time.Second)
	r.Verbs.StopLoad()
}

// repeat returns the events of the nodes in a run that is repeated.
func repeat(run simnodes.Run) (events []cluster.Event) {
	c := simulated.New(simulated.Config{
		Seed: run.Seed, Nodes: run.Nodes, Began: run.Began, Replied: func(cluster.NodeID, cluster.Reply) {},
		Events: func(some []cluster.Event) { events = append(events, some...) },
	})
	for _, a := range run.Actions {
		_ = c.Do(a)
	}
	return events
}

// compare compares the events of a run with those of its repetition, which may be shorter
// because it ends with the last action. The collector puts the events of all nodes into one
// order, in which an effect comes after its cause. So this compares the events of each node
// by itself.
func compare(t *testing.T, was, again []cluster.Event) {
	t.Helper()
	for id := cluster.NodeID(1); id <= 5; id++ {
		a, b := textOf(was, id), textOf(again, id)
		n := min(len(a), len(b))
		if n < 10 {
			t.Fatalf("node %d: only %d events", id, n)
		}
		for i := range n {
			if !bytes.Equal(a[i], b[i]) {
				t.Fatalf("node %d, event %d: was\n%s\nagain\n%s", id, i, a[i], b[i])
			}
		}
	}
}

func textOf(events []cluster.Event, node cluster.NodeID) (texts [][]byte) {
	for _, e := range events {
		switch e.Kind() {
		case cluster.KindFlow, cluster.KindInvoke, cluster.KindReturn:
			continue // flows are sums of the collector, and a client reports its own operations
		}
		if e.Node == node {
			texts = append(texts, e.AppendJSON(nil))
		}
	}
	return texts
}

// TestAModeWithoutItsProtocol: the error names the mode that is missing, and nothing
// changes.
func TestAModeWithoutItsProtocol(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var lacks []cluster.Mode
		n := simnodes.New(simnodes.Config{
			Peers: []string{"127.0.0.1:3001"}, Clock: cluster.Steady(0), Lacks: func(mode cluster.Mode) { lacks = append(lacks, mode) },
		}, stage.Hooks{})
		err := n.Switch(t.Context(), cluster.Epoch{N: 2, Mode: "ZZ"}, func() { t.Error("the switch went on") })
		if !errors.Is(err, cluster.ErrNotNow) || n.Epoch() != (cluster.Epoch{}) || !slices.Equal(lacks, []cluster.Mode{"ZZ"}) {
			t.Errorf("error %v, epoch %v, lacks %v", err, n.Epoch(), lacks)
		}
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	})
}
