package sloppy

import (
	"slices"

	"capplayground/cluster"
)

// arrivals remembers when versions came to this node, for as long as an
// operation lives: after that they came before any operation that may still
// begin here.
type arrivals struct {
	byKey map[string][]arrival
	order []arrived // the oldest first
}

// arrival is a version's, in virtual time.
type arrival struct {
	dot Dot
	at  cluster.Time
}

type arrived struct {
	key string
	at  cluster.Time
}

// note remembers the live versions of s that was does not know.
func (a *arrivals) note(key string, was, s set, now cluster.Time) {
	for _, w := range s.live {
		if was.known.Contains(w.Dot) {
			continue
		}
		if a.byKey == nil {
			a.byKey = map[string][]arrival{}
		}
		a.byKey[key] = append(a.byKey[key], arrival{w.Dot, now})
		a.order = append(a.order, arrived{key, now})
	}
}

// of is when a version came, and whether that is remembered.
func (a *arrivals) of(key string, d Dot) (cluster.Time, bool) {
	for _, one := range a.byKey[key] {
		if one.dot == d {
			return one.at, true
		}
	}
	return 0, false
}

// forget drops what came before t.
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
	a.order = slices.Delete(a.order, 0, n)
}

// superseded is what a write supersedes of what this node knows: all but the
// versions that came after the write was called. A forward may come late, when
// another node has coordinated the write and its client was told so; what came
// since may then be the client's next write.
func (m *Machine) superseded(base set, a ask) History {
	var later []Dot
	for _, w := range base.live {
		if m.cameLater(w, a) {
			later = append(later, w.Dot)
		}
	}
	return base.known.Without(later...)
}

// cameLater says whether a version came after a write was called. Time stands
// still in step mode: then the stamps decide. Of a version that was on the disk
// when this node started it is only known that it came before that.
func (m *Machine) cameLater(w written, a ask) bool {
	at, known := m.arrivals.of(a.Key, w.Dot)
	if !known {
		return a.At < m.started
	}
	return at > a.At || at == a.At && w.TS > a.TS
}
