package hub

import "capplayground/cluster"

// Source is the collector, as the hub needs it. It keeps the recent events and
// the cluster's present state under one lock, and both methods hold that lock.
// Therefore no viewer misses an event between its hello and the next frame.
type Source interface {
	// Feed makes publish the receiver of all events from now on. The hub calls
	// Feed once. The source calls publish under its lock, in the order of Seq and
	// without gaps. publish copies the events and returns at once.
	// texts[i] is events[i] as JSON. It is shared and must not be changed.
	Feed(publish func(events []cluster.Event, texts [][]byte))

	// Subscribe returns what a viewer must get before the events after at. since
	// is the last seq that the viewer saw of the playground process named boot;
	// zero and "" if it saw none.
	//
	// If the source still has all events after since, hello is nil and backlog
	// holds the events since+1 to at, each as JSON. Otherwise hello is one JSON
	// object, {"kind":"hello","seq":at,…}, and backlog is empty.
	Subscribe(since uint64, boot string) (hello []byte, backlog [][]byte, at uint64)
}
