package compare

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"capplayground/cluster"
	"capplayground/cluster/modes"
	"capplayground/server/verbs"
	"capplayground/server/workload"
)

// Script is what happens to the cluster, and under which load.
type Script struct {
	Length Span          `json:"length" yaml:"length"` // of one lane
	Load   workload.Load `json:"load" yaml:"load"`
	Faults []Fault       `json:"faults" yaml:"faults"` // by At
	// Modes are the lanes, in this order; without any, modes.Compared.
	Modes []cluster.Mode `json:"modes,omitempty" yaml:"modes,omitempty"`
}

// Fault is one thing done at a time of the script.
type Fault struct {
	At     Span               `json:"at" yaml:"at"`
	Do     string             `json:"do" yaml:"do"`                             // a verb
	Node   cluster.NodeID     `json:"node,omitempty" yaml:"node,omitempty"`     // of all but partition and heal
	Groups [][]cluster.NodeID `json:"groups,omitempty" yaml:"groups,omitempty"` // of partition
}

// playable are the verbs that a Fault may have.
var playable = []string{
	verbs.Freeze, verbs.Thaw, verbs.Kill, verbs.Restart, verbs.Isolate, verbs.Rejoin, verbs.Partition, verbs.Heal,
}

// verb is the line of the fault's verb in the table of verbs; false for one
// that no script may have.
func (f Fault) verb() (verbs.Verb, bool) {
	v, ok := verbs.Of(f.Do)
	return v, ok && slices.Contains(playable, v.Name)
}

// Lasts says whether the fault lasts until another of the script ends it.
func (f Fault) Lasts() bool {
	v, _ := f.verb()
	return v.EndedBy != ""
}

// Ends says whether f ends what before began: its own end, a heal where there
// is nothing to start again, or another partition.
func (f Fault) Ends(before Fault) bool {
	began, _ := before.verb()
	v, _ := f.verb()
	switch {
	case v.Name == began.EndedBy && f.Node == before.Node:
		return true
	case v.Name == verbs.Heal:
		return began.Name != verbs.Kill
	}
	return v.Name == verbs.Partition && began.Name == verbs.Partition
}

// String is the fault as a caption says it: "freeze 4", "partition 1 2 | 3 4 5".
func (f Fault) String() string {
	switch {
	case f.Do == verbs.Partition:
		var groups []string
		for _, g := range f.Groups {
			groups = append(groups, strings.Trim(fmt.Sprint([]cluster.NodeID(g)), "[]n"))
		}
		return "partition " + strings.ReplaceAll(strings.Join(groups, " | "), "n", "")
	case f.Node != 0:
		return fmt.Sprintf("%s %d", f.Do, int(f.Node))
	}
	return f.Do
}

// Span is a time.Duration that is written as "1.5s".
type Span time.Duration

// Duration returns it as what it is.
func (s Span) Duration() time.Duration { return time.Duration(s) }

// MarshalText writes it as Go does.
func (s Span) MarshalText() ([]byte, error) { return []byte(time.Duration(s).String()), nil }

// UnmarshalText reads what time.ParseDuration reads.
func (s *Span) UnmarshalText(b []byte) error {
	d, err := time.ParseDuration(string(b))
	*s = Span(d)
	return err
}

// ErrScript is returned for a script that cannot be played.
var ErrScript = errors.New("unusable script")

// Parse reads a script in YAML, strictly: an unknown field is an error.
func Parse(text []byte) (Script, error) {
	var s Script
	if err := yaml.UnmarshalWithOptions(text, &s, yaml.Strict()); err != nil {
		return Script{}, fmt.Errorf("%w: %w", ErrScript, err)
	}
	return s, s.Validate()
}

// maxLength bounds one lane.
const maxLength = 10 * time.Minute

// Validate returns ErrScript with what is wrong.
func (s *Script) Validate() error {
	if s.Length <= 0 || s.Length.Duration() > maxLength {
		return fmt.Errorf("%w: length %v is not between 0 and %v", ErrScript, s.Length.Duration(), maxLength)
	}
	if err := s.Load.Validate(); err != nil {
		return fmt.Errorf("%w: %w", ErrScript, err)
	}
	if !slices.IsSortedFunc(s.Faults, func(a, b Fault) int { return cmp.Compare(a.At, b.At) }) {
		return fmt.Errorf("%w: the faults are not in the order of their times", ErrScript)
	}
	for _, f := range s.Faults {
		if err := f.validate(s.Length); err != nil {
			return fmt.Errorf("%w: %s: %w", ErrScript, f, err)
		}
	}
	return s.validateModes()
}

// validateModes replaces each mode's name by its usual form.
func (s *Script) validateModes() error {
	for i, name := range s.Modes {
		mode, err := modes.Parse(string(name))
		if err != nil {
			return fmt.Errorf("%w: %w", ErrScript, err)
		}
		if slices.Contains(s.Modes[:i], mode) {
			return fmt.Errorf("%w: %s is named twice", ErrScript, mode)
		}
		s.Modes[i] = mode
	}
	return nil
}

// Lanes are the modes to play.
func (s *Script) Lanes() []cluster.Mode {
	if len(s.Modes) > 0 {
		return s.Modes
	}
	return modes.Compared()
}

// Fits returns ErrScript where the script names a node beyond the first n.
func (s *Script) Fits(n int) error {
	for _, f := range s.Faults {
		for _, id := range append(slices.Concat(f.Groups...), f.Node) {
			if int(id) > n {
				return fmt.Errorf("%w: %s: %w: there are %d", ErrScript, f, cluster.ErrNoSuchNode, n)
			}
		}
	}
	return nil
}

func (f Fault) validate(length Span) error {
	if f.At < 0 || f.At > length {
		return fmt.Errorf("at %v is not within the script", f.At.Duration())
	}
	v, ok := f.verb()
	switch {
	case !ok:
		return fmt.Errorf("want %s or %s", strings.Join(playable[:len(playable)-1], ", "), playable[len(playable)-1])
	case slices.Contains(v.Needs, "node") && (f.Node < 1 || f.Node > cluster.MaxNodes):
		return cluster.ErrNoSuchNode
	case slices.Contains(v.Needs, "groups") && len(f.Groups) < 2:
		return errors.New("want two groups or more")
	}
	return nil
}

// Default is freeze one, thaw, split 2 | 3, heal, kill one, restart, in nine
// seconds, under 120 operations per second.
func Default() Script {
	at := func(seconds float64) Span { return Span(seconds * float64(time.Second)) }
	return Script{
		Length: at(9),
		Load:   workload.Load{Rate: 120, Clients: 64, Keys: 10, ReadRatio: 0.5},
		Faults: []Fault{
			{At: at(1), Do: verbs.Freeze, Node: 4},
			{At: at(2.5), Do: verbs.Thaw, Node: 4},
			{At: at(3.5), Do: verbs.Partition, Groups: [][]cluster.NodeID{{1, 2}, {3, 4, 5}}},
			{At: at(5.5), Do: verbs.Heal},
			{At: at(6.5), Do: verbs.Kill, Node: 3},
			{At: at(7.5), Do: verbs.Restart, Node: 3},
		},
	}
}
