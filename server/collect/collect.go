package collect

import (
	"sync"
	"time"

	"capplayground/cluster"
	"capplayground/server/hub"
)

// Config is what New needs.
type Config struct {
	// Boot names this process of the playground: viewers resume only within it.
	Boot string
	// URLs holds each node's address, in the order of their numbers.
	URLs []string
	// Mode, Pace and Quorum are what the first epoch begins with.
	Mode   cluster.Mode
	Pace   cluster.Pace
	Quorum cluster.Quorum

	Events int           // events retained at most; default 100,000
	Bytes  int           // their size in memory at most, in bytes; default 128 MiB
	Wait   time.Duration // how long a delivered or lost event waits for its sent event; default 50 ms
	Clock  func() int64  // microseconds since the epoch; default cluster.Steady
	Grace  time.Duration // how long the peers of a dead node have to report what they wrote and took in; default 2 s
	// Ask asks every node that runs what is under way there, and the nodes that
	// lost events to report all that they hold once more. Each answer is given to
	// Listed, with the same round. It is called in a goroutine of its own. nil asks
	// no node.
	Ask func(round uint64, lost []cluster.NodeID)
}

// Collector orders events and keeps them. It is safe for concurrent use.
type Collector struct {
	cfg Config

	mu      sync.Mutex
	seq     uint64
	lanes   [cluster.MaxNodes + 1]lane // 0 is the playground's own
	batch   []cluster.Event            // have a seq, and were not fed to the hub yet
	texts   [][]byte                   // the events of batch as JSON
	feed    func([]cluster.Event, [][]byte)
	tap     func([]cluster.Event, [][]byte)
	past    past
	scratch []byte // buffer that past.add reuses
	state   state
	transit transit
	audit   audit
	timer   *time.Timer // calls expire when the first waiting event is due
	closed  bool
	totals  hub.Totals // turns the sums that nodes report into sums of the epoch
}

var _ hub.Source = (*Collector)(nil)

// lane holds the events of one node that are not yet part of the order.
type lane struct {
	waiting []arrival
}

type arrival struct {
	event   cluster.Event
	at      time.Time
	ordered chan struct{} // closed when the event is part of the order; nil: no caller waits
}

// New returns a collector without events.
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
	if cfg.Ask == nil {
		cfg.Ask = func(uint64, []cluster.NodeID) {}
	}
	return &Collector{
		cfg: cfg, feed: func([]cluster.Event, [][]byte) {}, tap: func([]cluster.Event, [][]byte) {},
		past:  past{maxEvents: cfg.Events, maxBytes: cfg.Bytes},
		state: newState(cfg), transit: newTransit(),
	}
}

// Publish takes events in. The events of one node, or of the playground, must
// be given in their order.
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
			c.accept(events[i]) // the common case: the event need not be queued
			continue
		}
		l.waiting = append(l.waiting, arrival{event: events[i], at: now})
	}
	c.settle(now)
}

// Epoch begins a new epoch and ends everything that was under way. Before the
// call the nodes of the old epoch must be dead, and all their events published.
// A reset forgets the past as well.
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

// Close stops the collector's timer. Publish may still be called after it.
func (c *Collector) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	if c.timer != nil {
		c.timer.Stop()
	}
	for _, l := range c.lanes {
		for i := range l.waiting {
			l.waiting[i].wake()
		}
	}
}

// Ordered returns a channel that is closed when all events that were published for a
// node before this call are part of the order, and so of what Cluster and Status
// return. That takes Config.Wait at most. It is closed by Close as well.
func (c *Collector) Ordered(id cluster.NodeID) <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	waiting := c.lanes[id].waiting
	if len(waiting) == 0 || c.closed {
		return alwaysClosed
	}
	last := &waiting[len(waiting)-1]
	if last.ordered == nil {
		last.ordered = make(chan struct{})
	}
	return last.ordered
}

var alwaysClosed = func() <-chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

// wake ends the waits of Ordered for this event.
func (a *arrival) wake() {
	if a.ordered != nil {
		close(a.ordered)
		a.ordered = nil
	}
}

// mustWait reports whether e is the end of a message whose sent event has not
// arrived. A lost event from the sender itself never waits.
func (c *Collector) mustWait(e *cluster.Event) bool {
	if e.Kind() != cluster.KindDelivered && e.Kind() != cluster.KindLost {
		return false
	}
	m := e.Message()
	return m.Msg != "" && m.From != e.Node && !c.transit.knows(m.Msg)
}

// settle accepts the events that no longer have to wait, feeds the viewers, and
// sets the timer for the events that still wait.
func (c *Collector) settle(now time.Time) {
	for moved := true; moved; {
		moved = false
		for i := range c.lanes {
			moved = c.release(&c.lanes[i], now) || moved
		}
	}
	c.sweep(now)
	c.ask(now)
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
		a.wake()
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
		l.waiting[i].wake()
	}
	l.waiting = nil
}

// accept makes e the next event of the total order. It drops a second end of a
// message, and a second beginning or end of a client's call.
func (c *Collector) accept(e cluster.Event) {
	if !c.transit.take(&e, c.seq+1) || !c.state.fold(&e) {
		return
	}
	c.seq++
	e.Seq = c.seq
	c.totals.Take(&e)
	c.state.keep(&e)
	var text []byte
	text, c.scratch = c.past.add(&e, c.scratch)
	c.batch, c.texts = append(c.batch, e), append(c.texts, text)
	switch b := e.Body.(type) {
	case *cluster.StatusChanged:
		switch b.Status {
		case cluster.StatusKilled:
			c.endAllOf(e.Node)
		case cluster.StatusStarting:
			c.forgetKeys(e.Node, isOnlyLock)
		}
	case *cluster.Gap:
		c.audit.gap(e.Node, time.Now())
	}
}

// deliver feeds the events that were accepted since its last call.
func (c *Collector) deliver() {
	if len(c.batch) == 0 {
		return
	}
	c.tap(c.batch, c.texts)
	c.feed(c.batch, c.texts)
	clear(c.batch)
	clear(c.texts)
	c.batch, c.texts = c.batch[:0], c.texts[:0]
}

// wakeLater sets the timer to the time when the first waiting event, or the
// next sweep, is due.
func (c *Collector) wakeLater(now time.Time) {
	var due time.Time
	for i := range c.lanes {
		if w := c.lanes[i].waiting; len(w) > 0 {
			due = earlier(due, w[0].at.Add(c.cfg.Wait))
		}
	}
	for _, at := range []time.Time{c.transit.sweepAt, c.audit.askAt} {
		if !at.IsZero() {
			due = earlier(due, at)
		}
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

// endAllOf ends what a dead node leaves open: the calls of its clients, whose
// connections broke, and the messages whose end no node will report any more.
func (c *Collector) endAllOf(n cluster.NodeID) {
	c.closeOps(n)
	c.transit.recordDeath(n, c.seq, time.Now().Add(c.cfg.Grace))
	c.loseBetweenDead()
	c.resolveStreams(n)
}

// closeOps ends the operations that are open at a node, or at all nodes for 0,
// with status 504: the outcome is unknown.
func (c *Collector) closeOps(n cluster.NodeID) {
	for _, e := range c.state.openAt(n) {
		c.endCall(e, "the node was killed")
	}
}

// endCall ends an open operation, whose invoke event it takes, with status 504.
func (c *Collector) endCall(invoke cluster.Event, why string) {
	call := invoke.Body.(*cluster.Invoked).ClientCall
	call.Deadline, call.Value = 0, cluster.Value{}
	c.accept(cluster.Event{Node: invoke.Node, T: c.cfg.Clock(), V: invoke.V, Body: &cluster.Returned{
		ClientCall: call, Status: cluster.HTTPStatus(504), Text: why,
	}})
}
