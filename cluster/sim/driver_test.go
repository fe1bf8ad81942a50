package sim_test

import (
	"testing"

	"capplayground/cluster"
	"capplayground/cluster/driver"
	"capplayground/cluster/sim"
)

// keeper is the machine of a cluster with one node. It is correct only if its driver is: it
// answers from memory, and relies on the driver to make its records durable first.
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

// TestNothingLeavesBeforeItIsDurable checks the driver's promise. It also checks that the
// simulation catches a driver that answers a read before the write that the read saw is
// durable.
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
