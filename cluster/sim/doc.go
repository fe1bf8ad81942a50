// Package sim simulates a whole cluster in one goroutine, in virtual time, from one
// seed. It runs the machines of any mode, each in a real driver (package driver). The
// faults of a run are lost, doubled, reordered and late messages, partitions, crashes
// that lose records that were not durable, freezes, wrong clocks, and timers that fire
// before their time. At the end it checks the results that the clients saw. The same
// seed gives the same run, line by line.
//
// The idea comes from FoundationDB's simulation (Zhou et al., SIGMOD 2021, section 4): if
// a protocol is a pure function of its inputs, a minute of simulation tests it with more
// faults than a year of a real cluster. The seed decides which faults a run has, and how
// severe they are ("swarm testing", Groce et al., ISSTA 2012): a run with all faults at
// once hides mistakes that a single fault would show.
//
// # Crashes
//
// As in a real node, the driver decides when messages and replies may leave. It takes
// some time to make records durable, and the node takes further inputs during that time.
// The records of those inputs are then made durable together, in one transaction. A
// crash loses the records that were not durable, and the messages and replies that
// waited for them. A transaction that is being written at the crash may or may not have
// reached the disk. If it has, some of the messages and replies that waited for it may
// have left.
//
// # How runs are judged
//
// Every value is written by one write only. An operation with an unknown outcome may take
// effect at any later time, or never. If a mode promises linearizability, Porcupine
// checks it for each key. No transaction may be committed at one node and aborted at
// another. Every lock must be released after the faults have ended. Modes that keep each
// key at its homes have their own checks. In all modes a running node answers each
// operation once and within its time, and its machine keeps the contract of
// [cluster.Machine].
package sim
