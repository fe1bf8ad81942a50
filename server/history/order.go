package history

import (
	"cmp"
	"container/heap"
	"time"

	"capplayground/cluster"
)

// order puts events into the order of their times. Each event waits a little
// after its arrival, so that an event that happened before it and arrives after
// it still comes first.
type order struct {
	waiting arrivals
	count   uint64
}

type arrival struct {
	event *cluster.Event
	at    time.Time
	n     uint64 // among equal times, the order of arrival
}

// add queues an event.
func (o *order) add(ev cluster.Event, now time.Time) {
	o.count++
	heap.Push(&o.waiting, arrival{&ev, now, o.count})
}

// next returns the earliest event, if it has waited for grace.
func (o *order) next(now time.Time, grace time.Duration) (cluster.Event, bool) {
	if len(o.waiting) == 0 || now.Sub(o.waiting[0].at) < grace {
		return cluster.Event{}, false
	}
	return *heap.Pop(&o.waiting).(arrival).event, true
}

// arrivals is a heap.
type arrivals []arrival

func (a arrivals) Len() int      { return len(a) }
func (a arrivals) Swap(i, j int) { a[i], a[j] = a[j], a[i] }
func (a arrivals) Less(i, j int) bool {
	return cmp.Or(cmp.Compare(a[i].event.T, a[j].event.T), cmp.Compare(a[i].n, a[j].n)) < 0
}
func (a *arrivals) Push(x any) { *a = append(*a, x.(arrival)) }
func (a *arrivals) Pop() any {
	last := len(*a) - 1
	x := (*a)[last]
	(*a)[last] = arrival{}
	*a = (*a)[:last]
	return x
}
