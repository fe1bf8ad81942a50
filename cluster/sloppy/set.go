package sloppy

import (
	"cmp"
	"hash/fnv"
	"slices"
	"strconv"

	"capplayground/cluster"
)

// written is one write as a replica stores it.
type written struct {
	Dot Dot          `json:"d"`
	Op  cluster.OpID `json:"op"`
	TS  int64        `json:"ts"` // wall time at the called node, microseconds since the epoch
	Val string       `json:"v"`
}

// newer orders versions so that the version to answer first comes first: the highest
// timestamp, then the highest node id, then the highest counter. The other
// comparisons only make the order total.
func newer(a, b written) int {
	switch {
	case a.TS != b.TS:
		return cmp.Compare(b.TS, a.TS)
	case a.Dot.Called.Node != b.Dot.Called.Node:
		return cmp.Compare(b.Dot.Called.Node, a.Dot.Called.Node)
	}
	return cmp.Or(
		cmp.Compare(b.Dot.Called.Start, a.Dot.Called.Start),
		cmp.Compare(b.Dot.Seq, a.Dot.Seq),
		b.Dot.compare(&a.Dot.Origin),
		cmp.Compare(b.Op, a.Op),
		cmp.Compare(b.Val, a.Val),
	)
}

// set is all that is known about one key: Live has the live versions, newest first, and Known
// the history of all dots ever known. The dot of a live version must be in Known. A set never
// changes.
type set struct {
	Live  []written `json:"live,omitempty"`
	Known History   `json:"known"`
}

func (s set) empty() bool { return s.Known.Empty() }

// find returns the live version of a dot.
func (s set) find(d Dot) (written, bool) {
	for _, w := range s.Live {
		if w.Dot == d {
			return w, true
		}
	}
	return written{}, false
}

// merge returns the smallest set that knows all that both sets know. A version stays
// live if both sets hold it live, or if the other set never knew of it.
func (s set) merge(o set) set {
	switch {
	case o.empty() || s.equal(o):
		return s
	case s.empty():
		return o
	}
	live := make([]written, 0, max(len(s.Live), len(o.Live)))
	for _, w := range s.Live {
		if other, both := o.find(w.Dot); both {
			if newer(other, w) < 0 {
				w = other // only if a dot was used twice: all nodes must choose the same version
			}
			live = append(live, w)
		} else if !o.Known.Contains(w.Dot) {
			live = append(live, w)
		}
	}
	for _, w := range o.Live {
		if _, both := s.find(w.Dot); !both && !s.Known.Contains(w.Dot) {
			live = append(live, w)
		}
	}
	slices.SortFunc(live, newer)
	return set{live, s.Known.Union(o.Known)}
}

// shown returns the versions that a client sees, newest first. A write that was
// coordinated twice may be live under two dots: then it counts once. It may also be
// live under one dot and superseded under the other: then it is superseded. If this
// is so for several writes, they may have superseded each other: then the newest of
// them is shown. shown does not change the set, so that merging stays simple.
func (s set) shown() []written {
	if len(s.Live) < 2 {
		return s.Live
	}
	ended := func(w written) bool { return s.Known.count(w.Dot) > s.count(w.Dot) }
	var out, over []written
	for i, w := range s.Live {
		switch {
		case slices.ContainsFunc(s.Live[:i], w.same):
		case ended(w):
			over = append(over, w)
		default:
			out = append(out, w)
		}
	}
	if len(over) > 1 || len(out) == 0 {
		out = append(out, over[0])
		slices.SortFunc(out, newer)
	}
	return out
}

// same reports whether o is the same write, by its dot or by an operation id that a
// client used twice.
func (w written) same(o written) bool { return w.Dot.Same(o.Dot) || w.Op != "" && w.Op == o.Op }

// count returns the number of dots under which the write that d names is live.
func (s set) count(d Dot) int {
	n := 0
	for _, w := range s.Live {
		if w.Dot.Same(d) {
			n++
		}
	}
	return n
}

// write returns the set after the write w. w supersedes the named dots and no others.
func (s set) write(w written, named History) set {
	live := slices.DeleteFunc(slices.Clone(s.Live), func(o written) bool { return named.KnowsWrite(o.Dot) })
	live = append(live, w)
	slices.SortFunc(live, newer)
	return set{live, s.Known.Union(named).Union(Of(w.Dot))}
}

// version returns the text of the [Version] of the set: the shown versions, and all
// other known dots as their past.
func (s set) version() string {
	var dots []Dot
	for _, w := range s.shown() {
		dots = append(dots, w.Dot)
	}
	return Version{dots, s.Known.Without(dots...)}.String()
}

// siblings returns the shown versions after the first.
func (s set) siblings() []cluster.Sibling {
	var out []cluster.Sibling
	for i, w := range s.shown() {
		if i > 0 {
			out = append(out, cluster.Sibling{Val: w.Val, Version: w.Dot.String()})
		}
	}
	return out
}

// hash returns a hash of the set. Equal sets have the same hash.
func (s set) hash() string {
	if s.empty() {
		return ""
	}
	var space [1024]byte // most sets fit in, and need no allocation
	b := append(s.Known.append(space[:0]), 0)
	for _, w := range s.Live {
		b = append(w.Dot.append(b), 0)
		b = append(append(b, w.Op...), 0)
		b = append(strconv.AppendInt(b, w.TS, 36), 0)
		b = append(append(b, w.Val...), 0)
	}
	h := fnv.New64a()
	_, _ = h.Write(b)
	return strconv.FormatUint(h.Sum64(), 36)
}

// equal reports whether both hold the same versions and know of the same dots.
func (s set) equal(o set) bool { return slices.Equal(s.Live, o.Live) && s.Known.Equal(o.Known) }
