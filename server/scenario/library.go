package scenario

import (
	"fmt"
	"slices"
	"sync"

	"capplayground/cluster"
)

// Library is a Runner with the scenarios that it can play by name: first the built-in
// ones, then those of the user.
type Library struct {
	*Runner
	// all reads the scenarios of the program when it is first called. In a browser that takes
	// a third of a second, so the start of the simulated edition does not wait for it.
	all func() []*Scenario
}

// NewLibrary returns the scenarios of the program, then the given ones, for a
// Runner.
func NewLibrary(r *Runner, own []*Scenario) *Library {
	return &Library{Runner: r, all: sync.OnceValue(func() []*Scenario { return slices.Concat(Builtin(), own) })}
}

// Listed is one scenario of the list.
type Listed struct {
	Name    string         `json:"name"`
	Title   string         `json:"title"`
	Summary string         `json:"summary"`
	Mode    string         `json:"mode,omitempty"`
	Modes   []cluster.Mode `json:"modes,omitempty"` // of the lanes that it is played in
	Steps   int            `json:"steps"`
	Seconds float64        `json:"seconds"` // how long it takes on stage
}

// List returns the scenarios, in the order of a talk.
func (l *Library) List() any {
	all := l.all()
	list := make([]Listed, len(all))
	for i, s := range all {
		list[i] = Listed{s.Name, s.Title, s.Summary, string(s.Mode), s.Modes, len(s.Steps), s.Duration.Duration().Seconds()}
	}
	return struct {
		Scenarios []Listed `json:"scenarios"`
	}{list}
}

// Schema returns the JSON Schema of a scenario file.
func (l *Library) Schema() []byte { return Schema() }

// View returns the talk as the presenter sees it.
func (l *Library) View() any { return l.Runner.View() }

// Play begins the scenario of that name.
func (l *Library) Play(name string) error {
	all := l.all()
	i := slices.IndexFunc(all, func(s *Scenario) bool { return s.Name == name })
	if i < 0 {
		return fmt.Errorf("%w: no scenario %q (GET /api/scenarios lists them)", cluster.ErrNotFound, name)
	}
	return l.Start(all[i])
}

// PlayText begins the scenario that is written in a text.
func (l *Library) PlayText(text []byte) error {
	s, err := Parse("", text)
	if err != nil {
		return fmt.Errorf("%w: %w", cluster.ErrBadFault, err)
	}
	return l.Start(s)
}
