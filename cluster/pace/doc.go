// Package pace is a node's part of virtual time: the clock whose pace the playground
// sets, and the inbox where messages in flight wait until they are due.
//
// A message waits at its receiver. Its sender has written the virtual time at which it is
// due into it. So a change of the pace changes nothing in the messages in flight: the
// position of each message between Sent and Due depends on virtual time alone, and
// virtual time never jumps.
package pace
