package server

import (
	"slices"
	"testing"

	"capplayground/cluster"
)

// On a system without SIGSTOP a node freezes itself. Until it thaws, it takes in no
// message and answers no call, and it is shown as frozen by itself.
func TestNodesFreezeThemselves(t *testing.T) {
	t.Parallel()
	r := startRig(t, Config{Mode: "CA", NoSignals: true})
	r.MustWrite(1, "city", "Wien")
	pid := r.Cluster().Nodes[3].PID
	r.Do("POST", "/api/nodes/4/freeze", "")
	r.Do("POST", "/api/nodes/4/freeze", "")
	if n := r.Cluster().Nodes[3]; n.Status != cluster.StatusFrozen || n.Freeze != "self" || n.Silent || n.PID != pid {
		t.Errorf("frozen: %+v", n)
	}
	if status, body := r.Write(1, "city", "Graz"); status != 503 {
		t.Errorf("a write without node 4: %d %s", status, body)
	}
	asked := r.Later(4, "city", "Linz")
	if status, val := r.Read(1, "city"); status != 200 || val != "Wien" {
		t.Errorf("read: %d %q", status, val)
	}
	select {
	case status := <-asked:
		t.Errorf("a frozen node answered %d", status)
	default:
	}
	r.Do("POST", "/api/nodes/4/unfreeze", "")
	if n := r.Cluster().Nodes[3]; n.Status != cluster.StatusUp || n.Freeze != "" {
		t.Errorf("thawed: %+v", n)
	}
	<-asked // the answer may be that the write came too late
	r.Eventually("writes again", func() bool { status, _ := r.Write(2, "city", "Salzburg"); return status == 201 })
	r.Do("POST", "/api/nodes/4/freeze", "")
	r.Do("POST", "/api/nodes/4/kill", "")
	r.Do("POST", "/api/nodes/4/restart", "")
	r.Eventually("writes with a new process", func() bool { status, _ := r.Write(4, "city", "Bregenz"); return status == 201 })
	r.Do("POST", "/api/nodes/5/freeze", "")
	r.Do("POST", "/api/heal", "")
	events := r.settled()
	if !slices.ContainsFunc(events, func(e cluster.Event) bool {
		return e.Kind() == cluster.KindStatus && e.Node == 4 && cluster.BodyOf[cluster.StatusChanged](e).Status == cluster.StatusFrozen && cluster.BodyOf[cluster.StatusChanged](e).Freeze == "self"
	}) {
		t.Error("no event says that a node froze itself")
	}
	if slices.ContainsFunc(events, func(e cluster.Event) bool { return cluster.BodyOf[cluster.StatusChanged](e).Freeze == "signal" }) {
		t.Error("a node was frozen by a signal")
	}
}
