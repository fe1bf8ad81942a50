// Package link is the line protocol between a node and the playground: JSON
// lines both ways, events up, settings and commands down, over the pipes of a
// launched process or over a WebSocket for a node started by hand.
package link
