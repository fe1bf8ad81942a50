package pace

import (
	"cmp"
	"container/heap"
	"slices"

	"capplayground/cluster"
)

// Timers holds the timers that a machine has set, ordered by due. Like Inbox it is plain
// data without a clock. Several timers may have one ID.
type Timers struct {
	pending pending
	set     uint64
}

type pendingTimer struct {
	t     cluster.Timer
	order uint64 // in which the timers were set
}

// Len is how many timers are set.
func (t *Timers) Len() int { return len(t.pending) }

// Set adds a timer.
func (t *Timers) Set(timer cluster.Timer) {
	heap.Push(&t.pending, &pendingTimer{timer, t.set})
	t.set++
}

// Next is the virtual time at which the next timer is due.
func (t *Timers) Next() (due cluster.Time, ok bool) {
	if len(t.pending) == 0 {
		return 0, false
	}
	return t.pending[0].t.Due, true
}

// Take removes and returns the next timer, if it is due at now.
func (t *Timers) Take(now cluster.Time) (timer cluster.Timer, ok bool) {
	if due, ok := t.Next(); !ok || due > now {
		return cluster.Timer{}, false
	}
	return heap.Pop(&t.pending).(*pendingTimer).t, true
}

// Fire removes and returns the first timer with that ID, even if it is not due: it was
// fired by hand. Fire ignores quiet timers.
func (t *Timers) Fire(id string) (timer cluster.Timer, ok bool) {
	first := -1
	for i, p := range t.pending {
		if !p.t.Quiet && p.t.ID() == id && (first < 0 || p.compare(t.pending[first]) < 0) {
			first = i
		}
	}
	if first < 0 {
		return cluster.Timer{}, false
	}
	return heap.Remove(&t.pending, first).(*pendingTimer).t, true
}

// Remove removes a timer that equals timer, and reports whether there was one.
func (t *Timers) Remove(timer cluster.Timer) bool {
	for i := range t.pending {
		if t.pending[i].t == timer {
			heap.Remove(&t.pending, i)
			return true
		}
	}
	return false
}

// All lists the timers in the order in which they are due.
func (t *Timers) All() []cluster.Timer {
	sorted := slices.SortedFunc(slices.Values(t.pending), (*pendingTimer).compare)
	all := make([]cluster.Timer, len(sorted))
	for i, p := range sorted {
		all[i] = p.t
	}
	return all
}

func (p *pendingTimer) compare(q *pendingTimer) int {
	if p.t.Due != q.t.Due {
		return cmp.Compare(p.t.Due, q.t.Due)
	}
	return cmp.Compare(p.order, q.order)
}

// pending is a heap.
type pending []*pendingTimer

func (p pending) Len() int           { return len(p) }
func (p pending) Less(i, j int) bool { return p[i].compare(p[j]) < 0 }
func (p pending) Swap(i, j int)      { p[i], p[j] = p[j], p[i] }

// Push is for package heap only.
func (p *pending) Push(x any) { *p = append(*p, x.(*pendingTimer)) }

// Pop is for package heap only.
func (p *pending) Pop() any {
	old := *p
	last := old[len(old)-1]
	old[len(old)-1] = nil
	*p = old[:len(old)-1]
	return last
}
