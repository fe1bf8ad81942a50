package sim

import (
	"math"

	"capplayground/cluster"
)

// agenda is what is planned: a binary heap by time, and by order of planning where
// times are equal. container/heap would allocate for each entry, and a run has
// millions of them.
type agenda struct {
	heap []entry
	seq  uint64
}

type entry struct {
	at  cluster.Time
	seq uint64
	do  func()
	// Where it happens inside a process: the process and its boot. A nil process: it
	// happens outside of all processes.
	in   *process
	boot int
	// fault: it belongs to a fault, and does not happen once all faults have ended.
	fault bool
}

func (e *entry) before(f *entry) bool { return e.at < f.at || e.at == f.at && e.seq < f.seq }

// add plans e. It sets the place of e in the order of planning.
func (a *agenda) add(e entry) {
	a.seq++
	e.seq = a.seq
	a.heap = append(a.heap, e)
	i := len(a.heap) - 1
	for i > 0 {
		parent := (i - 1) / 2
		if !e.before(&a.heap[parent]) {
			break
		}
		a.heap[i] = a.heap[parent]
		i = parent
	}
	a.heap[i] = e
}

// next is the time of the first entry, or the largest time where there is none.
func (a *agenda) next() cluster.Time {
	if len(a.heap) == 0 {
		return math.MaxInt64
	}
	return a.heap[0].at
}

// take removes the first entry, which must exist.
func (a *agenda) take() entry {
	first := a.heap[0]
	last := a.heap[len(a.heap)-1]
	a.heap[len(a.heap)-1] = entry{}
	a.heap = a.heap[:len(a.heap)-1]
	i := 0
	for {
		child := 2*i + 1
		if child >= len(a.heap) {
			break
		}
		if right := child + 1; right < len(a.heap) && a.heap[right].before(&a.heap[child]) {
			child = right
		}
		if !a.heap[child].before(&last) {
			break
		}
		a.heap[i] = a.heap[child]
		i = child
	}
	if len(a.heap) > 0 {
		a.heap[i] = last
	}
	return first
}
