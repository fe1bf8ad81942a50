package cluster

import "time"

// Steady returns a clock, in microseconds since the Unix epoch, that starts
// ahead of the wall's time and then keeps to the monotonic clock: somebody who
// sets the machine's date stops no timer and turns no time back. All processes
// of a cluster must start from the same time, so whoever starts one after the
// date was set tells it by how much his own clock is ahead of the wall's now.
func Steady(ahead time.Duration) func() int64 {
	start := time.Now()
	base := start.Add(ahead).UnixMicro()
	return func() int64 { return base + time.Since(start).Microseconds() }
}

// Ahead is by how much a clock is ahead of the wall's.
func Ahead(clock func() int64) time.Duration {
	return time.Duration(clock()-time.Now().UnixMicro()) * time.Microsecond
}
