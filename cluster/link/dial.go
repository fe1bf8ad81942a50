package link

import (
	"context"
	"io"
	"time"
)

// Path is the path at which a playground accepts the links of nodes that were started by
// hand.
const Path = "/link"

// Dialer opens a node's end of the link.
type Dialer struct {
	// Dial connects. After an error it is called again later.
	Dial func(context.Context) (*Conn, error)
	// Once: the end of the first connection is the end of the node, because the
	// playground at the other end launched it.
	Once bool
	// Kill ends this process at once, as kill -9 does. It is called on DoKill, even while
	// the node is frozen. nil: the playground cannot kill this node.
	Kill func()
	// Told is called with a text for people when the state of the link changes. It may be
	// nil.
	Told func(string)
	// Patience is how long the node's loop waits for the other end to take events. After
	// that, messages leave without waiting. 0: the default.
	Patience time.Duration
}

// Stdio is the link of a launched node: its standard input and output.
func Stdio(in io.Reader, out io.Writer) *Dialer {
	return &Dialer{Once: true, Dial: func(context.Context) (*Conn, error) { return newPipeConn(in, out), nil }}
}
