package collect

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"capplayground/cluster"
)

// gather is how long further gaps are waited for before the nodes are asked.
const gather = 200 * time.Millisecond

// audit finds out what ended unnoticed, because events of a node were lost. In
// each round all nodes are asked what is under way there. A message can be judged
// once its sender and its receiver have answered in the newest round: the round
// began after the gap, so every sent event from before the gap has arrived by
// then.
type audit struct {
	round   uint64
	began   uint64 // seq of the newest event when the round began
	answers [cluster.MaxNodes + 1]answer

	gaps  bool             // the round began because of a gap, not for a second look
	lost  []cluster.NodeID // nodes with a gap since the round began
	askAt time.Time        // when the next round is due; zero: it is not
}

type answer struct {
	Listing
	at uint64 // seq of the newest event when the answer arrived
}

// Listing is the answer of a node to Config.Ask: what has begun there and not
// ended.
type Listing struct {
	Round    uint64                    // as Ask was given it
	Messages []string                  // ids of those that wait in its inbox
	Received map[cluster.NodeID]string // the newest message of each peer, by its id
	Ops      []cluster.OpID            // open operations
	Timers   []string                  // cluster.Timer.ID of those that are set
}

// gap notes that events of a node were lost.
func (a *audit) gap(n cluster.NodeID, now time.Time) {
	if !slices.Contains(a.lost, n) {
		a.lost = append(a.lost, n)
	}
	a.askAt = earlier(a.askAt, now.Add(gather))
}

// ask begins a round when one is due.
func (c *Collector) ask(now time.Time) {
	a := &c.audit
	if a.askAt.IsZero() || now.Before(a.askAt) {
		return
	}
	a.askAt = time.Time{}
	doubts, ready := c.doubts()
	a.gaps = len(a.lost) > 0
	switch {
	case a.gaps || ready:
		a.round, a.began = a.round+1, c.seq
		go c.cfg.Ask(a.round, a.lost)
		a.lost = nil
	case doubts:
		a.askAt = now.Add(c.cfg.Grace)
	}
}

// doubts reports whether a message in doubt is still under way, and whether both
// nodes of such a message can answer.
func (c *Collector) doubts() (doubts, ready bool) {
	for _, f := range c.transit.flying {
		if f.doubt == 0 {
			continue
		}
		doubts = true
		if p := f.link(); c.state.answers(p.from) && c.state.answers(p.to) {
			return true, true
		}
	}
	return doubts, false
}

// Listed takes in the answer of a node to Config.Ask. It must be called after the
// events that the node sent before its answer.
func (c *Collector) Listed(n cluster.NodeID, l Listing) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	c.releaseAll(&c.lanes[n]) // the node's events come before its answer
	c.endUnlisted(n, l)
	if l.Round == c.audit.round {
		c.audit.answers[n] = answer{l, c.seq}
		for _, f := range c.transit.all() {
			if p := f.link(); p.from == n || p.to == n {
				c.judge(f, now)
			}
		}
	}
	c.settle(now)
}

// endUnlisted ends the operations and the timers of a node that the node does not
// list: their end was among the lost events. An operation that the playground's
// client reported, without a Lamport clock, is ended by that client.
func (c *Collector) endUnlisted(n cluster.NodeID, l Listing) {
	for _, e := range c.state.openAt(n) {
		if e.LC > 0 && !slices.Contains(l.Ops, e.Operation()) {
			c.endCall(e, "its end was not reported: events of the node were lost")
		}
	}
	for id, e := range c.state.timers {
		if id.node == n && !slices.Contains(l.Timers, id.id) {
			t := *e.Body.(*cluster.TimerChanged)
			t.State = cluster.TimerStale
			c.accept(cluster.Event{Node: n, T: c.cfg.Clock(), V: e.V, Body: &t})
		}
	}
}

// judge ends a message that is under way no more. A message that its receiver has
// not taken in may still be on its way there, or its sender gave it up and the
// event is lost. Then a second round, after Grace, decides.
func (c *Collector) judge(f *flight, now time.Time) {
	a, p := &c.audit, f.link()
	to := &a.answers[p.to]
	if to.Round != a.round || !a.answered(p.from, &c.transit) {
		return
	}
	msg := f.sent.Message().Msg
	switch {
	case slices.Contains(to.Messages, msg):
	case to.received(msg, p, f.seq):
		c.lose(f, cluster.WhyGap)
	case f.doubt != 0 && f.doubt < a.round && c.state.answers(p.from) && c.state.answers(p.to):
		c.lose(f, cluster.WhyGap)
	case f.doubt != 0:
		a.askAt = earlier(a.askAt, now.Add(c.cfg.Grace))
	case a.gaps && f.seq <= max(to.at, a.answers[p.from].at):
		f.doubt = a.round
		a.askAt = earlier(a.askAt, now.Add(c.cfg.Grace))
	}
}

// answered reports whether all that a node had sent when the round began has
// arrived: it has answered, or its pipe was read to the end.
func (a *audit) answered(n cluster.NodeID, t *transit) bool {
	return a.answers[n].Round == a.round || t.deaths[n].dead || t.deaths[n].since(a.began)
}

// received reports whether a message to the node had reached its inbox when it
// answered. The ids of one sender rise. A copy that was made by hand was made in
// the inbox itself.
func (a *answer) received(msg string, p pair, sent uint64) bool {
	node, life, count := splitID(msg)
	if node == p.to {
		return sent <= a.at
	}
	newest, newestLife, newestCount := splitID(a.Received[p.from])
	return node == p.from && node == newest && life == newestLife && count <= newestCount
}

// splitID parts the id of a message into its node, the node's incarnation and the
// count. The node is 0 for an id of another form.
func splitID(msg string) (node cluster.NodeID, life string, count uint64) {
	parts := strings.Split(msg, ".")
	if len(parts) != 3 {
		return 0, "", 0
	}
	n, err := strconv.ParseUint(parts[0], 10, 8)
	count, bad := strconv.ParseUint(parts[2], 10, 64)
	if err != nil || bad != nil || n > cluster.MaxNodes {
		return 0, "", 0
	}
	return cluster.NodeID(n), parts[1], count
}
