// Package pace is a node's side of virtual time: the clock that the playground
// sets, and the inbox where messages in flight wait until they are due.
//
// A message waits at its receiver, with an absolute virtual due that its
// sender wrote into it. So a change of the pace needs nothing done to the
// messages in flight: the point at which each stands between Sent and Due is a
// function of virtual time alone, and virtual time never jumps.
package pace
