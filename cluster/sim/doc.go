// Package sim runs a whole cluster in one goroutine, without real time, from one
// seed. It runs the machines of any mode, each in a real driver (package driver),
// under lost, doubled, reordered and late messages, partitions, crashes that lose
// what was not durable, freezes, wrong clocks, and timers that fire before their
// time. It then judges what the clients saw. The same seed gives the same run,
// line by line.
//
// The idea is that of FoundationDB's simulation (Zhou et al., SIGMOD 2021, section
// 4): a protocol that is a pure function of its inputs meets more faults in a
// minute of simulation than a cluster in a year. Each seed draws which faults its
// run has, and how hard they are ("swarm testing", Groce et al., ISSTA 2012): a
// run with all faults at once hides what a single fault would show.
//
// # Crashes
//
// The driver decides what may leave when, as in a real node. Making records
// durable takes a while, in which inputs go on; the records of those inputs are
// then made durable together, in one transaction. A crash loses what was not
// durable, and everything that waited for it. A transaction that is under way at
// that moment may or may not have reached the disk; if it has, some of what it
// allowed may have left.
//
// # How runs are judged
//
// Every value is written once. An operation whose outcome its client does not
// know may take effect at any later time, or never. Modes that promise it must be
// linearizable, key by key, which Porcupine decides. No transaction may be
// committed at one node and aborted at another, and every lock must end once the
// faults have ended. Modes that keep keys at homes have checks of their own. In all modes a node that runs
// answers each operation once and within its time, and its machine keeps the
// contract of [cluster.Machine].
package sim
