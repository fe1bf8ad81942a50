package cluster_test

import (
	"testing"
	"time"

	"capplayground/cluster"
)

// TestSteady: the clock starts near the wall time, or ahead of it by the given time.
func TestSteady(t *testing.T) {
	t.Parallel()
	for _, want := range []time.Duration{0, time.Hour, -time.Hour} {
		clock := cluster.Steady(want)
		if ahead := cluster.Ahead(clock); (ahead - want).Abs() > time.Second {
			t.Errorf("ahead by %v, want %v", ahead, want)
		}
		if a, b := clock(), clock(); b < a {
			t.Errorf("the clock runs backwards: %d, %d", a, b)
		}
	}
}
