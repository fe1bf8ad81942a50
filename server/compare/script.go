package compare

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"capplayground/cluster"
	"capplayground/cluster/modes"
	"capplayground/server/scenario/strict"
	"capplayground/server/verbs"
	"capplayground/server/workload"
)

// Script is the faults that the cluster suffers in one lane, and its load.
type Script struct {
	Length strict.Span   `json:"length"` // of one lane
	Load   workload.Load `json:"load"`
	Faults []Fault       `json:"faults"` // by At
	// Modes are the lanes, in this order; without any, modes.Compared.
	Modes []cluster.Mode `json:"modes,omitempty"`
}

// Fault is a verb that is carried out at a time of the script.
type Fault struct {
	At     strict.Span        `json:"at"`
	Do     string             `json:"do"`               // a verb
	Node   cluster.NodeID     `json:"node,omitempty"`   // of all but partition and heal
	Groups [][]cluster.NodeID `json:"groups,omitempty"` // of partition
}

// playable are the verbs that a Fault may have.
var playable = []string{
	verbs.Freeze, verbs.Thaw, verbs.Kill, verbs.Restart, verbs.Isolate, verbs.Rejoin, verbs.Partition, verbs.Heal,
}

// verb returns the line of the fault's verb in the table of verbs. It returns
// false for a verb that no script may have.
func (f Fault) verb() (verbs.Verb, bool) {
	v, ok := verbs.Of(f.Do)
	return v, ok && slices.Contains(playable, v.Name)
}

// Lasts returns whether the fault lasts until a later fault of the script ends
// it.
func (f Fault) Lasts() bool {
	v, _ := f.verb()
	return v.EndedBy != ""
}

// Ends returns whether f ends the earlier fault before. A fault is ended by the
// verb that its line in the table of verbs names, for the same node. A heal ends
// every fault but a kill. A partition ends the partition before it.
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

// String returns the fault as the page writes it: "freeze 4", "partition 1 2 | 3 4 5".
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

// ErrScript is returned for a script that cannot be played.
var ErrScript = errors.New("unusable script")

// maxFaults bounds the faults of one script.
const maxFaults = 1000

// shape is what a script may hold. It is read by the parser of scenarios, so
// that an error names its line and column.
var shape = strict.Object(
	strict.Field{Name: "length", Of: strict.Duration(), Required: true},
	strict.Field{Name: "load", Of: strict.Object(
		strict.Field{Name: "rate", Of: strict.Number(0, 5000)},
		strict.Field{Name: "clients", Of: strict.Integer(0, 64)},
		strict.Field{Name: "keys", Of: strict.Integer(0, 1000)},
		strict.Field{Name: "read_ratio", Of: strict.Number(0, 1)},
		strict.Field{Name: "seed", Of: strict.Integer(0, workload.MaxSeed)},
	)},
	strict.Field{Name: "faults", Of: strict.List(strict.Object(
		strict.Field{Name: "at", Of: strict.Duration(), Required: true},
		strict.Field{Name: "do", Of: strict.Word(playableNames()...), Required: true},
		strict.Field{Name: "node", Of: strict.Integer(1, cluster.MaxNodes)},
		strict.Field{Name: "groups", Of: strict.List(strict.List(strict.Integer(1, cluster.MaxNodes), 1, cluster.MaxNodes), 2, cluster.MaxNodes)},
	), 0, maxFaults)},
	strict.Field{Name: "modes", Of: strict.List(strict.Text(16), 0, 16)},
)

// playableNames are the words that a script may write after "do".
func playableNames() (names []string) {
	for _, name := range playable {
		names = append(names, name)
		if v, _ := verbs.Of(name); v.Also != "" {
			names = append(names, v.Also)
		}
	}
	return names
}

// Parse reads a script in YAML. The name of the file stands in the errors, which
// wrap ErrScript and have a line and a column for each fault.
func Parse(name string, text []byte) (Script, error) {
	var s Script
	doc, err := strict.Parse(name, text, shape)
	if err == nil {
		err = doc.Decode(&s)
	}
	if err != nil {
		return Script{}, fmt.Errorf("%w: %w", ErrScript, err)
	}
	return s, s.Validate()
}

// maxLength bounds one lane.
const maxLength = 10 * time.Minute

// Validate returns an error that wraps ErrScript if the script cannot be played. It
// fills the load's fields that are 0 with their defaults.
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

// validateModes replaces each name of a mode by the name in its descriptor. Names
// in lower case and second names are allowed.
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

// Lanes returns the modes to play, in their order.
func (s *Script) Lanes() []cluster.Mode {
	if len(s.Modes) > 0 {
		return s.Modes
	}
	return modes.Compared()
}

// Fits returns an error that wraps ErrScript if the script names a node that a cluster
// of n nodes does not have.
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

func (f Fault) validate(length strict.Span) error {
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

// Default returns the script that is played without another: freeze a node, thaw
// it, split 2 | 3, heal, kill a node, restart it. A lane takes 9 s, under 120
// operations per second.
func Default() Script {
	at := func(seconds float64) strict.Span { return strict.Span(seconds * float64(time.Second)) }
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
