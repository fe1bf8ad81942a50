package hub

import "capplayground/cluster"

// Source is the collector, as the hub needs it. It keeps the history and the
// cluster's present state under one lock, and both methods act under it: that
// is why no viewer ever misses an event between its hello and what follows.
type Source interface {
	// Feed makes publish the receiver of all events from now on. The source
	// calls it under its lock, in the order of Seq and without gaps; it copies
	// what it is given and returns at once. The hub calls Feed once.
	// texts[i] is events[i] as JSON, encoded once for all; it is shared, and no
	// one changes it.
	Feed(publish func(events []cluster.Event, texts [][]byte))

	// Subscribe returns what a viewer must know before it follows the feed
	// from the event after at. since is the last seq that it saw of the
	// playground process named boot, zero and "" if it saw none.
	//
	// Where the source still has everything after since, hello is nil and
	// backlog holds the events since+1 to at, each as JSON. Otherwise hello is one JSON
	// object, {"kind":"hello","seq":at,…}, and backlog is empty.
	Subscribe(since uint64, boot string) (hello []byte, backlog [][]byte, at uint64)
}
