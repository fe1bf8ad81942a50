package collect

import (
	"time"

	"capplayground/cluster"
)

// Stream is the report of one end of a stream of messages that ended. First and
// Last are the ids of the first and the last message that the sender wrote, or
// that the receiver took in; "" if there was none.
type Stream struct {
	ID       string
	From, To cluster.NodeID
	First    string
	Last     string
}

// stream holds the reports of both ends; nil while an end has not reported. A
// message that was written and not taken in is lost.
type stream struct {
	pair
	written, taken  *Stream
	wroteAt, tookAt uint64 // seq of the sent event of written.Last and of taken.Last
	beganAt         uint64 // seq of the sent event of written.First
	openedAt        uint64 // seq of the sent event of taken.First
}

// StreamEnded takes in the report of one end, a node, about a stream that ended.
// It must be called after the events that the node sent before the report.
func (c *Collector) StreamEnded(end cluster.NodeID, report Stream) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := &c.transit
	// The node's events must come before its report, even if the sent event that they
	// wait for then comes after them.
	c.releaseAll(&c.lanes[end])
	s := t.streams[report.ID]
	if s == nil {
		s = &stream{pair: pair{report.From, report.To}}
		t.streams[report.ID] = s
	}
	switch end {
	case report.From:
		s.written, s.wroteAt, s.beganAt = &report, t.sentSeq(report.Last), t.sentSeq(report.First)
	case report.To:
		s.taken, s.tookAt, s.openedAt = &report, t.sentSeq(report.Last), t.sentSeq(report.First)
		t.taken[s.pair] = max(t.taken[s.pair], s.tookAt)
	}
	c.resolve(report.ID, s)
	c.settle(time.Now())
}

// resolveStreams is called when n died. It resolves the streams for which only
// the other end has reported: n cannot report any more.
func (c *Collector) resolveStreams(n cluster.NodeID) {
	for id, s := range c.transit.streams {
		if s.from == n || s.to == n {
			c.resolve(id, s)
		}
	}
}

// resolve ends the messages that a stream lost, once both ends have reported or
// the end that has not reported is dead.
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

// loseBetweenDead ends the messages whose sender and receiver have both died since the
// message was sent: neither can report its end any more.
func (c *Collector) loseBetweenDead() {
	t := &c.transit
	for _, f := range t.all() {
		if p := f.link(); t.deaths[p.from].since(f.seq) && t.deaths[p.to].since(f.seq) {
			c.lose(f, cluster.WhyDown)
		}
	}
}

// loseBetween ends the messages under way on a link that were sent after seq lo
// and up to seq hi.
func (c *Collector) loseBetween(p pair, lo, hi uint64, why string) {
	for _, f := range c.transit.all() {
		if f.link() == p && f.seq > lo && f.seq <= hi {
			c.lose(f, why)
		}
	}
}

// lose ends a message whose end neither of its nodes will report.
func (c *Collector) lose(f *flight, why string) {
	c.accept(cluster.Event{T: c.cfg.Clock(), V: f.sent.V, Body: &cluster.Lost{Transit: *f.sent.Message(), Why: why}})
}

// sweep reports as lost the messages to or from a dead node whose end the living
// node has not reported within Config.Grace. It waits longer while the living
// node is frozen or starting.
func (c *Collector) sweep(now time.Time) {
	t := &c.transit
	if t.sweepAt.IsZero() || now.Before(t.sweepAt) {
		return
	}
	t.sweepAt = time.Time{}
	for _, f := range t.all() {
		from, to := f.link().from, f.link().to
		var witness cluster.NodeID // the node that would have reported the end
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
