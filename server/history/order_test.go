package history

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"capplayground/cluster"
)

// TestOrderIsThatOfASort: events of nodes with slow and fast clocks, some of which are set
// back, come out in the order in which a sort of all waiting events would put them.
func TestOrderIsThatOfASort(t *testing.T) {
	t.Parallel()
	const grace = 5 * time.Millisecond
	for seed := range uint64(200) {
		dice := rand.New(rand.NewPCG(seed, 17))
		var o order
		var waiting []arrival // the waiting events, in sorted order
		now := time.Unix(1, 0)
		for n := range uint64(300) {
			now = now.Add(time.Duration(dice.IntN(1000)) * time.Microsecond)
			ev := cluster.Event{Node: cluster.NodeID(dice.IntN(4)), Seq: n, T: now.UnixMicro() - int64(dice.IntN(20)*dice.IntN(200))}
			o.add(ev, now)
			waiting = append(waiting, arrival{ev, now, n})
			slices.SortStableFunc(waiting, func(a, b arrival) int {
				if a.before(&b) {
					return -1
				}
				return 1
			})
			for len(waiting) > 0 && now.Sub(waiting[0].at) >= grace {
				got, ok := o.next(now, grace)
				if !ok || got.Seq != waiting[0].event.Seq {
					t.Fatalf("seed %d: got event %d, %v, want %d", seed, got.Seq, ok, waiting[0].event.Seq)
				}
				waiting = waiting[1:]
			}
			if got, ok := o.next(now, grace); ok {
				t.Fatalf("seed %d: event %d came too early", seed, got.Seq)
			}
			if o.waiting() != len(waiting) {
				t.Fatalf("seed %d: %d events wait, want %d", seed, o.waiting(), len(waiting))
			}
			by := now.Add(-time.Duration(dice.IntN(10)) * time.Millisecond)
			if want := slices.ContainsFunc(waiting, func(a arrival) bool { return !a.at.After(by) }); o.hasUntil(by) != want {
				t.Fatalf("seed %d: hasUntil is not %v", seed, want)
			}
		}
		if o.clear(); o.waiting() != 0 {
			t.Fatal("events are left")
		}
	}
}

func BenchmarkOrder(b *testing.B) {
	var o order
	now := time.Unix(1, 0)
	for i := range b.N {
		now = now.Add(100 * time.Microsecond) // ten thousand events per second
		o.add(cluster.Event{Node: cluster.NodeID(1 + i%5), T: now.UnixMicro() - int64(i%5)*300}, now)
		o.next(now, 500*time.Millisecond)
	}
}
