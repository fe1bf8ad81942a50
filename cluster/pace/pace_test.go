package pace

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"capplayground/cluster"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// wall is a clock that a test sets, in microseconds.
type wall int64

func (w *wall) now() int64 { return int64(*w) }

func TestClockKeepsThePace(t *testing.T) {
	t.Parallel()
	w := wall(1_000_000)
	c := NewClock(w.now)
	if c.Now() != 1_000_000 {
		t.Fatalf("live: %d", c.Now())
	}
	c.Set(cluster.Pace{Rate: 0.1, T0: 1_000_000, V0: 1_000_000})
	w += 500_000
	c.Release()
	if c.Now() != 1_050_000 {
		t.Errorf("after 500 ms at 1/10: %d", c.Now())
	}
	if d, ok := c.Until(1_060_000); !ok || d < 100*time.Millisecond || d > 101*time.Millisecond {
		t.Errorf("10 virtual ms take %v", d)
	}
	if d, ok := c.Until(1_050_000); !ok || d != 0 {
		t.Errorf("a message that is due now takes %v", d)
	}
	c.Set(cluster.Pace{Rate: 0, T0: int64(w), V0: 1_050_000})
	w += 1_000_000
	c.Release()
	if c.Now() != 1_050_000 {
		t.Errorf("in step mode: %d", c.Now())
	}
	if _, ok := c.Until(1_050_001); ok {
		t.Error("in step mode a message becomes due")
	}
	c.Reset(cluster.Pace{Rate: 1, T0: int64(w), V0: 7})
	if c.Now() != 7 {
		t.Errorf("after a reset: %d", c.Now())
	}
}

// A process that stood still may have missed a change of the pace. Its clock stands
// still until it has the present pace, and never shows a time of the old one.
func TestClockStandsStillAfterAStandstill(t *testing.T) {
	t.Parallel()
	w := wall(1_000_000)
	c := NewClock(w.now)
	w += 200_000
	if c.Now() != 1_200_000 || c.Held() {
		t.Errorf("after a short time the clock stands still: %d", c.Now())
	}
	w += wall(Standstill.Microseconds()) + 1
	if c.Now() != 1_200_000 || !c.Held() {
		t.Errorf("the clock went on: %d", c.Now())
	}
	w += 100_000
	if c.Now() != 1_200_000 {
		t.Errorf("the clock goes on by itself: %d", c.Now())
	}
	c.Set(cluster.Pace{Rate: 0, T0: 1_250_000, V0: 1_250_000}) // step mode has begun in the meantime
	c.Release()
	if c.Now() != 1_250_000 || c.Held() {
		t.Errorf("with the present pace: %d", c.Now())
	}
	w += wall(Standstill.Microseconds()) + 1
	c.Now()
	c.Set(cluster.Pace{Rate: 1, T0: int64(w), V0: 1_250_000})
	c.Release()
	w += 100_000
	if c.Now() != 1_350_000 {
		t.Errorf("live again: %d", c.Now())
	}
}

// A pace that began in the past, on another clock, must not set the time back.
func TestClockNeverRunsBackwards(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := wall(1_000_000)
		c := NewClock(w.now)
		last := c.Now()
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			w += wall(rapid.IntRange(-100, 100_000).Draw(t, "wall"))
			if rapid.Bool().Draw(t, "change") {
				c.Set(cluster.Pace{
					Rate: rapid.SampledFrom([]float64{0, 0.02, 0.05, 1}).Draw(t, "rate"),
					T0:   int64(w) - int64(rapid.IntRange(-50_000, 50_000).Draw(t, "ago")),
					V0:   last + cluster.Time(rapid.IntRange(-50_000, 50_000).Draw(t, "v0")),
				})
			}
			due := last + 1
			d, ok := c.Until(due)
			now := c.Now()
			if now < last {
				t.Fatalf("the time goes from %d back to %d", last, now)
			}
			if ok && d == 0 && now < due {
				t.Fatalf("there is no wait until %d, but the time is %d", due, now)
			}
			last = now
		}
	})
}

func m(id string, from cluster.NodeID, sent, due cluster.Time) cluster.Message {
	return cluster.Message{ID: id, From: from, To: 9, Sent: sent, Due: due}
}

// taken takes in all messages that can be taken in at now, and returns their ids.
func taken(b *Inbox, now cluster.Time) string {
	var ids []string
	for {
		_, peeked := b.Peek(now)
		m, ok := b.Take(now)
		if ok != peeked {
			return "Peek and Take differ"
		}
		if !ok {
			return strings.Join(ids, " ")
		}
		ids = append(ids, m.ID)
	}
}

func want(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: took %q, want %q", what, got, want)
	}
}

func TestInboxOrdersByDue(t *testing.T) {
	t.Parallel()
	b := NewInbox()
	for _, m := range []cluster.Message{m("c", 1, 0, 30), m("a", 2, 0, 10), m("b1", 1, 0, 20), m("b2", 1, 0, 20), m("now", 3, 5, 0)} {
		if why := b.Add(m, 5); why != "" {
			t.Fatal(why)
		}
	}
	want(t, "at 5", taken(b, 5), "now")
	if due, ok := b.Next(); !ok || due != 10 {
		t.Errorf("next at %d", due)
	}
	want(t, "at 20", taken(b, 20), "a b1 b2")
	want(t, "at 29", taken(b, 29), "")
	want(t, "at 30", taken(b, 30), "c")
	if b.Len() != 0 {
		t.Errorf("%d left", b.Len())
	}
}

func TestStepModeHoldsAll(t *testing.T) {
	t.Parallel()
	b := NewInbox()
	b.SetStep(true)
	for i := range 4 {
		b.Add(m(fmt.Sprint(i), 1, 0, cluster.Time(i)), 0)
	}
	want(t, "by itself", taken(b, 100), "")
	if _, ok := b.Next(); ok {
		t.Error("a message is taken in by itself")
	}
	if !b.Deliver("2") || b.Deliver("2") || b.Deliver("nobody") {
		t.Error("Deliver")
	}
	want(t, "by hand", taken(b, 0), "2")
	if got, ok := b.Drop("0"); !ok || got.ID != "0" {
		t.Error("Drop")
	}
	if _, ok := b.Drop("0"); ok {
		t.Error("dropped twice")
	}
	dup, ok := b.Duplicate("1", "1b", 0)
	if !ok || dup.ID != "1b" || dup.DupOf != "1" {
		t.Errorf("Duplicate: %+v", dup)
	}
	b.SetStep(false)
	want(t, "after step mode", taken(b, 100), "1 1b 3")
}

func TestHeldMessagesWaitForADeliveryByHand(t *testing.T) {
	t.Parallel()
	b := NewInbox()
	held := m("held", 1, 0, 1)
	held.Held = true
	b.Add(held, 0)
	b.Add(m("free", 1, 0, 2), 0)
	want(t, "by itself", taken(b, 100), "free")
	b.Deliver("held")
	want(t, "by hand", taken(b, 0), "held")
}

func TestACutDropsOlderGenerations(t *testing.T) {
	t.Parallel()
	b := NewInbox()
	for i := range 3 {
		old := m(fmt.Sprint("old", i), 1, 0, cluster.Time(30-10*i))
		old.Gen = 1
		b.Add(old, 0)
	}
	b.Add(m("other", 2, 0, 10), 0)
	var ids []string
	for _, m := range b.SetFloor(1, 2) {
		ids = append(ids, m.ID)
	}
	want(t, "lost", strings.Join(ids, " "), "old2 old1 old0")
	if why := b.Add(m("late", 1, 0, 0), 0); why != cluster.WhyCut {
		t.Errorf("a message from before the cut: %q", why)
	}
	fresh := m("fresh", 1, 0, 0)
	fresh.Gen = 2
	b.Add(fresh, 0)
	want(t, "what is left", taken(b, 100), "fresh other")
}

func TestInboxIsBounded(t *testing.T) {
	t.Parallel()
	b := NewInbox()
	b.SetStep(true)
	for i := range MaxHeld {
		if why := b.Add(m(fmt.Sprint(i), 1, 0, 0), 0); why != "" {
			t.Fatalf("message %d: %s", i, why)
		}
	}
	if why := b.Add(m("more", 1, 0, 0), 0); why != cluster.WhyOverflow {
		t.Errorf("one more: %q", why)
	}
	if _, ok := b.Duplicate("0", "dup", 0); ok {
		t.Error("a duplicate found room")
	}
}

func TestInboxIsBoundedInBytes(t *testing.T) {
	t.Parallel()
	b := NewInbox()
	half := m("half", 1, 0, 9)
	half.Body = make([]byte, MaxHeldBytes/2+1)
	if why := b.Add(half, 0); why != "" {
		t.Fatal(why)
	}
	half.ID = "more"
	if why := b.Add(half, 0); why != cluster.WhyOverflow {
		t.Errorf("one more: %q", why)
	}
	b.Drop("half")
	if why := b.Add(half, 0); why != "" {
		t.Errorf("after a drop: %q", why)
	}
}

// The inbox is compared with a naive version: a list that is searched each time.
func TestInboxAgainstAList(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		b := NewInbox()
		var list []cluster.Message
		now := cluster.Time(0)
		for i := range rapid.IntRange(1, 60).Draw(t, "steps") {
			now += cluster.Time(rapid.IntRange(0, 5).Draw(t, "time"))
			if rapid.Bool().Draw(t, "add") {
				next := m(fmt.Sprint(i), 1, now, now+1+cluster.Time(rapid.IntRange(0, 10).Draw(t, "due")))
				list = append(list, next)
				b.Add(next, now)
				continue
			}
			first := -1
			for j, l := range list {
				if l.Due <= now && (first < 0 || l.Due < list[first].Due) {
					first = j
				}
			}
			got, ok := b.Take(now)
			if ok != (first >= 0) || (ok && got.ID != list[first].ID) {
				t.Fatalf("at %d took %q (%v), want index %d of %v", now, got.ID, ok, first, list)
			}
			if ok {
				list = append(list[:first], list[first+1:]...)
			}
		}
	})
}

func TestTimers(t *testing.T) {
	t.Parallel()
	var ts Timers
	for i, due := range []cluster.Time{30, 10, 20, 10} {
		ts.Set(cluster.Timer{Name: "t", Op: cluster.OpID(fmt.Sprint(i)), Due: due})
	}
	if _, ok := ts.Take(9); ok {
		t.Error("fired early")
	}
	var all []string
	for _, timer := range ts.All() {
		all = append(all, timer.ID())
	}
	want(t, "all", strings.Join(all, " "), "t:1 t:3 t:2 t:0")
	if timer, ok := ts.Fire("t:0"); !ok || timer.Due != 30 {
		t.Errorf("by hand: %+v", timer)
	}
	if _, ok := ts.Fire("t:0"); ok {
		t.Error("fired twice")
	}
	var ids []string
	for {
		timer, ok := ts.Take(100)
		if !ok {
			break
		}
		ids = append(ids, string(timer.Op))
	}
	want(t, "due", strings.Join(ids, " "), "1 3 2")
	if ts.Len() != 0 {
		t.Error("some timers are left")
	}
}

// BenchmarkInbox adds and takes the messages of one turn of a busy node: 16 each of four
// senders.
func BenchmarkInbox(b *testing.B) {
	inbox := NewInbox()
	var m cluster.Message
	var now cluster.Time
	for b.Loop() {
		now += 1000
		for m.From = 1; m.From <= 4; m.From++ {
			for i := range cluster.Time(16) {
				m.Sent = now + 10*i + cluster.Time(m.From)
				inbox.Add(m, now+200)
			}
		}
		for ok := true; ok; {
			_, ok = inbox.Take(now + 200)
		}
	}
}
