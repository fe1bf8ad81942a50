// Package node is a real node: a [cluster.Machine] with its driver (package
// driver), a goroutine, a disk, streams to its peers and a link to the
// playground. One goroutine, the loop, owns the machine and its driver. Everything
// else reaches them through the loop's mailbox.
//
// A turn of the loop takes in all mail, gives the machine every input that is due,
// and then does what the driver's batches say. The records of all inputs of a turn
// are made durable in one write: a busy node commits in groups, and an idle one
// takes one message at a time.
//
// A loop that stood still (SIGSTOP, a suspended machine) first asks the playground
// for the present settings: see standstill.go.
package node
