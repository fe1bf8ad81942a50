// Package node is the loop that drives a [cluster.Machine]: one goroutine owns
// the machine and everything that it knows, and everybody else asks it.
//
// A turn of the loop drains what arrived, steps the machine through every
// input that is due, and then keeps the promise of package cluster for all of
// them together: persist the records of the whole turn in one write, tell the
// playground, send the messages, set the timers, answer the clients. A busy
// node so commits in groups without knowing it; an idle one takes one message
// at a time.
package node
