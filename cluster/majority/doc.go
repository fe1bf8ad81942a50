// Package majority is CP: every key is an atomic register that a majority of
// the nodes keeps, after Attiya, Bar-Noy and Dolev, "Sharing Memory Robustly
// in Message-Passing Systems" (JACM 1995), with many writers as in Lynch and
// Shvartsman, "Robust Emulation of Shared Memory Using Dynamic Quorum
// Acknowledged Broadcasts" (FTCS 1997).
//
// # Message flow
//
// The node that the client calls coordinates. It is a replica like all others
// and counts itself. Each operation has up to two phases:
//
//	write   query ->  <- answer    the highest tag that a majority knows
//	        store ->  <- stored    the value, under a higher tag
//	read    query ->  <- answer    the highest tag and its value
//	        write-back -> <- stored   both, where the answers differed
//
// A tag is (counter, node, boot, operation), ordered in that order. A writer
// takes the highest counter that a majority answered, plus one. Its node id tells
// it from writers elsewhere, its operation id from other writes that go through
// the same node at the same time, and the boot from writes that the node forgot
// in a crash. So no two writes share a tag, and a replica that keeps the value of
// the highest tag it was ever given is right to do so, whatever comes late, twice
// or never.
//
// Any two majorities share a node. So a query finds every write that ended
// before it began, and a read that began after another finds at least what
// that one returned: that is what the write-back is for. Where the answering
// majority already agreed there is nothing to write back.
//
// # Failures
//
// A query phase that finds no majority within QueryTimeout, or by the time its
// caller has given up, ends in [cluster.ErrUnavailable]: nothing was stored
// anywhere and never will be. A store phase that finds none by then ends in
// [cluster.ErrUnknown]: some node holds the value, its coordinator at the
// least, and a later read may bring it back. Reads change nothing that was not
// written before, so they never end in ErrUnknown. Nothing is sent twice: the
// client decides whether to try again.
//
// A node makes durable what it stores before it says so, which the driver
// promises of every Output. Queries name the boot of their coordinator and a
// count, so that an answer to a query of before a crash, or of another try
// under the same operation id, is not mistaken for a fresh one. A thawed node
// serves nothing stale, since it never answers alone.
//
// # An operation id that comes again
//
// A replica remembers the newest writes that it took, by operation id, also
// across a restart (package idempotency). It says so when it is asked for its
// tag. A write that ended is known to a majority, so any later query finds it:
// the same write gets the same answer, at every node, and is not done again.
// Another operation under that id is refused with [cluster.ErrRefused] and has no
// effect. A write whose first try ended in ErrUnknown keeps its first tag where a
// replica of the query's majority knows it. Only where the first try reached none
// of them, and some other replica, does the write get a second tag; then its
// value may be seen twice, and the client's operation lasts from its first call.
// Reads leave no trace: a read that is brought again at another node is another
// read.
package majority
