package collect

import (
	"cmp"
	"slices"
	"time"

	"capplayground/cluster"
	"capplayground/server/bounded"
)

// Bounds of how many messages are remembered.
const (
	maxInFlight = 20_000
	maxEnded    = 65_536
)

// transit knows which messages are under way, and which of the newest messages
// have ended, so that each message ends once.
type transit struct {
	flying map[string]*flight
	ended  bounded.Map[string, uint64] // the seq of the sent event; 0 if it has not arrived

	streams map[string]*stream
	taken   map[pair]uint64 // the highest tookAt of the streams on a link
	deaths  [cluster.MaxNodes + 1]death
	sweepAt time.Time // when sweep is due; zero if it is not
}

type flight struct {
	sent  cluster.Event
	seq   uint64
	doubt uint64 // the round of the audit that could not tell whether it ended; 0: none
}

func (f *flight) link() pair {
	m := f.sent.Message()
	return pair{m.From, m.To}
}

type pair struct{ from, to cluster.NodeID }

// death is the last death of a node: its place in the order, and until when
// the node's peers may still report messages to and from it.
type death struct {
	dead  bool
	seq   uint64
	grace time.Time
}

// since reports whether the node has died after seq; for seq 0, whether it is
// dead now.
func (d death) since(seq uint64) bool {
	if seq == 0 {
		return d.dead
	}
	return d.seq > seq
}

func newTransit() transit {
	return transit{
		flying: make(map[string]*flight), ended: bounded.NewMap[string, uint64](maxEnded),
		streams: make(map[string]*stream), taken: make(map[pair]uint64),
	}
}

// knows reports whether the sent event or the end of a message has arrived.
func (t *transit) knows(msg string) bool {
	_, flying := t.flying[msg]
	return flying || t.isEnded(msg)
}

// sentSeq is the seq of a message's sent event, 0 if the message is not
// remembered.
func (t *transit) sentSeq(msg string) uint64 {
	if f, ok := t.flying[msg]; ok {
		return f.seq
	}
	seq, _ := t.ended.Get(msg)
	return seq
}

// take notes what e, which would get the given seq, says about a message. It
// returns false for an event that viewers must not get: a second sent event or
// a second end.
func (t *transit) take(e *cluster.Event, seq uint64) bool {
	switch b := e.Body.(type) {
	case *cluster.Sent:
		if t.knows(b.Msg) {
			return t.sentAfterEnd(b.Msg, seq)
		}
		t.begin(e, b.Msg, seq)
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

func (t *transit) isEnded(msg string) bool { return t.ended.Has(msg) }

// sentAfterEnd notes a sent event that arrived after the end of its message. It
// returns false if the message's sent event had arrived before.
func (t *transit) sentAfterEnd(msg string, seq uint64) bool {
	if at, ended := t.ended.Get(msg); !ended || at != 0 {
		return false
	}
	t.ended.Set(msg, seq)
	return true
}

// begin adds a message to those under way.
func (t *transit) begin(e *cluster.Event, msg string, seq uint64) {
	if len(t.flying) >= maxInFlight {
		// A page cannot draw so many: forget any one of them.
		for other, f := range t.flying {
			delete(t.flying, other)
			t.end(other, f.seq)
			break
		}
	}
	f := &flight{sent: *e, seq: seq}
	f.sent.Seq = seq
	t.flying[msg] = f
}

// end remembers that a message ended; seq is that of its sent event, or 0.
func (t *transit) end(msg string, seq uint64) { t.ended.Set(msg, seq) }

// all returns the messages under way, in the order of their sent events.
func (t *transit) all() []*flight {
	flights := make([]*flight, 0, len(t.flying))
	for _, f := range t.flying {
		flights = append(flights, f)
	}
	slices.SortFunc(flights, func(a, b *flight) int { return cmp.Compare(a.seq, b.seq) })
	return flights
}

// recordDeath notes that n died at seq, and has sweep called when grace is over.
func (t *transit) recordDeath(n cluster.NodeID, seq uint64, grace time.Time) {
	t.deaths[n] = death{dead: true, seq: seq, grace: grace}
	t.sweepAt = earlier(t.sweepAt, grace)
}
