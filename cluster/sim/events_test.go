package sim_test

import (
	"bufio"
	"encoding/json"
	"strings"
	"testing"

	"capplayground/cluster"
	"capplayground/cluster/modes"
	"capplayground/cluster/sim"
)

// TestEventsTellTheWholeRun checks that each message is sent once and ends at most once,
// that each operation at a node ends before it begins there again, and that a node's
// Lamport clock only increases.
func TestEventsTellTheWholeRun(t *testing.T) {
	t.Parallel()
	for _, mode := range modes.Names() {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(4) {
				checkEvents(t, mode, seed+1)
			}
		})
	}
}

func checkEvents(t *testing.T, mode cluster.Mode, seed uint64) {
	t.Helper()
	sent, ended := map[string]bool{}, map[string]bool{}
	type call struct {
		node cluster.NodeID
		op   cluster.OpID
	}
	open, begun := map[call]bool{}, 0
	clock := map[cluster.NodeID]uint64{}
	kinds := map[cluster.EventKind]int{}
	run, err := sim.Simulate(sim.Config{Mode: mode, Seed: seed, Ops: 150, Events: func(e cluster.Event) {
		kinds[e.Kind()]++
		if e.LC > 0 && e.LC <= clock[e.Node] {
			t.Errorf("%s seed %d: %v has %s at %d after %d", mode, seed, e.Node, e.Kind(), e.LC, clock[e.Node])
		}
		if e.LC > 0 {
			clock[e.Node] = e.LC
		}
		switch b := e.Body.(type) {
		case *cluster.Sent:
			if b.Msg == "" || sent[b.Msg] {
				t.Errorf("%s seed %d: %q is sent twice", mode, seed, b.Msg)
			}
			sent[b.Msg] = true
		case *cluster.Delivered, *cluster.Lost:
			msg := e.Message().Msg
			if !sent[msg] || ended[msg] {
				t.Errorf("%s seed %d: %s %s, which was sent: %v, ended: %v", mode, seed, e.Kind(), msg, sent[msg], ended[msg])
			}
			ended[msg] = true
		case *cluster.Invoked:
			begun++
			if open[call{e.Node, b.Op}] {
				t.Errorf("%s seed %d: op=%s begins at %v, where it is open", mode, seed, b.Op, e.Node)
			}
			open[call{e.Node, b.Op}] = true
		case *cluster.Returned:
			if !open[call{e.Node, b.Op}] {
				t.Errorf("%s seed %d: op=%s ends at %v, where it is not open", mode, seed, b.Op, e.Node)
			}
			delete(open, call{e.Node, b.Op})
		case *cluster.StatusChanged:
			if b.Status == cluster.StatusKilled {
				clock[e.Node] = 0 // the next process of this node counts from 0
			}
		}
	}})
	if err != nil || run.Check() != nil {
		t.Fatal(err, run.Check())
	}
	if begun < 50 || len(open) > 0 || len(ended) < len(sent)*9/10 {
		t.Errorf("%s seed %d: %d operations began, %d did not end; %d messages left, %d ended; %v", mode, seed, begun, len(open), len(sent), len(ended), kinds)
	}
}

// TestMainPrintsEvents checks that each line is JSON, and that the Seq of the events of a
// run has no gap.
func TestMainPrintsEvents(t *testing.T) {
	t.Parallel()
	var stdout, stderr strings.Builder
	if err := sim.Main(t.Context(), []string{"--mode", "cp", "--seeds", "2", "--ops", "10", "--events"}, &stdout, &stderr); err != nil {
		t.Fatal(err)
	}
	runs, last := 0, uint64(0)
	for lines := bufio.NewScanner(strings.NewReader(stdout.String())); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), `{"run":{"mode":"CP",`) && json.Valid(lines.Bytes()) {
			runs, last = runs+1, 0
			continue
		}
		var e cluster.Event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil || e.Seq != last+1 || e.Kind() == "" {
			t.Fatalf("after seq %d: %s (%v)", last, lines.Text(), err)
		}
		last = e.Seq
	}
	if runs != 2 || last < 50 {
		t.Errorf("%d runs, the last one of %d events", runs, last)
	}
}
