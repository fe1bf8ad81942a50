// Package sloppy is the AP mode: sloppy quorums, after Dynamo. It answers as long
// as enough nodes can be reached, whether they are homes of the key or not. In
// return a read may be stale, and two writes may conflict. Conflicting writes are
// kept side by side as siblings.
//
// # The homes of a key
//
// A walk around a hash ring orders all nodes for a key: its preference list.
// The first N are its homes. The called node puts its present N, R and W into the
// operation, and all nodes use them for this operation.
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
// The called node completes the operation: its id, the wall time, the deadline,
// the sizes and, for a write, a dot. It sends the operation to the first node of
// the walk that it does not suspect. This may be the called node itself. That node
// answers "taken" at once and coordinates. If no "taken" comes within 300 ms, the
// called node suspects that node for 5 s and tries the next.
//
// The name of a write comes from the called node, not from the coordinator. So if two
// nodes coordinate an operation, because a "taken" came late, the operation counts once.
// If it was superseded, it is not applied again.
//
// Write. The coordinator supersedes the versions that it held when the write was
// called, or with If-Match exactly the versions that If-Match names. It sends its
// whole set of siblings to the homes ("store"). For a home that is suspected, or
// silent for 300 ms, the next node on the walk keeps the set with a hint. Such
// answers count towards W. The client gets its answer after W acknowledgements.
// The coordinator still waits for the remaining homes, and replaces silent ones.
// The holder of a hint hands it over ("handover", "handed") when it receives a
// message from the home again. Until then it tries every second. It forgets the
// hint once the home has acknowledged exactly that set.
//
// Read. The coordinator asks the first N nodes of the walk that it does not
// suspect ("read", "value"), and one more for each that is silent for 300 ms.
// After R answers it sends the client the merged siblings. Once all nodes have
// answered, or the wait has ended, it sends the merged set to each home whose
// answer was stale ("repair").
//
// Anti-entropy. The keys are divided into parts. A node sends a peer the hashes of the
// parts, over the keys that both are homes of ("digest"). Of the parts whose hashes
// differ from its own, the peer answers with one hash per key ("hashes"), and the two
// exchange the keys that differ ("sync"). If there are many, this goes on with the next
// parts. If no part differs, the answer is "same". Every 10 s
// the next peer has its turn. In two cases all peers have their turn within two
// seconds: after the node started, and when a message arrives from a peer that was
// silent for a second or longer. In these cases any two nodes may differ, since a
// coordinator may have stopped between two stores. A silent peer gets a digest
// every second, so that the exchange begins when the peer is back.
//
// # An operation id that comes again
//
// A coordinator remembers the newest writes that it coordinated, by operation id,
// also across a restart (package idempotency). It also finds the id in the live
// versions that it holds. The same write keeps its dot and its version: it is stored
// again at the nodes that lack it, and all called nodes get the answer. Another operation
// under the id is refused and has no effect. In one case the write is done again: another
// node coordinates the second try, for example because the first coordinator cannot be
// reached, and that node does not hold the version any more. The AP mode accepts this,
// because it prefers to answer.
//
// # Is there an overlap?
//
// The progress of a read and of a write lists the homes of the key and the nodes that
// answered. The nodes that answered and are not homes are also listed as "hinted".
// R + W > N promises that a read finds the newest write only if all answers came from
// homes.
//
// # Versions
//
// A dot names one write for ever: the called node, its database, the count of
// that database's starts, and the count of writes to this key since that start.
// The count of starts is durable before the first dot of a start is used, and a
// wiped node has another database. So no dot is used twice. The coordinator adds
// its own name to the dot, since two coordinators of one write may have superseded
// different versions.
//
// A node holds one set per key: the live versions, each with its dot, and the
// exact set of all dots that it ever knew of, live or superseded. Merging two
// sets keeps a version if both hold it, or if one holds it and the other never
// knew of it. So messages may be lost, doubled and reordered. These are dotted
// version vectors in their form for sets (Preguiça et al. 2010 and 2012;
// Almeida et al. 2014, "Scalable and accurate causality tracking for
// eventually consistent stores"). There is one difference: the known dots are an
// exact set, kept as intervals. The papers keep one number per server. One number
// would claim too much when a fallback coordinates, or when If-Match names some
// siblings and not others.
//
// A write that was coordinated twice may have two dots in a set. Clients see one version
// of it. If it is superseded under either dot, they see none. (Two writes that were both
// coordinated twice can each supersede the other. Then clients see the newest.)
//
// The text of a version is the live dots, then "~", then the dots that they
// supersede: "n1.d1.1:3~n1.d1.1:1-2+n4.d4.1:1". A client may send this text as
// If-Match. The node does not check that it gave out this version.
//
// A planted value (OpPlant) follows other rules: it replaces this node's set, it
// has no dot, and it is only sent in answers to reads. Any real version supersedes
// it.
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
