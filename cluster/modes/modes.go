// Package modes is the table of all modes. A new protocol adds one line to the table, and
// no other Go code outside its own package. Other code looks up a mode here and asks its
// descriptor for its properties.
package modes

import (
	"fmt"
	"slices"
	"strings"

	"capplayground/cluster"
	"capplayground/cluster/consensus"
	"capplayground/cluster/majority"
	"capplayground/cluster/sloppy"
	"capplayground/cluster/twophase"
)

// table has one line for each protocol. Its order is the order in which the
// page, the help texts and a comparison show the modes.
var table = []cluster.Descriptor{
	twophase.Mode(),
	sloppy.Mode(),
	majority.Mode(),
	consensus.Mode(),
}

// All returns the descriptors of all modes, in their order.
func All() []cluster.Descriptor { return slices.Clone(table) }

// Names returns the names of all modes, in their order.
func Names() []cluster.Mode {
	names := make([]cluster.Mode, len(table))
	for i, d := range table {
		names[i] = d.Name
	}
	return names
}

// Compared returns the names of the modes that a comparison plays if the user names none.
func Compared() []cluster.Mode {
	return namesWhere(func(d cluster.Descriptor) bool { return !d.Beside })
}

// Default is the mode of a playground if the user names none: the first of the table.
func Default() cluster.Mode { return table[0].Name }

// Of returns the descriptor of a mode. If the mode is not in the table, it returns the
// zero Descriptor, which promises nothing.
func Of(mode cluster.Mode) cluster.Descriptor {
	for _, d := range table {
		if d.Name == mode {
			return d
		}
	}
	return cluster.Descriptor{}
}

// Having returns the names of the modes whose nodes carry out requests of that
// kind.
func Having(kind cluster.RequestKind) []cluster.Mode {
	return namesWhere(func(d cluster.Descriptor) bool { return d.Has(kind) })
}

// Calls returns the calls of a node's REST API that only some modes have, each once.
func Calls() []cluster.Call {
	var calls []cluster.Call
	for _, d := range table {
		for _, c := range d.Calls {
			if !slices.ContainsFunc(calls, func(have cluster.Call) bool { return have.Kind == c.Kind }) {
				calls = append(calls, c)
			}
		}
	}
	return calls
}

// Where returns, for an error text, the names of the modes for which has is true, for
// example "AP" or "CA or CP".
func Where(has func(cluster.Descriptor) bool) string { return Words(namesWhere(has)) }

// Choice lists all modes for an error or a help text: "CA, AP or CP".
func Choice() string { return Words(Names()) }

// Words joins names for a text: "CA, AP or CP".
func Words(names []cluster.Mode) string {
	var b strings.Builder
	for i, name := range names {
		switch {
		case i > 0 && i == len(names)-1:
			b.WriteString(" or ")
		case i > 0:
			b.WriteString(", ")
		}
		b.WriteString(string(name))
	}
	return b.String()
}

// Parse reads a mode's name or alias, in upper or lower case. It returns
// cluster.ErrUnknownMode for any other text.
func Parse(s string) (cluster.Mode, error) {
	name := cluster.Mode(strings.ToUpper(strings.TrimSpace(s)))
	for _, d := range table {
		if d.Name == name || slices.Contains(d.Aliases, name) {
			return d.Name, nil
		}
	}
	return "", fmt.Errorf("%w: %q (want %s)", cluster.ErrUnknownMode, s, Choice())
}

// New makes one node's machine of a mode. It returns cluster.ErrUnknownMode if the mode
// has no protocol.
func New(mode cluster.Mode, cfg cluster.Config) (cluster.Machine, error) {
	if d := Of(mode); d.New != nil {
		return d.New(cfg), nil
	}
	return nil, fmt.Errorf("%w: %q", cluster.ErrUnknownMode, mode)
}

func namesWhere(has func(cluster.Descriptor) bool) []cluster.Mode {
	var names []cluster.Mode
	for _, d := range table {
		if has(d) {
			names = append(names, d.Name)
		}
	}
	return names
}
