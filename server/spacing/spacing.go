// Package spacing limits how often a goroutine wakes up for new work. At a high rate of
// events a wake-up for each of them costs more than the events themselves.
package spacing

import "time"

// Spacing spaces the turns of one goroutine. After a rest some turns may follow each
// other at once, so that a few events are not late.
type Spacing struct {
	// Burst is how far the turns may run ahead of their average rate after a rest.
	Burst time.Duration

	due time.Time // when the turn is due that comes next
}

// Wait counts a turn at now, and returns how long to wait before the next one, so that
// turns are gap apart on average. It is 0 or less if the next turn may follow at once.
func (s *Spacing) Wait(now time.Time, gap time.Duration) time.Duration {
	if earliest := now.Add(-s.Burst); s.due.Before(earliest) {
		s.due = earliest
	}
	s.due = s.due.Add(gap)
	return s.due.Sub(now)
}
