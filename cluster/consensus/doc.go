// Package consensus is RAFT: one log of all writes, which a leader copies to
// the other nodes, after Ongaro, "Consensus: Bridging Theory and Practice"
// (dissertation, Stanford 2014). The section numbers in this package are those
// of the dissertation. The engine is go.etcd.io/raft/v3, the one inside etcd.
// This package gives it records, messages and time, and keeps the operations
// of the clients.
//
// # Message flow
//
// A node that heard no leader for one to two election times (section 3.4) asks
// first whether it would win, and asks for votes only then (section 9.6):
//
//	request-prevote ->  <- prevote    no term changes, no vote is spent
//	request-vote    ->  <- vote       in the next term; a majority makes a leader
//
// The leader appends each write to its log and sends it to all. An entry that a
// majority has is committed. Every node applies the committed entries in the
// order of the log (section 3.5):
//
//	append          ->  <- appended   entries, and how far the log is committed
//	heartbeat       ->  <- heard      every 300 ms: the leader is alive
//	snapshot        ->  <- received   for a node whose next entry the leader's log has no longer (section 5):
//	snapshot        ->  <- appended   one part after the other
//
// A write at a follower is forwarded to the leader with its operation id and
// its deadline. The node that the client called answers when it applies the
// entry:
//
//	forward         ->                then append and appended, as above
//
// A read at any node asks the leader for its commit index. The leader confirms
// by a round of heartbeats that it still leads. The node that the client called
// answers when it has applied that index (section 6.4):
//
//	read-index      ->                to the leader
//	heartbeat       ->  <- heard      "confirm"
//	                    <- read-state the index
//
// # Once, and for certain
//
// A client's write may be given to several leaders: a leader dies, a message is
// lost, and the node that was called gives the write to the next leader. Each
// entry carries its operation id, and an id that was applied is not applied
// again. The ids are part of the state that snapshots hold. An entry that was
// proposed past its deadline applies as nothing.
//
// A write that never left the node that was called ends in
// [cluster.ErrUnavailable]: it has not happened and never will. One that was
// given to a leader and is not applied in time ends in [cluster.ErrUnknown].
// Reads never end in ErrUnknown.
//
// # Clocks that stop
//
// A frozen leader does not know that it slept. So no answer rests on a lease: a
// read waits for a majority of this term, each try with a context id of its
// own. Pre-vote and the check of the quorum are both on: a leader that does not
// hear a majority for an election time gives up, and a node that was cut off
// does not raise the term of the others.
//
// # What is durable
//
// Each Step drains the engine: records of term and vote, of entries and of
// parts of snapshots come before the messages that promise them, as every Output has it.
// A leader alone sends new entries ahead of its own records (section 10.2.1).
// The commit index needs no record of its own. The state has a record for each
// key. Each 1000 entries, the keys that they wrote are recorded, so that the
// entries may leave the log. After kill -9 a node starts from this state and its
// log, and hears from the leader how far it is committed.
//
// # Without the engine
//
// With the build tag noraft the package has only the description of the mode: New is nil.
// The simulated edition is built so, because the engine is a fifth of its size.
package consensus
