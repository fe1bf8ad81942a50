package pace

import (
	"cmp"
	"container/heap"
	"slices"

	"capplayground/cluster"
)

// MaxHeld and MaxHeldBytes bound what an inbox holds, because step mode and rules can
// hold messages for ever. If the inbox is full, a new message is lost.
const (
	MaxHeld      = 10_000
	MaxHeldBytes = 64 << 20 // of bodies
)

// maxSpare is how many used entries an inbox keeps for reuse.
const maxSpare = 64

// Inbox holds the messages that are in flight to one node. It is a plain data structure
// without a clock or a goroutine: its owner passes the time.
type Inbox struct {
	waiting waiting // ordered by key, and by arrival if keys are equal
	byHand  []cluster.Message
	step    bool
	floors  map[cluster.NodeID]uint64 // the Gen of the last cut, per sender
	arrived uint64
	bytes   int      // of the bodies in waiting
	spare   []*entry // to be used again
}

type entry struct {
	m     cluster.Message
	key   cluster.Time // its place in the order: Due, or the time it was sent if Due is 0
	order uint64       // of arrival
	at    int          // index in the heap
}

// NewInbox returns an empty inbox.
func NewInbox() *Inbox {
	return &Inbox{floors: make(map[cluster.NodeID]uint64)}
}

// Len is how many messages wait. Messages that a rule holds, and messages that were
// delivered by hand, count too.
func (b *Inbox) Len() int { return len(b.waiting) + len(b.byHand) }

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
	e := b.entry()
	e.m, e.key, e.order = m, m.Due, b.arrived
	if m.Due == 0 {
		e.key = min(m.Sent, now)
	}
	b.arrived++
	b.bytes += len(m.Body)
	heap.Push(&b.waiting, e)
	return ""
}

// entry returns an empty entry: a used one if there is one.
func (b *Inbox) entry() *entry {
	n := len(b.spare)
	if n == 0 {
		return &entry{}
	}
	e := b.spare[n-1]
	b.spare = b.spare[:n-1]
	return e
}

// All lists the messages that wait: first those that were delivered by hand, then the
// others in the order in which the node would take them.
func (b *Inbox) All() []cluster.Message {
	sorted := slices.SortedFunc(slices.Values(b.waiting), compare)
	all := slices.Clone(b.byHand)
	for _, e := range sorted {
		all = append(all, e.m)
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
	if e := b.top(); e != nil && e.m.Due <= now {
		return e.key, true
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
	e := b.top()
	if e == nil || e.m.Due > now {
		return m, false
	}
	b.remove(e)
	m, e.m = e.m, cluster.Message{}
	if len(b.spare) < maxSpare {
		b.spare = append(b.spare, e)
	}
	return m, true
}

// Next is the virtual time at which the next message is due, which may be in the past. It
// is 0 for a message that was delivered by hand. ok is false if no message becomes due
// without a command.
func (b *Inbox) Next() (due cluster.Time, ok bool) {
	if len(b.byHand) > 0 {
		return 0, true
	}
	if e := b.top(); e != nil {
		return e.m.Due, true
	}
	return 0, false
}

// Has reports whether the message waits here and was not delivered by hand.
func (b *Inbox) Has(id string) bool { return b.find(id) != nil }

// find returns the entry of the message that waits under this id, or nil. It looks at
// every entry: only a user's hand asks for an id, and an index would have to follow every
// message.
func (b *Inbox) find(id string) *entry {
	for _, e := range b.waiting {
		if e.m.ID == id && id != "" {
			return e
		}
	}
	return nil
}

// Deliver makes the message the next one, even if a rule or the pace holds it. It returns
// false if no such message waits here.
func (b *Inbox) Deliver(id string) bool {
	e := b.find(id)
	if e == nil {
		return false
	}
	b.remove(e)
	b.byHand = append(b.byHand, e.m)
	return true
}

// Drop removes the message and returns it.
func (b *Inbox) Drop(id string) (cluster.Message, bool) {
	e := b.find(id)
	if e == nil {
		return cluster.Message{}, false
	}
	b.remove(e)
	return e.m, true
}

// Duplicate puts a copy of the message into the inbox. The copy has its own ID and the
// same due. Duplicate returns false if no such message waits here, or if the inbox is
// full.
func (b *Inbox) Duplicate(id, newID string, now cluster.Time) (cluster.Message, bool) {
	e := b.find(id)
	if e == nil {
		return cluster.Message{}, false
	}
	dup := e.m
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
	var cut []*entry
	for _, e := range b.waiting {
		if e.m.From == from && e.m.Gen < floor {
			cut = append(cut, e)
		}
	}
	slices.SortFunc(cut, compare)
	for _, e := range cut {
		b.remove(e)
		lost = append(lost, e.m)
	}
	return lost
}

// top is the next message if only its due holds it, else nil. Messages that a rule holds
// are at the end of the heap.
func (b *Inbox) top() *entry {
	if b.step || len(b.waiting) == 0 || b.waiting[0].m.Held {
		return nil
	}
	return b.waiting[0]
}

func (b *Inbox) remove(e *entry) {
	heap.Remove(&b.waiting, e.at)
	b.bytes -= len(e.m.Body)
}

// compare orders messages: messages that a rule holds come last; then by key; then by
// arrival, which keeps the order of each stream.
func compare(a, b *entry) int {
	if a.m.Held != b.m.Held {
		if a.m.Held {
			return 1
		}
		return -1
	}
	if a.key != b.key {
		return cmp.Compare(a.key, b.key)
	}
	return cmp.Compare(a.order, b.order)
}

// waiting is a heap.
type waiting []*entry

func (w waiting) Len() int           { return len(w) }
func (w waiting) Less(i, j int) bool { return compare(w[i], w[j]) < 0 }
func (w waiting) Swap(i, j int) {
	w[i], w[j] = w[j], w[i]
	w[i].at, w[j].at = i, j
}

// Push is for package heap only.
func (w *waiting) Push(x any) {
	e := x.(*entry)
	e.at = len(*w)
	*w = append(*w, e)
}

// Pop is for package heap only.
func (w *waiting) Pop() any {
	old := *w
	e := old[len(old)-1]
	old[len(old)-1] = nil
	*w = old[:len(old)-1]
	return e
}
