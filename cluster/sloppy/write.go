package sloppy

import (
	"slices"

	"capplayground/cluster"
)

// write is the state of a write at its coordinator.
type write struct {
	set     set              // the set that all homes must hold
	version string           // the version that the client gets
	body    []byte           // body of every store message: key and set
	slots   []slot           // one for each home
	yes     []cluster.NodeID // the nodes that acknowledged it
	hinted  []cluster.NodeID // those nodes of yes that keep it as a hint
}

// slot is one home's copy of a write.
type slot struct {
	home   cluster.NodeID
	holder cluster.NodeID // the node that was asked last: the home or a fallback; 0: none
	done   bool           // a node has acknowledged it
}

// beginWrite adds the write to the set that this node knows, and sends the resulting
// set to the homes. The write supersedes only the dots that If-Match names, or without
// If-Match the versions that arrived before the write was called. If the set already
// knows the write, the write was applied before, and may be superseded since. Then the
// set is sent without a change.
//
// If a client repeats a write, earlier is the version of the first try, and the write
// keeps the dot of that version.
func (m *Machine) beginWrite(w *work, earlier string) {
	a := w.ask
	dot := *a.Dot
	dot.By = m.actor
	if earlier != "" {
		if v, err := ParseVersion(earlier); err == nil && len(v.Live) == 1 {
			dot = v.Live[0]
		}
	}
	base := m.known(a.Key)
	var named History
	if a.Named != nil {
		named = *a.Named
	}
	if dots := base.Known.each(dot); len(dots) > 0 {
		w.write = &write{set: base, version: Version{dots[:1], named.Without(dots...)}.String()}
	} else {
		if a.Named == nil {
			named = m.superseded(base, a)
		}
		s := base.write(written{Dot: dot, Op: w.op, TS: a.TS, Val: a.Val}, named)
		w.write = &write{set: s, version: Version{[]Dot{dot}, named.Without(dot)}.String()}
	}
	if earlier != "" {
		w.write.version = earlier
	} else {
		m.out.Records = append(m.out.Records, m.taken.Add(w.op, a.sum(), w.write.version))
	}
	w.write.body = cluster.Encode(&keyed{a.Key, w.write.set})
	for _, home := range w.homes() {
		w.write.slots = append(w.write.slots, slot{home: home})
	}
	m.out.Ahead = slices.Grow(m.out.Ahead, len(w.write.slots))
	for i := range w.write.slots {
		m.place(w, &w.write.slots[i])
	}
	if len(w.write.waiting()) > 0 {
		m.waitFor(w, timerStored)
	}
	m.noteWrite(w)
	m.settleWrite(w)
}

// place chooses the node to ask for a slot, and asks it. The choice is:
//  1. the home, unless it is suspected or a node was asked before;
//  2. the next node on the walk that has no part in this write yet;
//  3. the home, if no node was asked before;
//  4. no node. If this node already keeps a hint of this write, it keeps one more for
//     this home. This hint does not count towards W.
func (m *Machine) place(w *work, s *slot) {
	tried := s.holder
	switch {
	case tried == 0 && !m.suspects(s.home):
		s.holder = s.home
	default:
		s.holder = m.fallback(w)
		if s.holder == 0 && tried == 0 {
			s.holder = s.home
		}
	}
	switch s.holder {
	case 0:
		if slices.Contains(w.write.hinted, m.id) {
			m.keepHint(s.home, w.ask.Key, w.write.set)
		}
	case m.id:
		if s.home == m.id {
			m.keep(w.ask.Key, w.write.set)
		} else {
			m.keepHint(s.home, w.ask.Key, w.write.set)
			w.write.hinted = append(w.write.hinted, m.id)
		}
		w.write.yes = append(w.write.yes, m.id)
		s.done = true
	default:
		m.sendStore(w, s)
	}
}

// fallback returns the next node on the walk, after the homes, that has no part in
// this write and is not suspected. It returns 0 if there is none.
func (m *Machine) fallback(w *work) cluster.NodeID {
	for _, n := range w.walk[w.ask.Sizes.N:] {
		if !m.suspects(n) && !slices.ContainsFunc(w.write.slots, func(s slot) bool { return s.holder == n }) && !slices.Contains(w.write.yes, n) {
			return n
		}
	}
	return 0
}

func (m *Machine) sendStore(w *work, s *slot) {
	msg := cluster.Message{
		To: s.holder, Type: typeStore, Class: cluster.ClassRequest, Op: w.op, Deadline: w.deadline,
		Label: m.label(w.op, w.ask.Key, w.ask.Val), Body: w.write.body,
	}
	if s.holder != s.home {
		msg.Via, msg.For = cluster.ViaHint, s.home
	}
	m.sendAhead(msg) // a store does not say that this node has stored the set
}

// onStored counts each node once, even if it keeps the write both for itself and as a
// hint.
func (m *Machine) onStored(msg cluster.Message) {
	w := m.works[msg.Op]
	if w == nil || w.write == nil || slices.Contains(w.write.yes, msg.From) {
		return
	}
	i := slices.IndexFunc(w.write.slots, func(s slot) bool { return s.holder == msg.From || s.home == msg.From })
	if i < 0 {
		return
	}
	s := &w.write.slots[i]
	s.done = true
	w.write.yes = append(w.write.yes, msg.From)
	if msg.From != s.home {
		w.write.hinted = append(w.write.hinted, msg.From)
	}
	m.settleWrite(w)
	m.noteWrite(w)
}

// settleWrite answers the client after W acknowledgements.
func (m *Machine) settleWrite(w *work) {
	if len(w.write.yes) >= w.ask.Sizes.W {
		m.answer(w, result{Found: true, Val: w.ask.Val, Version: w.write.version})
	}
}

// storedTimer asks fallbacks in place of the silent nodes.
func (m *Machine) storedTimer(t cluster.Timer) bool {
	w := m.works[t.Op]
	if w == nil || w.write == nil || t.Due != w.due {
		return false
	}
	w.due = 0
	silent := w.write.waiting()
	if len(silent) == 0 {
		return false
	}
	for _, n := range silent {
		m.suspect(n)
	}
	for i := range w.write.slots {
		if s := &w.write.slots[i]; !s.done && s.holder != 0 {
			m.place(w, s)
		}
	}
	if len(w.write.waiting()) > 0 {
		m.waitFor(w, timerStored)
	}
	m.settleWrite(w)
	m.noteWrite(w)
	return true
}

// waiting returns the nodes that were asked and have not answered.
func (w *write) waiting() []cluster.NodeID {
	var ns []cluster.NodeID
	for _, s := range w.slots {
		if !s.done && s.holder != 0 {
			ns = append(ns, s.holder)
		}
	}
	return ns
}

func (m *Machine) noteWrite(w *work) {
	if m.unwatched || m.summed {
		return
	}
	e := &cluster.Progressed{
		Op: w.op, Phase: "store", Need: w.ask.Sizes.W, Homes: w.homes(),
		Version: w.write.version, Yes: slices.Clone(w.write.yes), Waiting: w.write.waiting(), Hinted: slices.Clone(w.write.hinted),
	}
	if w.due != 0 && len(e.Waiting) > 0 {
		e.Timer = timerID(timerStored, w.op)
	}
	m.note(e)
}
