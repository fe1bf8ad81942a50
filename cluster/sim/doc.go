// Package sim runs a whole cluster in one goroutine, without real time, from
// one seed: the machines of any mode under message loss, duplication,
// reordering and delay, partitions, crashes that lose what was not persisted,
// freezes with late delivery, clocks that are wrong, and timers that somebody
// fires by hand before their time. It then judges what the clients saw. The same seed gives the same run, line by line.
//
// The idea is that of FoundationDB's simulation (Zhou et al., SIGMOD 2021,
// section 4): a protocol that is a pure function of its inputs can be shown
// more bad days in a minute than a cluster meets in a year. Which faults a run
// has, and how hard, is drawn per seed ("swarm testing", Groce et al., ISSTA
// 2012): a run with all of them at once hides what one alone would show.
//
// # What is kept, as in the loop of cluster/node
//
// No message, reply or timer of an Output leaves before its records and those
// of all earlier Outputs are durable. Steps go on meanwhile; what piles up is
// synced together, as one transaction. A crash loses what was not synced, and
// with it everything that waited; a transaction under way at that moment may
// or may not have reached the disk, and some of its messages the network.
//
// # How runs are judged
//
// Every value is written once. An operation whose outcome its client never
// learnt may take effect at any later time, or never. CA, CP and RAFT must be
// linearizable, key by key, which Porcupine decides. In CA nothing may be
// committed here and aborted there, and no lock may outlive the faults. AP has
// checks of its own. In all modes a node that runs answers within the
// operation's time, once, and by the contract of [cluster.Machine].
package sim
