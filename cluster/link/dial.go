package link

import "context"

// Dialer opens a node's end of the link.
type Dialer struct {
	// Dial connects, or fails; it is called again after a while.
	Dial func(context.Context) (*Conn, error)
	// Once says that the end of the first connection is the end of the node:
	// it was launched by who is at the other end.
	Once bool
}
