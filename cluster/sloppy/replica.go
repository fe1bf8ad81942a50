package sloppy

import (
	"fmt"
	"slices"

	"capplayground/cluster"
)

// holding is the state of one key at this node: a set, or instead of the set a value
// that a person planted.
type holding struct {
	set     set
	sum     string // the hash of set
	planted *planted
}

// planted is a value that a person chose.
type planted struct {
	Op  cluster.OpID `json:"op"`
	TS  int64        `json:"ts"`
	Val string       `json:"v"`
}

// first returns the version to answer first. It is the zero value if there is none.
func (h holding) first() written {
	switch shown := h.set.shown(); {
	case len(shown) > 0:
		return shown[0]
	case h.planted != nil:
		return written{Op: h.planted.Op, TS: h.planted.TS, Val: h.planted.Val}
	}
	return written{}
}

// keep merges a set into the set of this node. Any set that is not empty removes a
// planted value.
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

// hold replaces the state of a key at this node.
func (m *Machine) hold(key string, h holding) {
	was, held := m.keys[key]
	m.arrivals.note(key, m.withHints(key, was.set), h.set, m.now)
	h.sum = h.set.hash()
	if !held {
		m.add(key)
	}
	m.count(key, was.sum, h.sum)
	m.keys[key] = h
	m.recordKey(key, h)
	m.noteKey(key, h)
}

// known returns all that this node knows of a key: its own set, merged with the sets
// that it keeps as hints.
func (m *Machine) known(key string) set { return m.withHints(key, m.keys[key].set) }

// withHints returns s, merged with the sets of its key that this node keeps as hints.
func (m *Machine) withHints(key string, s set) set {
	for _, home := range m.hinted() {
		if hint, ok := m.hints[home].sets[key]; ok {
			s = s.merge(hint)
		}
	}
	return s
}

// onStore keeps the set that a coordinator sends. It has no deadline: an older set
// cannot undo a newer one.
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
		Label: m.labelSet(msg.Op, w.Key, v), Deadline: msg.Deadline, Body: cluster.Encode(&v),
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

// plant replaces the set by a value that a person chose, on this node only.
func (m *Machine) plant(r cluster.Request) {
	p := planted{Op: r.Op, TS: r.TS, Val: r.Val}
	m.hold(r.Key, holding{planted: &p})
	m.out.Replies = append(m.out.Replies, cluster.Reply{Op: r.Op, Key: r.Key, Val: r.Val, Version: set{}.version()})
}

// answerHolds answers with the versions that this node alone holds.
func (m *Machine) answerHolds(r cluster.Request) {
	v := m.value(r.Key)
	res := m.present(v.Set, v.Planted)
	if !res.Found {
		m.refuse(r, fmt.Errorf("%w on this node", cluster.ErrNotFound))
		return
	}
	m.out.Replies = append(m.out.Replies, cluster.Reply{Op: r.Op, Key: r.Key, Val: res.Val, Version: res.Version, Siblings: res.Siblings})
}

// present returns a set as a client sees it. A planted value is used only if there is
// no set. A set without a live version has no value. Only a client whose If-Match
// names future writes can cause such a set.
func (m *Machine) present(s set, p *planted) result {
	if len(s.Live) == 0 && p == nil {
		return result{}
	}
	first := holding{set: s, planted: p}.first()
	return result{Found: true, Val: first.Val, Version: s.version(), Siblings: s.siblings()}
}
