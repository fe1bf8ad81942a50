// Package simulated is a cluster of nodes in one process, in virtual time. It is the
// cluster of the simulated edition. Its nodes are drivers (package driver), as real
// nodes are, with a disk in memory and a network of this package.
//
// A [Cluster] is a pure state machine: it has no goroutine, clock, random source,
// socket or disk of its own. The caller passes the time and the actions. The same
// [Config] and the same actions at the same times give the same events, in every
// program and on every system.
//
// # Time
//
// Wall time is in microseconds since the Unix epoch. The pace maps it to virtual time
// (cluster.Pace). Timers and the messages of slow links are due in virtual time. The
// way of a message from node to node and a synced write to a disk take wall time, as in
// a real cluster.
//
// # Faults
//
// The settings of links and the rules are those of real nodes: the driver applies them.
// A killed node loses its memory and its inbox, and keeps its disk. A write to the disk
// that was under way may be on the disk or not. A frozen node does nothing, and finds
// the messages that arrived when it is thawed. It is not a process that a signal has
// stopped.
package simulated
