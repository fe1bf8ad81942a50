// Package collect is where all events meet. It gives them one total order,
// keeps the cluster's present state and its recent past, and hands both to
// viewers without a gap between them.
//
// Events of one node keep their order. Between nodes the order of arrival is
// kept, but for one thing: an event that tells of a message's end waits, and
// its node's later events with it, up to 50 ms for the event that tells of its
// departure, which came by another pipe.
//
// Every message ends exactly once. What its receiver took in and what its
// sender could not hand over they tell themselves. The rest, written to a
// stream and never taken in, only this package can know, because it hears both
// ends: see streams.go. A second end of the same message is left out.
//
// Publish holds one short lock and never waits for anybody.
package collect
