// Package sloppy is the AP mode: sloppy quorums, after Dynamo. It keeps
// answering as long as any node can, and pays with stale reads and with
// conflicting writes, which it keeps side by side as siblings.
//
// # Where a key lives
//
// A walk around a hash ring orders all nodes for a key: its preference list.
// The first N are its homes. N, R and W are the called node's at the moment
// of the call and travel with the operation.
//
// # One operation
//
//	client        called node             coordinator            homes
//	  | write         |                        |                     |
//	  |-------------->| forward                |                     |
//	  |               |----------------------->|                     |
//	  |               |                  taken | store               |
//	  |               |<-----------------------|-------------------->|
//	  |               |                        |              stored |
//	  |               |                 result |<--------------------|
//	  |          201  |<-----------------------| at W                |
//	  |<--------------|                        |                     |
//
// The called node stamps the operation: its id, the wall time, the deadline,
// the sizes and, for a write, a dot. It hands it to the first unsuspected node
// of the walk, itself included, which answers "taken" at once and coordinates.
// No "taken" within 300 ms: it suspects that node for 5 s, and tries the next.
//
// A write gets its name where it was called, not where it is coordinated. So
// an operation that two nodes coordinate, because a "taken" came late, counts
// once, and is not applied again where it was superseded.
//
// Write. The coordinator supersedes what it held when the write was called, or
// exactly what If-Match names, and sends its whole set of siblings to the homes ("store"). For a
// home that is suspected, or silent for 300 ms, the next node on the walk
// keeps the set with a hint. Such answers count towards W. The client is
// answered at W; the remaining homes are still looked after. The holder of a
// hint hands it over ("handover", "handed") when the home is heard of again,
// and tries every second meanwhile; it forgets the hint once the home has
// acknowledged just that set.
//
// Read. The coordinator asks the first N nodes of the walk that it does not
// suspect ("read", "value"), and one more for each that is silent for 300 ms.
// It answers at R with the siblings merged. Once all have answered, or the
// wait has ended, it sends the merged set to each home whose answer was stale
// ("repair").
//
// Anti-entropy. A node sends a peer a hash of the keys that both are homes of
// ("digest"). If the peer's differs it answers with one hash per key ("hashes"),
// and the two exchange the keys that differ ("sync"). Every 10 s the next peer has
// its turn. All have theirs within two seconds after a node started, and when a
// peer is heard again that was silent for a second or longer: then any two nodes
// may differ, since a coordinator may have stopped between two stores. A silent
// peer gets a digest every second, so that the exchange begins when it is back.
//
// # An operation id that comes again
//
// A coordinator remembers the newest writes that it coordinated, by operation id,
// also across a restart (package idempotency), and it finds the id in the live
// versions that it holds. The same write keeps its dot and its version: it is
// stored again where it is missing, and all called nodes are told the answer.
// Another operation under the id is refused and has no effect. Where another node
// coordinates the second try, as when the first one is away, and does not hold the
// version any more, the write is done again. That is the price of being available.
//
// # Is there an overlap?
//
// The progress of a read and of a write lists the homes of the key, the nodes that
// answered, and as "hinted" those of them that are not homes. R + W > N promises
// that a read finds the newest write only where all answers came from homes.
//
// # Versions
//
// A dot names one write for ever: the called node, its database and the count
// of that database's starts, and the count of writes to this key since. The
// count of starts is durable before the first dot of a start is used, and a
// wiped node has another database: no dot is used twice. To that the
// coordinator adds itself, since two of them may have written different
// things over.
//
// A node holds per key a set: the live versions, each with its dot, and the
// exact set of all dots that it ever knew of, live or superseded. Merging two
// sets keeps a version if both hold it, or if one holds it and the other never
// knew of it. So messages may be lost, doubled and reordered. These are dotted
// version vectors in their form for sets (Preguiça et al. 2010 and 2012;
// Almeida et al. 2014, "Scalable and accurate causality tracking for
// eventually consistent stores"), with one difference: what is known is an
// exact set of dots, as intervals, where the papers keep one number per
// server. A number would claim too much when a fallback coordinates, or when
// If-Match names some siblings and not others.
//
// A write that was coordinated twice may have two dots in a set. Clients are
// shown one version of it, and none where it is superseded under either dot.
// (Two writes that were both coordinated twice can each supersede the other.
// Then the newest is shown.)
//
// The text of a version is the live dots, then "~", then what they supersede:
// "n1.d1.1:3~n1.d1.1:1-2+n4.d4.1:1". If-Match takes it back, and is believed.
//
// A planted value (OpPlant) is outside of all that: it replaces this node's
// set, has no dot, and only readers get it. Any real version
// supersedes it.
//
// # Sources
//
// DeCandia, Hastorun, Jampani, Kakulapati, Lakshman, Pilchin, Sivasubramanian,
// Vosshall, Vogels: Dynamo: Amazon's Highly Available Key-value Store, SOSP
// 2007; sections 4.3 replication, 4.4 data versioning, 4.5 execution of get
// and put, 4.6 hinted handoff, 4.7 replica synchronization.
//
// Preguiça, Baquero, Almeida, Fonte, Gonçalves: Dotted Version Vectors:
// Logical Clocks for Optimistic Replication, 2010; and Brief announcement:
// Efficient causality tracking in distributed storage systems with dotted
// version vectors, PODC 2012.
package sloppy
