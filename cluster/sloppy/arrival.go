package sloppy

import "capplayground/cluster"

// arrivals remembers when versions arrived at this node, for cluster.OpTimeout. A version
// that arrived earlier arrived before the start of every operation that may still begin
// here.
type arrivals struct {
	byKey map[string][]arrival
	order []arrived // oldest first
}

// arrival is the arrival of one version, in virtual time.
type arrival struct {
	dot Dot
	at  cluster.Time
}

type arrived struct {
	key string
	at  cluster.Time
}

// note records the arrival of the live versions of s whose dots are not known in was.
func (a *arrivals) note(key string, was, s set, now cluster.Time) {
	for _, w := range s.Live {
		if was.Known.Contains(w.Dot) {
			continue
		}
		if a.byKey == nil {
			a.byKey = map[string][]arrival{}
		}
		a.byKey[key] = append(a.byKey[key], arrival{w.Dot, now})
		a.order = append(a.order, arrived{key, now})
	}
}

// of returns when a version arrived, and whether this is still remembered.
func (a *arrivals) of(key string, d Dot) (cluster.Time, bool) {
	for _, one := range a.byKey[key] {
		if one.dot == d {
			return one.at, true
		}
	}
	return 0, false
}

// forget drops the arrivals before t.
func (a *arrivals) forget(t cluster.Time) {
	n := 0
	for ; n < len(a.order) && a.order[n].at < t; n++ {
		key := a.order[n].key
		if rest := a.byKey[key][1:]; len(rest) > 0 {
			a.byKey[key] = rest
		} else {
			delete(a.byKey, key)
		}
	}
	a.order = a.order[n:]
}

// superseded returns the dots of base that a write supersedes: all but the versions that
// arrived after the write was called. A forward may arrive after another node has
// coordinated the write and its client has got the answer. Then a version that arrived
// later may be the client's next write.
func (m *Machine) superseded(base set, a ask) History {
	var later []Dot
	for _, w := range base.Live {
		if m.cameLater(w, a) {
			later = append(later, w.Dot)
		}
	}
	return base.Known.Without(later...)
}

// cameLater reports whether a version arrived after a write was called. In step mode time
// does not advance: both times are equal, and the timestamps decide. A version that was
// on disk when this node started arrived before the start. No more is known about it.
func (m *Machine) cameLater(w written, a ask) bool {
	at, known := m.arrivals.of(a.Key, w.Dot)
	if !known {
		return a.At < m.started
	}
	return at > a.At || at == a.At && w.TS > a.TS
}
