package hub

// batch holds the events of one cut. It never changes once it is in the log,
// because all viewers share it.
type batch struct {
	first   uint64 // seq of the first entry
	frame   []byte // a JSON array of all its events
	entries []entry
}

// entry is one event within its batch's frame.
type entry struct {
	start, end int
	lane       lane // noLane if the event must not be merged
	mode       bool // begins an epoch
	seq        uint64
	t          int64
}

func (b *batch) last() uint64 { return b.entries[len(b.entries)-1].seq }

// whole reports whether there is no gap in the seq of the batch.
func (b *batch) whole() bool { return b.last()-b.first == uint64(len(b.entries)-1) }

// log holds the newest batches, in order and without a gap between them.
type log struct {
	maxEvents, maxBytes int

	batches []*batch
	events  int
	bytes   int
	tip     uint64 // seq of the newest event that ever was in the log
	counted totals // of all events up to the newest
}

// add appends b. A source must not leave a gap in seq. If it does, all batches
// before the gap are dropped, and viewers get a hello instead of missing events.
func (l *log) add(b *batch, counted totals) {
	if b.first != l.tip+1 || !b.whole() {
		l.clear()
	}
	l.tip, l.counted = b.last(), counted
	if !b.whole() {
		return
	}
	l.batches = append(l.batches, b)
	l.events += len(b.entries)
	l.bytes += len(b.frame)
	drop := 0
	for len(l.batches)-drop > 1 && (l.events > l.maxEvents || l.bytes > l.maxBytes) {
		old := l.batches[drop]
		l.events -= len(old.entries)
		l.bytes -= len(old.frame)
		l.batches[drop] = nil
		drop++
	}
	l.batches = l.batches[drop:]
}

func (l *log) clear() { l.batches, l.events, l.bytes = nil, 0, 0 }

// has reports whether the log holds all events from seq to the newest.
func (l *log) has(seq uint64) bool {
	return seq == l.tip+1 || len(l.batches) > 0 && seq >= l.batches[0].first
}

// from returns the batches that hold seq and all events after it. has(seq) must
// be true, and seq must not be after the newest.
func (l *log) from(seq uint64) []*batch {
	lo, hi := 0, len(l.batches)-1
	for lo < hi {
		mid := (lo + hi + 1) / 2
		if l.batches[mid].first <= seq {
			lo = mid
		} else {
			hi = mid - 1
		}
	}
	return l.batches[lo:]
}
