package collect

import (
	"unsafe"

	"capplayground/cluster"
)

// ring is the recent past, bounded by count and by size.
type ring struct {
	maxEvents, maxBytes int

	buf   []cluster.Event // of which the oldest is at head, once it is full
	head  int
	count int
	bytes int
}

func (r *ring) add(e cluster.Event) {
	size := sizeOf(&e)
	for r.count > 0 && (r.count >= r.maxEvents || r.bytes+size > r.maxBytes) {
		r.bytes -= sizeOf(&r.buf[r.head])
		r.buf[r.head] = cluster.Event{}
		r.head = (r.head + 1) % len(r.buf)
		r.count--
	}
	if r.count == len(r.buf) {
		r.grow()
	}
	r.buf[(r.head+r.count)%len(r.buf)] = e
	r.count++
	r.bytes += size
}

// clear forgets everything.
func (r *ring) clear() { *r = ring{maxEvents: r.maxEvents, maxBytes: r.maxBytes} }

func (r *ring) grow() {
	bigger := make([]cluster.Event, min(max(1024, 2*len(r.buf)), r.maxEvents))
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

// sizeOf is about what an event takes in memory.
func sizeOf(e *cluster.Event) int {
	size := int(unsafe.Sizeof(*e)) + len(e.Msg) + len(e.Op) + len(e.Label) + len(e.Key) + len(e.Val) + len(e.Text) + len(e.Version) + len(e.Report)
	for i := range e.Siblings {
		size += len(e.Siblings[i].Val) + len(e.Siblings[i].Version)
	}
	return size
}
