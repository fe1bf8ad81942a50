package collect

import (
	"capplayground/cluster"
)

// chunkBytes is the room for text in a chunk, in bytes. A longer event gets a
// chunk of its own.
const chunkBytes = 256 << 10

// past holds the newest events as the JSON that viewers are sent. It grows by
// chunks, so that text is never copied, and a chunk holds no pointers that the
// garbage collector must follow. (With one slice of events every message waited
// up to 100 ms whenever the slice grew.)
type past struct {
	maxEvents, maxBytes int

	chunks []*chunk // the oldest first
	count  int      // events retained
	bytes  int      // memory of all chunks
	newest uint64   // seq of the newest event
}

// chunk holds the text of consecutive events.
type chunk struct {
	text []byte   // never moved: its capacity is not exceeded
	ends []uint32 // where in text each event ends
	from int      // index of the oldest event that is not forgotten
}

func (c *chunk) room() int { return cap(c.text) - len(c.text) }

func (c *chunk) memory() int { return cap(c.text) + 4*cap(c.ends) }

// event returns the JSON of the i-th event of the chunk.
func (c *chunk) event(i int) []byte {
	start := uint32(0)
	if i > 0 {
		start = c.ends[i-1]
	}
	return c.text[start:c.ends[i]:c.ends[i]]
}

// add encodes e, retains it, and returns the JSON, which never changes. The seq
// of e must be the one after the newest.
func (p *past) add(e *cluster.Event, scratch []byte) (text, grown []byte) {
	scratch = e.AppendJSON(scratch[:0])
	if len(p.chunks) == 0 || p.chunks[len(p.chunks)-1].room() < len(scratch) {
		p.grow(len(scratch))
	}
	c := p.chunks[len(p.chunks)-1]
	p.bytes -= c.memory()
	c.text = append(c.text, scratch...)
	c.ends = append(c.ends, uint32(len(c.text)))
	p.bytes += c.memory()
	p.count++
	p.newest = e.Seq
	for p.count > p.maxEvents || p.bytes > p.maxBytes && len(p.chunks) > 1 {
		p.forget()
	}
	return c.event(len(c.ends) - 1), scratch
}

func (p *past) grow(least int) {
	// With a small bound the chunks must be small too, or only one would fit.
	size := max(min(chunkBytes, p.maxBytes/8), least)
	p.chunks = append(p.chunks, &chunk{text: make([]byte, 0, size), ends: make([]uint32, 0, size/128)})
	p.bytes += p.chunks[len(p.chunks)-1].memory()
}

// forget drops the oldest event, and its chunk with the last event in it.
func (p *past) forget() {
	c := p.chunks[0]
	c.from++
	p.count--
	if c.from == len(c.ends) {
		p.bytes -= c.memory()
		p.chunks[0] = nil
		p.chunks = p.chunks[1:]
	}
}

// clear forgets everything.
func (p *past) clear() { *p = past{maxEvents: p.maxEvents, maxBytes: p.maxBytes, newest: p.newest} }

// first is the seq of the oldest retained event, 0 if there is none.
func (p *past) first() uint64 {
	if p.count == 0 {
		return 0
	}
	return p.newest + 1 - uint64(p.count)
}

// last returns the JSON of the newest n events, or of all if there are fewer.
func (p *past) last(n int) [][]byte {
	n = min(n, p.count)
	texts := make([][]byte, n)
	for at := len(p.chunks) - 1; n > 0; at-- {
		c := p.chunks[at]
		for i := len(c.ends) - 1; i >= c.from && n > 0; i-- {
			n--
			texts[n] = c.event(i)
		}
	}
	return texts
}
