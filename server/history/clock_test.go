package history

import (
	"strings"
	"testing"
	"time"

	"capplayground/cluster"
)

func TestOurClockSetBack(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	for _, test := range []struct {
		name  string
		leads []time.Duration // of the wall clock, a reading every 100 ms
		want  bool
	}{
		{"steady", []time.Duration{0, 0, 0, 0, 0}, false},
		{"read apart now and then", []time.Duration{0, -4 * ms, 0, -9 * ms, -4 * ms, 0}, false},
		{"slewed", []time.Duration{0, -50 * time.Microsecond, -100 * time.Microsecond, -150 * time.Microsecond, -200 * time.Microsecond}, false},
		{"set forward", []time.Duration{0, 3000 * ms, 3000 * ms, 3000 * ms}, false},
		{"set back", []time.Duration{0, -30 * ms, -30 * ms, -30 * ms}, true},
		{"set forward and back", []time.Duration{0, 3000 * ms, 3000 * ms, 0, 0, 0}, true},
	} {
		var c ourClock
		got := false
		for i, lead := range test.leads {
			got = c.read(lead, time.Duration(i)*100*ms) || got
		}
		if got != test.want {
			t.Errorf("%s: set back %v, want %v", test.name, got, test.want)
		}
	}
}

// TestClocksElsewhereWidenIntervals: the clock of a node on another machine may be wrong by
// the time that its events are late or early, plus a small margin. The verdict is red only
// if it is red for every such clock.
func TestClocksElsewhereWidenIntervals(t *testing.T) {
	t.Parallel()
	const ms = 1000
	for _, test := range []struct {
		name    string
		remote  bool  // node 2 is on another machine
		ahead   int64 // µs by which node 2's clock is ahead, as the arrival of its events shows
		after   int64 // µs between the answer to the write and the begin of the read, by node 2's clock
		verdict string
	}{
		{"here, right after the write", false, 0, 1 * ms, NotLinearizable},
		{"elsewhere, right after the write", true, 0, 1 * ms, Linearizable},
		{"elsewhere, long after the write", true, 0, 150 * ms, NotLinearizable},
		{"elsewhere with a clock that is ahead, by so much after the write", true, 150 * ms, 200 * ms, Linearizable},
		{"elsewhere with a clock that is behind, by so much after the write", true, -150 * ms, 200 * ms, Linearizable},
		{"elsewhere with a clock that is ahead, later than can be", true, 150 * ms, 300 * ms, NotLinearizable},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			now := int64(1_000_000_000)
			h := New(Config{
				Now:       func() time.Time { return time.UnixMicro(now) },
				Elsewhere: func(id cluster.NodeID) bool { return test.remote && id == 2 },
			})
			p := &tape{h: h, t: now + test.ahead}
			p.add(cluster.Event{Node: 2, Body: &cluster.StatusChanged{Status: cluster.StatusUp}})
			p.t = now
			p.write(1, "Lisboa", 201)
			p.write(1, "Porto", 201)
			p.t += test.after
			now = p.t - test.ahead
			p.read(2, "Lisboa")
			if got := p.verdict(t); got.Verdict != test.verdict {
				t.Errorf("verdict %q, want %q", got.Verdict, test.verdict)
			}
		})
	}
}

// TestFirstOperationElsewhereIsNotTooLate: the widened interval of an operation
// on another machine must not begin before operations that were already judged.
func TestFirstOperationElsewhereIsNotTooLate(t *testing.T) {
	t.Parallel()
	h := New(Config{
		Now:       func() time.Time { return time.UnixMicro(1_000_100_000) },
		Elsewhere: func(id cluster.NodeID) bool { return id == 2 },
	})
	p := &tape{h: h, t: 1_000_000_000}
	for id := cluster.NodeID(1); id <= 2; id++ {
		p.add(cluster.Event{Node: id, Body: &cluster.StatusChanged{Status: cluster.StatusUp}})
	}
	for range 3 {
		p.write(1, "Lisboa", 201)
		p.read(1, "Lisboa")
		p.read(1, "Lisboa")
		p.write(2, "Porto", 201)
		p.read(1, "Porto")
	}
	if got := p.verdict(t); got.Verdict != Linearizable {
		t.Errorf("verdict %q (%s)", got.Verdict, got.Why)
	}
}

// TestWrongClocksEndTheJudgement: with a wrong clock the verdict is "cannot tell"
// until the next epoch.
func TestWrongClocksEndTheJudgement(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		lie  func(p *tape, now *time.Time)
		why  string
	}{
		{"a node is ahead", func(p *tape, now *time.Time) { p.t += 2_000_000 }, "ahead"},
		{"a node jumped back", func(p *tape, now *time.Time) { p.t -= 12_000_000 }, "jumped back"},
	} {
		now := time.UnixMicro(1_000_000_000)
		p := &tape{h: New(Config{Now: func() time.Time { return now }}), t: now.UnixMicro()}
		p.write(1, "Lisboa", 201)
		before := p.t
		test.lie(p, &now)
		p.read(1, "Lisboa")
		if got := p.verdict(t); got.Verdict != CannotTell || !strings.Contains(got.Why, test.why) {
			t.Errorf("%s: verdict %q (%s)", test.name, got.Verdict, got.Why)
		}
		p.t = before
		now = time.UnixMicro(before)
		p.write(2, "Porto", 201)
		if got := p.verdict(t); got.Verdict != CannotTell {
			t.Errorf("%s: a little later the verdict is %q again", test.name, got.Verdict)
		}
		p.add(cluster.Event{Body: &cluster.ModeChanged{Mode: "CP", Epoch: 2}})
		p.write(2, "Porto", 201)
		if got := p.verdict(t); got.Verdict != Linearizable {
			t.Errorf("%s: in the next epoch the verdict is %q (%s)", test.name, got.Verdict, got.Why)
		}
	}
}
