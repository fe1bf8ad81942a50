package spacing

import (
	"testing"
	"time"
)

func TestTurnsAreSpacedOnAverage(t *testing.T) {
	t.Parallel()
	const gap, turns = 2 * time.Millisecond, 1000
	s := Spacing{Burst: 20 * time.Millisecond}
	began := time.Unix(1, 0)
	now, atOnce := began, 0
	for range turns {
		if wait := s.Wait(now, gap); wait > 0 {
			now = now.Add(wait)
		} else {
			atOnce++
		}
	}
	if want := int(s.Burst / gap); atOnce != want {
		t.Errorf("%d turns followed at once, want %d", atOnce, want)
	}
	if took, want := now.Sub(began), turns*gap-s.Burst; took != want {
		t.Errorf("%d turns took %v, want %v", turns, took, want)
	}
}

func TestARestAllowsABurstAndNoMore(t *testing.T) {
	t.Parallel()
	const gap = time.Millisecond
	s := Spacing{Burst: 3 * gap}
	now := time.Unix(1, 0)
	for round := range 3 {
		now = now.Add(time.Hour)
		for turn := range 3 {
			if wait := s.Wait(now, gap); wait > 0 {
				t.Errorf("round %d, turn %d: wait %v", round, turn, wait)
			}
		}
		if wait := s.Wait(now, gap); wait != gap {
			t.Errorf("round %d: wait %v after the burst, want %v", round, wait, gap)
		}
	}
}
