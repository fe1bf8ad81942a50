package quorum

import (
	"math/bits"

	"capplayground/cluster"
)

// Majority is the smallest number of nodes that is more than half of n. Any two
// majorities share a node.
func Majority(n int) int { return n/2 + 1 }

// Result is the state of a vote.
type Result int

// The results. Won and Lost are final.
const (
	Pending Result = iota
	Won            // enough voters answered yes
	Lost           // so many voters answered no that the vote can no longer be won
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

// Vote counts the answers of some nodes. Only the first answer of a node counts. The
// answer of a node that is not a voter does not count. The zero Vote has no voters and
// needs none, so it is won.
type Vote struct {
	need             int
	yes, no, waiting nodes // each node is in at most one of them
}

// NewVote opens a vote among voters. The vote is won by need of them. A voter that is
// listed twice is one voter. An id outside the allowed range is ignored.
func NewVote(voters []cluster.NodeID, need int) Vote {
	v := Vote{need: need}
	for _, n := range voters {
		v.waiting |= only(n)
	}
	return v
}

// Yes counts a yes of node n, and reports whether it counted.
func (v *Vote) Yes(n cluster.NodeID) bool { return v.count(&v.yes, n) }

// No counts a no of node n, and reports whether it counted.
func (v *Vote) No(n cluster.NodeID) bool { return v.count(&v.no, n) }

func (v *Vote) count(side *nodes, n cluster.NodeID) bool {
	voter := v.waiting & only(n)
	v.waiting &^= voter
	*side |= voter
	return voter != 0
}

// Result returns the present state of the vote.
func (v *Vote) Result() Result {
	switch {
	case v.yes.len() >= v.need:
		return Won
	case v.yes.len()+v.waiting.len() < v.need:
		return Lost
	}
	return Pending
}

// Need is how many yes answers win the vote.
func (v *Vote) Need() int { return v.need }

// Yeses, Noes and Waiting list the nodes on each side in ascending order, or nil if there
// are none. The caller may keep the lists: later answers do not change them.
func (v *Vote) Yeses() []cluster.NodeID   { return v.yes.list() }
func (v *Vote) Noes() []cluster.NodeID    { return v.no.list() }
func (v *Vote) Waiting() []cluster.NodeID { return v.waiting.list() }

// nodes is a set of nodes. Bit n is set if node n is in the set.
type nodes uint16

// only is the set that holds just n. It is empty for an id outside the allowed range.
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
