package pace

import (
	"sync"
	"time"

	"capplayground/cluster"
)

// Clock tells virtual time. It is safe for concurrent use.
type Clock struct {
	wall func() int64

	mu   sync.Mutex
	pace cluster.Pace
	last cluster.Time // the newest virtual time that was returned
	seen int64        // wall time when it was last read
	held bool         // it was not read for so long that the pace may have changed
}

// Standstill is how long the clock may go unread, in real time, before it
// stops: its process did not run either, and may have missed a change of the pace.
// Release lets the clock go on.
const Standstill = 200 * time.Millisecond

// NewClock returns a clock at live pace over the given wall clock, in
// microseconds since the Unix epoch; nil is cluster.Steady.
func NewClock(wall func() int64) *Clock {
	if wall == nil {
		wall = cluster.Steady(0)
	}
	return &Clock{wall: wall, pace: cluster.LivePace(), seen: wall()}
}

// Wall is the time of the clock beneath, in microseconds since the epoch.
func (c *Clock) Wall() int64 { return c.wall() }

// Now is the virtual time. It never runs backwards, not even when a new pace
// reaches this node late: then it stays the same until the new pace has caught up.
func (c *Clock) Now() cluster.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.advance()
	return c.last
}

// Held reports whether the clock is stopped because it was not read for too long.
func (c *Clock) Held() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.advance()
	return c.held
}

// Release lets the clock go on. The caller knows that the clock has the pace of the cluster.
func (c *Clock) Release() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen, c.held = c.wall(), false
}

// advance moves the clock to the present. The lock is held.
func (c *Clock) advance() {
	wall := c.wall()
	c.held = c.held || wall-c.seen > Standstill.Microseconds()
	c.seen = wall
	if !c.held {
		c.last = max(c.last, c.pace.At(wall))
	}
}

// Pace is the present pace.
func (c *Clock) Pace() cluster.Pace {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.pace
}

// Set changes the pace.
func (c *Clock) Set(p cluster.Pace) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.advance()
	c.pace = p
}

// Reset is Set for a clock whose time was not used yet: it may go back.
func (c *Clock) Reset(p cluster.Pace) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pace, c.seen, c.held = p, c.wall(), false
	c.last = p.At(c.seen)
}

// Until is how long, in real time, it takes at the present pace until the virtual
// time due; 0 where it has come. It is never too short. The second result is false
// where the pace is 0 and due never comes.
func (c *Clock) Until(due cluster.Time) (time.Duration, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.pace.At(c.wall())
	if due <= max(now, c.last) {
		return 0, true
	}
	d, ok := c.pace.Wall(now, due)
	return d + time.Microsecond, ok
}
