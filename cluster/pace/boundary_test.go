package pace

import (
	"testing"

	"capplayground/cluster"
)

// These tests are at the exact limits.

func TestAnInboxTakesExactlyItsBytes(t *testing.T) {
	t.Parallel()
	b := NewInbox()
	half := cluster.Message{From: 1, Body: make([]byte, MaxHeldBytes/2)}
	for _, id := range []string{"a", "b"} {
		if half.ID = id; b.Add(half, 0) != "" {
			t.Errorf("%s does not fit", id)
		}
	}
	if why := b.Add(cluster.Message{From: 1, ID: "c", Body: []byte("x")}, 0); why != cluster.WhyOverflow {
		t.Errorf("one byte more fits: %q", why)
	}
}

func TestAnInboxCountsWhatIsDeliveredByHand(t *testing.T) {
	t.Parallel()
	b := NewInbox()
	b.SetStep(true)
	for _, id := range []string{"a", "b", "c"} {
		b.Add(cluster.Message{From: 1, ID: id}, 0)
	}
	if !b.Has("a") || !b.Deliver("a") || b.Has("a") || !b.Has("b") {
		t.Error("a message that was delivered by hand still waits, or another does not")
	}
	if b.Len() != 3 {
		t.Errorf("%d messages wait, want 3", b.Len())
	}
}

// A cut loses the messages that left before it, and no message that left after it.
func TestACutSparesTheNextGeneration(t *testing.T) {
	t.Parallel()
	b := NewInbox()
	b.Add(cluster.Message{From: 1, ID: "before", Gen: 3}, 0)
	b.Add(cluster.Message{From: 1, ID: "after", Gen: 4}, 0)
	if lost := b.SetFloor(1, 4); len(lost) != 1 || lost[0].ID != "before" || !b.Has("after") {
		t.Errorf("the cut loses %v", lost)
	}
}

func TestATimerFiresAtItsDue(t *testing.T) {
	t.Parallel()
	var timers Timers
	timers.Set(cluster.Timer{Name: "votes", Op: "7", Due: 10})
	if _, ok := timers.Take(9); ok {
		t.Error("it fires before it is due")
	}
	if _, ok := timers.Take(10); !ok {
		t.Error("it does not fire when it is due")
	}
}

func TestByHandTheFirstOfEqualNamesFires(t *testing.T) {
	t.Parallel()
	var timers Timers
	for _, due := range []cluster.Time{10, 30, 20} {
		timers.Set(cluster.Timer{Name: "votes", Op: "7", Due: due})
	}
	for _, want := range []cluster.Time{10, 20, 30} {
		if got, ok := timers.Fire("votes:7"); !ok || got.Due != want {
			t.Errorf("the timer that is due at %d fires, want %d", got.Due, want)
		}
	}
	if _, ok := timers.Fire("votes:7"); ok {
		t.Error("a timer fires twice")
	}
}

func TestRemoveTakesTheTimerThatIsMeant(t *testing.T) {
	t.Parallel()
	var timers Timers
	first, second := cluster.Timer{Name: "votes", Op: "7", Due: 10}, cluster.Timer{Name: "votes", Op: "8", Due: 20}
	timers.Set(first)
	timers.Set(second)
	if !timers.Remove(second) || timers.Remove(second) || timers.Len() != 1 || timers.All()[0] != first {
		t.Errorf("the remaining timers are %v", timers.All())
	}
}
