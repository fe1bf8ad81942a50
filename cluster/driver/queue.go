package driver

import "slices"

// queue holds steps in their order. It reuses its memory and does not clear it, because a
// step is large and a busy node makes thousands of steps a second.
type queue struct {
	steps []step
	head  int // index in steps; the steps before it have left
}

func (q *queue) len() int { return len(q.steps) - q.head }

// at returns the i-th step. It is valid until the next call of grow, drop or remove.
func (q *queue) at(i int) *step { return &q.steps[q.head+i] }

func (q *queue) first() *step { return q.at(0) }

// grow adds a step at the end. Its fields may hold values of an older step.
func (q *queue) grow() *step {
	if q.head > 0 && len(q.steps) == cap(q.steps) {
		n := copy(q.steps, q.steps[q.head:])
		q.steps, q.head = q.steps[:n], 0
	}
	if len(q.steps) < cap(q.steps) {
		q.steps = q.steps[:len(q.steps)+1]
	} else {
		q.steps = append(q.steps, step{})
	}
	return &q.steps[len(q.steps)-1]
}

// drop removes the first step.
func (q *queue) drop() {
	q.head++
	if q.head == len(q.steps) {
		q.steps, q.head = q.steps[:0], 0
	}
}

// remove removes the i-th step.
func (q *queue) remove(i int) { q.steps = slices.Delete(q.steps, q.head+i, q.head+i+1) }

func (q *queue) clear() { *q = queue{} }
