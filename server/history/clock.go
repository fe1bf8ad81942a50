package history

import (
	"fmt"
	"time"

	"capplayground/cluster"
)

// Intervals mean something only while the clocks do. What is checked: no node
// falls behind its own past, none is ahead of the playground, and the
// machine's own clock was not set back.
const (
	// nodeBack is how far one node's clock may fall behind its own past: its
	// events are stamped within one turn of its loop, a little out of order.
	nodeBack = 500 * time.Millisecond
	// nodeAhead is how far a node's clock may be ahead of the playground's.
	nodeAhead = time.Second
	// setBack and slewed, the part of the time gone by, are what an adjustment
	// of the machine's clock may take away without anybody noticing.
	setBack = 2 * time.Millisecond
	slewed  = 0.001
)

// clocks remembers how late it was.
type clocks struct {
	node map[cluster.NodeID]int64 // microseconds since the epoch
	last time.Time                // of the playground, monotonic reading included
}

func newClocks() clocks { return clocks{node: map[cluster.NodeID]int64{}} }

// check says what is wrong with the clocks; "" for nothing. Events that the
// playground tells on a node's behalf carry no Lamport time, and are late by
// their nature.
func (c *clocks) check(ev *cluster.Event, now time.Time) string {
	if !c.last.IsZero() && wentBack(now.Round(0).Sub(c.last.Round(0)), now.Sub(c.last)) {
		c.last = now
		return "the clock of this machine was set back"
	}
	c.last = now
	if ev.Node == 0 || ev.LC == 0 {
		return ""
	}
	last := c.node[ev.Node]
	c.node[ev.Node] = max(last, ev.T)
	switch {
	case ev.T < last-nodeBack.Microseconds():
		return fmt.Sprintf("the clock of node %d jumped back", ev.Node)
	case ev.T > now.Add(nodeAhead).UnixMicro():
		return fmt.Sprintf("the clock of node %d is ahead", ev.Node)
	}
	return ""
}

// wentBack compares how long it was by the wall clock and by the monotonic
// one, which nobody can set.
func wentBack(wall, monotonic time.Duration) bool {
	return wall < monotonic-setBack-time.Duration(slewed*float64(monotonic))
}
