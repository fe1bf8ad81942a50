//go:build noraft

package consensus

import "capplayground/cluster"

// New is nil, because this program was built without the engine. The program has the
// description of the mode, and cannot make its machines.
var New func(cluster.Config) cluster.Machine
