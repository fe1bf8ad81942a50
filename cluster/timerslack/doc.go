// Package timerslack sets by how much the kernel may delay the sleeps of a thread
// (prctl(2), PR_SET_TIMERSLACK).
//
// A thread of the Go runtime (sysmon) looks at the other threads every 20 µs while
// goroutines run. In a process that wakes up for each message this is a fifth to a
// third of all its work. If it also finds a thread in a system call, such as a synced
// write, it gives the processor of that thread to another one, and both threads must be
// woken up. With slack it sleeps longer.
package timerslack

import "time"

const (
	// Node is the slack of a node. No timer of a node is shorter than 50 ms, and its
	// synced writes take less than this slack.
	Node = 5 * time.Millisecond
	// Playground is the slack of the playground, whose readers of events sleep 4 ms.
	Playground = time.Millisecond
)
