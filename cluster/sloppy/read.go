package sloppy

import (
	"slices"

	"capplayground/cluster"
)

// read is the state of a read at its coordinator.
type read struct {
	asked   []cluster.NodeID
	answers []replica // in the order of arrival
	done    bool      // stale answers were repaired
}

// replica is one node's answer.
type replica struct {
	node  cluster.NodeID
	value value
}

// beginRead asks the first N nodes of the walk that are not suspected. If these are
// fewer than R, it asks suspected nodes too.
func (m *Machine) beginRead(w *work) {
	w.read = &read{}
	for _, n := range w.walk {
		if len(w.read.asked) < w.ask.Sizes.N && !m.suspects(n) {
			w.read.asked = append(w.read.asked, n)
		}
	}
	if len(w.read.asked) < w.ask.Sizes.R {
		for _, n := range w.walk {
			if len(w.read.asked) < w.ask.Sizes.N && !slices.Contains(w.read.asked, n) {
				w.read.asked = append(w.read.asked, n)
			}
		}
	}
	m.out.Messages = slices.Grow(m.out.Messages, len(w.read.asked))
	for _, n := range w.read.asked {
		m.askFor(w, n)
	}
	if len(w.read.answers) < len(w.read.asked) {
		m.waitFor(w, timerValues)
	}
	m.noteRead(w)
	m.settleRead(w)
}

func (m *Machine) askFor(w *work, n cluster.NodeID) {
	if n == m.id {
		w.read.answers = append(w.read.answers, replica{n, m.value(w.ask.Key)})
		return
	}
	m.send(cluster.Message{
		To: n, Type: typeRead, Class: cluster.ClassRequest, Op: w.op,
		Label: m.label(w.op, w.ask.Key, ""), Deadline: w.deadline, Body: cluster.Encode(&want{w.ask.Key}),
	})
}

// onValue records an answer.
func (m *Machine) onValue(msg cluster.Message) {
	w := m.works[msg.Op]
	if w == nil || w.read == nil || w.read.done || !w.read.waitsFor(msg.From) {
		return
	}
	var v value
	if !cluster.Decode(msg.Body, &v) {
		return
	}
	w.read.answers = append(w.read.answers, replica{msg.From, v})
	m.noteRead(w)
	m.settleRead(w)
}

// settleRead answers the client after R answers. It repairs once no answer is pending.
func (m *Machine) settleRead(w *work) {
	r := w.read
	ends := w.due == 0 || len(r.answers) == len(r.asked)
	if len(r.answers) < w.ask.Sizes.R || w.result != nil && !ends {
		return
	}
	var merged set
	var latest *planted
	for _, a := range r.answers {
		merged = merged.merge(a.value.Set)
		if p := a.value.Planted; p != nil && (latest == nil || p.TS > latest.TS) {
			latest = p
		}
	}
	if w.result == nil {
		m.answer(w, m.present(merged, latest))
	}
	if ends {
		r.done = true
		m.repair(w, merged)
	}
}

// repair sends the merged set to the homes whose answers were stale. A planted
// value is not spread.
func (m *Machine) repair(w *work, merged set) {
	if merged.empty() {
		return
	}
	for _, a := range w.read.answers {
		if a.value.Set.equal(merged) || !slices.Contains(w.homes(), a.node) {
			continue
		}
		if a.node == m.id {
			m.keep(w.ask.Key, merged)
			continue
		}
		m.send(cluster.Message{
			To: a.node, Type: typeRepair, Class: cluster.ClassRepair, Op: w.op,
			Label: m.labelSet(w.op, w.ask.Key, value{Set: merged}), Body: cluster.Encode(&keyed{w.ask.Key, merged}),
		})
	}
}

// valuesTimer asks the next nodes on the walk in place of the silent ones. If no
// node is left, the wait has ended.
func (m *Machine) valuesTimer(t cluster.Timer) bool {
	w := m.works[t.Op]
	if w == nil || w.read == nil || w.read.done || t.Due != w.due {
		return false
	}
	w.due = 0
	silent := w.read.waiting()
	for _, n := range silent {
		m.suspect(n)
	}
	more := 0
	for _, n := range w.walk {
		if more < len(silent) && !m.suspects(n) && !slices.Contains(w.read.asked, n) {
			w.read.asked = append(w.read.asked, n)
			m.askFor(w, n)
			more++
		}
	}
	if more > 0 {
		m.waitFor(w, timerValues)
	}
	m.noteRead(w)
	m.settleRead(w)
	return true
}

// waiting returns the nodes that were asked and have not answered.
func (r *read) waiting() []cluster.NodeID {
	var ns []cluster.NodeID
	for _, n := range r.asked {
		if r.waitsFor(n) {
			ns = append(ns, n)
		}
	}
	return ns
}

// waitsFor reports whether a node was asked and has not answered.
func (r *read) waitsFor(n cluster.NodeID) bool {
	return slices.Contains(r.asked, n) && !slices.ContainsFunc(r.answers, func(a replica) bool { return a.node == n })
}

// noteRead notes the progress of a read. Answers that do not come from a home are
// listed as hinted too: W and R overlap only if all answers come from homes.
func (m *Machine) noteRead(w *work) {
	if m.unwatched || m.summed {
		return
	}
	e := &cluster.Progressed{Op: w.op, Phase: "read", Need: w.ask.Sizes.R, Homes: w.homes(), Waiting: w.read.waiting()}
	for _, a := range w.read.answers {
		e.Yes = append(e.Yes, a.node)
		if !slices.Contains(e.Homes, a.node) {
			e.Hinted = append(e.Hinted, a.node)
		}
	}
	if w.due != 0 && len(e.Waiting) > 0 {
		e.Timer = timerID(timerValues, w.op)
	}
	m.note(e)
}
