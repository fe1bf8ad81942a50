package driver

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"capplayground/cluster"
)

// A node is busy above busyRate events per second: then it sums the messages that it
// sends. Below calmRate it again makes an event for each message.
const (
	busyRate   = 2000
	calmRate   = 1500
	flowPeriod = 100 * time.Millisecond
)

// flow decides which messages are summed, and keeps the sums. The sender decides
// once for each message and marks the message (cluster.Message.Flow), so that sender
// and receiver do the same.
type flow struct {
	began   int64 // when this period began: wall time in microseconds
	seen    int   // events in this period, single or summed
	summing bool
	sums    []*flowSum
	// Operations that began and ended in this period without a line on the screen.
	opsBegun, opsEnded int
}

// flowSum counts from the start of the process. It is never reset.
type flowSum struct {
	cluster.Flow
	changed bool
}

// of returns the sum that counts m, and marks it as changed. There are few: one for each
// peer, direction and class. A search is faster than a map.
func (f *flow) of(m *cluster.Message) *flowSum {
	i := slices.IndexFunc(f.sums, func(s *flowSum) bool { return s.From == m.From && s.To == m.To && s.Class == m.Class })
	if i < 0 {
		i = len(f.sums)
		f.sums = append(f.sums, &flowSum{Flow: cluster.Flow{From: m.From, To: m.To, Class: m.Class}})
	}
	f.sums[i].changed = true
	return f.sums[i]
}

// period ends the period if its time is over. It returns the sums that changed in it, and
// a line for the screen if operations had no lines of their own.
func (f *flow) period(wall int64) (flows []*cluster.Flow, line string) {
	elapsed := time.Duration(wall-f.began) * time.Microsecond
	if elapsed >= 0 && elapsed < flowPeriod {
		return nil, ""
	}
	if elapsed < 0 { // the clock was set back
		elapsed = flowPeriod
	}
	rate := float64(f.seen) / elapsed.Seconds()
	f.summing = rate > busyRate || (f.summing && rate > calmRate)
	f.began, f.seen = wall, 0
	if f.opsBegun+f.opsEnded > 0 {
		line = fmt.Sprintf("busy: %d operations began, %d ended", f.opsBegun, f.opsEnded)
		f.opsBegun, f.opsEnded = 0, 0
	}
	for _, sum := range f.sums {
		if sum.changed {
			sum.changed = false
			now := sum.Flow
			flows = append(flows, &now)
		}
	}
	slices.SortFunc(flows, func(a, b *cluster.Flow) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To), cmp.Compare(a.Class, b.Class))
	})
	return flows, line
}
