package cluster

import (
	"errors"
	"fmt"
	"strconv"
)

// NodeID names one node, 1 to 9. Zero is no node: in events it is the playground.
type NodeID int

// MaxNodes is the largest cluster that the stage can draw.
const MaxNodes = 9

func (n NodeID) String() string { return "n" + strconv.Itoa(int(n)) }

// ErrNoSuchNode is returned for text that names no node.
var ErrNoSuchNode = errors.New("no such node")

// ParseNodeID reads a node's number, as in "3". It returns ErrNoSuchNode for
// anything but one of 1 to MaxNodes in plain decimal.
func ParseNodeID(s string) (NodeID, error) {
	if len(s) != 1 || s[0] < '1' || s[0] > '9' {
		return 0, fmt.Errorf("%w: %q", ErrNoSuchNode, s)
	}
	return NodeID(s[0] - '0'), nil
}

// Mode names one of the ways to keep replicas: the MODE of the original. The
// modes that there are, and what each of them is, is the table of package
// cluster/modes.
type Mode string

// Epoch is the life of one mode: its nodes start with empty databases, and the
// next epoch begins with others.
type Epoch struct {
	N    int // from 1
	Mode Mode
}

// ErrUnknownMode is returned for text that names no mode.
var ErrUnknownMode = errors.New("unknown mode")

// OpID names one client operation, everywhere and for ever: a UUID in a real
// node, a short number in scripts. In two-phase commit a
// write's OpID is its transaction id.
type OpID string

// Short is the first four characters: what the stage has room for.
func (o OpID) Short() string {
	if len(o) <= 4 {
		return string(o)
	}
	return string(o[:4])
}
