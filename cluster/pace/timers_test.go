package pace

import (
	"testing"

	"capplayground/cluster"
)

// BenchmarkTimers sets and takes two timers while 4,000 are set, as a CP node with many
// clients does for each write.
func BenchmarkTimers(b *testing.B) {
	var t Timers
	var now cluster.Time
	step := func() {
		now += 500
		t.Set(cluster.Timer{Name: "query", Op: "7", Due: now + 1_000_000})
		t.Set(cluster.Timer{Name: "store", Op: "7", Due: now + 2_000_000})
	}
	for range 2000 {
		step()
	}
	for b.Loop() {
		step()
		for range 2 {
			if _, ok := t.Take(now + 2_000_000); !ok {
				b.Fatal("no timer is due")
			}
		}
	}
}
