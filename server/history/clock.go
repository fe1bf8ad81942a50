package history

import (
	"fmt"
	"time"

	"capplayground/cluster"
)

// The intervals of operations are correct only if the clocks are. Three things are
// checked: no node's clock goes back, no node's clock is ahead of the playground's clock,
// and this machine's clock was not set back.
const (
	// remoteBack is how far the clock of a node on another machine may go back. Events
	// get their times within one turn of the node's loop, and not in order: they may
	// differ by the time that its disk takes. A node on this machine has the clock of
	// this machine, which is checked separately, so this limit is longer for it.
	remoteBack = time.Second
	localBack  = 10 * time.Second
	// nodeAhead is how far a node's clock may be ahead of the playground's.
	nodeAhead = time.Second
	// An adjustment may set this machine's clock back by setBack, and by the part slewed
	// of the time that has passed. More counts as set back.
	setBack = 2 * time.Millisecond
	slewed  = 0.001
	// The clock counts as set back only if this many readings in a row show it. A thread
	// that is not scheduled between the two readings of one pair makes one wrong reading.
	readings = 3
)

// clocks holds the newest time of each node's clock.
type clocks struct {
	node map[cluster.NodeID]int64 // microseconds since the epoch
	late map[cluster.NodeID]int64 // the shortest time from an event to its arrival; negative if the node's clock is ahead
	our  ourClock
}

func newClocks() clocks {
	return clocks{node: map[cluster.NodeID]int64{}, late: map[cluster.NodeID]int64{}}
}

// unknownDelay is added to the measured error of the clock of another machine, in
// microseconds. It stands for the unknown time that an event needs to arrive here.
const unknownDelay = 100_000

// maxDifference is the largest difference, in microseconds, between the clock of a node
// on another machine and the clock of this machine.
func (c *clocks) maxDifference(node cluster.NodeID) int64 {
	return unknownDelay + max(c.late[node], -c.late[node])
}

// check returns what is wrong with the clocks, or "". It skips the events that the
// playground makes for a node: they have no Lamport time, and they are always late.
func (c *clocks) check(ev *cluster.Event, now time.Time, elsewhere bool) string {
	if c.our.setBack(now) {
		return "the clock of this machine was set back"
	}
	if ev.Node == 0 || ev.LC == 0 {
		return ""
	}
	last := c.node[ev.Node]
	c.node[ev.Node] = max(last, ev.T)
	late := now.UnixMicro() - ev.T
	if least, known := c.late[ev.Node]; !known || late < least {
		c.late[ev.Node] = late
	}
	back := localBack
	if elsewhere {
		back = remoteBack
	}
	switch {
	case ev.T < last-back.Microseconds():
		return fmt.Sprintf("the clock of node %d jumped back", ev.Node)
	case ev.T > now.Add(nodeAhead).UnixMicro():
		return fmt.Sprintf("the clock of node %d is ahead", ev.Node)
	}
	return ""
}

// ourClock compares the playground's wall clock with its monotonic clock, which
// cannot be set.
type ourClock struct {
	began time.Time
	lead  time.Duration // of the wall clock: the largest so far, minus the adjustments that are allowed
	at    time.Duration // when lead was updated, by the monotonic clock
	low   int           // readings in a row with less lead
}

func (c *ourClock) setBack(now time.Time) bool {
	if c.began.IsZero() {
		c.began = now
	}
	monotonic := now.Sub(c.began)
	return c.read(now.Round(0).Sub(c.began.Round(0))-monotonic, monotonic)
}

func (c *ourClock) read(lead, monotonic time.Duration) bool {
	c.lead -= time.Duration(slewed * float64(monotonic-c.at))
	c.at = monotonic
	if lead >= c.lead-setBack {
		c.lead, c.low = max(c.lead, lead), 0
		return false
	}
	c.low++
	return c.low >= readings
}
