package sim_test

import (
	"testing"

	"capplayground/cluster"
	"capplayground/cluster/driver"
	"capplayground/cluster/sim"
)

// keeper is a cluster of one that keeps its word only if its driver does: it
// answers from memory, and relies on what it recorded before.
type keeper struct{ vals map[string]string }

func newKeeper(cluster.Mode, cluster.Config) (cluster.Machine, error) {
	return keeper{make(map[string]string)}, nil
}

func (k keeper) Step(in cluster.Input) (out cluster.Output) {
	for _, r := range in.Records {
		k.vals[r.Key] = string(r.Val)
	}
	if in.Kind != cluster.InputRequest {
		return out
	}
	r := in.Request
	if r.Kind == cluster.OpWrite {
		k.vals[r.Key] = r.Val
		out.Records = []cluster.Record{{Key: r.Key, Val: []byte(r.Val)}}
	}
	reply := cluster.Reply{Op: r.Op, Key: r.Key, Val: k.vals[r.Key]}
	if reply.Val == "" {
		reply.Err = cluster.ErrNotFound
	}
	out.Replies = []cluster.Reply{reply}
	return out
}

func (keeper) Snapshot() cluster.Snapshot { return cluster.Snapshot{} }

// TestNothingLeavesBeforeItIsDurable: the driver's own promise, and the
// mistake of answering a read before the write that it saw is durable.
func TestNothingLeavesBeforeItIsDurable(t *testing.T) {
	t.Parallel()
	cfg := sim.Config{Mode: "CP", Nodes: 1, New: newKeeper}
	sum, bad, err := sim.Sweep(t.Context(), cfg, 1, 60, 1)
	if err != nil {
		t.Fatal(err)
	}
	if bad != nil {
		run, _ := sim.Simulate(*bad)
		t.Fatalf("seed %d: %v", bad.Seed, run.Check())
	}
	t.Log(sum)
	cfg.Bug = driver.BugEarlyReply
	if _, bad, err = sim.Sweep(t.Context(), cfg, 1, 60, 1); err != nil {
		t.Fatal(err)
	}
	if bad == nil {
		t.Fatal("not caught in 60 seeds")
	}
	t.Logf("caught after %d seeds", bad.Seed)
}
