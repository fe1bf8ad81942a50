package sloppy

import (
	"cmp"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"

	"capplayground/cluster"
)

// Actor is one start of one database of one node.
type Actor struct {
	Node     cluster.NodeID
	Database string // up to 8 of 0-9a-z
	Start    uint64 // which start of that database, from 1
}

// Dot names a write to a key, and who coordinated it. Called and Seq name the
// write for ever: it was the Seq-th to this key that Called was called for.
// Where a write is coordinated twice, its dots differ in By.
type Dot struct {
	Origin
	Seq uint64 // from 1
}

// Origin is the way that writes take into the cluster.
type Origin struct {
	Called Actor
	By     Actor
}

func (a Actor) compare(b Actor) int {
	switch {
	case a.Node != b.Node:
		return cmp.Compare(a.Node, b.Node)
	case a.Database != b.Database:
		return cmp.Compare(a.Database, b.Database)
	}
	return cmp.Compare(a.Start, b.Start)
}

func (o Origin) compare(p Origin) int {
	if c := o.Called.compare(p.Called); c != 0 {
		return c
	}
	return o.By.compare(p.By)
}

func (a Actor) String() string { return string(a.append(nil)) }

func (a Actor) append(b []byte) []byte {
	b = append(b, 'n', byte('0'+a.Node), '.')
	b = append(append(b, a.Database...), '.')
	return strconv.AppendUint(b, a.Start, 10)
}

// String is the origin as "n1.d1.1@n5.d5.1", or "n1.d1.1" where the called
// node coordinates.
func (o Origin) String() string { return string(o.append(nil)) }

func (o Origin) append(b []byte) []byte {
	b = o.Called.append(b)
	if o.Called != o.By {
		b = o.By.append(append(b, '@'))
	}
	return b
}

// String is the dot as "n1.d1.1@n5.d5.1:3".
func (d Dot) String() string { return d.Origin.String() + ":" + strconv.FormatUint(d.Seq, 10) }

// Same says whether both name one write, whoever coordinated it.
func (d Dot) Same(o Dot) bool { return d.Called == o.Called && d.Seq == o.Seq }

// databaseMax is how long the name of a database may be in a dot.
const databaseMax = 8

// databaseName shortens the name of a database to what a dot has room for. A
// short plain one stays as it is, so that scripts can be read.
func databaseName(s string) string {
	if plain(s) && s != "" {
		return s
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(s))
	return strconv.FormatUint(uint64(h.Sum32()), 36)
}

func plain(s string) bool {
	return len(s) <= databaseMax && strings.Trim(s, "0123456789abcdefghijklmnopqrstuvwxyz") == ""
}

// span is the dots lo to hi of one origin, both included.
type span struct {
	Origin
	lo, hi uint64
}

// History is an exact set of dots, kept as spans: ascending, apart from each
// other. It never changes; what extends it returns another.
type History struct{ spans []span }

// Of is the history of just these dots.
func Of(dots ...Dot) History {
	spans := make([]span, len(dots))
	for i, d := range dots {
		spans[i] = span{d.Origin, d.Seq, d.Seq}
	}
	return join(spans)
}

// join orders spans and joins those that overlap or touch.
func join(spans []span) History {
	slices.SortFunc(spans, span.compareTo)
	var out []span
	for _, s := range spans {
		out = add(out, s)
	}
	return History{out}
}

func (s span) compareTo(o span) int {
	if c := s.compare(o.Origin); c != 0 {
		return c
	}
	return cmp.Compare(s.lo, o.lo)
}

// add appends a span that does not come before the last, or extends the last.
func add(spans []span, s span) []span {
	if n := len(spans) - 1; n >= 0 && s.lo <= spans[n].hi+1 && spans[n].Origin == s.Origin {
		spans[n].hi = max(spans[n].hi, s.hi)
		return spans
	}
	return append(spans, s)
}

// Contains says whether d is in the history.
func (h History) Contains(d Dot) bool {
	i, exact := slices.BinarySearchFunc(h.spans, d, func(s span, d Dot) int {
		return cmp.Or(s.compare(d.Origin), cmp.Compare(s.lo, d.Seq))
	})
	if exact {
		return true
	}
	return i > 0 && h.spans[i-1].Origin == d.Origin && d.Seq <= h.spans[i-1].hi
}

// Equal says whether both hold the same dots.
func (h History) Equal(o History) bool { return slices.Equal(h.spans, o.spans) }

// Empty says whether there is no dot in it.
func (h History) Empty() bool { return len(h.spans) == 0 }

// Union is what either holds.
func (h History) Union(o History) History {
	switch {
	case len(o.spans) == 0 || h.Equal(o):
		return h
	case len(h.spans) == 0:
		return o
	}
	out := make([]span, 0, len(h.spans)+len(o.spans))
	a, b := h.spans, o.spans
	for len(a)+len(b) > 0 {
		if len(b) == 0 || len(a) > 0 && a[0].compareTo(b[0]) <= 0 {
			out, a = add(out, a[0]), a[1:]
		} else {
			out, b = add(out, b[0]), b[1:]
		}
	}
	return History{out}
}

// Without is the history less these dots.
func (h History) Without(dots ...Dot) History {
	spans := slices.Clone(h.spans)
	for _, d := range dots {
		i := slices.IndexFunc(spans, func(s span) bool { return s.Origin == d.Origin && s.lo <= d.Seq && d.Seq <= s.hi })
		if i < 0 {
			continue
		}
		var parts []span
		if s := spans[i]; s.lo < d.Seq {
			parts = append(parts, span{s.Origin, s.lo, d.Seq - 1})
		}
		if s := spans[i]; d.Seq < s.hi {
			parts = append(parts, span{s.Origin, d.Seq + 1, s.hi})
		}
		spans = slices.Replace(spans, i, i+1, parts...)
	}
	return History{spans}
}

// Tells says whether the history knows of the write that d names, whoever
// coordinated it.
func (h History) Tells(d Dot) bool {
	return slices.ContainsFunc(h.spans, func(s span) bool { return s.tells(d) })
}

func (s span) tells(d Dot) bool { return s.Called == d.Called && s.lo <= d.Seq && d.Seq <= s.hi }

// each are all the dots in the history of the write that d names.
func (h History) each(d Dot) []Dot {
	var dots []Dot
	for _, s := range h.spans {
		if s.tells(d) {
			dots = append(dots, Dot{s.Origin, d.Seq})
		}
	}
	return dots
}

// last is the highest count of a called node in the history, 0 if there is
// none.
func (h History) last(a Actor) uint64 {
	var seq uint64
	for _, s := range h.spans {
		if s.Called == a {
			seq = max(seq, s.hi)
		}
	}
	return seq
}

// String is the history as "n1.d1.1:1-5,7+n4.d4.1@n5.d5.2:2"; nothing at all is "0".
func (h History) String() string {
	if h.Empty() {
		return "0"
	}
	b := make([]byte, 0, 32*len(h.spans))
	for i, s := range h.spans {
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
	return string(b)
}

// historyMax is how long the text of a history may be, in bytes.
const historyMax = 1 << 20

var errHistory = errors.New("unusable history")

// parseHistory reads what String wrote, in any order of its parts.
func parseHistory(text string) (History, error) {
	if text == "0" {
		return History{}, nil
	}
	if len(text) > historyMax {
		return History{}, fmt.Errorf("%w: longer than %d bytes", errHistory, historyMax)
	}
	var spans []span
	for part := range strings.SplitSeq(text, "+") {
		name, counts, ok := strings.Cut(part, ":")
		o, err := parseOrigin(name)
		if err != nil || !ok {
			return History{}, fmt.Errorf("%w: %q", errHistory, cluster.Cut(part, 40))
		}
		for c := range strings.SplitSeq(counts, ",") {
			from, to, ranged := strings.Cut(c, "-")
			if !ranged {
				to = from
			}
			lo, ok1 := parseCount(from)
			hi, ok2 := parseCount(to)
			if !ok1 || !ok2 || lo > hi {
				return History{}, fmt.Errorf("%w: %q", errHistory, cluster.Cut(c, 40))
			}
			spans = append(spans, span{o, lo, hi})
		}
	}
	return join(spans), nil
}

func parseOrigin(text string) (Origin, error) {
	called, by, two := strings.Cut(text, "@")
	a, err := parseActor(called)
	if err != nil || !two {
		return Origin{a, a}, err
	}
	b, err := parseActor(by)
	return Origin{a, b}, err
}

func parseActor(text string) (Actor, error) {
	words := strings.Split(text, ".")
	if len(words) != 3 || !strings.HasPrefix(words[0], "n") || words[1] == "" || !plain(words[1]) {
		return Actor{}, errHistory
	}
	node, err := cluster.ParseNodeID(words[0][1:])
	start, ok := parseCount(words[2])
	if err != nil || !ok {
		return Actor{}, errHistory
	}
	return Actor{node, words[1], start}, nil
}

// countMax keeps counts where JSON numbers are exact, and adding one to them
// never wraps.
const countMax = 1 << 53

func parseCount(text string) (uint64, bool) {
	if text == "" || text[0] < '1' || text[0] > '9' {
		return 0, false
	}
	n, err := strconv.ParseUint(text, 10, 64)
	return n, err == nil && n <= countMax
}

// parseDot reads one dot.
func parseDot(text string) (Dot, error) {
	h, err := parseHistory(text)
	if err != nil || len(h.spans) != 1 || h.spans[0].lo != h.spans[0].hi {
		return Dot{}, fmt.Errorf("%w: %q is not one dot", errHistory, cluster.Cut(text, 40))
	}
	return Dot{h.spans[0].Origin, h.spans[0].lo}, nil
}

// MarshalText writes what String does.
func (d Dot) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (d *Dot) UnmarshalText(b []byte) (err error) {
	*d, err = parseDot(string(b))
	return err
}

// MarshalText writes what String does.
func (h History) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (h *History) UnmarshalText(b []byte) (err error) {
	*h, err = parseHistory(string(b))
	return err
}
