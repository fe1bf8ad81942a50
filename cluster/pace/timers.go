package pace

import "capplayground/cluster"

// Timers holds the timers that a machine has set, ordered by due. Like Inbox it is plain
// data without a clock. Several timers may have one ID.
type Timers struct{ pending runs[cluster.Timer] }

// Len is how many timers are set.
func (t *Timers) Len() int { return t.pending.len }

// Set adds a timer.
func (t *Timers) Set(timer cluster.Timer) { t.pending.add(timer.Due, timer) }

// Next is the virtual time at which the next timer is due.
func (t *Timers) Next() (due cluster.Time, ok bool) {
	first, _ := t.pending.first()
	if first == nil {
		return 0, false
	}
	return first.key, true
}

// Take removes and returns the next timer, if it is due at now.
func (t *Timers) Take(now cluster.Time) (timer cluster.Timer, ok bool) {
	first, where := t.pending.first()
	if first == nil || first.key > now {
		return cluster.Timer{}, false
	}
	return t.pending.remove(where), true
}

// Fire removes and returns the first timer with that ID, even if it is not due: it was
// fired by hand. Fire ignores quiet timers.
func (t *Timers) Fire(id string) (timer cluster.Timer, ok bool) {
	var first *item[cluster.Timer]
	var where place
	for p, i := range t.pending.each() {
		if !i.value.Quiet && i.value.ID() == id && (first == nil || i.compare(first) < 0) {
			first, where = i, p
		}
	}
	if first == nil {
		return cluster.Timer{}, false
	}
	return t.pending.remove(where), true
}

// Remove removes a timer that equals timer, and reports whether there was one.
func (t *Timers) Remove(timer cluster.Timer) bool {
	for p, i := range t.pending.each() {
		if i.value == timer {
			t.pending.remove(p)
			return true
		}
	}
	return false
}

// All lists the timers in the order in which they are due.
func (t *Timers) All() []cluster.Timer {
	all := make([]cluster.Timer, 0, t.Len())
	for _, i := range t.pending.sorted() {
		all = append(all, i.value)
	}
	return all
}
