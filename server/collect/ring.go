package collect

import (
	"unsafe"

	"capplayground/cluster"
)

// slot is what one place of a ring takes, in bytes, whatever stands in it.
const slot = int(unsafe.Sizeof(cluster.Event{}))

// ring is the recent past, bounded by count and by size: that of its places,
// which only grow, and of the texts in them.
type ring struct {
	maxEvents, maxBytes int

	buf   []cluster.Event // of which the oldest is at head, once it is full
	head  int
	count int
	texts int // bytes of texts
}

// places is how many events it may hold: a third of its size is for texts.
func (r *ring) places() int { return min(r.maxEvents, max(1, r.maxBytes*2/3/slot)) }

// size is what it takes in memory.
func (r *ring) size() int { return len(r.buf)*slot + r.texts }

func (r *ring) add(e cluster.Event) {
	more := textsOf(&e)
	for r.count > 0 && (r.count >= r.places() || r.size()+more > r.maxBytes) {
		r.texts -= textsOf(&r.buf[r.head])
		r.buf[r.head] = cluster.Event{}
		r.head = (r.head + 1) % len(r.buf)
		r.count--
	}
	if r.count == len(r.buf) {
		r.grow()
	}
	r.buf[(r.head+r.count)%len(r.buf)] = e
	r.count++
	r.texts += more
}

// clear forgets everything.
func (r *ring) clear() { *r = ring{maxEvents: r.maxEvents, maxBytes: r.maxBytes} }

func (r *ring) grow() {
	bigger := make([]cluster.Event, min(max(1024, 2*len(r.buf)), r.places()))
	for i := range r.count {
		bigger[i] = r.buf[(r.head+i)%len(r.buf)]
	}
	r.buf, r.head = bigger, 0
}

// first is the seq of the oldest event retained, 0 for none.
func (r *ring) first() uint64 {
	if r.count == 0 {
		return 0
	}
	return r.buf[r.head].Seq
}

// newest returns a copy of the last n events, or of all there are.
func (r *ring) newest(n int) []cluster.Event {
	n = min(n, r.count)
	events := make([]cluster.Event, n)
	for i := range n {
		events[i] = r.buf[(r.head+r.count-n+i)%len(r.buf)]
	}
	return events
}

// textsOf is about what an event takes beside its slot: what it points at.
func textsOf(e *cluster.Event) int { return len(e.AppendJSON(nil)) }
