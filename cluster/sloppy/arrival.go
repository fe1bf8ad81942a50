package sloppy

import "capplayground/cluster"

// arrivals remembers when versions arrived at this node, for cluster.OpTimeout, the oldest
// first. A version that arrived earlier arrived before the start of every operation that may
// still begin here.
type arrivals []arrival

// arrival is the arrival of one version, in virtual time.
type arrival struct {
	key string
	dot Dot
	at  cluster.Time
}

// note records the arrival of the live versions of s whose dots are not known in was.
func (a *arrivals) note(key string, was, s set, now cluster.Time) {
	for _, w := range s.Live {
		if !was.Known.Contains(w.Dot) {
			*a = append(*a, arrival{key, w.Dot, now})
		}
	}
}

// since returns when a version arrived, if it arrived at t or later. It looks at the arrivals
// since t, and these are few: a write reaches its coordinator soon after it was called.
func (a arrivals) since(t cluster.Time, key string, d Dot) (at cluster.Time, ok bool) {
	for i := len(a) - 1; i >= 0 && a[i].at >= t; i-- {
		if a[i].key == key && a[i].dot == d {
			return a[i].at, true
		}
	}
	return 0, false
}

// forget drops the arrivals before t.
func (a *arrivals) forget(t cluster.Time) {
	n := 0
	for n < len(*a) && (*a)[n].at < t {
		n++
	}
	*a = (*a)[n:] // append moves the rest to a new array, now and then
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
	if at, ok := m.arrivals.since(a.At, a.Key, w.Dot); ok {
		return at > a.At || w.TS > a.TS
	}
	return a.At < m.started
}
