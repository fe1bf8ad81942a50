package sim

import (
	"math"

	"capplayground/cluster"
)

// agenda is what is planned: a binary heap by time, and by order of planning where
// times are equal. container/heap would allocate for each entry, and a run has
// millions of them. The heap holds no pointers, so that the garbage collector does
// not look at its moves.
type agenda struct {
	heap  []place
	seq   uint64
	plans []plan
	free  []int // of plans: those to be used again
}

// place is the place of a plan in the order.
type place struct {
	at   cluster.Time
	seq  uint64
	plan int // in plans
}

// plan is what happens then.
type plan struct {
	do func()
	// Where it happens inside a process: the process and its boot. A nil process: it
	// happens outside of all processes.
	in   *process
	boot int
	// fault: it belongs to a fault, and does not happen once all faults have ended.
	fault bool
}

func (p *place) before(q *place) bool { return p.at < q.at || p.at == q.at && p.seq < q.seq }

// add plans something.
func (a *agenda) add(at cluster.Time, what plan) {
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

// keep puts a plan where there is room, and returns where.
func (a *agenda) keep(what plan) int {
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

// next is the time of the first plan, or the largest time where there is none.
func (a *agenda) next() cluster.Time {
	if len(a.heap) == 0 {
		return math.MaxInt64
	}
	return a.heap[0].at
}

// take removes the first plan, which must exist.
func (a *agenda) take() (cluster.Time, plan) {
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
