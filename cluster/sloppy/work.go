package sloppy

import (
	"fmt"
	"slices"

	"capplayground/cluster"
	"capplayground/cluster/idempotency"
)

// work is one operation that this node coordinates, from its start to its deadline. One
// of write and read is set.
type work struct {
	op       cluster.OpID
	ask      ask
	deadline cluster.Time
	callers  []cluster.NodeID // the called nodes, whose clients wait for the answer
	walk     []cluster.NodeID // the walk of the key
	result   *result          // nil before the result
	due      cluster.Time     // due time of the timer that waits for answers; 0: no timer is set

	write *write
	read  *read
}

func (w *work) homes() []cluster.NodeID { return w.walk[:w.ask.Sizes.N] }

// coordinate begins an operation. An operation that this node already coordinates
// gets one more caller.
func (m *Machine) coordinate(op cluster.OpID, a ask, deadline cluster.Time, caller cluster.NodeID) {
	w := m.works[op]
	if w == nil {
		m.begin(op, a, deadline, caller)
		return
	}
	if !w.ask.same(a) {
		m.sendResult(caller, op, a, deadline, result{Refused: refusal(op)})
		return
	}
	w.deadline = max(w.deadline, deadline)
	if !slices.Contains(w.callers, caller) {
		w.callers = append(w.callers, caller)
	}
	if w.result != nil {
		m.sendResult(caller, op, a, w.deadline, *w.result)
	}
}

// begin starts an operation that this node does not coordinate yet. A write that this
// node has coordinated before, or whose version it holds, keeps its dot. It is the same
// write, and is stored again only at the nodes that lack it.
func (m *Machine) begin(op cluster.OpID, a ask, deadline cluster.Time, caller cluster.NodeID) {
	earlier, ok := m.earlier(op, a)
	if !ok {
		m.sendResult(caller, op, a, deadline, result{Refused: refusal(op)})
		return
	}
	w := &work{op: op, ask: a, deadline: deadline, callers: []cluster.NodeID{caller}, walk: m.walk(a.Key)}
	m.works[op] = w
	m.ended = append(m.ended, w)
	if a.Read {
		m.beginRead(w)
	} else {
		m.beginWrite(w, earlier)
	}
}

// earlier returns the version that an earlier try of the operation got, or "" if this
// node knows of none. ok is false if this node knows another operation with this id.
func (m *Machine) earlier(op cluster.OpID, a ask) (version string, ok bool) {
	if e, known := m.taken.Find(op); known {
		return e.What, e.Sum == a.sum()
	}
	for _, w := range m.keys[a.Key].set.Live {
		if w.Op == op {
			return Of(w.Dot).String(), !a.Read && w.Val == a.Val
		}
	}
	return "", true
}

func refusal(op cluster.OpID) string {
	return fmt.Sprintf("operation %s is another one", op.Short())
}

// same reports whether the clients asked for the same operation. The times and dots of two
// called nodes may differ.
func (a ask) same(b ask) bool { return a.sum() == b.sum() }

// sum returns a hash of the request of the client, without times and dot.
func (a ask) sum() uint64 {
	if a.Read {
		return idempotency.Sum(cluster.OpRead, a.Key, "", "")
	}
	named := ""
	if a.Named != nil {
		named = a.Named.String()
	}
	return idempotency.Sum(cluster.OpWrite, a.Key, a.Val, named)
}

// forget drops the operations whose deadline has passed. Until then a forward that
// arrives twice is recognized.
func (m *Machine) forget() {
	n := 0
	for ; n < len(m.ended) && m.ended[n].deadline < m.now; n++ {
		delete(m.works, m.ended[n].op)
		m.ended[n] = nil
	}
	m.ended = m.ended[n:] // append moves the rest to a new array, now and then
}

// answer sends the result to all nodes whose clients wait, once.
func (m *Machine) answer(w *work, r result) {
	if w.result != nil {
		return
	}
	w.result = &r
	for _, caller := range w.callers {
		m.sendResult(caller, w.op, w.ask, w.deadline, r)
	}
}

// sendResult sends one called node the result for its client.
func (m *Machine) sendResult(caller cluster.NodeID, op cluster.OpID, a ask, deadline cluster.Time, r result) {
	if caller == m.id {
		if c := m.calls[op]; c != nil {
			m.finish(c, r)
		}
		return
	}
	m.send(cluster.Message{
		To: caller, Type: typeResult, Class: r.class(), Op: op,
		Label: m.label(op, a.Key, r.Val), Deadline: deadline, Body: cluster.Encode(&r),
	})
}

// waitFor sets the timer that waits for answers.
func (m *Machine) waitFor(w *work, name string) { w.due = m.setTimer(name, w.op, answerWait) }
