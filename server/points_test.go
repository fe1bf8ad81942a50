package server

import (
	"flag"
	"fmt"
	"strings"
	"testing"

	"capplayground/cluster"
	"capplayground/server/servertest"
)

// pointRounds is for measuring: go test ./server -run AtItsPoint -point.rounds 10 -v.
var pointRounds = flag.Int("point.rounds", 2, "how often each test of rules that act at a point lets one act")

// strikesAt puts a rule in force that acts when a node has taken in so many messages
// of a type. node is a number or "*".
func strikesAt(r *rig, kind string, count int, node, then string) {
	r.t.Helper()
	r.Do("POST", "/api/rules", fmt.Sprintf(`{"when":{"type":%q,"count":%d,"node":%s},"then":%q}`, kind, count, node, then))
}

// unknown writes at a node, as the page does, and returns when the outcome is unknown. On
// an overloaded machine votes and answers may come too late. Then the write is refused, the
// rule has not acted, and unknown writes again.
func unknown(r *rig, node int, val string) {
	r.t.Helper()
	r.Await("a write of unknown outcome", servertest.Patience, func() error {
		status, answer := r.Control("POST", "/api/ops", fmt.Sprintf(`{"node":%d,"kind":"write","key":"city","val":%q}`, node, val))
		switch status {
		case 504:
			return nil
		case 503, 409:
			return fmt.Errorf("node %d answers %d %s", node, status, answer)
		}
		r.t.Fatalf("the write of %s at %d is answered %d %s, want 504", val, node, status, answer)
		return nil
	})
}

// struck waits until the rule is used up, and returns the types of the messages about the
// operation that the rule's node sent between the point and the end.
func struck(r *rig, op cluster.OpID, node int) (sent []string) {
	r.t.Helper()
	r.Eventually("the rule to be used up", func() bool { return strings.TrimSpace(r.Do("GET", "/api/rules", "")) == "[]" })
	r.Eventually("the events of the point", func() bool { // they may be in the node's pipe
		reached := false
		sent = nil
		for _, e := range r.Events() {
			if p, ok := e.Body.(*cluster.PointChanged); ok && p.Op == op && int(e.Node) == node {
				reached = p.State == cluster.PointReached
			}
			if e.Kind() == cluster.KindSent && reached && int(e.Node) == node && e.Message().Op == op {
				sent = append(sent, e.Message().Type)
			}
		}
		return reached
	})
	return sent
}

// operationOf returns the id of the newest operation with this value that began at a node.
func operationOf(r *rig, node int, val string) (op cluster.OpID) {
	r.t.Helper()
	r.Eventually("the event of the operation", func() bool {
		for _, e := range r.Events() {
			if b, ok := e.Body.(*cluster.Invoked); ok && int(e.Node) == node && b.Val == val {
				op = b.Op
			}
		}
		return op != ""
	})
	return op
}

// rest waits until all nodes hold a value of city, without a lock.
func rest(r *rig, val string) {
	r.t.Helper()
	r.Await("all nodes at rest", servertest.Patience, func() error {
		for _, i := range others() {
			if got, lock := r.Holds(i, "city"); got != val || lock != "" {
				return fmt.Errorf("node %d holds %q, locked by %q", i, got, lock)
			}
		}
		return nil
	})
}

// TestCoordinatorDiesAtItsPoint: at live speed the coordinator of CA takes in the
// last vote and is killed before its decision is on its disk or has left. All others
// are in doubt, and no read of the key is answered. After the restart the write is
// rolled back: presumed abort.
func TestCoordinatorDiesAtItsPoint(t *testing.T) {
	t.Parallel()
	r := newRig(t, "CA")
	accepted(r, 2, "city", "Lisboa")
	rest(r, "Lisboa")
	for round := range *pointRounds {
		node, val := 1+round%5, fmt.Sprintf("Porto%d", round)
		at := "*"
		if round%2 == 0 {
			at = fmt.Sprint(node)
		}
		strikesAt(r, "yes", 4, strings.Replace(at, "*", `"*"`, 1), "kill")
		unknown(r, node, val)
		op := operationOf(r, node, val)
		if sent := struck(r, op, node); len(sent) > 0 {
			t.Errorf("round %d: between the votes and its death node %d sent %v", round, node, sent)
		}
		r.Await("all others in doubt", servertest.Patience, func() error {
			for _, i := range others(node) {
				s := r.State(i)
				if len(s.Undecided) != 1 || !s.Undecided[0].InDoubt || s.Undecided[0].Tx != op {
					return fmt.Errorf("node %d: %+v", i, s.Undecided)
				}
			}
			return nil
		})
		if status, _ := r.Read(others(node)[round%4], "city"); status != 503 {
			t.Errorf("round %d: a read of the locked key is answered %d, want 503", round, status)
		}
		r.Do("POST", fmt.Sprintf("/api/nodes/%d/restart", node), "")
		rest(r, "Lisboa")
	}
}

// TestWriterIsIsolatedAtItsPoint: at live speed the coordinator of CP knows the
// newest version, has put its own on its disk, and is isolated before a store
// message arrives. Its client gets 504, the others read the old value, and later all
// read the new one.
func TestWriterIsIsolatedAtItsPoint(t *testing.T) {
	t.Parallel()
	r := newRig(t, "CP")
	last := "London"
	accepted(r, 2, "city", last)
	for round := range *pointRounds {
		rest(r, last)
		node, val := 1+round%5, fmt.Sprintf("Paris%d", round)
		strikesAt(r, "answer", 2, fmt.Sprint(node), "isolate")
		unknown(r, node, val)
		struck(r, operationOf(r, node, val), node)
		other := others(node)[round%4]
		if status, got := r.Read(other, "city"); status != 200 || got != last {
			t.Errorf("round %d: without the writer node %d answers %d %q, want %q", round, other, status, got, last)
		}
		r.Do("POST", fmt.Sprintf("/api/nodes/%d/rejoin", node), "")
		for _, reader := range []int{node, other} {
			r.Await("the new value", servertest.Patience, func() error { // streams need a moment after a cut
				if status, got := r.Read(reader, "city"); status != 200 || got != val {
					return fmt.Errorf("node %d answers %d %q, want %q", reader, status, got, val)
				}
				return nil
			})
		}
		accepted(r, node, "city", val)
		last = val
	}
}

// TestLeaderDiesAtItsPoint: at live speed the leader of RAFT has an entry on a
// majority, and is killed before it commits it. Its client gets no answer, and the
// next leader has the value.
func TestLeaderDiesAtItsPoint(t *testing.T) {
	t.Parallel()
	r := newRig(t, "RAFT")
	leader := elected(r, others()...)
	accepted(r, leader, "city", "London")
	for round := range *pointRounds {
		r.settled()
		val := fmt.Sprintf("Paris%d", round)
		strikesAt(r, "appended", 2, fmt.Sprint(leader), "kill")
		unknown(r, leader, val)
		r.Eventually("the leader to be killed", func() bool { return r.Cluster().Nodes[leader-1].Status == cluster.StatusKilled })
		next := elected(r, others(leader)...)
		r.Await("the value of the dead leader", servertest.Patience, func() error {
			if status, got := r.Read(next, "city"); status != 200 || got != val {
				return fmt.Errorf("node %d answers %d %q, want %q", next, status, got, val)
			}
			return nil
		})
		r.Do("POST", fmt.Sprintf("/api/nodes/%d/restart", leader), "")
		leader = elected(r, others()...)
	}
}

// TestCoordinatorFreezesAtItsPoint: the frozen coordinator sends no decision until it
// thaws, and then commits. This holds for both kinds of freeze: by a signal, and by the
// node itself on a system without such signals.
func TestCoordinatorFreezesAtItsPoint(t *testing.T) {
	t.Parallel()
	for _, self := range []bool{false, true} {
		t.Run(fmt.Sprintf("self=%v", self), func(t *testing.T) {
			t.Parallel()
			r := startRig(t, Config{Mode: "CA", NoSignals: self})
			strikesAt(r, "yes", 4, `"*"`, "freeze")
			r.Do("POST", "/api/ops", `{"node":1,"kind":"write","key":"city","val":"Porto","wait":false}`)
			op := operationOf(r, 1, "Porto")
			if sent := struck(r, op, 1); len(sent) > 0 {
				t.Errorf("before it is frozen the coordinator sends %v", sent)
			}
			r.Eventually("node 1 to be frozen", func() bool { return r.Cluster().Nodes[0].Status == cluster.StatusFrozen })
			r.Await("all others in doubt", servertest.Patience, func() error {
				for _, i := range others(1) {
					if s := r.State(i); len(s.Undecided) != 1 || !s.Undecided[0].InDoubt {
						return fmt.Errorf("node %d: %+v", i, s.Undecided)
					}
				}
				return nil
			})
			r.Do("POST", "/api/nodes/1/unfreeze", "")
			rest(r, "Porto")
		})
	}
}
