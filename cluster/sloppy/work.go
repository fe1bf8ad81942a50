package sloppy

import (
	"slices"

	"capplayground/cluster"
)

// work is one operation that this node coordinates, from its begin to its
// deadline. One of write and read is set.
type work struct {
	op       cluster.OpID
	ask      ask
	deadline cluster.Time
	caller   cluster.NodeID   // the called node
	walk     []cluster.NodeID // of the key
	answered bool             // the caller was
	due      cluster.Time     // of the timer that waits for answers; 0 for none

	write *write
	read  *read
}

func (w *work) homes() []cluster.NodeID { return w.walk[:w.ask.Sizes.N] }

// coordinate begins an operation, unless this node has begun it before.
func (m *Machine) coordinate(op cluster.OpID, a ask, deadline cluster.Time, caller cluster.NodeID) {
	if m.works[op] != nil {
		return
	}
	w := &work{op: op, ask: a, deadline: deadline, caller: caller, walk: m.walk(a.Key)}
	m.works[op] = w
	m.ended = append(m.ended, w)
	if a.Read {
		m.beginRead(w)
	} else {
		m.beginWrite(w)
	}
}

// forget drops what was coordinated and whose deadline has passed. Until then
// a forward that comes twice is recognized.
func (m *Machine) forget() {
	n := 0
	for n < len(m.ended) && m.ended[n].deadline < m.now {
		delete(m.works, m.ended[n].op)
		n++
	}
	m.ended = slices.Delete(m.ended, 0, n)
}

// answer tells the called node, once.
func (m *Machine) answer(w *work, r result) {
	if w.answered {
		return
	}
	w.answered = true
	if w.caller == m.id {
		if c := m.calls[w.op]; c != nil {
			m.finish(c, r)
		}
		return
	}
	m.send(cluster.Message{
		To: w.caller, Type: typeResult, Class: cluster.ClassYes, Op: w.op,
		Label: label(w.op, w.ask.Key, r.Val), Deadline: w.deadline, Body: body(r),
	})
}

// waitFor sets the timer that waits for answers.
func (m *Machine) waitFor(w *work, name string) { w.due = m.setTimer(name, w.op, answerWait) }
