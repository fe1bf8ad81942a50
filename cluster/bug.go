package cluster

import (
	"fmt"
	"maps"
	"slices"
)

// Bugs are the known mistakes of one protocol, by name. Tests plant them, to
// show that a script and a random run would catch them.
//
// A bug stands beside the protocol and not in it: it is a function that takes
// the place of the machine's Step. It may change the input, the machine or the
// output, and calls the real Step in between. So the protocol's own code does
// not know that bugs exist, and each bug can be read in one piece.
type Bugs[M Machine] map[string]func(M, Input) Output

// Names returns the names of the bugs, ascending.
func (b Bugs[M]) Names() []string { return slices.Sorted(maps.Keys(b)) }

// Plant returns m with the bug of that name, or m itself for "". It panics if no bug has
// that name, because a test without its bug would show nothing.
func (b Bugs[M]) Plant(m M, name string) Machine {
	if name == "" {
		return m
	}
	step, ok := b[name]
	if !ok {
		panic(fmt.Sprintf("no bug %q, want one of %q", name, b.Names()))
	}
	return planted[M]{m, step}
}

// planted is a machine with a bug.
type planted[M Machine] struct {
	machine M
	step    func(M, Input) Output
}

func (p planted[M]) Step(in Input) Output { return p.step(p.machine, in) }

// Inside implements Wrapper.
func (p planted[M]) Inside() Machine { return p.machine }

func (p planted[M]) Snapshot() Snapshot { return p.machine.Snapshot() }
