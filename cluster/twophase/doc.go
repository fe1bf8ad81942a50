// Package twophase keeps replicas by two-phase commit over all nodes: the CA
// of the theorem. It is consistent, and one silent node stops every write.
//
// # A write
//
// The node that the client called coordinates. It locks the key at itself and
// sends prepare to all others. Each logs what it was asked to do, locks the
// key, and votes yes with the version that it holds. Where the key is locked
// already it votes no at once: no participant waits for a lock, so there is no
// deadlock. Of two coordinators that duel, both may be refused.
//
//	n1->n2 prepare tx=7 city=London
//	n2->n1 yes tx=7
//	n1->n2 commit tx=7 city=London
//	n2->n1 ack tx=7
//
// When all have said yes, the coordinator logs its decision together with the
// new value, and only then sends commit and answers the client 201. The new
// version is the highest of the votes plus one. It sends commit again until
// all have acknowledged it, and then drops the decision from its log, with the
// next write to disk that it makes anyway. A vote against, or a vote missing
// after a second, ends the transaction: rollback goes to all who did not say no,
// the client gets 409 or 503, and nothing has happened or will.
//
// The coordinator's own lock is not logged before the decision: if it dies
// before, the transaction is aborted, whatever its own log held.
//
// # The next write
//
// A client that has its 201 may write again at once, at any node, while the
// commits of its first write are still on their way. It is not refused:
//
// A node that the client calls and that is locked by another coordinator's
// transaction asks that coordinator once how it ended, and begins the write when
// it hears commit or rollback. If the answer is that it has not ended, or no
// answer comes in time, the write is refused with 409. While it waits the write
// has locked nothing anywhere, so nothing can wait for it in turn.
//
// A prepare tells which transaction on that key the coordinator saw end last,
// and how. A participant that is locked by just that transaction ends it then
// and there, and votes. An ending is final and the same everywhere, so it does
// not matter from which node a participant learns it.
//
// # An operation id that comes again
//
// A write's operation id is its transaction's name. Every node takes part in
// every transaction and remembers how it ended, so every node knows the id, also
// after a restart. The same write under the same id gets the same answer, or
// waits for it: 201 with the same version where it was committed, 409 where it
// was aborted. Anything else under that id is refused with 409 and has no effect.
//
// # Presumed abort
//
// Rollbacks are neither acknowledged nor sent again. A coordinator that has no
// record of a transaction takes it as aborted, and says so to a node that votes
// for it or asks about it (Mohan, Lindsay and Obermarck 1986, section 3).
//
// Every node remembers, for the life of its database, how every transaction
// that it heard of ended. From that memory it answers a prepare or a commit
// that comes again or too late: it never locks twice and never applies twice.
// A rollback that overtakes its prepare, and a no vote, are remembered too.
//
// # In doubt
//
// A participant that has voted yes may no longer decide alone. If it hears
// nothing it asks the coordinator, and half a second later all the others
// (cooperative termination: Bernstein, Hadzilacos and Goodman 1987, section
// 7.4). A node that knows the outcome tells it. A node that has not voted writes
// down that it never will, and then answers rollback. A node that has voted yes
// and waits itself says that it does not know. If no node knows, the participant
// is in doubt: it stays locked, across restarts too, and keeps asking the
// coordinator and one of the others in turn. That blocking is what Gray and
// Lamport 2006, section 3, call the flaw of two-phase commit, and it is the point
// of this mode.
//
// # A read
//
// Reads are local. A read of a locked key waits until the lock is gone, and is
// answered in that same step, before anything else can lock the key. If that
// takes too long it gets 503. Between the decision and the last commit every
// node that has not applied the new value is locked, so no client can read the
// old one after a client has read or written the new one: one node's value
// is every node's value.
//
// # By hand
//
// A transaction proposed by hand locks one node alone. It has no coordinator
// to ask, and stays until it is committed or rolled back by hand. What is
// committed so is marked: it went past the protocol. Its name is the person's
// own, and never meets an operation id, in memory, on disk or in an answer.
//
// # On disk
//
//	k/KEY  a value: its text, version, and whether it was set by hand
//	p/TX   a transaction that this node has voted for and that has not ended
//	d/TX   a decision to commit that not all nodes have acknowledged
//	f/TX   how a transaction ended: "a" for abort, else the version that its key
//	       got and a sum of what was written
//	h/TX   a transaction that was proposed by hand and has not ended
//	e/TX   how one that was proposed by hand ended
//
// Sources: C. Mohan, B. Lindsay, R. Obermarck, Transaction Management in the
// R* Distributed Database Management System, ACM TODS 11(4), 1986. J. Gray, L.
// Lamport, Consensus on Transaction Commit, ACM TODS 31(1), 2006. P. Bernstein,
// V. Hadzilacos, N. Goodman, Concurrency Control and Recovery in Database
// Systems, 1987, chapter 7.
package twophase
