// Package pace is a node's side of virtual time: the clock that the playground
// sets, and the inbox where messages in flight wait until they are due.
//
// A message waits at its receiver. Its sender has written into it the virtual time
// at which it is due. A change of the pace therefore changes nothing in the
// messages in flight: where each is between Sent and Due depends on virtual time
// alone, and virtual time never jumps.
package pace
