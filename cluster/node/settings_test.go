package node

import (
	"slices"
	"strings"
	"testing"
	"time"

	"capplayground/cluster"
	"capplayground/cluster/link"
)

// paceFrom is a pace that begins now.
func paceFrom(name string, rate float64) cluster.Pace {
	now := time.Now().UnixMicro()
	p := cluster.Pace{Name: name, T0: now, V0: cluster.Time(now), Rate: rate}
	if name != cluster.PaceLive {
		p.Latency = cluster.SlowLatency
	}
	return p
}

func (r *rig) setAll(t *testing.T, s link.Settings) {
	t.Helper()
	for _, p := range r.play {
		p.set(t, s)
	}
}

// hold is a pace of 0 for all nodes.
func (r *rig) hold(t *testing.T) {
	t.Helper()
	r.setAll(t, link.Settings{Pace: paceFrom(cluster.PaceStep, 0)})
}

func TestStepModeMovesByHandOnly(t *testing.T) {
	t.Parallel()
	r := newRig(t, 2, nil)
	r.hold(t)
	reply := r.write(1, "a", "1")
	sent := r.play[1].event(t, cluster.KindSent)
	if sent.Message().Due-sent.V != cluster.SlowLatency*1000 {
		t.Errorf("due %v after it left at %v", sent.Message().Due, sent.V)
	}
	eventually(t, "the message is delivered by hand", func() bool {
		return r.play[2].command(t, link.Command{Do: link.DoDeliver, Msg: sent.Message().Msg}) == nil
	})
	got := r.play[2].event(t, cluster.KindDelivered)
	if got.Message().Msg != sent.Message().Msg || !isLate(got, cluster.LatePace) {
		t.Errorf("delivered %+v", got)
	}
	if n := len(r.play[1].events(cluster.KindDelivered)); n != 0 {
		t.Error("the answer was delivered by itself")
	}
	ack := r.play[2].event(t, cluster.KindSent)
	eventually(t, "the answer is dropped by hand", func() bool {
		return r.play[1].command(t, link.Command{Do: link.DoDrop, Msg: ack.Message().Msg}) == nil
	})
	if l := r.play[1].event(t, cluster.KindLost); l.Message().Msg != ack.Message().Msg || cluster.BodyOf[cluster.Lost](l).Why != cluster.WhyDropped {
		t.Errorf("lost %+v", l)
	}
	timer := r.play[1].event(t, cluster.KindTimer)
	if len(reply) != 0 {
		t.Error("answered by itself")
	}
	if err := r.play[1].command(t, link.Command{Do: link.DoFire, Timer: cluster.BodyOf[cluster.TimerChanged](timer).Timer}); err != nil {
		t.Error(err)
	}
	if a := await(t, reply, "reply"); a.Err == nil {
		t.Errorf("reply %+v", a)
	}
	for _, c := range []link.Command{{Do: link.DoDeliver, Msg: "x"}, {Do: link.DoDrop, Msg: sent.Message().Msg}, {Do: link.DoDuplicate}, {Do: link.DoFire, Timer: cluster.BodyOf[cluster.TimerChanged](timer).Timer}, {Do: "dance"}} {
		if err := r.play[1].command(t, c); err == nil {
			t.Errorf("%+v: no error", c)
		}
	}
}

func TestWhatStepModeHeldGoesOnAfterIt(t *testing.T) {
	t.Parallel()
	r := newRig(t, 2, nil)
	r.hold(t)
	reply := r.write(1, "a", "1")
	r.play[1].event(t, cluster.KindSent)
	r.setAll(t, link.Settings{Pace: cluster.LivePace()})
	if a := await(t, reply, "reply"); a.Err != nil {
		t.Error(a.Err)
	}
}

func TestADuplicateIsAMessageOfItsOwn(t *testing.T) {
	t.Parallel()
	r := newRig(t, 2, nil)
	r.hold(t)
	reply := r.write(1, "a", "1")
	sent := r.play[1].event(t, cluster.KindSent)
	eventually(t, "the message is doubled", func() bool {
		return r.play[2].command(t, link.Command{Do: link.DoDuplicate, Msg: sent.Message().Msg}) == nil
	})
	dup := r.play[2].event(t, cluster.KindSent)
	if dup.Message().DupOf != sent.Message().Msg || dup.Message().Msg == sent.Message().Msg || dup.Node != 2 || dup.Message().From != 1 || dup.Message().To != 2 {
		t.Errorf("duplicate %+v", dup)
	}
	r.setAll(t, link.Settings{Pace: cluster.LivePace()})
	await(t, reply, "reply")
	eventually(t, "both are delivered", func() bool { return len(r.play[2].events(cluster.KindDelivered)) == 2 })
}

func TestSlowMotionTakesWhatItsHopsAddUpTo(t *testing.T) {
	t.Parallel()
	r := newRig(t, 2, nil)
	r.setAll(t, link.Settings{Pace: paceFrom(cluster.PaceSlow, 0.1)})
	began := time.Now()
	if a := await(t, r.write(1, "a", "1"), "reply"); a.Err != nil {
		t.Fatal(a.Err)
	}
	want := 2 * cluster.SlowLatency * 10 * time.Millisecond
	if took := time.Since(began); took < want {
		t.Errorf("two hops took %v, want at least %v", took, want)
	}
	if e := r.play[2].event(t, cluster.KindDelivered); !isLate(e, cluster.LatePace) || e.V < e.Message().Due {
		t.Errorf("delivered %+v", e)
	}
}

func TestLinksAndRules(t *testing.T) {
	t.Parallel()
	cut := cluster.Link{From: 1, To: 2, Cut: true, Gen: 1, Floor: 1}
	for name, tc := range map[string]struct {
		s   link.Settings
		why string
	}{
		"cut":  {link.Settings{Links: []cluster.Link{cut}}, cluster.WhyCut},
		"loss": {link.Settings{Links: []cluster.Link{{From: 1, To: 2, Loss: 1}}}, cluster.WhyLoss},
		"rule": {link.Settings{Rules: []cluster.Rule{{ID: "r", From: 1, Type: "store", Do: cluster.RuleDrop}}}, cluster.WhyDropped},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, 2, nil)
			tc.s.Pace = cluster.LivePace()
			r.setAll(t, tc.s)
			reply := r.write(1, "a", "1")
			if l := r.play[1].event(t, cluster.KindLost); cluster.BodyOf[cluster.Lost](l).Why != tc.why || l.Message().Msg != r.play[1].event(t, cluster.KindSent).Message().Msg {
				t.Errorf("lost %+v", l)
			}
			timer := r.play[1].event(t, cluster.KindTimer)
			if err := r.play[1].command(t, link.Command{Do: link.DoFire, Timer: cluster.BodyOf[cluster.TimerChanged](timer).Timer}); err != nil {
				t.Error(err)
			}
			await(t, reply, "reply")
		})
	}
}

// A message that was on a link when the link was cut is lost. This holds even if its receiver
// gets the cut only together with the heal after it.
func TestACutLosesWhatFlies(t *testing.T) {
	t.Parallel()
	r := newRig(t, 2, nil)
	r.hold(t)
	r.write(1, "a", "1")
	sent := r.play[1].event(t, cluster.KindSent)
	healed := cluster.Link{From: 1, To: 2, Gen: 2, Floor: 1}
	r.play[2].set(t, link.Settings{Pace: paceFrom(cluster.PaceStep, 0), Links: []cluster.Link{healed}})
	if l := r.play[2].event(t, cluster.KindLost); l.Message().Msg != sent.Message().Msg || cluster.BodyOf[cluster.Lost](l).Why != cluster.WhyCut {
		t.Errorf("lost %+v", l)
	}
	r.play[1].set(t, link.Settings{Pace: cluster.LivePace(), Links: []cluster.Link{healed}})
	r.play[2].set(t, link.Settings{Pace: cluster.LivePace(), Links: []cluster.Link{healed}})
	if a := await(t, r.write(1, "a", "2"), "reply"); a.Err != nil {
		t.Error(a.Err)
	}
}

func TestHeldMessagesWait(t *testing.T) {
	t.Parallel()
	r := newRig(t, 2, nil)
	r.setAll(t, link.Settings{Pace: cluster.LivePace(), Rules: []cluster.Rule{{ID: "r", Type: "ack", Do: cluster.RuleHold, Count: 1}}})
	first := r.write(1, "a", "1")
	ack := r.play[2].event(t, cluster.KindSent)
	if !ack.Message().Held {
		t.Errorf("sent %+v", ack)
	}
	if a := await(t, r.write(1, "b", "1"), "reply to the second write"); a.Err != nil {
		t.Error(a.Err)
	}
	eventually(t, "the held answer is delivered", func() bool {
		return r.play[1].command(t, link.Command{Do: link.DoDeliver, Msg: ack.Message().Msg}) == nil
	})
	if a := await(t, first, "reply to the first write"); a.Err != nil {
		t.Error(a.Err)
	}
}

func TestANodeFrozenByCommandStandsStill(t *testing.T) {
	t.Parallel()
	r := newRig(t, 2, nil)
	if err := r.play[2].command(t, link.Command{Do: link.DoFreeze}); err != nil {
		t.Fatal(err)
	}
	reply := r.write(1, "a", "1")
	sent := r.play[1].event(t, cluster.KindSent)
	local := r.write(2, "b", "1")
	if err := r.play[2].command(t, link.Command{Do: link.DoDeliver, Msg: sent.Message().Msg}); err == nil || !strings.Contains(err.Error(), "frozen") {
		t.Errorf("deliver to a frozen node: %v", err)
	}
	if n := len(r.play[2].events(cluster.KindDelivered)) + len(r.play[2].events(cluster.KindInvoke)); n != 0 {
		t.Error("a frozen node took in a message or a request")
	}
	if err := r.play[2].command(t, link.Command{Do: link.DoThaw}); err != nil {
		t.Fatal(err)
	}
	await(t, local, "reply of the thawed node")
	if a := await(t, reply, "reply"); a.Err != nil {
		t.Error(a.Err)
	}
	if e := r.play[2].event(t, cluster.KindDelivered); cluster.BodyOf[cluster.Delivered](e).Late != cluster.LateFrozen {
		t.Errorf("delivered %+v", e)
	}
}

// A loop that stood still takes in no message before it has the current settings. Here it
// missed a cut, so the message is lost when it arrives.
func TestAThawedLoopAsksFirst(t *testing.T) {
	t.Parallel()
	r := newRig(t, 2, nil)
	p := r.play[2]
	p.mu.Lock()
	p.auto = false
	p.mu.Unlock()
	stop, stopped := make(chan struct{}), make(chan struct{})
	r.nodes[2].mail.put(mail{do: func(l *loop) {
		close(stopped)
		<-stop
		l.standstill.last = time.Now().Add(-overslept - time.Millisecond) // as if it had stood still while it waited for the next turn
	}})
	<-stopped
	r.write(1, "a", "1")
	sent := r.play[1].event(t, cluster.KindSent)
	close(stop)
	var sync *link.Sync
	eventually(t, "the thawed node asks", func() bool {
		for _, up := range p.all() {
			if up.Sync != nil {
				sync = up.Sync
			}
		}
		return sync != nil
	})
	cut := cluster.Link{From: 1, To: 2, Cut: true, Gen: 1, Floor: 1}
	p.send(link.Down{Settings: &link.Settings{Pace: cluster.LivePace(), Links: []cluster.Link{cut}}})
	p.send(link.Down{Sync: sync})
	if l := p.event(t, cluster.KindLost); l.Message().Msg != sent.Message().Msg || cluster.BodyOf[cluster.Lost](l).Why != cluster.WhyCut {
		t.Errorf("lost %+v", l)
	}
	if n := len(p.events(cluster.KindDelivered)); n != 0 {
		t.Error("it took in the message")
	}
}

// A loop makes progress even if each of its turns is late.
func TestALoopThatIsAlwaysLateGoesOn(t *testing.T) {
	t.Parallel()
	r := newRig(t, 1, nil)
	p := r.play[1]
	p.mu.Lock()
	p.auto = false // the playground does not answer Sync
	p.mu.Unlock()
	late := func() (waits bool) {
		seen := make(chan bool, 1)
		r.nodes[1].mail.put(mail{do: func(l *loop) {
			l.standstill.last = time.Now().Add(-overslept - time.Millisecond)
			seen <- l.standstill.isWaiting()
		}})
		return <-seen
	}
	for !late() {
	}
	answered := r.write(1, "a", "1")
	for {
		select {
		case reply := <-answered:
			if reply.Err != nil {
				t.Error(reply.Err)
			}
			return
		default: // each of its turns is late
			late()
		}
	}
}

func TestTimersFireWhenDue(t *testing.T) {
	t.Parallel()
	r := newRig(t, 2, nil)
	dropAcks := []cluster.Rule{{ID: "r", Type: "ack", Do: cluster.RuleDrop}}
	const rate = float64(patience / (100 * time.Millisecond)) // the timer is due after 100 ms of real time
	r.setAll(t, link.Settings{Pace: paceFrom(cluster.PaceSlow, rate), Rules: dropAcks})
	if a := await(t, r.write(1, "a", "1"), "reply"); a.Err == nil {
		t.Errorf("reply %+v", a)
	}
	var fired cluster.Event
	eventually(t, "the timer is told to have fired", func() bool {
		for _, e := range r.play[1].events(cluster.KindTimer) {
			if cluster.BodyOf[cluster.TimerChanged](e).State == cluster.TimerFired {
				fired = e
			}
		}
		return cluster.BodyOf[cluster.TimerChanged](fired).State != ""
	})
	if b := cluster.BodyOf[cluster.TimerChanged](fired); fired.V < b.Due || b.Name != "acks" {
		t.Errorf("fired %+v", fired)
	}
}

func TestTheMachineHearsTheQuorumAfterItsStart(t *testing.T) {
	t.Parallel()
	inputs := make(chan cluster.Input, 100)
	r := newRig(t, 1, func(r *rig, id cluster.NodeID, _ *Config) {
		r.machs[id].on = func(in cluster.Input) { inputs <- in }
	})
	if in := await(t, inputs, "input"); in.Kind != cluster.InputStart {
		t.Errorf("first input %+v", in)
	}
	q := cluster.Quorum{N: 3, R: 1, W: 3}
	for range 2 {
		r.play[1].set(t, link.Settings{Pace: cluster.LivePace(), Quorum: q})
	}
	if in := await(t, inputs, "input"); in.Kind != cluster.InputQuorum || in.Quorum != q {
		t.Errorf("input %+v", in)
	}
	if len(inputs) != 0 {
		t.Error("the machine got the quorum twice")
	}
}

// A playground that starts again gets the events that it missed. An event that would count
// twice is not sent twice.
func TestANodeTellsAllThatItHolds(t *testing.T) {
	t.Parallel()
	r := newRig(t, 2, nil)
	await(t, r.write(2, "old", "1"), "reply")
	r.hold(t)
	reply := r.write(1, "new", "2")
	var sent cluster.Event
	eventually(t, "node 1 sends it", func() bool {
		i := slices.IndexFunc(r.play[1].events(cluster.KindSent), func(e cluster.Event) bool { return e.Message().Type == "store" })
		if i >= 0 {
			sent = r.play[1].events(cluster.KindSent)[i]
		}
		return i >= 0
	})
	eventually(t, "the message waits at node 2", func() bool {
		before := len(r.play[2].events(""))
		if err := r.play[2].command(t, link.Command{Do: link.DoTell}); err != nil {
			t.Fatal(err)
		}
		told := r.play[2].events("")[before:]
		has := func(is func(cluster.Event) bool) bool { return slices.ContainsFunc(told, is) }
		return has(func(e cluster.Event) bool { return e.Kind() == cluster.KindRole }) &&
			has(func(e cluster.Event) bool {
				return e.Kind() == cluster.KindKey && cluster.BodyOf[cluster.KeyChanged](e).Key == "old" && cluster.BodyOf[cluster.KeyChanged](e).Val == "1"
			}) &&
			has(func(e cluster.Event) bool {
				return e.Kind() == cluster.KindSent && e.Message().Msg == sent.Message().Msg && e.V == sent.V
			})
	})
	before := len(r.play[1].events(""))
	if err := r.play[1].command(t, link.Command{Do: link.DoTell}); err != nil {
		t.Fatal(err)
	}
	invoke, timer := r.play[1].event(t, cluster.KindInvoke), r.play[1].event(t, cluster.KindTimer)
	var again, set bool
	for _, e := range r.play[1].events("")[before:] {
		again = again || e.Kind() == cluster.KindInvoke && e.Operation() == invoke.Operation() && e.T == invoke.T && e.V == invoke.V
		was, is := cluster.BodyOf[cluster.TimerChanged](timer), cluster.BodyOf[cluster.TimerChanged](e)
		set = set || e.Kind() == cluster.KindTimer && is.Timer == was.Timer && is.Due == was.Due
	}
	if !again || !set {
		t.Errorf("the open operation is sent again: %v, its timer: %v", again, set)
	}
	r.setAll(t, link.Settings{Pace: cluster.LivePace()})
	await(t, reply, "reply")
}

// A playground that has missed events asks which operations, messages and timers have begun
// and not ended.
func TestANodeListsWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	r := newRig(t, 2, nil)
	r.hold(t)
	reply := r.write(1, "a", "1")
	sent := r.play[1].event(t, cluster.KindSent).Message()
	timer := r.play[1].event(t, cluster.KindTimer).Body.(*cluster.TimerChanged)
	listed := func(id cluster.NodeID) (u *link.UnderWay) {
		if err := r.play[id].command(t, link.Command{Do: link.DoUnderWay}); err != nil {
			t.Fatal(err)
		}
		for _, up := range r.play[id].all() {
			if up.UnderWay != nil {
				u = up.UnderWay
			}
		}
		return u
	}
	eventually(t, "the message waits at node 2", func() bool {
		u := listed(2)
		return slices.Equal(u.Messages, []string{sent.Msg}) && u.Received[1] == sent.Msg && len(u.Ops) == 0
	})
	if u := listed(1); len(u.Messages) != 0 || !slices.Equal(u.Ops, []cluster.OpID{sent.Op}) || !slices.Equal(u.Timers, []string{timer.Timer}) {
		t.Errorf("node 1 lists %+v", u)
	}
	r.setAll(t, link.Settings{Pace: cluster.LivePace()})
	await(t, reply, "reply")
	if u := listed(1); len(u.Messages)+len(u.Ops) != 0 || u.Received[2] == "" {
		t.Errorf("afterwards node 1 lists %+v", u)
	}
}

// The reason for which a message waited longest is why it is late.
func TestWhyAMessageIsLate(t *testing.T) {
	t.Parallel()
	slow := cluster.Link{From: 1, To: 2, DelayMS: 90}
	for name, tc := range map[string]struct {
		rate  float64
		links []cluster.Link
		want  string
	}{
		"nothing":               {1, nil, ""},
		"the pace":              {0.5, nil, cluster.LatePace},
		"the link":              {1, []cluster.Link{slow}, cluster.LateLink},
		"the link, slow motion": {0.5, []cluster.Link{slow}, cluster.LateLink},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, 2, nil)
			pace := cluster.LivePace()
			if tc.rate < 1 {
				pace = paceFrom(cluster.PaceSlow, tc.rate)
			}
			r.setAll(t, link.Settings{Pace: pace, Links: tc.links})
			reply := r.write(1, "a", "1")
			sent := r.play[1].event(t, cluster.KindSent)
			if tc.links != nil { // the link is healed while the message is on it
				r.play[2].set(t, link.Settings{Pace: pace, Links: []cluster.Link{{From: 1, To: 2, Gen: 1}}})
			}
			await(t, reply, "reply")
			got := r.play[2].event(t, cluster.KindDelivered)
			if got.Message().Msg != sent.Message().Msg || !isLate(got, tc.want) {
				t.Errorf("delivered %+v (want it late by %q)", got, tc.want)
			}
		})
	}
}

// isLate reports whether a message was late for this reason. On a busy machine the
// loop may also not be scheduled in time. Then the message waited longest for that.
func isLate(delivered cluster.Event, why string) bool {
	late := cluster.BodyOf[cluster.Delivered](delivered).Late
	return late == why || late == cluster.LateQueue || late == cluster.LateFrozen
}

// If a loop is busy, messages wait in its queue. Their events give this as the reason for
// which they are late.
func TestAQueueMakesLate(t *testing.T) {
	t.Parallel()
	r := newRig(t, 2, nil)
	stop, stopped := make(chan struct{}), make(chan struct{})
	r.nodes[2].mail.put(mail{do: func(l *loop) {
		close(stopped)
		<-stop
		l.standstill.last = time.Now() // the loop was busy, it did not stand still
		l.clock.Release()
	}})
	<-stopped
	reply := r.write(1, "a", "1")
	sent := r.play[1].event(t, cluster.KindSent)
	eventually(t, "it waits longer than a moment", func() bool {
		return time.Now().UnixMicro()-sent.T > (70 * time.Millisecond).Microseconds()
	})
	close(stop)
	await(t, reply, "reply")
	if got := r.play[2].event(t, cluster.KindDelivered); !isLate(got, cluster.LateQueue) {
		t.Errorf("delivered %+v", got)
	}
}
