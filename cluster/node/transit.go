package node

import (
	"fmt"
	"time"

	"capplayground/cluster"
	"capplayground/cluster/link"
	"capplayground/cluster/peer"
)

// slowQueue is how long a message may wait after its due before it is told to
// be late because of a queue; real time.
const slowQueue = 50 * time.Millisecond

// depart sends a message on its way: into this turn's batch, or into the
// hands of its link's faults.
func (l *loop) depart(m cluster.Message) {
	m.From, m.ID = l.cfg.ID, l.nextID()
	why := l.faults.Apply(&m, l.clock.Now(), l.clock.Pace().Latency)
	// What waits for somebody's hand must be seen, however busy this node is.
	m.Flow = l.flow.summing && !m.Held && l.clock.Pace().Rate > 0
	e := cluster.Transit(cluster.KindSent, m)
	e.T, e.V = l.clock.Wall(), m.Sent
	l.pushTransit(m, e)
	m.LC = l.lc
	if !m.Flow {
		l.print("→ " + m.To.String() + " " + messageText(m))
	}
	if why != "" {
		l.lose(m, why)
		return
	}
	l.messages = append(l.messages, m)
}

// nextID names a message, for ever: node, incarnation, count.
func (l *loop) nextID() string {
	l.count++
	return fmt.Sprintf("%d.%s.%d", l.cfg.ID, l.cfg.Incarnation, l.count)
}

// pushTransit tells of a message's progress by an event of its own, or in its
// link's sum.
func (l *loop) pushTransit(m cluster.Message, e cluster.Event) {
	if !m.Flow {
		l.push(e)
		return
	}
	l.lc++
	l.flow.seen++
	sum := l.flow.of(m)
	switch e.Kind {
	case cluster.KindSent:
		sum.sent++
	case cluster.KindDelivered:
		sum.delivered++
	case cluster.KindLost:
		sum.lost++
	}
}

// lose tells that a message is lost.
func (l *loop) lose(m cluster.Message, why string) {
	e := cluster.Transit(cluster.KindLost, m)
	e.Why = why
	l.pushTransit(m, e)
	if !m.Flow {
		l.print(fmt.Sprintf("× %v lost: %s", m, why))
	}
}

// arrive puts a message of a peer into the inbox.
func (l *loop) arrive(m cluster.Message) {
	if why := l.inbox.Add(m, l.clock.Now()); why != "" {
		l.lose(m, why)
	}
}

// delivered tells of a message that was taken in.
func (l *loop) delivered(s *stepped) {
	m := s.in.Message
	l.lc = max(l.lc, m.LC)
	e := cluster.Transit(cluster.KindDelivered, m)
	e.T, e.V, e.Late = s.wall, s.in.Now, s.late
	l.pushTransit(m, e)
	if !m.Flow {
		l.print("← " + m.From.String() + " " + messageText(m))
	}
}

// late is why a message is taken in so late, "" for one that is not: the
// greatest part of what it waited for.
func (l *loop) late(m cluster.Message, now cluster.Time) string {
	due := max(m.Due, m.Sent)
	flew := due - m.Sent
	waited, moves := l.clock.Pace().Wall(due, now)
	switch {
	case l.watch.stood(due):
		return cluster.LateFrozen
	case m.Held:
		return cluster.LateLink
	case moves && waited > slowQueue && now-due > flew:
		return cluster.LateQueue
	case flew > 0 && l.linkDelays(m.From, flew):
		return cluster.LateLink
	case flew > 0 || l.clock.Pace().Rate <= 0:
		return cluster.LatePace
	}
	return ""
}

// linkDelays says whether a message that flew so long did so for its link's
// own settings when it left. The pace alone adds always the same.
func (l *loop) linkDelays(from cluster.NodeID, flew cluster.Time) bool {
	const slow = cluster.Time(cluster.SlowLatency * 1000)
	in := l.inbound[from]
	return flew != slow || (l.clock.Pace().Latency == 0 && in.DelayMS == cluster.SlowLatency)
}

// streamEnded passes on what this end of a stream knows.
func (l *loop) streamEnded(e peer.Ended) {
	l.say(link.Up{Stream: &link.Stream{ID: e.ID, From: e.From, To: e.To, First: e.First, Last: e.Last}})
}
