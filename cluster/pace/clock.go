package pace

import (
	"sync"
	"time"

	"capplayground/cluster"
)

// Clock computes the virtual time. It is safe for concurrent use.
type Clock struct {
	wall func() int64

	mu   sync.Mutex
	pace cluster.Pace
	last cluster.Time // the newest virtual time that was returned
	seen int64        // wall time when it was last read
	held bool         // the clock is stopped: it was not read for longer than Standstill
}

// Standstill is how long the clock may stay unread, in real time, before it stops. A
// clock that was not read for so long belongs to a process that did not run, and that may
// have missed a change of the pace. Release starts the clock again.
const Standstill = 200 * time.Millisecond

// NewClock returns a clock at live pace over the wall clock wall, which returns
// microseconds since the Unix epoch. If wall is nil, it is cluster.Steady.
func NewClock(wall func() int64) *Clock {
	if wall == nil {
		wall = cluster.Steady(0)
	}
	return &Clock{wall: wall, pace: cluster.LivePace(), seen: wall()}
}

// Wall is the time of the wall clock, in microseconds since the Unix epoch.
func (c *Clock) Wall() int64 { return c.wall() }

// Now is the virtual time. It never runs backwards. If a new pace reaches this node late,
// the virtual time stands still until the new pace has caught up.
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

// Release starts a stopped clock again. The caller must know that the clock has the pace
// of the cluster.
func (c *Clock) Release() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen, c.held = c.wall(), false
}

// advance moves the clock to the present. The caller holds the lock.
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

// Reset is Set for a clock whose time has not been used yet. The virtual time may go
// back.
func (c *Clock) Reset(p cluster.Pace) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pace, c.seen, c.held = p, c.wall(), false
	c.last = p.At(c.seen)
}

// Until is how long, in real time at the present pace, it takes until the virtual time is
// due. It is 0 if due has passed, and it is never too short. The second result is false
// if the pace is 0, so that due never comes.
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
