package collect

import "capplayground/cluster"

// Restore returns a collector that holds what a recording tells: the state of a
// hello and of the events after it. Events that the hello covers are retained and
// change nothing. No further events may be published.
func Restore(h Hello, events []cluster.Event) *Collector {
	urls := make([]string, len(h.Cluster.Nodes))
	for i, n := range h.Cluster.Nodes {
		urls[i] = n.URL
	}
	c := New(Config{
		Boot: "recording " + h.Boot, URLs: urls, Mode: h.Cluster.Mode, Pace: h.Pace, Quorum: h.Quorum,
		Events: len(events) + 1, Bytes: 1 << 40,
	})
	c.state.restore(h)
	for i := range h.Inflight {
		e := &h.Inflight[i]
		if e.Message() != nil {
			c.transit.begin(e, e.Message().Msg, e.Seq)
		}
	}
	c.seq = h.Seq
	for i := range events {
		e := &events[i]
		if e.Seq > h.Seq && e.Body != nil {
			c.transit.take(e, e.Seq)
			c.state.fold(e)
			c.state.keep(e)
		}
		c.seq = max(c.seq, e.Seq)
		_, c.scratch = c.past.add(e, c.scratch)
	}
	return c
}

// restore takes over the state that a hello tells.
func (s *state) restore(h Hello) {
	s.epoch, s.rules, s.talk = h.Epoch, h.Rules, h.Talk
	for _, l := range h.Links {
		s.links[pair{l.From, l.To}] = l
	}
	for _, n := range h.Cluster.Nodes {
		s.nodes[n.ID].status = cluster.StatusChanged{
			Status: n.Status, PID: n.PID, Incarnation: n.Incarnation, Silent: n.Silent, Freeze: n.Freeze,
		}
	}
	for _, events := range [][]cluster.Event{h.Roles, h.Keys, h.Timers, h.Ops} {
		for i := range events {
			if events[i].Body != nil {
				s.fold(&events[i])
				s.keep(&events[i])
			}
		}
	}
}
