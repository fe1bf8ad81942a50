package sloppy

import (
	"fmt"
	"slices"

	"capplayground/cluster"
)

// call is an operation of one of this node's own clients, from the invocation
// to a moment after the reply.
type call struct {
	req   cluster.Request
	ask   ask
	tried []cluster.NodeID // the nodes to which it was forwarded, oldest first
	taken bool             // the last of them has answered "taken"
	due   cluster.Time     // due time of the timer that waits for "taken"
	reply *cluster.Reply   // nil before the reply
}

// call fills in the time and the dot of an operation, and forwards it to a coordinator.
func (m *Machine) call(r cluster.Request) {
	if c, again := m.calls[r.Op]; again {
		switch {
		case c.req.Kind != r.Kind || c.req.Key != r.Key || c.req.Val != r.Val || c.req.IfMatch != r.IfMatch:
			m.refuse(r, fmt.Errorf("%w: %s", cluster.ErrRefused, refusal(r.Op)))
		case c.reply != nil:
			m.out.Replies = append(m.out.Replies, *c.reply)
		}
		return
	}
	if r.Deadline == 0 {
		r.Deadline = m.now.Add(cluster.OpTimeout)
	}
	c := &call{req: r, ask: ask{Read: r.Kind == cluster.OpRead, Key: r.Key, Sizes: m.sizes}}
	if m.now >= r.Deadline {
		m.refuse(r, fmt.Errorf("%w: the caller gave up before this node heard of it", cluster.ErrUnavailable))
		return
	}
	if !c.ask.Read {
		if err := m.fillAsk(c); err != nil {
			m.refuse(r, err)
			return
		}
	}
	m.calls[r.Op] = c
	m.setTimer(timerDeadline, r.Op, r.Deadline.Sub(m.now))
	m.forward(c)
}

func (m *Machine) refuse(r cluster.Request, err error) {
	m.out.Replies = append(m.out.Replies, cluster.Reply{Op: r.Op, Key: r.Key, Err: err})
}

// fillAsk sets the value of a write, its times, its dot and the dots that If-Match
// names. They must be the same at every node that coordinates the write.
func (m *Machine) fillAsk(c *call) error {
	c.ask.Val, c.ask.At, c.ask.TS = c.req.Val, m.now, m.wall
	if c.req.IfMatch != "" {
		v, err := ParseVersion(c.req.IfMatch)
		if err != nil {
			return err
		}
		named := v.All()
		if named.last(m.actor) > m.seqs[c.req.Key] {
			return fmt.Errorf("%w: it names a write to come", cluster.ErrBadVersion)
		}
		c.ask.Named = &named
	}
	d := m.nextDot(c.req.Key)
	c.ask.Dot = &d
	return nil
}

// nextDot returns a new dot for a write to a key. The coordinator is not known yet, so
// By is this node.
func (m *Machine) nextDot(key string) Dot {
	m.seqs[key]++
	return Dot{Origin{m.actor, m.actor}, m.seqs[key]}
}

// forward sends a call to the first node of the walk that is neither suspected nor
// tried. A node never suspects itself, so there is always such a node.
func (m *Machine) forward(c *call) {
	to := m.id
	if c.req.Deadline.Sub(m.now) >= minForwardTime {
		for _, n := range m.walk(c.req.Key) {
			if n == m.id || !m.suspects(n) && !slices.Contains(c.tried, n) {
				to = n
				break
			}
		}
	}
	c.tried, c.taken = append(c.tried, to), false
	if to == m.id {
		c.taken = true
		m.coordinate(c.req.Op, c.ask, c.req.Deadline, m.id)
		return
	}
	c.due = m.setTimer(timerTaken, c.req.Op, answerWait)
	m.noteForward(c)
	m.send(cluster.Message{
		To: to, Type: typeForward, Class: cluster.ClassRequest, Op: c.req.Op, Via: cluster.ViaForward,
		Label: m.label(c.req.Op, c.req.Key, c.ask.Val), Deadline: c.req.Deadline, Body: cluster.Encode(&c.ask),
	})
}

// at returns the node to which the call was forwarded last.
func (c *call) at() cluster.NodeID { return c.tried[len(c.tried)-1] }

func (m *Machine) takenTimer(t cluster.Timer) bool {
	c := m.calls[t.Op]
	if c == nil || c.reply != nil || c.taken || t.Due != c.due {
		return false
	}
	m.suspect(c.at())
	m.forward(c)
	return true
}

// onForward answers "taken" before it coordinates. A forward whose deadline has
// passed is ignored: no client waits for the answer, and the write was not promised.
func (m *Machine) onForward(msg cluster.Message, a ask) {
	if msg.Op == "" || msg.Deadline <= m.now || !m.isPossible(a.Sizes) || a.Read != (a.Dot == nil) {
		return
	}
	m.sendAhead(cluster.Message{To: msg.From, Type: typeTaken, Class: cluster.ClassYes, Op: msg.Op, Label: m.label(msg.Op, a.Key, ""), Deadline: msg.Deadline})
	m.coordinate(msg.Op, a, msg.Deadline, msg.From)
}

func (m *Machine) onTaken(msg cluster.Message) {
	c := m.calls[msg.Op]
	if c == nil || c.reply != nil || c.taken || c.at() != msg.From {
		return
	}
	c.taken = true
	m.noteForward(c)
}

func (m *Machine) onResult(msg cluster.Message, r result) {
	c := m.calls[msg.Op]
	if c == nil || !slices.Contains(c.tried, msg.From) {
		return
	}
	m.finish(c, r)
}

// finish answers the client, once.
func (m *Machine) finish(c *call, r result) {
	reply := cluster.Reply{Op: c.req.Op, Key: c.req.Key, Val: r.Val, Version: r.Version, Siblings: r.Siblings}
	switch {
	case r.Refused != "":
		reply = cluster.Reply{Op: c.req.Op, Key: c.req.Key, Err: fmt.Errorf("%w: %s", cluster.ErrRefused, r.Refused)}
	case !r.Found:
		reply = cluster.Reply{Op: c.req.Op, Key: c.req.Key, Err: cluster.ErrNotFound}
	}
	m.reply(c, reply)
}

func (m *Machine) reply(c *call, r cluster.Reply) {
	if c.reply != nil {
		return
	}
	c.reply = &r
	m.out.Replies = append(m.out.Replies, r)
}

// deadlineTimer ends a call. Every write was given to a coordinator by then, so its
// outcome is unknown.
func (m *Machine) deadlineTimer(t cluster.Timer) bool {
	c := m.calls[t.Op]
	delete(m.calls, t.Op)
	if c == nil || c.reply != nil {
		return false
	}
	if c.ask.Read {
		m.reply(c, cluster.Reply{Op: t.Op, Key: c.req.Key, Err: fmt.Errorf("%w: fewer than R=%d nodes answered", cluster.ErrUnavailable, c.ask.Sizes.R)})
		return true
	}
	m.reply(c, cluster.Reply{Op: t.Op, Key: c.req.Key, Err: fmt.Errorf("%w: fewer than W=%d nodes acknowledged", cluster.ErrUnknown, c.ask.Sizes.W)})
	return true
}
