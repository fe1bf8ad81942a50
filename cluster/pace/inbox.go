package pace

import (
	"slices"

	"capplayground/cluster"
)

// MaxHeld and MaxHeldBytes bound what an inbox holds, because step mode and rules can
// hold messages for ever. If the inbox is full, a new message is lost.
const (
	MaxHeld      = 10_000
	MaxHeldBytes = 64 << 20 // of bodies
)

// held is added to the key of a message that a rule holds: such a message comes behind all
// others.
const held cluster.Time = 1 << 62

// Inbox holds the messages that are in flight to one node. It is a plain data structure
// without a clock or a goroutine: its owner passes the time.
type Inbox struct {
	// waiting has the messages in the order of their dues. The key of a message without a
	// due is the time at which it was sent.
	waiting runs[cluster.Message]
	byHand  []cluster.Message
	step    bool
	floors  map[cluster.NodeID]uint64 // the Gen of the last cut, per sender
	bytes   int                       // of the bodies in waiting
}

// NewInbox returns an empty inbox.
func NewInbox() *Inbox {
	return &Inbox{floors: make(map[cluster.NodeID]uint64)}
}

// Len is how many messages wait. Messages that a rule holds, and messages that were
// delivered by hand, count too.
func (b *Inbox) Len() int { return b.waiting.len + len(b.byHand) }

// SetStep turns step mode on or off. In step mode every message is held until it is
// delivered by hand, even if it is due. When step mode ends, the messages that it held
// continue.
func (b *Inbox) SetStep(on bool) { b.step = on }

// Add puts a message into the inbox. It returns "", or the reason why the message is
// lost: its link was cut after it was sent, or the inbox is full.
func (b *Inbox) Add(m cluster.Message, now cluster.Time) (why string) {
	if m.Gen < b.floors[m.From] {
		return cluster.WhyCut
	}
	if b.Len() >= MaxHeld || b.bytes+len(m.Body) > MaxHeldBytes {
		return cluster.WhyOverflow
	}
	key := m.Due
	if m.Due == 0 {
		key = min(m.Sent, now)
	}
	if m.Held {
		key += held
	}
	b.bytes += len(m.Body)
	b.waiting.add(key, m)
	return ""
}

// All lists the messages that wait: first those that were delivered by hand, then the
// others in the order in which the node would take them.
func (b *Inbox) All() []cluster.Message {
	all := slices.Clone(b.byHand)
	for _, i := range b.waiting.sorted() {
		all = append(all, i.value)
	}
	return all
}

// Peek returns the key of the next message that the node can take at now. Messages that
// were delivered by hand come first and have key 0. The keys put messages and timers into
// one order.
func (b *Inbox) Peek(now cluster.Time) (key cluster.Time, ok bool) {
	if len(b.byHand) > 0 {
		return 0, true
	}
	if first, _ := b.top(); first != nil && first.value.Due <= now {
		return first.key, true
	}
	return 0, false
}

// Take removes and returns the message that Peek found.
func (b *Inbox) Take(now cluster.Time) (m cluster.Message, ok bool) {
	if len(b.byHand) > 0 {
		m = b.byHand[0]
		b.byHand = b.byHand[1:]
		return m, true
	}
	first, where := b.top()
	if first == nil || first.value.Due > now {
		return m, false
	}
	return b.remove(where), true
}

// Next is the virtual time at which the next message is due, which may be in the past. It
// is 0 for a message that was delivered by hand. ok is false if no message becomes due
// without a command.
func (b *Inbox) Next() (due cluster.Time, ok bool) {
	if len(b.byHand) > 0 {
		return 0, true
	}
	if first, _ := b.top(); first != nil {
		return first.value.Due, true
	}
	return 0, false
}

// Has reports whether the message waits here and was not delivered by hand.
func (b *Inbox) Has(id string) bool {
	m, _ := b.find(id)
	return m != nil
}

// find returns the message that waits under this id, and its place, or nil. It looks at
// every message: only a user's hand asks for an id, and an index would have to follow
// every message.
func (b *Inbox) find(id string) (*cluster.Message, place) {
	for p, i := range b.waiting.each() {
		if i.value.ID == id && id != "" {
			return &i.value, p
		}
	}
	return nil, place{}
}

// Deliver makes the message the next one, even if a rule or the pace holds it. It returns
// false if no such message waits here.
func (b *Inbox) Deliver(id string) bool {
	m, where := b.find(id)
	if m == nil {
		return false
	}
	b.byHand = append(b.byHand, b.remove(where))
	return true
}

// Drop removes the message and returns it.
func (b *Inbox) Drop(id string) (cluster.Message, bool) {
	m, where := b.find(id)
	if m == nil {
		return cluster.Message{}, false
	}
	return b.remove(where), true
}

// Duplicate puts a copy of the message into the inbox. The copy has its own ID and the
// same due. Duplicate returns false if no such message waits here, or if the inbox is
// full.
func (b *Inbox) Duplicate(id, newID string, now cluster.Time) (cluster.Message, bool) {
	m, _ := b.find(id)
	if m == nil {
		return cluster.Message{}, false
	}
	dup := *m
	dup.ID, dup.DupOf = newID, id
	return dup, b.Add(dup, now) == ""
}

// SetFloor records the last cut of the link from a sender. It removes and returns the
// messages that were on the link at the cut, in the order in which they were due.
func (b *Inbox) SetFloor(from cluster.NodeID, floor uint64) (lost []cluster.Message) {
	if floor == b.floors[from] {
		return nil
	}
	b.floors[from] = floor
	waiting := b.waiting.sorted()
	b.waiting = runs[cluster.Message]{}
	for _, i := range waiting {
		if i.value.From == from && i.value.Gen < floor {
			lost = append(lost, i.value)
			b.bytes -= len(i.value.Body)
		} else {
			b.waiting.add(i.key, i.value)
		}
	}
	return lost
}

// top is the next message if only its due holds it, else nil. Messages that a rule holds
// are behind all others.
func (b *Inbox) top() (*item[cluster.Message], place) {
	first, where := b.waiting.first()
	if b.step || first == nil || first.value.Held {
		return nil, place{}
	}
	return first, where
}

func (b *Inbox) remove(where place) cluster.Message {
	m := b.waiting.remove(where)
	b.bytes -= len(m.Body)
	return m
}
