package quorum

import (
	"math/bits"

	"capplayground/cluster"
)

// Majority is how many of n nodes are more than half of them. Any two
// majorities share a node.
func Majority(n int) int { return n/2 + 1 }

// Result is how a vote stands.
type Result int

// The results. Won and Lost are final.
const (
	Pending Result = iota
	Won            // enough said yes
	Lost           // so many said no that yes cannot be enough any more
)

func (r Result) String() string {
	switch r {
	case Won:
		return "won"
	case Lost:
		return "lost"
	}
	return "pending"
}

// Vote counts the answers of some nodes. A node's first answer counts. A second
// one does not, nor that of a node that is no voter. The zero Vote has no voters
// and needs none, so it is won.
type Vote struct {
	need             int
	yes, no, waiting nodes // no node is in two of them
}

// NewVote opens a vote among voters that is won by need of them. A voter that comes
// twice is one voter, and an id that no node can have is none.
func NewVote(voters []cluster.NodeID, need int) Vote {
	v := Vote{need: need}
	for _, n := range voters {
		v.waiting |= only(n)
	}
	return v
}

// Yes counts n's answer for it, and says whether it counted.
func (v *Vote) Yes(n cluster.NodeID) bool { return v.count(&v.yes, n) }

// No counts n's answer against it, and says whether it counted.
func (v *Vote) No(n cluster.NodeID) bool { return v.count(&v.no, n) }

func (v *Vote) count(side *nodes, n cluster.NodeID) bool {
	voter := v.waiting & only(n)
	v.waiting &^= voter
	*side |= voter
	return voter != 0
}

// Result is how the vote stands.
func (v *Vote) Result() Result {
	switch {
	case v.yes.len() >= v.need:
		return Won
	case v.yes.len()+v.waiting.len() < v.need:
		return Lost
	}
	return Pending
}

// Need is how many yes win it.
func (v *Vote) Need() int { return v.need }

// Yeses, Noes and Waiting are the nodes on each side, ascending, nil for none. They
// are the caller's to keep: later votes do not change them.
func (v *Vote) Yeses() []cluster.NodeID   { return v.yes.list() }
func (v *Vote) Noes() []cluster.NodeID    { return v.no.list() }
func (v *Vote) Waiting() []cluster.NodeID { return v.waiting.list() }

// nodes is a set of nodes: bit n is set where node n is in it.
type nodes uint16

// only is the set of one node. It is empty for an id that no node can have.
func only(n cluster.NodeID) nodes {
	if n < 1 || n > cluster.MaxNodes {
		return 0
	}
	return 1 << n
}

func (s nodes) len() int { return bits.OnesCount16(uint16(s)) }

func (s nodes) list() []cluster.NodeID {
	if s == 0 {
		return nil
	}
	list := make([]cluster.NodeID, 0, s.len())
	for n := cluster.NodeID(1); n <= cluster.MaxNodes; n++ {
		if s&only(n) != 0 {
			list = append(list, n)
		}
	}
	return list
}
