package driver

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"capplayground/cluster"
)

func TestEventsAreStamped(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.write(t, "w", "1")
	m := from("2.b.1", r.now.Now, 0)
	m.LC = 1000
	r.Receive(m, r.now)
	r.advance()
	r.Batch(r.now)
	r.Saved()
	began := r.now
	r.pass(time.Second)
	b := r.Batch(r.now)
	var lc uint64
	for _, e := range b.Events {
		if e.Node != 1 || e.LC <= lc || e.T == 0 || e.V == 0 {
			t.Errorf("after lc %d: %+v", lc, e)
		}
		lc = e.LC
		switch e.Kind() {
		case cluster.KindInvoke, cluster.KindDelivered, cluster.KindKey:
			if e.V != began.Now || e.T != began.Wall {
				t.Errorf("%s happened when the input was taken in: %+v", e.Kind(), e)
			}
		case cluster.KindReturn, cluster.KindSent:
			if e.V != r.now.Now || e.T != r.now.Wall {
				t.Errorf("%s happened when it left: %+v", e.Kind(), e)
			}
		}
		if e.Kind() == cluster.KindDelivered && e.LC <= m.LC {
			t.Errorf("Lamport clock: sent at %d, delivered at %d", m.LC, e.LC)
		}
	}
	if b.Messages[0].ID != "1.a.1" || b.Messages[0].From != 1 || b.Messages[0].LC == 0 {
		t.Errorf("message %+v", b.Messages[0])
	}
}

func TestAStaleTimerIsToldStaleAndAQuietOneNotAtAll(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	for _, timer := range []cluster.Timer{{Name: "stale"}, {Name: "votes", Op: "7"}, {Name: "tick", Quiet: true}} {
		r.timers.Set(timer)
	}
	var got []string
	for _, e := range r.all() {
		got = append(got, cluster.BodyOf[cluster.TimerChanged](e).Timer+" "+cluster.BodyOf[cluster.TimerChanged](e).State)
	}
	want(t, "events", strings.Join(got, ", "), "stale stale, votes:7 fired")
	want(t, "inputs", r.k.kinds(), "timer:stale timer:votes:7 timer:tick")
}

func TestAnUnwatchedDriverTellsNothing(t *testing.T) {
	t.Parallel()
	for _, watch := range []Watch{WatchNothing, WatchScreen} {
		r := newRig(t, func(c *Config, _ *keeper) { c.Watch = watch })
		r.write(t, "w", "1")
		r.Batch(r.now)
		r.Saved()
		b := r.Batch(r.now)
		if len(b.Events) != 0 || (len(b.Screen) > 0) != (watch == WatchScreen) {
			t.Errorf("watch %d: events %v, screen %q", watch, b.Events, b.Screen)
		}
	}
}

func TestAScreenIsInert(t *testing.T) {
	t.Parallel()
	const evil = "a\x1b[2J\nn9 holds 0 keys\u202e\u009b31m\r\x00"
	for name, text := range map[string]string{
		"a message":    messageText(&cluster.Message{Type: evil, Label: evil}),
		"no label":     messageText(&cluster.Message{Type: evil}),
		"an operation": requestText(&cluster.Request{Kind: cluster.OpWrite, Key: evil, Val: evil, Op: "7"}, "curl"),
	} {
		if strings.Contains(text, "\n") || text != cluster.Visible(text) {
			t.Errorf("%s: %q", name, text)
		}
	}
	r := newRig(t, nil)
	r.Print("first\x1b[31m\nsecond\x07", r.now)
	if b := r.Batch(r.now); fmt.Sprint(b.Screen) != "[first␛[31m second␇]" || told(b.Events) != "screen screen" {
		t.Errorf("screen %q, events %v", b.Screen, b.Events)
	}
}

// A busy node sums the messages that it sends, except those that wait for a delivery by hand.
func TestABusyNodeSums(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.all()
	for i := range 600 {
		r.write(t, cluster.OpID(fmt.Sprint("a", i)), "1")
		r.all()
	}
	r.pass(flowPeriod)
	r.all() // the next period begins, and the node is busy
	r.write(t, "b", "1")
	if b := r.batchOf(); !b.Messages[0].Flow {
		t.Error("a busy node makes an event for each message")
	}
	r.pass(flowPeriod)
	if events := r.all(); told(events) != "flow" || cluster.BodyOf[cluster.Flow](events[0]).Sent != 1 {
		t.Errorf("events %+v", events)
	}
	r.SetPace(cluster.Pace{Name: cluster.PaceStep})
	r.flow.summing = true
	r.write(t, "c", "1")
	if b := r.batchOf(); b.Messages[0].Flow {
		t.Error("in step mode a message is summed")
	}
}

// A busy node prints no lines for single messages and operations, with or without a
// playground. It prints how many operations began and ended.
func TestABusyNodePrintsSums(t *testing.T) {
	t.Parallel()
	for _, watch := range []Watch{WatchScreen, WatchAll} {
		r := newRig(t, func(c *Config, _ *keeper) { c.Watch = watch })
		r.all()
		printed := func(op cluster.OpID) string {
			r.write(t, op, "1")
			return strings.Join(r.batchOf().Screen, "\n")
		}
		if screen := printed("first"); strings.Count(screen, "→") != 1 || !strings.Contains(screen, "write") {
			t.Errorf("watch %d: a calm node prints %q, want a line for the operation and one for the message", watch, screen)
		}
		for i := range 600 {
			printed(cluster.OpID(fmt.Sprint("a", i)))
		}
		r.pass(flowPeriod)
		r.all()
		if screen := printed("last"); screen != "" {
			t.Errorf("watch %d: a busy node prints %q", watch, screen)
		}
		r.pass(flowPeriod)
		if screen := strings.Join(r.Batch(r.now).Screen, "\n"); screen != "busy: 1 operations began, 1 ended" {
			t.Errorf("watch %d: a busy node prints %q after a period", watch, screen)
		}
	}
}

// batchOf returns the Batch after the records are durable.
func (r *rig) batchOf() Batch {
	r.Batch(r.now)
	r.Saved()
	return r.Batch(r.now)
}

func TestRetellTellsAllThatIsHeld(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.write(t, "w", "1")
	r.all()
	r.SetPace(cluster.Pace{Name: cluster.PaceStep})
	r.Request(cluster.Request{Op: "p", Kind: cluster.OpPropose, Key: "k", Val: "2"}, "test", r.now)
	began := r.now
	r.Receive(from("2.b.1", r.now.Now, 0), r.now)
	r.timers.Set(cluster.Timer{Name: "tick", Quiet: true})
	r.all()
	r.pass(time.Second)
	r.RepeatState(r.now)
	events := r.all()
	want(t, "events", told(events), "role key invoke timer sent")
	if e := events[2]; e.Operation() != "p" || e.V != began.Now || e.T != began.Wall {
		t.Errorf("invoke %+v", e)
	}
	if e := events[4]; e.Message().Msg != "2.b.1" || e.V != began.Now {
		t.Errorf("sent %+v", e)
	}
	want(t, "open operations", fmt.Sprint(r.OpenOps()), "[p]")
	want(t, "received", r.Received(2), "2.b.1")
}

func TestWhyAMessageIsLate(t *testing.T) {
	t.Parallel()
	const flight = 40_000 // microseconds
	for name, tc := range map[string]struct {
		change func(*rig, *cluster.Message)
		pass   time.Duration
		want   string
	}{
		"nothing": {func(_ *rig, m *cluster.Message) { m.Due = 0 }, 0, ""},
		"pace": {func(r *rig, _ *cluster.Message) {
			r.SetPace(cluster.Pace{Name: cluster.PaceSlow, Rate: 1, Latency: cluster.SlowLatency})
		}, flight * time.Microsecond, cluster.LatePace},
		"link":   {func(r *rig, m *cluster.Message) { m.Due += 7 }, flight*time.Microsecond + 7*time.Microsecond, cluster.LateLink},
		"held":   {func(r *rig, m *cluster.Message) { m.Held = true }, flight * time.Microsecond, cluster.LateLink},
		"queue":  {func(_ *rig, m *cluster.Message) { m.Due = 0 }, slowQueue + time.Millisecond, cluster.LateQueue},
		"frozen": {func(r *rig, m *cluster.Message) { r.RecordFreeze(m.Due-1, m.Due) }, flight * time.Microsecond, cluster.LateFrozen},
	} {
		r := newRig(t, nil)
		m := from("2.b.1", r.now.Now, r.now.Now+flight)
		tc.change(r, &m)
		r.Receive(m, r.now)
		r.pass(tc.pass)
		if m.Held {
			_ = r.Deliver(m.ID)
		}
		events := r.all()
		if len(events) == 0 || events[0].Kind() != cluster.KindDelivered || cluster.BodyOf[cluster.Delivered](events[0]).Late != tc.want {
			t.Errorf("%s: %+v, want late %q", name, events, tc.want)
		}
	}
}
