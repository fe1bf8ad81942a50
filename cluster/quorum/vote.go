package quorum

import (
	"slices"

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

// Vote counts the answers of some nodes. A node's first answer counts; a
// second one, and that of a stranger, does not. The zero value is a vote of
// nobody, which is won.
type Vote struct {
	need    int
	yes, no []cluster.NodeID // disjoint, ascending
	waiting []cluster.NodeID // the rest, ascending
}

// NewVote opens a vote among voters that is won by need of them.
func NewVote(voters []cluster.NodeID, need int) Vote {
	waiting := slices.Clone(voters)
	slices.Sort(waiting)
	return Vote{need: need, waiting: slices.Compact(waiting)}
}

// Yes counts n's answer for it, and says whether it counted.
func (v *Vote) Yes(n cluster.NodeID) bool { return v.count(&v.yes, n) }

// No counts n's answer against it, and says whether it counted.
func (v *Vote) No(n cluster.NodeID) bool { return v.count(&v.no, n) }

func (v *Vote) count(side *[]cluster.NodeID, n cluster.NodeID) bool {
	at, found := slices.BinarySearch(v.waiting, n)
	if !found {
		return false
	}
	v.waiting = slices.Delete(slices.Clone(v.waiting), at, at+1)
	at, _ = slices.BinarySearch(*side, n)
	*side = slices.Insert(slices.Clone(*side), at, n)
	return true
}

// Add lets one more node vote, as when a fallback is asked in another's place.
// It does nothing for a node that was asked before.
func (v *Vote) Add(n cluster.NodeID) {
	if v.Asked(n) {
		return
	}
	at, _ := slices.BinarySearch(v.waiting, n)
	v.waiting = slices.Insert(slices.Clone(v.waiting), at, n)
}

// Asked says whether n is one of the voters.
func (v *Vote) Asked(n cluster.NodeID) bool {
	return slices.Contains(v.waiting, n) || slices.Contains(v.yes, n) || slices.Contains(v.no, n)
}

// Result is how the vote stands.
func (v *Vote) Result() Result {
	switch {
	case len(v.yes) >= v.need:
		return Won
	case len(v.yes)+len(v.waiting) < v.need:
		return Lost
	}
	return Pending
}

// Need is how many yes win it.
func (v *Vote) Need() int { return v.need }

// Yeses, Noes and Waiting are the nodes on each side, ascending. They are the
// caller's to keep: later votes do not change them.
func (v *Vote) Yeses() []cluster.NodeID   { return slices.Clone(v.yes) }
func (v *Vote) Noes() []cluster.NodeID    { return slices.Clone(v.no) }
func (v *Vote) Waiting() []cluster.NodeID { return slices.Clone(v.waiting) }
