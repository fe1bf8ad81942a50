package sloppy

import (
	"fmt"
	"strings"

	"capplayground/cluster"
)

// Version is a version as clients see it: the writes that are live in it, and
// those that they supersede. Superseding a version supersedes both.
type Version struct {
	Live []Dot
	Past History
}

// String is the version as "live~past", or as "live" if there is no past.
func (v Version) String() string {
	b := make([]byte, 0, 48*len(v.Live)+v.Past.size()+2)
	b = Of(v.Live...).append(b)
	if !v.Past.Empty() {
		b = v.Past.append(append(b, '~'))
	}
	return string(b)
}

// All returns all dots that the version knows of.
func (v Version) All() History { return v.Past.Union(Of(v.Live...)) }

// ParseVersion reads the text of a version, with or without the quotes that HTTP
// puts around it. It returns cluster.ErrBadVersion for anything else.
func ParseVersion(text string) (Version, error) {
	if n := len(text); n >= 2 && text[0] == '"' && text[n-1] == '"' {
		text = text[1 : n-1]
	}
	live, past, both := strings.Cut(text, "~")
	h, err := parseHistory(live)
	var v Version
	if both && err == nil {
		v.Past, err = parseHistory(past)
	}
	for _, s := range h.spans {
		if s.hi-s.lo >= liveMax-uint64(len(v.Live)) {
			err = fmt.Errorf("%w: too many live writes", errHistory)
			break
		}
		for seq := s.lo; seq <= s.hi; seq++ {
			v.Live = append(v.Live, Dot{s.Origin, seq})
		}
	}
	if err != nil {
		return Version{}, fmt.Errorf("%w: %v", cluster.ErrBadVersion, err)
	}
	return v, nil
}

// liveMax is the largest number of live writes that a version may name.
const liveMax = 10_000
