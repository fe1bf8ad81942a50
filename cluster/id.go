package cluster

import (
	"errors"
	"fmt"
	"strconv"
)

// NodeID names one node, 1 to 9. Zero is no node: in events it is the playground.
type NodeID int

// MaxNodes is the largest number of nodes that the page can draw.
const MaxNodes = 9

func (n NodeID) String() string { return "n" + strconv.Itoa(int(n)) }

// ErrNoSuchNode is returned for a text that names no node.
var ErrNoSuchNode = errors.New("no such node")

// ParseNodeID reads a node's number, such as "3". It returns ErrNoSuchNode for everything
// except 1 to MaxNodes in plain decimal.
func ParseNodeID(s string) (NodeID, error) {
	if len(s) != 1 || s[0] < '1' || s[0] > '9' {
		return 0, fmt.Errorf("%w: %q", ErrNoSuchNode, s)
	}
	return NodeID(s[0] - '0'), nil
}

// Mode is the name of a mode: the MODE of the original. Package cluster/modes has the
// table of all modes.
type Mode string

// Epoch is the time in which the cluster runs in one mode. It begins with empty
// databases.
type Epoch struct {
	N    int // from 1
	Mode Mode
}

// ErrUnknownMode is returned for a text that names no mode.
var ErrUnknownMode = errors.New("unknown mode")

// OpID names one operation of a client, in all places and for ever. It is a UUID in a
// real node, and a short number in scripts. In two-phase commit the OpID of a write is
// its transaction id.
type OpID string

// Short returns the first four characters, for which the page has room.
func (o OpID) Short() string {
	if len(o) <= 4 {
		return string(o)
	}
	return string(o[:4])
}
