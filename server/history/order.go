package history

import (
	"slices"
	"time"

	"capplayground/cluster"
)

// order puts events into the order of their times. Each event waits a little
// after its arrival, so that an event that happened before it and arrives after
// it still comes first. The events of one node arrive in the order of their times,
// unless its clock is set back, so order only merges the nodes' queues.
type order struct {
	queues [cluster.MaxNodes + 1]queue // of each node, and of the playground
	count  uint64
}

// queue holds the events of one node, sorted.
type queue struct {
	all  []arrival
	from int // index of the first that was not taken
}

type arrival struct {
	event cluster.Event
	at    time.Time
	n     uint64 // among equal times, the order of arrival
}

// before reports whether a happened before b.
func (a *arrival) before(b *arrival) bool {
	if a.event.T != b.event.T {
		return a.event.T < b.event.T
	}
	return a.n < b.n
}

// add queues an event.
func (o *order) add(ev cluster.Event, now time.Time) {
	o.count++
	q := &o.queues[max(0, min(int(ev.Node), cluster.MaxNodes))]
	q.all = append(q.all, arrival{ev, now, o.count})
	for i := len(q.all) - 1; i > q.from && q.all[i].before(&q.all[i-1]); i-- {
		q.all[i], q.all[i-1] = q.all[i-1], q.all[i]
	}
}

// next returns the earliest event, if it has waited for grace.
func (o *order) next(now time.Time, grace time.Duration) (cluster.Event, bool) {
	var first *queue
	for i := range o.queues {
		if q := &o.queues[i]; q.from < len(q.all) && (first == nil || q.all[q.from].before(&first.all[first.from])) {
			first = q
		}
	}
	if first == nil || now.Sub(first.all[first.from].at) < grace {
		return cluster.Event{}, false
	}
	return first.take(), true
}

// take removes the first event.
func (q *queue) take() cluster.Event {
	ev := q.all[q.from].event
	q.all[q.from] = arrival{}
	if q.from++; 2*q.from >= len(q.all) { // move the rest to the front, rarely enough
		q.all, q.from = slices.Delete(q.all, 0, q.from), 0
	}
	return ev
}

// clear forgets all events.
func (o *order) clear() { *o = order{count: o.count} }

// waiting returns how many events are queued.
func (o *order) waiting() (n int) {
	for i := range o.queues {
		n += len(o.queues[i].all) - o.queues[i].from
	}
	return n
}

// hasUntil reports whether an event is queued that arrived at that time or before.
func (o *order) hasUntil(by time.Time) bool {
	return slices.ContainsFunc(o.queues[:], func(q queue) bool {
		return slices.ContainsFunc(q.all[q.from:], func(a arrival) bool { return !a.at.After(by) })
	})
}
