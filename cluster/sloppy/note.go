package sloppy

import (
	"maps"
	"slices"

	"capplayground/cluster"
)

// role is the same for all nodes: any node may coordinate, and any node may be a home.
const role = "replica"

func (m *Machine) note(b cluster.Body) { m.out.Notes = append(m.out.Notes, b) }

func (m *Machine) badges() map[string]int { return map[string]int{"hints": m.countHints()} }

func (m *Machine) noteRole() {
	if m.unwatched {
		return
	}
	m.note(&cluster.RoleChanged{Role: role, Badges: m.badges()})
}

func (m *Machine) noteKey(key string, h holding) {
	if m.unwatched {
		return
	}
	m.note(&cluster.KeyChanged{
		Key: key, Value: cluster.ValueOf(h.first().Val), Version: h.set.version(), Siblings: m.cutValues(h.set),
		Homes: m.homes(key), ByHand: h.planted != nil,
	})
}

// cutValues returns the siblings with their values cut to the limit of events.
func (m *Machine) cutValues(s set) []cluster.Sibling {
	siblings := s.siblings()
	for i := range siblings {
		siblings[i].Val = cluster.Cut(siblings[i].Val, cluster.MaxEventVal)
	}
	return siblings
}

func (m *Machine) noteHint(home cluster.NodeID, key string, s set, gone bool) {
	if m.unwatched {
		return
	}
	m.note(&cluster.KeyChanged{
		Key: key, Value: cluster.ValueOf(holding{set: s}.first().Val), Version: s.version(), Siblings: m.cutValues(s),
		Homes: m.homes(key), HintFor: home, Gone: gone,
	})
}

// noteForward notes the node to which a call was forwarded, and whether it answered
// "taken".
func (m *Machine) noteForward(c *call) {
	if m.unwatched || m.summed {
		return
	}
	e := &cluster.Progressed{Op: c.req.Op, Phase: "forward", Need: 1, Homes: m.walk(c.req.Key)[:c.ask.Sizes.N]}
	if c.taken {
		e.Yes = []cluster.NodeID{c.at()}
		e.Timer = timerID(timerDeadline, c.req.Op)
	} else {
		e.Waiting = []cluster.NodeID{c.at()}
		e.Timer = timerID(timerTaken, c.req.Op)
	}
	m.note(e)
}

func (m *Machine) sortedKeys() []string { return slices.Sorted(maps.Keys(m.keys)) }
