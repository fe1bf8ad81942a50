package sloppy

import (
	"cmp"
	"slices"
	"strconv"
)

// History is an exact set of dots. It is kept as spans in ascending order, which
// neither overlap nor touch. A History never changes: its methods return a new one.
type History struct{ spans []span }

// span is the dots lo to hi of one origin, including both.
type span struct {
	Origin
	lo, hi uint64
}

// Of returns the history of exactly these dots.
func Of(dots ...Dot) History {
	spans := make([]span, len(dots))
	for i, d := range dots {
		spans[i] = span{d.Origin, d.Seq, d.Seq}
	}
	return join(spans)
}

// join sorts spans and joins those that overlap or touch. It changes the slice.
func join(spans []span) History {
	slices.SortFunc(spans, func(a, b span) int { return a.compareTo(&b) })
	out := spans[:0]
	for i := range spans {
		out = add(out, &spans[i])
	}
	return History{out}
}

func (s *span) compareTo(o *span) int {
	if c := s.compare(&o.Origin); c != 0 {
		return c
	}
	return cmp.Compare(s.lo, o.lo)
}

// touches reports whether o, which does not sort before s, overlaps s or follows it.
func (s *span) touches(o *span) bool { return o.lo <= s.hi+1 && o.Origin == s.Origin }

// add appends a span, or extends the last span by it. s must not sort before the last.
func add(spans []span, s *span) []span {
	if n := len(spans) - 1; n >= 0 && spans[n].touches(s) {
		spans[n].hi = max(spans[n].hi, s.hi)
		return spans
	}
	return append(spans, *s)
}

// Contains reports whether d is in the history.
func (h History) Contains(d Dot) bool {
	for _, s := range h.of(&d.Called) {
		if s.lo <= d.Seq && d.Seq <= s.hi && s.By == d.By {
			return true
		}
	}
	return false
}

// of returns the spans of one called node, in their order.
func (h History) of(a *Actor) []span {
	from := h.search(a, 0)
	to := from
	for to < len(h.spans) && h.spans[to].Called == *a {
		to++
	}
	return h.spans[from:to]
}

// search returns the index of the first span of a, or the index where it would be.
func (h History) search(a *Actor, from int) int {
	to := len(h.spans)
	for from < to {
		middle := int(uint(from+to) / 2)
		if h.spans[middle].Called.compare(a) < 0 {
			from = middle + 1
		} else {
			to = middle
		}
	}
	return from
}

// Equal reports whether both hold the same dots.
func (h History) Equal(o History) bool {
	switch {
	case len(h.spans) != len(o.spans):
		return false
	case len(h.spans) == 0, &h.spans[0] == &o.spans[0]:
		return true
	}
	return slices.Equal(h.spans, o.spans)
}

// Empty reports whether the history has no dot.
func (h History) Empty() bool { return len(h.spans) == 0 }

// covers reports whether every dot of o is in h.
func (h History) covers(o History) bool {
	if h.Equal(o) {
		return true
	}
	at := h.spans
	for i := range o.spans {
		s := &o.spans[i]
		for len(at) > 0 && (at[0].hi < s.lo || at[0].Origin != s.Origin) {
			if at[0].compare(&s.Origin) > 0 {
				return false
			}
			at = at[1:]
		}
		if len(at) == 0 || s.lo < at[0].lo || at[0].hi < s.hi {
			return false
		}
	}
	return true
}

// Union returns the dots that are in h or in o.
func (h History) Union(o History) History {
	switch {
	case h.covers(o):
		return h
	case o.covers(h):
		return o
	}
	out := make([]span, 0, len(h.spans)+len(o.spans))
	a, b := h.spans, o.spans
	for len(a) > 0 && len(b) > 0 {
		if a[0].compareTo(&b[0]) <= 0 {
			out, a = add(out, &a[0]), a[1:]
		} else {
			out, b = add(out, &b[0]), b[1:]
		}
	}
	for _, rest := range [][]span{a, b} {
		for i := range rest {
			out = add(out, &rest[i])
		}
	}
	return History{out}
}

// Without returns the history without these dots.
func (h History) Without(dots ...Dot) History {
	if !slices.ContainsFunc(dots, h.Contains) {
		return h
	}
	out := make([]span, 0, len(h.spans)+len(dots))
	for i := range h.spans {
		out = append(out, h.spans[i])
		for _, d := range dots {
			out = cutOut(out, d)
		}
	}
	return History{out}
}

// cutOut removes a dot from the last spans, as far as they have its origin.
func cutOut(spans []span, d Dot) []span {
	for i := len(spans) - 1; i >= 0 && spans[i].Origin == d.Origin; i-- {
		s := spans[i]
		if d.Seq < s.lo || s.hi < d.Seq {
			continue
		}
		switch {
		case s.lo == s.hi:
			return slices.Delete(spans, i, i+1)
		case d.Seq == s.lo:
			spans[i].lo++
		case d.Seq == s.hi:
			spans[i].hi--
		default:
			spans[i].hi = d.Seq - 1
			return slices.Insert(spans, i+1, span{s.Origin, d.Seq + 1, s.hi})
		}
		return spans
	}
	return spans
}

// KnowsWrite reports whether the history knows of the write that d names. The
// coordinator may be another one.
func (h History) KnowsWrite(d Dot) bool { return h.count(d) > 0 }

// count returns how many dots of the write that d names are in the history.
func (h History) count(d Dot) int {
	n := 0
	for _, s := range h.of(&d.Called) {
		if s.lo <= d.Seq && d.Seq <= s.hi {
			n++
		}
	}
	return n
}

// each returns all dots in the history of the write that d names.
func (h History) each(d Dot) []Dot {
	var dots []Dot
	for _, s := range h.of(&d.Called) {
		if s.lo <= d.Seq && d.Seq <= s.hi {
			dots = append(dots, Dot{s.Origin, d.Seq})
		}
	}
	return dots
}

// last returns the highest Seq of a called node in the history, or 0 if there is
// none.
func (h History) last(a Actor) uint64 {
	var seq uint64
	for _, s := range h.of(&a) {
		seq = max(seq, s.hi)
	}
	return seq
}

// String is the history as "n1.d1.1:1-5,7+n4.d4.1@n5.d5.2:2". An empty history is "0".
func (h History) String() string {
	return string(h.append(make([]byte, 0, h.size())))
}

// size returns an estimate of the number of bytes that append appends.
func (h History) size() int { return 48*len(h.spans) + 1 }

func (h History) append(b []byte) []byte {
	if h.Empty() {
		return append(b, '0')
	}
	for i := range h.spans {
		s := &h.spans[i]
		switch {
		case i > 0 && h.spans[i-1].Origin == s.Origin:
			b = append(b, ',')
		case i > 0:
			b = append(s.append(append(b, '+')), ':')
		default:
			b = append(s.append(b), ':')
		}
		b = strconv.AppendUint(b, s.lo, 10)
		if s.hi > s.lo {
			b = strconv.AppendUint(append(b, '-'), s.hi, 10)
		}
	}
	return b
}

// MarshalText writes what String does.
func (h History) MarshalText() ([]byte, error) { return h.append(nil), nil }

// UnmarshalText reads what MarshalText wrote.
func (h *History) UnmarshalText(b []byte) (err error) {
	*h, err = parseHistory(string(b))
	return err
}
