//go:build noraft

package consensus

import "capplayground/cluster"

// New is nil: this program was built without the engine. It describes the mode, and
// cannot make its machines.
var New func(cluster.Config) cluster.Machine
