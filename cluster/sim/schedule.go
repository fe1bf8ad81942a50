package sim

import (
	"math"

	"capplayground/cluster"
)

// schedule holds all plans, in a binary heap. Plans are ordered by time; plans with equal
// times are ordered by the order in which they were added. container/heap would allocate
// memory for each entry, and a run has millions of entries. The heap holds no pointers,
// so the garbage collector does not have to follow moves in it.
type schedule struct {
	heap  []place
	seq   uint64
	plans []plan
	free  []int // indexes in plans that can be used again
}

// place is the entry of a plan in the heap.
type place struct {
	at   cluster.Time
	seq  uint64
	plan int // index in plans
}

// plan is a function to be called at a planned time.
type plan struct {
	do func()
	// The process in which do is called, and the boot of that process. nil: do belongs to
	// no process.
	in   *process
	boot int
	// fault: the plan belongs to a fault. It is skipped after all faults have ended.
	fault bool
}

func (p *place) before(q *place) bool { return p.at < q.at || p.at == q.at && p.seq < q.seq }

// add adds a plan for the time at.
func (a *schedule) add(at cluster.Time, what plan) {
	a.seq++
	p := place{at, a.seq, a.keep(what)}
	a.heap = append(a.heap, p)
	i := len(a.heap) - 1
	for i > 0 {
		parent := (i - 1) / 2
		if !p.before(&a.heap[parent]) {
			break
		}
		a.heap[i] = a.heap[parent]
		i = parent
	}
	a.heap[i] = p
}

// keep stores a plan in plans, and returns its index.
func (a *schedule) keep(what plan) int {
	last := len(a.free) - 1
	if last < 0 {
		a.plans = append(a.plans, what)
		return len(a.plans) - 1
	}
	i := a.free[last]
	a.free = a.free[:last]
	a.plans[i] = what
	return i
}

// next returns the time of the first plan, or the largest time if there is no plan.
func (a *schedule) next() cluster.Time {
	if len(a.heap) == 0 {
		return math.MaxInt64
	}
	return a.heap[0].at
}

// take removes and returns the first plan. There must be one.
func (a *schedule) take() (cluster.Time, plan) {
	first := a.heap[0]
	last := a.heap[len(a.heap)-1]
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
	what := a.plans[first.plan]
	a.plans[first.plan] = plan{}
	a.free = append(a.free, first.plan)
	return first.at, what
}
