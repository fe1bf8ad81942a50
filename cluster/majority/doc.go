// Package majority is the mode CP: every key is an atomic register that a majority of the
// nodes stores. The protocol is that of Attiya, Bar-Noy and Dolev, "Sharing Memory
// Robustly in Message-Passing Systems" (JACM 1995), with many writers as in Lynch and
// Shvartsman, "Robust Emulation of Shared Memory Using Dynamic Quorum Acknowledged
// Broadcasts" (FTCS 1997).
//
// # Message flow
//
// The node that the client calls coordinates. It is a replica like all others and counts
// itself. Each operation has up to two phases:
//
//	write   query ->  <- answer    the highest tag that a majority knows
//	        store ->  <- stored    the value, under a higher tag
//	read    query ->  <- answer    the highest tag and its value
//	        write-back -> <- stored   both, if the answers differed
//
// A tag is (counter, node, boot, operation), compared in that order. A writer takes the
// highest counter that a majority answered, plus one. Two writes with the same counter
// still differ in their tags: writes of different coordinators have different node ids.
// Writes of one coordinator at the same time have different operation ids. A write after
// a crash of its coordinator has another boot than a write that the crash erased. So no
// two writes share a tag. A replica keeps the value with the highest tag that it ever
// received. This is correct even if messages come late, twice or never.
//
// Any two majorities share a node. So a query finds every write that ended before the
// query began. A read that begins after another read has ended finds at least the version
// that the earlier read returned. This is why a read writes back. If the answers of the
// majority are equal, there is nothing to write back.
//
// # Failures
//
// A query phase ends in [cluster.ErrUnavailable] if no majority answers within
// QueryTimeout, or before the deadline of the request. Then nothing was stored at any
// node, and nothing will be. A store phase that gets no majority before the deadline ends
// in [cluster.ErrUnknown]: at least the coordinator holds the value, and a later read may
// return it. A read stores only values that were written before, so it never ends in
// ErrUnknown. No message is sent twice: the client decides whether to try again.
//
// A node stores a value durably before it acknowledges it: the driver guarantees this for
// every Output. A query carries the boot of its coordinator and a count. So an answer to
// a query from before a crash, or from an earlier try under the same operation id, is not
// taken for an answer to the present query. A thawed node never returns an old value,
// because no node answers a client alone.
//
// # An operation id that comes again
//
// A replica remembers the newest writes that it has taken, by operation id, also across a
// restart (package idempotency). Its answer to a query includes such a write. A write
// that has ended is known to a majority, so every later query finds it. The same write
// gets the same answer at every node, and is not done again. Another operation under that
// id is refused with [cluster.ErrRefused] and has no effect.
//
// If the first try of a write ended in ErrUnknown, the write keeps its first tag if a
// replica of the query's majority knows it. If the first try reached only replicas
// outside that majority, the write gets a second tag. Then clients may see its value
// twice, and the client's operation lasts from its first call. Replicas do not remember
// reads: a read that a client sends again to another node is another read.
package majority
