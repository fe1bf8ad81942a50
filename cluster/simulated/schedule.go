package simulated

import "container/heap"

// plan is a function to be called at a planned wall time.
type plan struct {
	at  int64
	seq uint64
	do  func()
}

// schedule holds all plans. Plans are ordered by time; plans with equal times are ordered
// by the order in which they were added.
type schedule struct {
	plans plans
	seq   uint64
}

func (a *schedule) add(at int64, do func()) {
	a.seq++
	heap.Push(&a.plans, plan{at, a.seq, do})
}

// next returns the time of the first plan; false if there is no plan.
func (a *schedule) next() (at int64, ok bool) {
	if len(a.plans) == 0 {
		return 0, false
	}
	return a.plans[0].at, true
}

// take removes and returns the first plan. There must be one.
func (a *schedule) take() plan { return heap.Pop(&a.plans).(plan) }

// plans implements heap.Interface.
type plans []plan

func (p plans) Len() int { return len(p) }
func (p plans) Less(i, j int) bool {
	return p[i].at < p[j].at || p[i].at == p[j].at && p[i].seq < p[j].seq
}
func (p plans) Swap(i, j int) { p[i], p[j] = p[j], p[i] }
func (p *plans) Push(x any)   { *p = append(*p, x.(plan)) }
func (p *plans) Pop() any {
	last := len(*p) - 1
	x := (*p)[last]
	(*p)[last] = plan{}
	*p = (*p)[:last]
	return x
}
