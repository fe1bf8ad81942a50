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
	sums    map[flowKey]*flowSum
	// Operations that began and ended in this period without a line on the screen.
	opsBegun, opsEnded int
}

type flowKey struct {
	from, to cluster.NodeID
	class    cluster.Class
}

// flowSum counts from the start of the process. It is never reset.
type flowSum struct {
	sent, delivered, lost uint64
	changed               bool
}

func (f *flow) of(m *cluster.Message) *flowSum {
	key := flowKey{m.From, m.To, m.Class}
	if f.sums == nil {
		f.sums = make(map[flowKey]*flowSum)
	}
	if f.sums[key] == nil {
		f.sums[key] = &flowSum{}
	}
	f.sums[key].changed = true
	return f.sums[key]
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
	for key, sum := range f.sums {
		if !sum.changed {
			continue
		}
		sum.changed = false
		flows = append(flows, &cluster.Flow{
			From: key.from, To: key.to, Class: key.class,
			Sent: sum.sent, Delivered: sum.delivered, Lost: sum.lost,
		})
	}
	slices.SortFunc(flows, func(a, b *cluster.Flow) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To), cmp.Compare(a.Class, b.Class))
	})
	return flows, line
}
