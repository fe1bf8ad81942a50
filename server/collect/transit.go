package collect

import (
	"cmp"
	"slices"
	"time"

	"capplayground/cluster"
)

// Bounds of what is remembered of messages.
const (
	maxInFlight = 20_000
	maxEnded    = 65_536
)

// transit knows which messages are under way, and of many that were that they
// ended, so that each ends once.
type transit struct {
	flying map[string]*flight
	ended  map[string]uint64 // the seq of its sent; 0 where none was heard
	oldest []string          // the keys of ended, a ring
	next   int

	streams map[string]*stream
	taken   map[pair]uint64 // the sent seq up to which a receiver said it took all in
	deaths  [cluster.MaxNodes + 1]death
	sweepAt time.Time // when to look for messages to the dead; zero for never
}

type flight struct {
	sent cluster.Event
	seq  uint64
}

func (f *flight) link() pair {
	m := f.sent.Message()
	return pair{m.From, m.To}
}

type pair struct{ from, to cluster.NodeID }

// death is the last one of a node: its place in the order, and until when
// others may still have something to say about it.
type death struct {
	dead  bool
	seq   uint64
	grace time.Time
}

// since says whether the node that lived at seq is dead; 0 is now.
func (d death) since(seq uint64) bool {
	if seq == 0 {
		return d.dead
	}
	return d.seq > seq
}

func newTransit() transit {
	return transit{
		flying: make(map[string]*flight), ended: make(map[string]uint64),
		streams: make(map[string]*stream), taken: make(map[pair]uint64),
	}
}

// knows says whether the departure or the end of a message was heard of.
func (t *transit) knows(msg string) bool {
	if _, ok := t.flying[msg]; ok {
		return true
	}
	_, ok := t.ended[msg]
	return ok
}

// sentSeq is the place of a message in its sender's order, 0 for one that is
// not remembered.
func (t *transit) sentSeq(msg string) uint64 {
	if f, ok := t.flying[msg]; ok {
		return f.seq
	}
	return t.ended[msg]
}

// take follows a message by an event that would get the given seq. It returns
// false for an event that must not be told: a second end.
func (t *transit) take(e *cluster.Event, seq uint64) bool {
	switch b := e.Body.(type) {
	case *cluster.Sent:
		if t.knows(b.Msg) {
			return t.late(b.Msg, seq)
		}
		t.fly(e, b.Msg, seq)
	case *cluster.Delivered, *cluster.Lost:
		msg := e.Message().Msg
		if t.isEnded(msg) {
			return false
		}
		at := t.sentSeq(msg)
		delete(t.flying, msg)
		t.end(msg, at)
	case *cluster.StatusChanged:
		if b.Status != cluster.StatusKilled && e.Node >= 0 && int(e.Node) < len(t.deaths) {
			t.deaths[e.Node].dead = false
		}
	}
	return true
}

func (t *transit) isEnded(msg string) bool { _, ok := t.ended[msg]; return ok }

// late notes a departure that was heard of after the message's end, and
// returns false for one that was heard of before.
func (t *transit) late(msg string, seq uint64) bool {
	if at, over := t.ended[msg]; !over || at != 0 {
		return false
	}
	t.ended[msg] = seq
	return true
}

func (t *transit) fly(e *cluster.Event, msg string, seq uint64) {
	if len(t.flying) >= maxInFlight {
		for other, f := range t.flying { // any: this many are beyond all drawing
			delete(t.flying, other)
			t.end(other, f.seq)
			break
		}
	}
	f := &flight{sent: *e, seq: seq}
	f.sent.Seq = seq
	t.flying[msg] = f
}

func (t *transit) end(msg string, seq uint64) {
	if len(t.oldest) < maxEnded {
		t.oldest = append(t.oldest, msg)
	} else {
		delete(t.ended, t.oldest[t.next])
		t.oldest[t.next] = msg
		t.next = (t.next + 1) % maxEnded
	}
	t.ended[msg] = seq
}

// all returns what is under way, in the order of departure.
func (t *transit) all() []*flight {
	flights := make([]*flight, 0, len(t.flying))
	for _, f := range t.flying {
		flights = append(flights, f)
	}
	slices.SortFunc(flights, func(a, b *flight) int { return cmp.Compare(a.seq, b.seq) })
	return flights
}

// died notes a death at seq.
func (t *transit) died(n cluster.NodeID, seq uint64, grace time.Time) {
	t.deaths[n] = death{dead: true, seq: seq, grace: grace}
	t.sweepAt = earlier(t.sweepAt, grace)
}
