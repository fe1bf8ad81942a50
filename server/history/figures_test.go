package history

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"capplayground/cluster"
)

func TestOutcomeOfAStatus(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status int
		kind   cluster.RequestKind
		want   Outcome
	}{
		{0, cluster.OpRead, Open},
		{199, cluster.OpRead, Refused}, {200, cluster.OpRead, Accepted}, {299, cluster.OpRead, Accepted}, {300, cluster.OpRead, Refused},
		{404, cluster.OpRead, Accepted}, {404, cluster.OpWrite, Refused}, {409, cluster.OpWrite, Refused},
		{clientGone, cluster.OpWrite, Unknown}, {500, cluster.OpWrite, Unknown}, {503, cluster.OpWrite, Refused}, {504, cluster.OpWrite, Unknown},
	} {
		if got := (&Op{Status: c.status, Kind: c.kind}).Outcome(); got != c.want {
			t.Errorf("%s with %d: %s, want %s", c.kind, c.status, got, c.want)
		}
	}
}

// TestEachOutcomeIsCounted: if a client got no value, the reason is counted.
func TestEachOutcomeIsCounted(t *testing.T) {
	t.Parallel()
	b := newBucket(0)
	op := func(status int, change func(*Op)) {
		o := &Op{Kind: cluster.OpRead, Status: status, Invoke: 1000, Return: 3000}
		if change != nil {
			change(o)
		}
		b.count(o)
	}
	word := func(w string) func(*Op) { return func(o *Op) { o.Word = &Word{Word: w} } }
	op(200, word(WordLatest))
	for range 2 {
		op(200, word(WordStale))
		op(200, word(WordLost))
	}
	op(200, word(WordConflicting))
	for range 3 {
		op(409, nil)
		op(503, func(o *Op) { o.unreached = true })
		op(504, func(o *Op) { o.unreached = true })
		op(422, nil) // the client's own mistake
	}
	f := b.figures(1)
	if f.Asked != 15 || f.Answered != 6 || f.Refused != 6 || f.Unknown != 3 || f.Unreached != 6 || f.Stale != 4 || f.Conflicting != 1 {
		t.Errorf("%+v", f)
	}
	if f.Availability == nil || *f.Availability != 0.4 {
		t.Errorf("availability %v", f.Availability)
	}
	if l := f.Latency[cluster.OpRead]; l.Count != 6 || l.P50 < 1.9 || l.P50 > 2.1 || l.P99 < 1.9 || l.P99 > 2.1 {
		t.Errorf("latency %+v, want 2 ms", l)
	}
	sum := newBucket(0)
	sum.merge(b)
	sum.merge(b)
	if g := sum.figures(1); g.Asked != 30 || g.Answered != 12 || g.Refused != 12 || g.Unknown != 6 || g.Unreached != 12 || g.Stale != 8 || g.Conflicting != 2 || g.Latency[cluster.OpRead].Count != 12 {
		t.Errorf("twice: %+v", g)
	}
}

// TestLatenciesOfSlowMotionAreLeftOut: an operation that runs in slow motion, or while time
// stands still, is counted, but its latency is not. A reset does not change the pace.
func TestLatenciesOfSlowMotionAreLeftOut(t *testing.T) {
	t.Parallel()
	h := New(Config{Now: func() time.Time { return time.Unix(1000, 0) }})
	p := &tape{h: h, t: 1_000_000}
	pace := func(name string) {
		p.add(cluster.Event{Body: &cluster.PaceChanged{Pace: &cluster.Pace{Name: name}}})
	}
	want := func(when string, answered, measured int64) {
		t.Helper()
		f := h.Report().Total
		if f.Answered != answered || f.Latency[cluster.OpWrite].Count != measured {
			t.Errorf("%s: %d answered, %d measured, want %d and %d", when, f.Answered, f.Latency[cluster.OpWrite].Count, answered, measured)
		}
	}
	p.write(1, "a", 201)
	want("at full speed", 1, 1)
	began := p.invoke(1, cluster.OpWrite, "b")
	pace(cluster.PaceSlow)
	p.ret(1, began, 201, "")
	want("slow motion began in it", 2, 1)
	p.write(1, "c", 201)
	pace(cluster.PaceStep)
	p.write(1, "d", 201)
	want("in slow motion, and in steps", 4, 1)
	p.add(cluster.Event{Body: &cluster.Reset{}})
	p.write(1, "e", 201)
	want("after a reset", 1, 0)
	began = p.invoke(1, cluster.OpWrite, "f")
	pace(cluster.PaceLive)
	p.ret(1, began, 201, "")
	want("slow motion ended in it", 2, 0)
	p.write(1, "g", 201)
	want("at full speed again", 3, 1)
}

// TestSecondsOfTheChart: each second that is over has a place in the chart, in order.
func TestSecondsOfTheChart(t *testing.T) {
	t.Parallel()
	f := newFigures()
	op := func(second int64, status int) {
		f.count(&Op{Kind: cluster.OpWrite, Status: status, Invoke: 1000, Return: 5000}, time.Unix(second, 0))
	}
	chart := func() (all []string) {
		for _, s := range f.chart {
			all = append(all, fmt.Sprintf("%d: %d/%d %.0f %.0f", s.T, s.Answered, s.Refused, s.P50, s.P99))
		}
		return all
	}
	check := func(what string, got, want []string) {
		t.Helper()
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	op(1005, 201)
	op(1005, 201)
	check("the second that is not over", chart(), nil)
	op(1006, 503)
	check("after one second", chart(), []string{"1005: 2/0 4 4"})
	op(1007, 201)
	op(1013, 201)
	check("after a pause", chart(), []string{"1005: 2/0 4 4", "1006: 0/1 0 0", "1007: 1/0 4 4"})
	for now, asked := range map[int64]int64{1013: 5} {
		if got := f.inWindow(time.Unix(now, 0)).Asked; got != asked {
			t.Errorf("at %d: %d, want %d", now, got, asked)
		}
	}
	for _, step := range []struct{ now, asked int64 }{{1014, 5}, {1015, 3}, {1016, 2}, {1017, 1}, {1022, 1}, {1023, 0}} {
		if got := f.inWindow(time.Unix(step.now, 0)).Asked; got != step.asked {
			t.Errorf("the last seconds at %d: %d, want %d", step.now, got, step.asked)
		}
	}
	for second := int64(2000); second < 2000+charted+3; second++ {
		op(second, 201)
		if len(f.chart) > charted {
			t.Fatalf("%d seconds in the chart", len(f.chart))
		}
	}
	if n := len(f.chart); n != charted || f.chart[0].T != 2002 || f.chart[n-1].T != 2000+charted+1 {
		t.Errorf("%d seconds, from %d to %d", n, f.chart[0].T, f.chart[n-1].T)
	}
}

// TestWaitingCountsWhatMayChangeTheReport: these are events that wait, operations under
// way, and keys that look red.
func TestWaitingCountsWhatMayChangeTheReport(t *testing.T) {
	t.Parallel()
	now := time.UnixMicro(1_000_000_000)
	h := New(Config{Now: func() time.Time { return now }, Grace: time.Second, Confirm: time.Minute})
	p := &tape{h: h, t: 1_000_000_000}
	want := func(when string, n int) {
		t.Helper()
		if got := h.Waiting(); got != n {
			t.Errorf("%s: %d wait, want %d", when, got, n)
		}
	}
	want("at first", 0)
	p.write(1, "Lisboa", 201)
	w := p.invoke(1, cluster.OpWrite, "Porto")
	p.invoke(2, cluster.OpRead, "")
	want("within Grace", 4)
	now = now.Add(time.Second - time.Microsecond)
	want("just before its end", 4)
	now = now.Add(time.Microsecond)
	want("after Grace", 2)
	p.ret(1, w, 201, "")
	want("with one more event", 3)
	now = now.Add(time.Second)
	want("with a read under way", 1)
	p.read(3, "Lisboa")
	now = now.Add(time.Second)
	h.Report()
	want("with a key that looks red", 2)
	now = now.Add(time.Minute)
	h.Report()
	want("with a key that is red", 1)
}

// TestTheHistoryIsBounded: it keeps MaxOps operations, and a tenth more before it forgets.
func TestTheHistoryIsBounded(t *testing.T) {
	t.Parallel()
	p := &tape{h: New(Config{MaxOps: 20, MaxKeys: 1}), t: 1_000_000_000}
	for i := range 22 {
		p.write(1, fmt.Sprint(i), 201)
	}
	open := p.invoke(2, cluster.OpRead, "")
	if l := p.h.List(0); len(l.Ops) != 23 || l.Forgotten != 0 || l.Ops[22].ID != open {
		t.Errorf("%d operations, %d forgotten", len(l.Ops), l.Forgotten)
	}
	p.write(1, "22", 201)
	for n, want := range map[int]int{0: 21, 1: 1, 5: 5, 21: 21, 22: 21} {
		l := p.h.List(n)
		if len(l.Ops) != want || l.Forgotten != 3 || l.Ops[want-1].ID != open {
			t.Errorf("the newest %d: %d operations, %d forgotten", n, len(l.Ops), l.Forgotten)
		}
	}
	// Operations on keys beyond MaxKeys are counted, but not judged.
	for i := range 3 {
		p.add(cluster.Event{Node: 1, Body: &cluster.Invoked{ClientCall: cluster.ClientCall{Op: cluster.OpID(fmt.Sprint("other", i)), OpKind: cluster.OpRead, Key: "other"}}})
	}
	if r := p.h.Report(); len(r.Keys) != 1 || r.Unjudged != 3 || r.Open != 4 || r.Keys[0].Verdict != Linearizable {
		t.Errorf("%+v", r)
	}
	// Their reads get no word: it is not known what was written.
	p.ret(1, "other0", 404, "")
	at := slices.IndexFunc(p.h.List(0).Ops, func(op Op) bool { return op.ID == "other0" })
	if op := p.h.List(0).Ops[at]; op.Status != 404 || op.Word != nil {
		t.Errorf("a read of a key that is not judged: %+v", op)
	}
}

// TestTooManyOperationsAtOnceCannotBeJudged: maxUnderWay operations can be judged, one more
// cannot.
func TestTooManyOperationsAtOnceCannotBeJudged(t *testing.T) {
	t.Parallel()
	p := newTape()
	for range maxUnderWay {
		p.invoke(1, cluster.OpRead, "")
	}
	if got := p.verdict(t); got.Verdict != Linearizable {
		t.Errorf("with %d operations: %+v", maxUnderWay, got)
	}
	p.invoke(1, cluster.OpRead, "")
	if got := p.verdict(t); got.Verdict != CannotTell || p.h.Report().Open != maxUnderWay {
		t.Errorf("with one more: %+v", got)
	}
}

// TestTheFirstReasonStays: the first reason for "cannot tell" stays, also for keys that
// appear later, and also if there is no key.
func TestTheFirstReasonStays(t *testing.T) {
	t.Parallel()
	p := newTape()
	if r := p.h.Report(); r.Verdict != Linearizable {
		t.Errorf("without events: %q", r.Verdict)
	}
	p.add(cluster.Event{Node: 2, Body: &cluster.Gap{N: 3}})
	if r := p.h.Report(); r.Verdict != CannotTell {
		t.Errorf("after a gap, without a key: %q", r.Verdict)
	}
	p.add(cluster.Event{Node: 4, Body: &cluster.Gap{N: 5}})
	p.write(1, "Lisboa", 201)
	if got := p.verdict(t); got.Verdict != CannotTell || got.Why != "node 2 lost 3 events" {
		t.Errorf("%+v", got)
	}
}

// TestTheCallsOfAKilledNodeEnd: the calls at other nodes go on, and a frozen node keeps its
// calls.
func TestTheCallsOfAKilledNodeEnd(t *testing.T) {
	t.Parallel()
	p := newTape()
	p.invoke(1, cluster.OpWrite, "a")
	p.invoke(2, cluster.OpWrite, "b")
	p.add(cluster.Event{Node: 1, Body: &cluster.StatusChanged{Status: cluster.StatusFrozen}})
	if r := p.h.Report(); r.Open != 2 {
		t.Errorf("node 1 is frozen: %d open", r.Open)
	}
	p.add(cluster.Event{Node: 1, Body: &cluster.StatusChanged{Status: cluster.StatusKilled}})
	r := p.h.Report()
	if r.Open != 1 || r.Total.Unknown != 1 || r.Total.Unreached != 1 {
		t.Errorf("node 1 is killed: %d open, %+v", r.Open, r.Total)
	}
	if ops := p.h.List(0).Ops; ops[len(ops)-1].Node != 2 {
		t.Errorf("open is %+v, want the call at node 2", ops[len(ops)-1])
	}
	// The playground's client reports a call that reached no node: without a Lamport time.
	for _, status := range []int{503, 504, 201} {
		op := p.invoke(3, cluster.OpWrite, fmt.Sprint(status))
		p.h.Add(cluster.Event{Node: 3, T: p.t, Body: &cluster.Returned{ClientCall: cluster.ClientCall{Op: op}, Status: cluster.HTTPStatus(status)}})
	}
	p.write(3, "c", 503) // answered by the node
	if r := p.h.Report(); r.Total.Unreached != 3 || r.Total.Refused != 2 {
		t.Errorf("after calls that did not reach node 3: %+v", r.Total)
	}
}

// TestStaleReadsAreReported: the report has the newest maxBad stale reads, the newest
// first. Each has the message that would have brought the newer value.
func TestStaleReadsAreReported(t *testing.T) {
	t.Parallel()
	p := newTape()
	p.write(1, "Lisboa", 201)
	w := p.write(1, "Porto", 201)
	p.add(cluster.Event{Node: 1, Body: &cluster.Sent{Transit: cluster.Transit{Op: w, Msg: "m", From: 1, To: 2, Type: "store"}}})
	p.read(1, "Porto")
	var last cluster.OpID
	for range maxBad + 1 {
		last = p.read(2, "Lisboa")
	}
	r := p.h.Report()
	if len(r.Reads) != maxBad || r.Reads[0].ID != last || r.Reads[0].Word.Newest != w || r.Reads[0].Word.Cause == nil || r.Reads[0].Word.Cause.Msg != "m" {
		t.Errorf("%d reads, the first %+v", len(r.Reads), r.Reads[0])
	}
	if r.Total.Stale != maxBad+1 {
		t.Errorf("%d stale reads", r.Total.Stale)
	}
}
