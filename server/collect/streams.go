package collect

import (
	"time"

	"capplayground/cluster"
)

// Stream is what one end of a stream of messages says of its end. Last is the
// last message that its sender wrote, or that its receiver took in, First the
// first one; "" is none.
type Stream struct {
	ID       string
	From, To cluster.NodeID
	First    string
	Last     string
}

// stream is what both ends said. What was written and not taken in is lost.
type stream struct {
	pair
	written, taken  *Stream
	wroteAt, tookAt uint64 // sent seq of their Last
	beganAt         uint64 // sent seq of the first written
	openedAt        uint64 // sent seq of the first taken in
}

// StreamEnded takes in what node teller says of a stream that ended. It must
// be called after the events that the node told before.
func (c *Collector) StreamEnded(teller cluster.NodeID, told Stream) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := &c.transit
	if l := &c.lanes[teller]; len(l.waiting) > 0 {
		c.releaseAll(l) // the order of what it said matters more than a late departure
	}
	s := t.streams[told.ID]
	if s == nil {
		s = &stream{pair: pair{told.From, told.To}}
		t.streams[told.ID] = s
	}
	switch teller {
	case told.From:
		s.written, s.wroteAt, s.beganAt = &told, t.sentSeq(told.Last), t.sentSeq(told.First)
	case told.To:
		s.taken, s.tookAt, s.openedAt = &told, t.sentSeq(told.Last), t.sentSeq(told.First)
		t.taken[s.pair] = max(t.taken[s.pair], s.tookAt)
	}
	c.resolve(told.ID, s)
	c.settle(time.Now())
}

// resolveStreams looks at what the death of n means for the streams of which
// only one end has spoken: the other never will.
func (c *Collector) resolveStreams(n cluster.NodeID) {
	for id, s := range c.transit.streams {
		if s.from == n || s.to == n {
			c.resolve(id, s)
		}
	}
}

// resolve ends the messages that a stream lost, once all is said that will be.
func (c *Collector) resolve(id string, s *stream) {
	t := &c.transit
	sender, receiver := t.deaths[s.from], t.deaths[s.to]
	switch {
	case s.written != nil && s.written.Last == "": // nothing to lose
	case s.written != nil && s.taken != nil:
		c.loseBetween(s.pair, max(s.tookAt, s.beganAt-min(s.beganAt, 1)), s.wroteAt, cluster.WhyTimeout)
	case s.written != nil && receiver.since(s.beganAt):
		c.loseBetween(s.pair, 0, s.wroteAt, cluster.WhyDown)
	case s.taken != nil && sender.since(s.openedAt):
		c.loseBetween(s.pair, max(s.tookAt, t.taken[s.pair]), sender.seq, cluster.WhyDown)
	default:
		return
	}
	delete(t.streams, id)
}

// loseOrphans ends what was under way between two nodes both of which have
// died since it left: neither the one that may have kept it nor the one that
// may have taken it in is there.
func (c *Collector) loseOrphans(n cluster.NodeID) {
	t := &c.transit
	for _, f := range t.all() {
		from, to := f.link().from, f.link().to
		if (from == n || to == n) && t.deaths[from].since(f.seq) && t.deaths[to].since(f.seq) {
			c.lose(f, cluster.WhyDown)
		}
	}
}

// loseBetween ends what is under way on a link and left after lo, up to hi.
func (c *Collector) loseBetween(p pair, lo, hi uint64, why string) {
	for _, f := range c.transit.all() {
		if f.link() == p && f.seq > lo && f.seq <= hi {
			c.lose(f, why)
		}
	}
}

// lose ends a message of which nobody else can tell.
func (c *Collector) lose(f *flight, why string) {
	c.accept(cluster.Event{T: c.cfg.Clock(), V: f.sent.V, Body: &cluster.Lost{Transit: *f.sent.Message(), Why: why}})
}

// sweep ends what nobody spoke of though somebody would have by now: a message
// to a dead node which its sender neither kept nor reported, and one of a dead
// sender which its receiver never took in. Frozen nodes are given their time.
func (c *Collector) sweep(now time.Time) {
	t := &c.transit
	if t.sweepAt.IsZero() || now.Before(t.sweepAt) {
		return
	}
	t.sweepAt = time.Time{}
	for _, f := range t.all() {
		from, to := f.link().from, f.link().to
		var witness cluster.NodeID // who would have spoken
		switch {
		case t.deaths[to].dead:
			witness = from
		case t.deaths[from].since(f.seq) && f.seq > t.taken[pair{from, to}]:
			witness = to
		default:
			continue
		}
		if c.state.settled(witness, now.Add(-c.cfg.Grace)) && now.After(t.deaths[from].grace) &&
			now.After(t.deaths[to].grace) && now.Sub(time.UnixMicro(f.sent.T)) > c.cfg.Grace {
			c.lose(f, cluster.WhyDown)
			continue
		}
		t.sweepAt = earlier(t.sweepAt, now.Add(c.cfg.Grace/2))
	}
}
