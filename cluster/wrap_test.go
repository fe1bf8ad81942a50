package cluster

import "testing"

// marked is a machine with a method that machines need not have.
type marked struct{ Machine }

func (marked) Mark() string { return "here" }

func TestAsLooksInsideWrappers(t *testing.T) {
	t.Parallel()
	type marker interface{ Mark() string }
	bugs := Bugs[Machine]{"none": func(m Machine, in Input) Output { return m.Step(in) }}
	m := bugs.Plant(bugs.Plant(marked{}, "none"), "none")
	if found, ok := As[marker](m); !ok || found.Mark() != "here" {
		t.Errorf("As found %v, %v", found, ok)
	}
	if found, ok := As[interface{ Absent() }](m); ok {
		t.Errorf("As found %v", found)
	}
}
