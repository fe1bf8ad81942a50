package cluster

import "time"

// Steady returns a clock, in microseconds since the Unix epoch. It starts at the wall
// time plus ahead, and then follows the monotonic clock. So a new date of the machine
// stops no timer and turns no time back. All processes of a cluster must have the same
// time. If one starts after the date was set, ahead is the difference between the clock
// of the process that launches it and the wall time.
func Steady(ahead time.Duration) func() int64 {
	start := time.Now()
	base := start.Add(ahead).UnixMicro()
	return func() int64 { return base + time.Since(start).Microseconds() }
}

// Ahead is by how much a clock is ahead of the wall's.
func Ahead(clock func() int64) time.Duration {
	return time.Duration(clock()-time.Now().UnixMicro()) * time.Microsecond
}
