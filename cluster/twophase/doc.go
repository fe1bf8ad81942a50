// Package twophase keeps replicas by two-phase commit over all nodes: the CA of the
// theorem. It is consistent, but one silent node stops every write.
//
// # A write
//
// The node that the client called coordinates. It locks the key at itself and sends
// prepare to all others. Each participant logs the request, locks the key, and votes yes
// with the version that it holds. If the key is locked already, it votes no at once: no
// participant waits for a lock, so there is no deadlock. If two coordinators write the
// same key at the same time, both may be refused.
//
//	n1->n2 prepare tx=7 city=London
//	n2->n1 yes tx=7
//	n1->n2 commit tx=7 city=London
//	n2->n1 ack tx=7
//
// When all nodes have voted yes, the coordinator logs its decision together with the new
// value. Only then it sends commit and answers the client 201. The new version is the
// highest version in the votes plus one. The coordinator sends commit again until all
// nodes have acknowledged it. Then it removes the decision from its log, together with
// its next write to disk. If a node votes no, or a vote is missing after a second, the
// transaction is aborted: rollback goes to all nodes that did not vote no, the client
// gets 409 or 503, and the write has no effect, now or later.
//
// The coordinator does not log its own lock before the decision: if it dies before the
// decision, the transaction is aborted in any case.
//
// # The next write
//
// A client that has got its 201 may write again at once, at any node, while the commits
// of its first write are still under way. That write is not refused, for two reasons:
//
// The first reason: if the client calls a node where another coordinator's transaction
// has locked the key, the node asks that coordinator once how the transaction ended. It
// begins the write when it receives commit or rollback. If the transaction has not ended,
// or no answer comes in time, the write is refused with 409. A waiting write has locked
// nothing at any node, so no transaction waits for it.
//
// The second reason: a prepare names the transaction on that key that ended last at the
// coordinator, and its outcome. If a participant is locked by that transaction, it ends
// the transaction at once, and then votes. An outcome is final and the same at all nodes,
// so a participant may learn it from any node.
//
// # An operation id that comes again
//
// A write's operation id is the name of its transaction. Every node takes part in every
// transaction and remembers its outcome, also after a restart. So every node knows the
// id. The same write under the same id gets the same answer, or waits for it: 201 with
// the same version if it was committed, 409 if it was aborted. Another operation under
// that id is refused with 409 and has no effect.
//
// # Presumed abort
//
// Rollbacks are neither acknowledged nor sent again. If a coordinator has no record of a
// transaction, the transaction is aborted. The coordinator answers rollback to a node
// that votes for it or asks about it (Mohan, Lindsay and Obermarck 1986, section 3).
//
// Every node remembers the outcome of every transaction that it knows, as long as its
// database exists. From that memory it answers a prepare or a commit that comes again or
// too late. So it never locks twice and never applies twice. It also remembers a rollback
// that arrives before its prepare, and its own no votes.
//
// # In doubt
//
// A participant that has voted yes may not decide alone. If it receives no outcome, it
// asks the coordinator, and half a second later all other nodes (cooperative termination:
// Bernstein, Hadzilacos and Goodman 1987, section 7.4). A node that knows the outcome
// sends it. A node that has not voted first records that it will not vote yes, and then
// answers rollback. A node that has voted yes and does not know the outcome answers that
// it does not know. If no node knows, the participant is in doubt: its key stays locked,
// across restarts too. It keeps asking the coordinator, and one of the other nodes in
// turn. Gray and Lamport 2006, section 3, call this blocking the flaw of two-phase
// commit. This mode exists to show it.
//
// # A read
//
// Reads are local. A read of a locked key waits for the unlock, and is answered in the
// Step that unlocks the key, before another transaction can lock it. If that takes too
// long, the read gets 503. Between the decision and the last commit, the key is locked at
// every node that has not applied the new value. So no client can read the old value
// after a client has read or written the new one.
//
// # By hand
//
// A transaction proposed by hand locks a key at one node only. It has no coordinator to
// ask. It stays until a user commits it or rolls it back by hand. A value that was
// committed by hand is marked, because it did not go through the protocol. The user
// chooses the name of the transaction, which may equal an operation id. So it is kept
// apart from operation ids in memory, on disk and in answers.
//
// # On disk
//
//	k/KEY  a value: its text, version, and whether it was set by hand
//	f/TX   a transaction: as long as it has not ended, the request that this node has
//	       voted for; then how it ended: "a" for abort, else the version that its key
//	       got and a sum of the write
//	d/TX   a decision to commit that not all nodes have acknowledged
//	h/TX   a transaction that was proposed by hand and has not ended
//	e/TX   how a transaction that was proposed by hand ended
//
// Sources: C. Mohan, B. Lindsay, R. Obermarck, Transaction Management in the
// R* Distributed Database Management System, ACM TODS 11(4), 1986. J. Gray, L.
// Lamport, Consensus on Transaction Commit, ACM TODS 31(1), 2006. P. Bernstein,
// V. Hadzilacos, N. Goodman, Concurrency Control and Recovery in Database
// Systems, 1987, chapter 7.
package twophase
