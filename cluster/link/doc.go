// Package link is the line protocol between a node and the playground. Both ends send
// JSON lines: the node sends events, the playground sends settings and commands. The
// lines go over the pipes of a process that the playground launched, or over a WebSocket
// if a node was started by hand.
package link
