// Package modes is the table from a mode's name to its protocol. Whoever adds
// a protocol adds a line here, and nothing else.
package modes

import (
	"fmt"

	"capplayground/cluster"
	"capplayground/cluster/majority"
	"capplayground/cluster/sloppy"
	"capplayground/cluster/twophase"
)

// table has one line for each protocol.
var table = map[cluster.Mode]func(cluster.Config) cluster.Machine{
	cluster.CA: func(c cluster.Config) cluster.Machine { return twophase.New(c) },
	cluster.AP: func(c cluster.Config) cluster.Machine { return sloppy.New(c) },
	cluster.CP: func(c cluster.Config) cluster.Machine { return majority.New(c) },
}

// New makes one node's machine of a mode. It returns cluster.ErrUnknownMode
// for a mode without a protocol.
func New(mode cluster.Mode, cfg cluster.Config) (cluster.Machine, error) {
	if newMachine, ok := table[mode]; ok {
		return newMachine(cfg), nil
	}
	return nil, fmt.Errorf("%w: %q", cluster.ErrUnknownMode, mode)
}
