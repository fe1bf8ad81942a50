package driver

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"capplayground/cluster"
	"capplayground/cluster/pace"
)

func TestInputsComeInTheOrderOfVirtualTime(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	start := r.now.Now
	for _, timer := range []cluster.Timer{{Name: "late", Due: start + 50}, {Name: "early", Due: start + 10}} {
		r.timers.Set(timer)
	}
	r.Receive(from("c", start, start+50), r.now) // due at the same time as a timer: the message comes first
	r.Receive(from("b", start, start+20), r.now)
	r.Receive(from("a", start, 0), r.now)
	r.advance()
	want(t, "at once", r.k.kinds(), "message:a")
	if due, ok := r.NextDue(); !ok || due != start+10 {
		t.Errorf("next due %d, %v", due, ok)
	}
	r.pass(50 * time.Microsecond)
	r.advance()
	want(t, "later", r.k.kinds(), "message:a timer:early message:b message:c timer:late")
	if _, ok := r.NextDue(); ok {
		t.Error("something is still due")
	}
}

func TestStepModeMovesByHandOnly(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.SetPace(cluster.Pace{Name: cluster.PaceStep})
	r.timers.Set(cluster.Timer{Name: "votes", Op: "7", Due: r.now.Now + 1})
	r.timers.Set(cluster.Timer{Name: "tick", Due: r.now.Now + 1, Quiet: true})
	for _, id := range []string{"a", "b", "c"} {
		r.Receive(from(id, r.now.Now, 0), r.now)
	}
	r.pass(time.Second)
	r.advance()
	want(t, "by itself", r.k.kinds(), "")
	if _, ok := r.NextDue(); ok {
		t.Error("something becomes due by itself")
	}
	if err := errors.Join(r.Deliver("b"), r.Drop("c", r.now), r.Fire("votes:7", r.now)); err != nil {
		t.Fatal(err)
	}
	if due, ok := r.NextDue(); !ok || due != 0 {
		t.Errorf("a delivered message is due at %d, %v", due, ok)
	}
	events := r.all()
	want(t, "by hand", r.k.kinds(), "timer:votes:7 message:b")
	want(t, "events", told(events), "lost timer delivered")
	if cluster.BodyOf[cluster.Lost](events[0]).Why != cluster.WhyDropped || cluster.BodyOf[cluster.TimerChanged](events[1]).State != cluster.TimerFired {
		t.Errorf("events %+v", events[:2])
	}
	for name, err := range map[string]error{"delivered": r.Deliver("b"), "dropped": r.Drop("c", r.now), "no message": r.Duplicate("x", r.now)} {
		if !errors.Is(err, cluster.ErrNoSuchMessage) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, err := range map[string]error{"fired": r.Fire("votes:7", r.now), "quiet": r.Fire("tick", r.now)} {
		if !errors.Is(err, cluster.ErrNoSuchTimer) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestADuplicateIsAMessageOfItsOwn(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.SetPace(cluster.Pace{Name: cluster.PaceStep})
	r.Receive(from("a", r.now.Now, 0), r.now)
	if err := r.Duplicate("a", r.now); err != nil {
		t.Fatal(err)
	}
	events := r.all()
	if told(events) != "sent" || events[0].Message().DupOf != "a" || events[0].Message().Msg == "a" || events[0].Message().From != 2 {
		t.Errorf("events %+v", events)
	}
	if waiting := r.Messages(); len(waiting) != 2 || waiting[1].ID != events[0].Message().Msg {
		t.Errorf("waiting %+v", waiting)
	}
}

// If the inbox is full, the error is ErrNotNow and not ErrNoSuchMessage.
func TestADuplicateIntoAFullInbox(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.SetPace(cluster.Pace{Name: cluster.PaceStep})
	for i := range pace.MaxHeld {
		r.Receive(from(fmt.Sprint(i), r.now.Now, 0), r.now)
	}
	if err := r.Duplicate("7", r.now); !errors.Is(err, cluster.ErrNotNow) || errors.Is(err, cluster.ErrNoSuchMessage) {
		t.Errorf("error %v", err)
	}
	r.Receive(from("more", r.now.Now, 0), r.now)
	events := r.all()
	if told(events) != "lost" || cluster.BodyOf[cluster.Lost](events[0]).Why != cluster.WhyOverflow || events[0].Message().Msg != "more" {
		t.Errorf("events %+v", events)
	}
}

func TestALossIsToldToAMachineThatHandlesIt(t *testing.T) {
	t.Parallel()
	cut := []cluster.Link{{From: 1, To: 2, Cut: true, Gen: 1}}
	lossy := &lossKeeper{keeper{vals: map[string]string{}}}
	r := newRig(t, func(c *Config, _ *keeper) { c.Machine = lossy })
	lossy.inputs = nil
	r.SetLinks(cut, r.now)
	r.write(t, "w", "1")
	want(t, "events", told(r.all()), "invoke key sent lost timer return")
	r.advance()
	want(t, "lost at departure", lossy.kinds(), "request lost:1.a.1")
	r.Lost(cluster.Message{From: 1, To: 2, ID: "1.a.9"}, cluster.WhyRefused, r.now)
	r.Lost(cluster.Message{From: 2, To: 1, ID: "2.a.9"}, cluster.WhyCut, r.now) // a message of another node
	if due, ok := r.NextDue(); !ok || due != 0 {
		t.Errorf("a loss is due at %d, %v", due, ok)
	}
	want(t, "events", told(r.all()), "lost lost")
	want(t, "lost later", lossy.kinds(), "request lost:1.a.1 lost:1.a.9")

	r = newRig(t, nil)
	r.SetLinks(cut, r.now)
	r.write(t, "w", "1")
	r.all()
	want(t, "a machine that does not want it", r.k.kinds(), "request")
}

func TestACutLosesWhatFlies(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.Receive(from("a", r.now.Now, r.now.Now+10), r.now)
	healed := []cluster.Link{{From: 2, To: 1, Gen: 2, Floor: 1}}
	r.SetLinks(healed, r.now)
	late := from("b", r.now.Now, r.now.Now+10)
	r.Receive(late, r.now)
	late.ID, late.Gen = "c", 2
	r.Receive(late, r.now)
	r.pass(time.Millisecond)
	want(t, "events", told(r.all()), "lost lost delivered")
	want(t, "inputs", r.k.kinds(), "message:c")
	r.SetLinks(nil, r.now) // settings without the link mean a perfect link that was never cut
	r.Receive(from("d", r.now.Now, 0), r.now)
	want(t, "events", told(r.all()), "delivered")
}

func TestTheQuorumIsToldOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	q := cluster.Quorum{N: 3, R: 1, W: 3}
	r.SetQuorum(q, r.now)
	r.SetQuorum(q, r.now)
	want(t, "inputs", r.k.kinds(), "quorum")
}
