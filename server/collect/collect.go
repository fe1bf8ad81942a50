package collect

import (
	"sync"
	"time"

	"capplayground/cluster"
	"capplayground/server/hub"
)

// Config is what a collector knows from birth.
type Config struct {
	// Boot names this process of the playground: viewers resume only within it.
	Boot string
	// URLs holds each node's address, in the order of their numbers.
	URLs []string
	// Mode, Pace and Quorum are what the first epoch begins with.
	Mode   cluster.Mode
	Pace   cluster.Pace
	Quorum cluster.Quorum

	Events int           // retained at most; default 100,000
	Bytes  int           // and their size in memory at most; default 128 MiB
	Wait   time.Duration // how long an end waits for its sent; default 50 ms
	Clock  func() int64  // microseconds since the epoch; default cluster.Steady
	Grace  time.Duration // how long a dead receiver's senders have to say what they wrote; default 2 s
}

// Collector is safe for use by everybody at once.
type Collector struct {
	cfg Config

	mu      sync.Mutex
	seq     uint64
	lanes   [cluster.MaxNodes + 1]lane // 0 is the playground's own
	batch   []cluster.Event            // stamped in this call, not yet fed
	texts   [][]byte                   // the same as JSON
	feed    func([]cluster.Event, [][]byte)
	tap     func([]cluster.Event)
	past    past
	scratch []byte // of past.add
	state   state
	transit transit
	timer   *time.Timer // runs expire at a time when something waits
	closed  bool
	totals  hub.Totals // makes the sums of nodes those of the epoch
}

var _ hub.Source = (*Collector)(nil)

// lane is what one node told and what is not yet part of the order.
type lane struct {
	waiting []arrival
}

type arrival struct {
	event cluster.Event
	at    time.Time
}

// New returns a collector that has heard nothing.
func New(cfg Config) *Collector {
	if cfg.Events <= 0 {
		cfg.Events = 100_000
	}
	if cfg.Bytes <= 0 {
		cfg.Bytes = 128 << 20
	}
	if cfg.Wait <= 0 {
		cfg.Wait = 50 * time.Millisecond
	}
	if cfg.Grace <= 0 {
		cfg.Grace = 2 * time.Second
	}
	if cfg.Clock == nil {
		cfg.Clock = cluster.Steady(0)
	}
	return &Collector{
		cfg: cfg, feed: func([]cluster.Event, [][]byte) {}, tap: func([]cluster.Event) {},
		past:  past{maxEvents: cfg.Events, maxBytes: cfg.Bytes},
		state: newState(cfg), transit: newTransit(),
	}
}

// Publish takes events in. Those of one node, or of the playground, must be
// given in their order.
func (c *Collector) Publish(events ...cluster.Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	for i := range events {
		n := events[i].Node
		if n < 0 || int(n) >= len(c.lanes) {
			continue
		}
		l := &c.lanes[n]
		if len(l.waiting) == 0 && !c.mustWait(&events[i]) {
			c.accept(events[i]) // by far the most: nothing to queue
			continue
		}
		l.waiting = append(l.waiting, arrival{events[i], now})
	}
	c.settle(now)
}

// Epoch begins a new epoch: whatever was under way is over. The nodes of the
// old one are dead and all that they said has been published. A reset forgets
// the past as well.
func (c *Collector) Epoch(n int, mode cluster.Mode, reset bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range c.lanes {
		c.releaseAll(&c.lanes[i])
	}
	for _, f := range c.transit.all() {
		c.lose(f, cluster.WhyDown)
	}
	c.closeOps(0)
	c.transit = newTransit()
	if reset {
		c.past.clear()
	}
	now := c.cfg.Clock()
	c.accept(cluster.Event{T: now, Body: &cluster.ModeChanged{Mode: mode, Epoch: n}})
	if reset {
		c.accept(cluster.Event{T: now, Body: &cluster.Reset{Epoch: n}})
	}
	c.deliver()
}

// Close stops the collector's timer. Publish may be called still.
func (c *Collector) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	if c.timer != nil {
		c.timer.Stop()
	}
}

// mustWait says whether e tells of the end of a message of whose departure
// nothing has been heard.
func (c *Collector) mustWait(e *cluster.Event) bool {
	if e.Kind() != cluster.KindDelivered && e.Kind() != cluster.KindLost {
		return false
	}
	m := e.Message()
	return m.Msg != "" && m.From != e.Node && !c.transit.knows(m.Msg)
}

// settle moves into the order whatever no longer has to wait, wakes itself for
// the rest, and feeds the viewers.
func (c *Collector) settle(now time.Time) {
	for moved := true; moved; {
		moved = false
		for i := range c.lanes {
			moved = c.release(&c.lanes[i], now) || moved
		}
	}
	c.sweep(now)
	c.deliver()
	c.wakeLater(now)
}

func (c *Collector) release(l *lane, now time.Time) (moved bool) {
	n := 0
	for ; n < len(l.waiting); n++ {
		a := &l.waiting[n]
		if c.mustWait(&a.event) && now.Sub(a.at) < c.cfg.Wait {
			break
		}
		c.accept(a.event)
	}
	l.waiting = l.waiting[n:]
	if len(l.waiting) == 0 {
		l.waiting = nil
	}
	return n > 0
}

func (c *Collector) releaseAll(l *lane) {
	for i := range l.waiting {
		c.accept(l.waiting[i].event)
	}
	l.waiting = nil
}

// accept makes e the next event of the total order, unless it is the second
// end of something that ended.
func (c *Collector) accept(e cluster.Event) {
	if !c.transit.take(&e, c.seq+1) || !c.state.fold(&e) {
		return
	}
	c.seq++
	e.Seq = c.seq
	c.totals.Take(&e)
	c.state.note(&e)
	var text []byte
	text, c.scratch = c.past.add(&e, c.scratch)
	c.batch, c.texts = append(c.batch, e), append(c.texts, text)
	if b, ok := e.Body.(*cluster.StatusChanged); ok && b.Status == cluster.StatusKilled {
		c.mourn(e.Node)
	}
}

// deliver feeds what was accepted since it was called last.
func (c *Collector) deliver() {
	if len(c.batch) == 0 {
		return
	}
	c.tap(c.batch)
	c.feed(c.batch, c.texts)
	clear(c.batch)
	clear(c.texts)
	c.batch, c.texts = c.batch[:0], c.texts[:0]
}

// wakeLater has settle called again when the first of what waits is due.
func (c *Collector) wakeLater(now time.Time) {
	var due time.Time
	for i := range c.lanes {
		if w := c.lanes[i].waiting; len(w) > 0 {
			due = earlier(due, w[0].at.Add(c.cfg.Wait))
		}
	}
	if at := c.transit.sweepAt; !at.IsZero() {
		due = earlier(due, at)
	}
	switch {
	case due.IsZero() || c.closed:
	case c.timer == nil:
		c.timer = time.AfterFunc(due.Sub(now), c.expire)
	default:
		c.timer.Reset(due.Sub(now))
	}
}

func (c *Collector) expire() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.settle(time.Now())
}

func earlier(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}

// mourn ends what a dead node leaves open: its clients' connections broke, and
// nobody will ever tell them how it went.
func (c *Collector) mourn(n cluster.NodeID) {
	c.closeOps(n)
	c.transit.died(n, c.seq, time.Now().Add(c.cfg.Grace))
	c.loseOrphans(n)
	c.resolveStreams(n)
}

// closeOps ends the operations that are open at a node, or at all for 0, with
// the status that says that nobody knows.
func (c *Collector) closeOps(n cluster.NodeID) {
	for _, e := range c.state.openAt(n) {
		call := e.Body.(*cluster.Invoked).ClientCall
		call.Deadline, call.Value = 0, cluster.Value{}
		c.accept(cluster.Event{Node: e.Node, T: c.cfg.Clock(), V: e.V, Body: &cluster.Returned{
			ClientCall: call, Status: cluster.HTTPStatus(504), Text: "the node was killed",
		}})
	}
}
