package simnodes

import "sync/atomic"

// Increasing returns a clock that never shows the same time twice. The clock of a browser
// stands for up to a tenth of a millisecond. Two operations of which one began after the
// other had ended must not seem to be concurrent because of that.
func Increasing(clock func() int64) func() int64 {
	var last atomic.Int64
	return func() int64 {
		for {
			before := last.Load()
			now := max(clock(), before+1)
			if last.CompareAndSwap(before, now) {
				return now
			}
		}
	}
}
