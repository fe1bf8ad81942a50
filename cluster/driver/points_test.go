package driver

import (
	"testing"
	"time"

	"capplayground/cluster"
)

// pointRig returns a driver with the machine echo. A rule stops the driver at the second "got"
// of an operation.
func pointRig(t *testing.T, bug string) *rig {
	t.Helper()
	r := newRig(t, func(cfg *Config, k *keeper) { cfg.Machine, cfg.Bug = &echo{k}, bug })
	r.SetRules([]cluster.Rule{{ID: "9", When: cluster.Point{Type: "got", Count: 2, Node: 1}, Then: cluster.ThenKill}})
	return r
}

// echo is a keeper that also handles messages: each one causes a record, a message and
// a timer.
type echo struct{ *keeper }

func (e *echo) Step(in cluster.Input) cluster.Output {
	out := e.keeper.Step(in)
	if in.Kind == cluster.InputMessage {
		id := in.Message.ID
		out.Records = []cluster.Record{{Key: id, Val: []byte("in")}}
		out.Messages = []cluster.Message{{From: 1, To: 2, Type: "thanks", Class: cluster.ClassYes, Op: cluster.OpID(id)}}
		out.Timers = []cluster.Timer{{Name: "t", Op: in.Message.Op, Due: in.Now.Add(time.Second)}}
	}
	return out
}

// got receives messages of one operation, carries out all that may leave, and returns the
// events.
func (r *rig) got(op cluster.OpID, ids ...string) []cluster.Event {
	for _, id := range ids {
		m := from(id, r.now.Now, 0)
		m.Op = op
		r.Receive(m, r.now)
	}
	return r.all()
}

func TestADriverStandsAtItsPoint(t *testing.T) {
	t.Parallel()
	r := pointRig(t, "")
	want(t, "before the point", told(r.got("a", "a1")), "delivered sent timer")
	want(t, "of another operation", told(r.got("b", "b1")), "delivered sent timer")
	want(t, "at the point", told(r.got("a", "a2", "a3")), "delivered point")
	if rule, stopped := r.StoppedAt(); !stopped || rule.ID != "9" {
		t.Fatalf("it is stopped at %+v, %v", rule, stopped)
	}
	if _, due := r.NextDue(); due {
		t.Error("something is due at the point")
	}
	r.pass(time.Second) // the timers of a1 and b1 are due
	want(t, "while it is stopped", told(r.all())+r.batch(), "")
	if n := len(r.Timers()); n != 2 {
		t.Errorf("%d timers are set, want 2", n)
	}

	r.SetRules(nil)
	want(t, "it goes on", told(r.all()), "sent timer delivered sent timer timer timer")
	want(t, "its inputs", r.k.kinds(), "message:a1 message:b1 message:a2 message:a3 timer:t:a timer:t:b")
	want(t, "at last", r.batch(), "")
}

// The Outputs before the point leave as usual: their records first.
func TestWhatCameBeforeThePointLeaves(t *testing.T) {
	t.Parallel()
	r := pointRig(t, "")
	r.got("a", "a1")
	r.write(t, "w", "x")
	m := from("a2", r.now.Now, 0)
	m.Op = "a"
	r.Receive(m, r.now)
	r.advance()
	want(t, "the records before", r.batch(), "record:k=x")
	r.Saved()
	want(t, "what they allowed", r.batch(), "message:w reply:w=")
	want(t, "nothing of the point", r.batch(), "")
	r.SetRules(nil)
	want(t, "the records of the point", r.batch(), "record:a2=in")
	r.Saved()
	want(t, "its message", r.batch(), "message:a2")
}

// A rule stops a node once. After that the rule has no effect at this node, until the
// playground removes it.
func TestAPointIsPassedWhenThePlaygroundDoesNotAnswer(t *testing.T) {
	t.Parallel()
	r := pointRig(t, "")
	r.got("a", "a1", "a2")
	r.pass(cluster.PointPatience - time.Millisecond)
	want(t, "within its patience", told(r.all()), "")
	r.RecordFreeze(0, r.now.Now)
	r.pass(cluster.PointPatience - time.Millisecond)
	want(t, "after a standstill it begins anew", told(r.all()), "")
	r.pass(cluster.PointPatience)
	events := r.all()
	point := cluster.BodyOf[cluster.PointChanged](events[0])
	if point.State != cluster.PointPassed || point.Rule != "9" {
		t.Errorf("the event is %+v", point)
	}
	want(t, "it goes on", told(events[1:]), "sent timer timer")
	want(t, "the rule is used up", told(r.got("c", "c1", "c2")), "timer delivered sent timer delivered sent timer")
}

func TestRulesThatAreNotAboutThisNode(t *testing.T) {
	t.Parallel()
	r := pointRig(t, "")
	r.SetRules([]cluster.Rule{
		{ID: "1", When: cluster.Point{Type: "got", Count: 1, Node: 3}, Then: cluster.ThenKill},
		{ID: "2", When: cluster.Point{Type: "other", Count: 1}, Then: cluster.ThenKill},
	})
	want(t, "no point", told(r.got("a", "a1")), "delivered sent timer")
	r.SetRules([]cluster.Rule{{ID: "3", When: cluster.Point{Type: "got", Count: 1}, Then: cluster.ThenFreeze}})
	want(t, "any node", told(r.got("a", "a2")), "delivered point")
}

// A driver that is stopped at a point still takes a request, and can stop.
func TestRequestsAndTheEndAtThePoint(t *testing.T) {
	t.Parallel()
	r := pointRig(t, "")
	r.got("a", "a1", "a2")
	r.write(t, "w", "x")
	want(t, "it waits behind", r.batch(), "")
	b := r.Stop(r.now)
	if len(b.Replies) != 1 || len(b.Records)+len(b.Messages) > 0 {
		t.Errorf("the last batch is %+v", b)
	}
}

// At a point nothing may leave. With a planted mistake something does.
func TestPlantedMistakesAtThePoint(t *testing.T) {
	t.Parallel()
	for bug, leaves := range map[string]string{BugRecordsAtPoint: "record:a2=in", BugMessagesAtPoint: "message:a2"} {
		r := pointRig(t, bug)
		r.got("a", "a1")
		m := from("a2", r.now.Now, 0)
		m.Op = "a"
		r.Receive(m, r.now)
		r.advance()
		want(t, bug, r.batch(), leaves)
	}
}
