package sloppy

import (
	"maps"
	"slices"

	"capplayground/cluster"
)

// hints are the sets that this node keeps for one home.
type hints struct {
	sets  map[string]set
	order []string // their keys, the oldest hint first
	given string   // the key whose set was sent last; "": none yet
}

func (h *hints) put(key string, s set) {
	if _, ok := h.sets[key]; !ok {
		h.order = append(h.order, key)
	}
	h.sets[key] = s
}

func (h *hints) remove(key string) {
	delete(h.sets, key)
	if i := slices.Index(h.order, key); i == 0 {
		h.order = h.order[1:] // the usual case: the others are not moved
	} else if i > 0 {
		h.order = slices.Delete(h.order, i, i+1)
	}
}

func (m *Machine) hintsFor(home cluster.NodeID) *hints {
	h := m.hints[home]
	if h == nil {
		h = &hints{sets: map[string]set{}}
		m.hints[home] = h
	}
	return h
}

// hinted returns the homes for which this node keeps hints, ascending.
func (m *Machine) hinted() []cluster.NodeID {
	if len(m.hints) == 0 {
		return nil
	}
	return slices.Sorted(maps.Keys(m.hints))
}

func (m *Machine) countHints() int {
	n := 0
	for _, h := range m.hints {
		n += len(h.sets)
	}
	return n
}

// keepHint keeps a set for a home that does not answer.
func (m *Machine) keepHint(home cluster.NodeID, key string, s set) {
	h := m.hintsFor(home)
	old, had := h.sets[key]
	merged := old.merge(s)
	if had && merged.equal(old) {
		return
	}
	m.arrivals.note(key, m.known(key), merged, m.now)
	h.put(key, merged)
	m.record(hintRecord(home, key), &merged)
	m.noteHint(home, key, merged, false)
	m.noteRole()
	m.armHandover()
}

func (m *Machine) armHandover() {
	if m.handoverDue == 0 {
		m.handoverDue = m.setTimer(timerHandover, "", handoverWait)
	}
}

// handoverTimer sends one hint to every home for which hints are kept. It sends no
// more than one, so that a home that comes back is not flooded.
func (m *Machine) handoverTimer(t cluster.Timer) bool {
	if t.Due != m.handoverDue {
		return false
	}
	m.handoverDue = 0
	for _, home := range m.hinted() {
		m.handOver(home)
	}
	if len(m.hints) == 0 {
		return false
	}
	m.armHandover()
	return true
}

// handOver sends a home its oldest hint.
func (m *Machine) handOver(home cluster.NodeID) {
	h := m.hints[home]
	if h == nil {
		return
	}
	h.given = h.order[0]
	s := h.sets[h.given]
	m.send(cluster.Message{
		To: home, Type: typeHandover, Class: cluster.ClassRepair, Via: cluster.ViaHandover, For: home,
		Label: m.labelSet("", h.given, value{Set: s}), Body: cluster.Encode(&keyed{h.given, s}),
	})
}

func (m *Machine) onHandover(msg cluster.Message, k keyed) {
	if k.Set.empty() {
		return
	}
	m.keep(k.Key, k.Set)
	m.send(cluster.Message{
		To: msg.From, Type: typeHanded, Class: cluster.ClassYes, Via: cluster.ViaHandover,
		Label: m.label("", k.Key, ""), Body: cluster.MustJSON(handed{k.Key, k.Set.hash()}),
	})
}

// onHanded forgets a hint that the home has acknowledged. If the set has changed since
// it was sent, it is sent again.
func (m *Machine) onHanded(msg cluster.Message, k handed) {
	home := msg.From
	h := m.hints[home]
	if h == nil {
		return
	}
	s, ok := h.sets[k.Key]
	if !ok {
		return
	}
	if s.hash() == k.Hash {
		h.remove(k.Key)
		if len(h.sets) == 0 {
			delete(m.hints, home)
		}
		m.out.Records = append(m.out.Records, cluster.Record{Key: hintRecord(home, k.Key)})
		m.noteHint(home, k.Key, s, true)
		m.noteRole()
	}
	if h.given == k.Key {
		m.handOver(home)
	}
}
