package cluster

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// NodeID names one node, 1 to 9. Zero is nobody: in events, the playground.
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

// Mode is one of the ways to keep replicas: the MODE of the original.
type Mode string

// The modes. CA, AP and CP are named for the two sides of the triangle that
// they keep; Raft stands beside them for comparison.
const (
	CA   Mode = "CA"   // two-phase commit over all nodes
	AP   Mode = "AP"   // sloppy quorums
	CP   Mode = "CP"   // majority quorums
	Raft Mode = "RAFT" // consensus
)

// ErrUnknownMode is returned for text that names no mode.
var ErrUnknownMode = errors.New("unknown mode")

// ParseMode reads a mode's name in either case; "AC" is accepted for CA.
func ParseMode(s string) (Mode, error) {
	switch m := Mode(strings.ToUpper(strings.TrimSpace(s))); m {
	case CA, AP, CP, Raft:
		return m, nil
	case "AC":
		return CA, nil
	}
	return "", fmt.Errorf("%w: %q (want CA, AP, CP or RAFT)", ErrUnknownMode, s)
}

// OpID names one client operation, everywhere and for ever: a UUID in a real
// node, a short number in scripts. In CA a write's OpID is its transaction id.
type OpID string

// Short is the first four characters: what the stage has room for.
func (o OpID) Short() string {
	if len(o) <= 4 {
		return string(o)
	}
	return string(o[:4])
}
