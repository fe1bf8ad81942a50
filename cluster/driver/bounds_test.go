package driver

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"capplayground/cluster"
)

// TestEveryEventCountsForTheRate: whether a node is busy depends on all of its events.
// Screen lines do not count.
func TestEveryEventCountsForTheRate(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.write(t, "w", "1") // invoke, key, sent, timer, return
	events := r.all()
	m := from("2.b.1", r.now.Now, 0)
	r.Receive(m, r.now)
	events = append(events, r.all()...) // delivered
	r.RecordDuplicate(cluster.Message{From: 1, To: 2, ID: "1.a.1"}, r.now)
	r.Lost(cluster.Message{From: 1, To: 2, ID: "1.a.1"}, cluster.WhyRefused, r.now)
	events = append(events, r.all()...)
	want(t, "events", told(events), "invoke key sent timer return delivered sent lost")
	if r.flow.seen != len(events) {
		t.Errorf("%d events count for the rate, want %d", r.flow.seen, len(events))
	}
	r.timers.Set(cluster.Timer{Name: "tick", Due: r.now.Now, Quiet: true})
	r.timers.Set(cluster.Timer{Name: "votes", Due: r.now.Now})
	want(t, "events", told(r.all()), "timer")
	if r.flow.seen != len(events)+1 {
		t.Errorf("%d events count for the rate, want that of the timer and none of the quiet one", r.flow.seen)
	}
}

// TestSumsOfABusyNode: if the sender counted a message in a sum, the receiver counts it in a
// sum, too. So does a node at which the message is lost or copied.
func TestSumsOfABusyNode(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	for i := range 3 {
		m := from(fmt.Sprint("2.b.", i), r.now.Now, 0)
		m.Flow = true
		r.Receive(m, r.now)
	}
	sent := cluster.Message{From: 1, To: 2, Class: cluster.ClassRequest, Flow: true}
	for range 2 {
		r.Lost(sent, cluster.WhyTimeout, r.now)
	}
	r.RecordDuplicate(sent, r.now)
	r.advance()
	r.pass(flowPeriod)
	events := r.all()
	want(t, "events", told(events), "flow flow")
	for i, sum := range []cluster.Flow{
		{From: 1, To: 2, Class: cluster.ClassRequest, Sent: 1, Lost: 2},
		{From: 2, To: 1, Class: cluster.ClassYes, Delivered: 3},
	} {
		if got := cluster.BodyOf[cluster.Flow](events[i]); *got != sum {
			t.Errorf("%+v, want %+v", got, sum)
		}
	}
}

// TestBusyAndCalm: a node is busy above busyRate, and calm again at calmRate.
func TestBusyAndCalm(t *testing.T) {
	t.Parallel()
	const second = 1_000_000
	for _, tc := range []struct {
		name      string
		summing   bool
		elapsed   int64 // microseconds
		seen      int
		want      bool
		unchanged bool // the period is not over
	}{
		{"at the rate of a busy node", false, second, busyRate, false, false},
		{"above it", false, second, busyRate + 1, true, false},
		{"busy, above the rate of a calm node", true, second, calmRate + 1, true, false},
		{"busy, at the rate of a calm node", true, second, calmRate, false, false},
		{"calm, above the rate of a calm node", false, second, calmRate + 1, false, false},
		{"a period that is not over", false, flowPeriod.Microseconds() - 1, 99_999, false, true},
		{"the shortest period", false, flowPeriod.Microseconds(), busyRate/10 + 1, true, false},
		{"the clock was set back, calm", false, -5 * second, busyRate / 10, false, false},
		{"the clock was set back, busy", false, -5 * second, busyRate/10 + 1, true, false},
	} {
		f := flow{began: 10 * second, seen: tc.seen, summing: tc.summing}
		f.period(10*second + tc.elapsed)
		if f.summing != tc.want || (f.seen != 0) != tc.unchanged {
			t.Errorf("%s: busy %v, want %v; %d events count on", tc.name, f.summing, tc.want, f.seen)
		}
	}
}

// TestTheReasonThatTookLongest: the reason that took longest is reported. The cases are at the
// bounds between two reasons.
func TestTheReasonThatTookLongest(t *testing.T) {
	t.Parallel()
	const (
		sent = cluster.Time(10_000_000)
		slow = cluster.Time(cluster.SlowLatency * 1000)
		ms   = cluster.Time(1000)
	)
	live := cluster.LivePace()
	slowly := cluster.Pace{Name: cluster.PaceSlow, Rate: 1, Latency: cluster.SlowLatency}
	queue := cluster.Time(slowQueue.Microseconds())
	for _, tc := range []struct {
		name         string
		pace         cluster.Pace
		delay        float64 // of the link, in ms
		flew, waited cluster.Time
		stood        [2]cluster.Time // relative to when it was due
		want         string
	}{
		{"at once", live, 0, 0, 0, [2]cluster.Time{}, ""},
		{"as long as a queue may take", live, 0, 0, queue, [2]cluster.Time{}, ""},
		{"longer", live, 0, 0, queue + 1, [2]cluster.Time{}, cluster.LateQueue},
		{"as long in the queue as on the link", live, 200, 200 * ms, 200 * ms, [2]cluster.Time{}, cluster.LateLink},
		{"longer in the queue", live, 200, 200 * ms, 200*ms + 1, [2]cluster.Time{}, cluster.LateQueue},
		{"time stands still", cluster.Pace{Name: cluster.PaceStep}, 0, 0, 0, [2]cluster.Time{}, cluster.LatePace},
		{"time stands still, by hand after a while", cluster.Pace{Name: cluster.PaceStep}, 0, 0, 200 * ms, [2]cluster.Time{}, cluster.LatePace},
		{"slow motion", slowly, 0, slow, 0, [2]cluster.Time{}, cluster.LatePace},
		{"slow motion, over a link of the same delay", slowly, float64(cluster.SlowLatency), slow, 0, [2]cluster.Time{}, cluster.LatePace},
		{"slow motion and a link", slowly, 1, slow + ms, 0, [2]cluster.Time{}, cluster.LateLink},
		{"a link of that delay at full speed", live, float64(cluster.SlowLatency), slow, 0, [2]cluster.Time{}, cluster.LateLink},
		{"sent in slow motion, which is over", live, 0, slow, 0, [2]cluster.Time{}, cluster.LatePace},
		{"due as the node froze", live, 0, 0, 0, [2]cluster.Time{0, 9}, ""},
		{"due just after", live, 0, 0, 0, [2]cluster.Time{-1, 9}, cluster.LateFrozen},
		{"due as the node thawed", live, 0, 0, 0, [2]cluster.Time{-9, 0}, cluster.LateFrozen},
		{"due just after that", live, 0, 0, 0, [2]cluster.Time{-9, -1}, ""},
	} {
		r := newRig(t, nil)
		r.SetPace(tc.pace)
		r.SetLinks([]cluster.Link{{From: 2, To: 1, DelayMS: tc.delay}}, r.now)
		m := from("2.b.1", sent, sent+tc.flew)
		if tc.flew == 0 {
			m.Due = 0
		}
		due := sent + tc.flew
		r.RecordFreeze(due+tc.stood[0], due+tc.stood[1])
		if got := r.late(&m, due+tc.waited); got != tc.want {
			t.Errorf("%s: late because of %q, want %q", tc.name, got, tc.want)
		}
	}
}

// TestRememberedBytesUpToTheBound: operations whose keys and values have exactly
// MaxRememberedBytes are all remembered.
func TestRememberedBytesUpToTheBound(t *testing.T) {
	t.Parallel()
	o := newOperations()
	for i := range 4 {
		op := &operation{req: cluster.Request{Op: cluster.OpID(fmt.Sprint(i)), Val: strings.Repeat("x", MaxRememberedBytes/4)}}
		o.byID[op.req.Op] = op
		o.end(op, cluster.Reply{})
	}
	if len(o.byID) != 4 || o.bytes != MaxRememberedBytes {
		t.Fatalf("%d operations with %d bytes are remembered", len(o.byID), o.bytes)
	}
	op := &operation{req: cluster.Request{Op: "one more", Key: "k"}}
	o.byID[op.req.Op] = op
	o.end(op, cluster.Reply{})
	if len(o.byID) != 4 || o.byID["0"] != nil || o.bytes != MaxRememberedBytes*3/4+1 {
		t.Errorf("%d operations with %d bytes are remembered, want all but the oldest", len(o.byID), o.bytes)
	}
}

// TestADeadlineIsGivenOrKept: a request without a deadline gets OpTimeout.
func TestADeadlineIsGivenOrKept(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.read(t, "a")
	r.Request(cluster.Request{Op: "b", Kind: cluster.OpRead, Key: "k", Deadline: 77}, "test", r.now)
	for i, want := range []cluster.Time{r.now.Now.Add(cluster.OpTimeout), 77} {
		if got := r.k.inputs[i].Request.Deadline; got != want {
			t.Errorf("request %d has the deadline %v, want %v", i, got, want)
		}
	}
}

// TestValuesInTheEventsOfACall: the invoke event of a write has its value. The return event of
// a read has the value that was read. If the read failed, its return event has none.
func TestValuesInTheEventsOfACall(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.write(t, "w", "Rome")
	events := r.all()
	if v := cluster.BodyOf[cluster.Invoked](events[0]).Value; v != cluster.ValueOf("Rome") {
		t.Errorf("the write begins with %+v", v)
	}
	if v := cluster.BodyOf[cluster.Returned](events[len(events)-1]).Value; v != cluster.ValueOf("Rome") {
		t.Errorf("the write ends with %+v", v)
	}
	r.read(t, "r")
	events = r.all()
	if v := cluster.BodyOf[cluster.Invoked](events[0]).Value; v != (cluster.Value{}) {
		t.Errorf("the read begins with %+v", v)
	}
	if v := cluster.BodyOf[cluster.Returned](events[1]).Value; v != cluster.ValueOf("Rome") {
		t.Errorf("the read ends with %+v", v)
	}
	failed := &operation{req: cluster.Request{Op: "f", Kind: cluster.OpRead}, reply: cluster.Reply{Val: "Oslo", Err: errors.New("no quorum")}}
	r.recordReturn(failed, r.now)
	if v := cluster.BodyOf[cluster.Returned](r.all()[0]).Value; v != (cluster.Value{}) {
		t.Errorf("a read that failed ends with %+v", v)
	}
}

// TestSendersAreNodes: the newest message of each node is remembered, up to the last node.
func TestSendersAreNodes(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	for _, n := range []cluster.NodeID{-1, 1, cluster.MaxNodes, cluster.MaxNodes + 1} {
		r.Receive(cluster.Message{From: n, To: 1, Type: "got", ID: fmt.Sprint("of-", int(n))}, r.now)
	}
	want(t, "received of the last node", r.Received(cluster.MaxNodes), fmt.Sprint("of-", cluster.MaxNodes))
	want(t, "received of node 1", r.Received(1), "of-1")
	want(t, "received of node 2", r.Received(2), "")
}

// TestACutOfTheLastNodesLink: messages of the node with the highest number are lost by a
// cut, too.
func TestACutOfTheLastNodesLink(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.Receive(cluster.Message{From: cluster.MaxNodes, To: 1, Type: "got", ID: "x", Sent: r.now.Now, Due: r.now.Now + 1000, Gen: 1}, r.now)
	r.SetLinks([]cluster.Link{{From: cluster.MaxNodes, To: 1, Cut: true, Gen: 2, Floor: 2}}, r.now)
	want(t, "events", told(r.all()), "lost")
}

// TestRulesThatStayKeepTheirCounts: the first of them as well. A driver that is stopped
// at the point of a rule that stays, stays there.
func TestRulesThatStayKeepTheirCounts(t *testing.T) {
	t.Parallel()
	r := pointRig(t, "")
	rule := r.points.rules[0].rule
	other := cluster.Rule{ID: "other", When: cluster.Point{Type: "none", Count: 1, Node: 1}, Then: cluster.ThenKill}
	r.got("a", "a1")
	r.SetRules([]cluster.Rule{rule, other})
	want(t, "at the point", told(r.got("a", "a2")), "delivered point")
	for _, rules := range [][]cluster.Rule{{rule}, {other, rule}} {
		r.SetRules(rules)
		if _, stopped := r.StoppedAt(); !stopped {
			t.Errorf("it goes on although rule %s is one of %d", rule.ID, len(rules))
		}
	}
	r.SetRules([]cluster.Rule{other})
	if _, stopped := r.StoppedAt(); stopped {
		t.Error("it is stopped at the point of a rule that is gone")
	}
}

// TestCountsOfARuleAreBounded: a rule counts for maxCounted operations, and then starts to
// count again.
func TestCountsOfARuleAreBounded(t *testing.T) {
	t.Parallel()
	for others, stops := range map[int]bool{maxCounted - 2: true, maxCounted - 1: false} {
		r := pointRig(t, "")
		count := func(op string) bool {
			return r.points.count(&cluster.Message{Type: "got", Op: cluster.OpID(op)}, 1)
		}
		count("a")
		for i := range others {
			count(fmt.Sprint(i))
		}
		if got := count("a"); got != stops {
			t.Errorf("with %d other operations: stopped %v, want %v", others, got, stops)
		}
	}
}

// TestAQueueThatIsNeverEmptyStaysSmall: the space of steps that have left is used again.
func TestAQueueThatIsNeverEmptyStaysSmall(t *testing.T) {
	t.Parallel()
	var q queue
	q.grow().late = "0"
	for i := range 10_000 {
		q.grow().late = fmt.Sprint(i + 1)
		if got := q.first().late; got != fmt.Sprint(i) || q.len() != 2 {
			t.Fatalf("the first step is %s of %d, want %d", got, q.len(), i)
		}
		q.drop()
	}
	if cap(q.steps) > 8 {
		t.Errorf("two steps take the space of %d", cap(q.steps))
	}
}
