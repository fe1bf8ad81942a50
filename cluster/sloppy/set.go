package sloppy

import (
	"cmp"
	"hash/fnv"
	"slices"
	"strconv"

	"capplayground/cluster"
)

// written is one write as replicas keep it.
type written struct {
	Dot Dot          `json:"d"`
	Op  cluster.OpID `json:"op"`
	TS  int64        `json:"ts"` // wall time at the called node, microseconds since the epoch
	Val string       `json:"v"`
}

// newer orders versions, the one to answer first: the latest by timestamp,
// then node id, then counter. The rest only makes the order total.
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

// set is all that is known of one key: the live versions, newest first, and
// every dot ever known, with its text at hand. A live version's dot is in
// known. A set never changes.
type set struct {
	live  []written
	known History
}

func (s set) empty() bool { return s.known.Empty() }

// find returns the live version of a dot.
func (s set) find(d Dot) (written, bool) {
	for _, w := range s.live {
		if w.Dot == d {
			return w, true
		}
	}
	return written{}, false
}

// merge is the least set that knows what both know: a version lives on if
// both hold it, or if the other never knew of it.
func (s set) merge(o set) set {
	switch {
	case o.empty() || s.equal(o):
		return s
	case s.empty():
		return o
	}
	live := make([]written, 0, max(len(s.live), len(o.live)))
	for _, w := range s.live {
		if other, both := o.find(w.Dot); both {
			if newer(other, w) < 0 {
				w = other // only where a dot was used twice; so that all choose alike
			}
			live = append(live, w)
		} else if !o.known.Contains(w.Dot) {
			live = append(live, w)
		}
	}
	for _, w := range o.live {
		if _, both := s.find(w.Dot); !both && !s.known.Contains(w.Dot) {
			live = append(live, w)
		}
	}
	slices.SortFunc(live, newer)
	return set{live, s.known.Union(o.known).spelt()}
}

// shown are the versions that a client sees, newest first. A write that was
// coordinated twice may be live under two dots: it counts once. It may also be
// live under one and superseded under the other: then it is superseded. Only
// where several are so, they may have superseded each other, and the newest of
// them is shown. Nothing of this changes the set: what merges stays simple.
func (s set) shown() []written {
	if len(s.live) < 2 {
		return s.live
	}
	ended := func(w written) bool { return s.known.count(w.Dot) > s.count(w.Dot) }
	var out, over []written
	for i, w := range s.live {
		switch {
		case slices.ContainsFunc(s.live[:i], w.same):
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

// same says whether o is the same write, by its dot or by an id that its
// client used twice.
func (w written) same(o written) bool { return w.Dot.Same(o.Dot) || w.Op != "" && w.Op == o.Op }

// count is under how many dots the write that d names is live.
func (s set) count(d Dot) int {
	n := 0
	for _, w := range s.live {
		if w.Dot.Same(d) {
			n++
		}
	}
	return n
}

// write is the set after w, which supersedes what is named and nothing else.
func (s set) write(w written, named History) set {
	live := slices.DeleteFunc(slices.Clone(s.live), func(o written) bool { return named.Tells(o.Dot) })
	live = append(live, w)
	slices.SortFunc(live, newer)
	return set{live, s.known.Union(named).Union(Of(w.Dot)).spelt()}
}

// version names all versions shown, and as their past all else that is known.
func (s set) version() string {
	var dots []Dot
	for _, w := range s.shown() {
		dots = append(dots, w.Dot)
	}
	return Version{dots, s.known.Without(dots...)}.String()
}

// siblings are the versions shown beside the first.
func (s set) siblings() []cluster.Sibling {
	var out []cluster.Sibling
	for i, w := range s.shown() {
		if i > 0 {
			out = append(out, cluster.Sibling{Val: w.Val, Version: w.Dot.String()})
		}
	}
	return out
}

// hash is the same for equal sets, and differs for others.
func (s set) hash() string {
	if s.empty() {
		return ""
	}
	var space [1024]byte // most sets are shorter than this, and need no other
	b := append(s.known.append(space[:0]), 0)
	for _, w := range s.live {
		b = append(w.Dot.append(b), 0)
		b = append(append(b, w.Op...), 0)
		b = append(strconv.AppendInt(b, w.TS, 36), 0)
		b = append(append(b, w.Val...), 0)
	}
	h := fnv.New64a()
	_, _ = h.Write(b)
	return strconv.FormatUint(h.Sum64(), 36)
}

// equal says whether both hold the same versions and know of the same dots.
func (s set) equal(o set) bool { return slices.Equal(s.live, o.live) && s.known.Equal(o.known) }
