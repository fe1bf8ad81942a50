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
	// nodeBack is how far the clock of a node on another machine may fall behind
	// its own past. Events are stamped within one turn of the node's loop, out of
	// order by as much as its disk takes. A node on this machine has our clock,
	// which is watched more closely, so it may take longer.
	nodeBack = time.Second
	hereBack = 10 * time.Second
	// nodeAhead is how far a node's clock may be ahead of the playground's.
	nodeAhead = time.Second
	// setBack and slewed, the part of the time gone by, are what an adjustment
	// of the machine's clock may take away without anybody noticing.
	setBack = 2 * time.Millisecond
	slewed  = 0.001
	// readings in a row must agree that it was set back: a thread that is put
	// aside between reading the two clocks reads them apart, once.
	readings = 3
)

// clocks remembers how late it was.
type clocks struct {
	node map[cluster.NodeID]int64 // microseconds since the epoch
	late map[cluster.NodeID]int64 // the least by which an event came late; negative where the node's clock is ahead
	our  ourClock
}

func newClocks() clocks {
	return clocks{node: map[cluster.NodeID]int64{}, late: map[cluster.NodeID]int64{}}
}

// elsewhere is what a clock of another machine may be wrong by beside what can
// be seen of it, in microseconds: the unknown time that an event travels.
const elsewhere = 100_000

// slack is by how much, in microseconds, the clock of a node on another
// machine may differ from ours.
func (c *clocks) slack(node cluster.NodeID) int64 {
	return elsewhere + max(c.late[node], -c.late[node])
}

// check says what is wrong with the clocks; "" for nothing. Events that the
// playground tells on a node's behalf carry no Lamport time, and are late by
// their nature.
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
	back := hereBack
	if elsewhere {
		back = nodeBack
	}
	switch {
	case ev.T < last-back.Microseconds():
		return fmt.Sprintf("the clock of node %d jumped back", ev.Node)
	case ev.T > now.Add(nodeAhead).UnixMicro():
		return fmt.Sprintf("the clock of node %d is ahead", ev.Node)
	}
	return ""
}

// ourClock compares the playground's wall clock with the monotonic one, which
// nobody can set.
type ourClock struct {
	began time.Time
	lead  time.Duration // of the wall clock, the most that it ever was, less what an adjustment may take
	at    time.Duration // monotonic, when lead was brought up to date
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
