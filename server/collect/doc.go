// Package collect receives the events of all nodes and of the playground. It
// gives them one total order, keeps the cluster's present state and its recent
// past, and hands both to viewers without a gap between them.
//
// Events of one node keep their order. Events of different nodes are ordered by
// arrival, with one exception. A delivered or lost event can arrive before the
// sent event of its message, because the two come from different nodes. It then
// waits up to 50 ms for the sent event, and the later events of its node wait
// with it.
//
// Every message ends exactly once. The receiver reports the messages that it
// took in, and the sender reports those that it could not hand over. A message
// that was written to a stream and never taken in is found by this package,
// because only it hears both ends of the stream: see streams.go. A second end
// of the same message is left out.
//
// Publish holds one lock for a short time and never waits for a viewer or a node.
package collect
