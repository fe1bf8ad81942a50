package cluster

import "time"

// Descriptor describes one mode as data. Each protocol's package returns its
// own, and package cluster/modes lists them. Code outside asks a Descriptor
// what the mode can do and never compares a mode's name. The JSON form is part
// of every hello and of GET /api/modes.
type Descriptor struct {
	Name Mode `json:"name"`
	// Aliases are other names that are accepted where a mode is named.
	Aliases []Mode `json:"aliases,omitempty"`
	// Beside: the mode stands beside the modes of the triangle. A comparison
	// plays it only where it is named.
	Beside bool `json:"beside"`
	// Approach is the field's name of the protocol: "two-phase commit".
	Approach string `json:"approach"`
	// Triangle has the two corners of the CAP triangle after which the mode is named:
	// "C", "A" or "P".
	Triangle []string `json:"triangle"`
	// Keeps has the corners that hold even while messages are lost.
	Keeps []string `json:"keeps"`
	// GivesUp is one sentence: what the mode does not keep while messages are lost.
	GivesUp string `json:"gives_up"`
	// Linearizable: every key is linearizable, even if nodes and links fail. Where it is
	// false a stale read breaks no promise.
	Linearizable bool `json:"linearizable"`
	// Copies says which nodes hold a key when the cluster is at rest without faults.
	Copies Copies `json:"copies"`
	// Disk: the promises of a node depend on its disk, so a node must not start again
	// with an empty disk.
	Disk bool `json:"disk"`
	// Sizes: the mode has N, R and W, which can be set while it runs.
	Sizes bool `json:"sizes"`
	// ByHand: transactions can be proposed, committed and rolled back by hand.
	ByHand bool `json:"by_hand"`
	// Plant: a value can be planted on one node, and that node's own value read.
	Plant bool `json:"plant"`
	// IfMatch: a write may name the version that it replaces.
	IfMatch bool `json:"if_match"`
	// Calls are the calls of a node's REST API that only such modes have.
	Calls []Call `json:"calls"`
	// Roles are all roles that a node can have.
	Roles []string `json:"roles"`
	// Types are the types of all messages that the nodes send each other.
	Types []string `json:"types"`
	// Moments are the points of an operation at which a fault teaches most. The page
	// offers rules for them.
	Moments []Moment `json:"moments"`

	// Settle is the longest time, in virtual time, that a cluster without faults needs
	// until all copies of a key are equal.
	Settle time.Duration `json:"-"`
	// New makes one node's machine.
	New func(Config) Machine `json:"-"`
}

// Moment is a point of an operation (Point) in words, for a cluster of any size.
type Moment struct {
	When string `json:"when"` // follows the word "when": "the votes are in"
	Role string `json:"role"` // of the node that is at the point: "coordinator"
	Type string `json:"type"` // of the messages that the node gets
	From Share  `json:"from"` // the number of nodes that send one
}

// Share is the part of the other nodes from which a Moment needs a message.
type Share string

// The shares. A majority includes the node itself.
const (
	ShareOne      Share = "one"
	ShareMajority Share = "majority"
	ShareAll      Share = "all"
)

// Count returns the number of these messages in a cluster of so many nodes.
func (s Share) Count(nodes int) int {
	switch s {
	case ShareMajority:
		return nodes / 2
	case ShareAll:
		return nodes - 1
	}
	return 1
}

// Copies says which nodes hold a key in a cluster at rest.
type Copies string

// The kinds of placement.
const (
	CopiesAll      Copies = "all"      // every node holds the newest version
	CopiesHomes    Copies = "homes"    // the first N nodes of the key's preference list hold it
	CopiesMajority Copies = "majority" // some majority holds it, not always the same one
)

// Call is one call of a node's REST API that only some modes have.
type Call struct {
	Method  string      `json:"method"`
	Path    string      `json:"path"` // a pattern, as in "/2pc/commit/{id}"
	Kind    RequestKind `json:"kind"`
	Body    []string    `json:"body,omitempty"` // the fields of the JSON body
	Summary string      `json:"summary"`        // what it does, for help texts
}

// Has reports whether nodes of this mode carry out requests of that kind.
func (d Descriptor) Has(kind RequestKind) bool {
	if kind == OpRead || kind == OpWrite {
		return true
	}
	for _, c := range d.Calls {
		if c.Kind == kind {
			return true
		}
	}
	return false
}
