package sloppy

import (
	"fmt"
	"slices"

	"capplayground/cluster"
)

// holding is what this node has under one key: a set, or instead of it a
// value that a person planted.
type holding struct {
	set     set
	sum     string // its hash
	planted *planted
}

// planted is a value that a person chose.
type planted struct {
	Op  cluster.OpID `json:"op"`
	TS  int64        `json:"ts"`
	Val string       `json:"v"`
}

// first is the version to answer; the zero value where there is none.
func (h holding) first() written {
	switch shown := h.set.shown(); {
	case len(shown) > 0:
		return shown[0]
	case h.planted != nil:
		return written{Op: h.planted.Op, TS: h.planted.TS, Val: h.planted.Val}
	}
	return written{}
}

// keep merges a set into what this node holds. Any set ends a planted value.
func (m *Machine) keep(key string, s set) {
	if s.empty() {
		return
	}
	h := m.keys[key]
	merged := h.set.merge(s)
	if h.planted == nil && merged.equal(h.set) {
		return
	}
	m.hold(key, holding{set: merged})
}

// hold replaces what this node has under a key.
func (m *Machine) hold(key string, h holding) {
	m.arrivals.note(key, m.known(key), h.set, m.now)
	h.sum = h.set.hash()
	m.keys[key] = h
	clear(m.digests)
	m.recordKey(key, h)
	m.noteKey(key, h)
}

// known is all that this node can say about a key: what it holds for itself
// and what it keeps for others.
func (m *Machine) known(key string) set {
	s := m.keys[key].set
	for _, home := range m.hinted() {
		if hint, ok := m.hints[home].sets[key]; ok {
			s = s.merge(hint)
		}
	}
	return s
}

// onStore keeps what a coordinator sends, however late: a set cannot undo a
// newer one.
func (m *Machine) onStore(msg cluster.Message, k keyed) {
	if k.Set.empty() || msg.For != 0 && !slices.Contains(m.nodes, msg.For) {
		return
	}
	if home := msg.For; home != 0 && home != m.id {
		m.keepHint(home, k.Key, k.Set)
	} else {
		m.keep(k.Key, k.Set)
	}
	m.send(cluster.Message{
		To: msg.From, Type: typeStored, Class: cluster.ClassYes, Op: msg.Op,
		Label: m.label(msg.Op, k.Key, ""), Via: msg.Via, For: msg.For, Deadline: msg.Deadline,
	})
}

// onRead answers with all that this node knows, unless the deadline is over.
func (m *Machine) onRead(msg cluster.Message, w want) {
	if msg.Deadline <= m.now {
		return
	}
	v := m.value(w.Key)
	m.send(cluster.Message{
		To: msg.From, Type: typeValue, Class: cluster.ClassYes, Op: msg.Op,
		Label: m.labelSet(msg.Op, w.Key, v), Deadline: msg.Deadline, Body: body(v),
	})
}

func (m *Machine) value(key string) value {
	v := value{Set: m.known(key)}
	if v.Set.empty() {
		v.Planted = m.keys[key].planted
	}
	return v
}

func (m *Machine) onRepair(_ cluster.Message, k keyed) {
	m.keep(k.Key, k.Set)
}

// plant replaces this node's set by a value that a person chose, on this node
// alone.
func (m *Machine) plant(r cluster.Request) {
	p := planted{Op: r.Op, TS: r.TS, Val: r.Val}
	m.hold(r.Key, holding{planted: &p})
	m.out.Replies = append(m.out.Replies, cluster.Reply{Op: r.Op, Key: r.Key, Val: r.Val, Version: set{}.version()})
}

// answerHolds tells what this node alone holds.
func (m *Machine) answerHolds(r cluster.Request) {
	v := m.value(r.Key)
	res := m.present(v.Set, v.Planted)
	if !res.Found {
		m.refuse(r, fmt.Errorf("%w on this node", cluster.ErrNotFound))
		return
	}
	m.out.Replies = append(m.out.Replies, cluster.Reply{Op: r.Op, Key: r.Key, Val: res.Val, Version: res.Version, Siblings: res.Siblings})
}

// present is a set as a client sees it; a planted value counts only where
// there is no set. A set without a live version, which only a client can make
// that names writes to come, is no value.
func (m *Machine) present(s set, p *planted) result {
	if len(s.live) == 0 && p == nil {
		return result{}
	}
	first := holding{set: s, planted: p}.first()
	return result{Found: true, Val: first.Val, Version: s.version(), Siblings: s.siblings()}
}
