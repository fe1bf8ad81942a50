package quorum

import (
	"slices"
	"strconv"
	"testing"

	"capplayground/cluster"

	"pgregory.net/rapid"
)

func TestMajority(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 1000).Draw(t, "n")
		m := Majority(n)
		if 2*m <= n {
			t.Fatalf("%d of %d do not overlap with another %d", m, n, m)
		}
		if 2*(m-1) > n {
			t.Fatalf("%d of %d are more than needed", m, n)
		}
	})
}

// naive counts a vote by a search through all its answers each time.
type naive struct {
	voters []cluster.NodeID
	need   int
	story  []answer
}

type answer struct {
	from cluster.NodeID
	yes  bool
}

// take records an answer, and reports whether it is the first answer of its voter.
func (n *naive) take(a answer) bool {
	first := slices.Contains(n.voters, a.from) && !slices.ContainsFunc(n.story, func(b answer) bool { return b.from == a.from })
	if first {
		n.story = append(n.story, a)
	}
	return first
}

func (n *naive) sides() (yes, no, waiting []cluster.NodeID) {
	for id := cluster.NodeID(1); id <= cluster.MaxNodes; id++ {
		if !slices.Contains(n.voters, id) {
			continue
		}
		i := slices.IndexFunc(n.story, func(a answer) bool { return a.from == id })
		switch {
		case i < 0:
			waiting = append(waiting, id)
		case n.story[i].yes:
			yes = append(yes, id)
		default:
			no = append(no, id)
		}
	}
	return yes, no, waiting
}

func (n *naive) result() Result {
	yes, no, _ := n.sides()
	voters := map[cluster.NodeID]bool{}
	for _, v := range n.voters {
		voters[v] = true
	}
	if len(yes) >= n.need {
		return Won
	}
	if len(voters)-len(no) < n.need {
		return Lost
	}
	return Pending
}

func TestVoteAgreesWithANaiveCount(t *testing.T) {
	t.Parallel()
	node := rapid.Custom(func(t *rapid.T) cluster.NodeID {
		return cluster.NodeID(rapid.IntRange(1, cluster.MaxNodes).Draw(t, "node"))
	})
	// An answer may come from an id that no node has.
	sender := rapid.Custom(func(t *rapid.T) cluster.NodeID {
		return cluster.NodeID(rapid.IntRange(-1, cluster.MaxNodes+8).Draw(t, "from"))
	})
	rapid.Check(t, func(t *rapid.T) {
		want := &naive{
			voters: rapid.SliceOfN(node, 0, cluster.MaxNodes).Draw(t, "voters"),
			need:   rapid.IntRange(0, cluster.MaxNodes).Draw(t, "need"),
		}
		got := NewVote(want.voters, want.need)
		for range rapid.IntRange(0, 30).Draw(t, "answers") {
			before := got.Yeses()
			kept := slices.Clone(before)
			a := answer{sender.Draw(t, "from"), rapid.Bool().Draw(t, "yes")}
			count := got.No
			if a.yes {
				count = got.Yes
			}
			if counted := count(a.from); counted != want.take(a) {
				t.Fatalf("%v counted: %v", a, counted)
			}
			yes, no, waiting := want.sides()
			if !slices.Equal(got.Yeses(), yes) || !slices.Equal(got.Noes(), no) || !slices.Equal(got.Waiting(), waiting) {
				t.Fatalf("yes %v no %v waiting %v, want %v %v %v", got.Yeses(), got.Noes(), got.Waiting(), yes, no, waiting)
			}
			if got.Result() != want.result() {
				t.Fatalf("result %v, want %v", got.Result(), want.result())
			}
			if !slices.Equal(before, kept) {
				t.Fatal("a later answer changed a list that was returned before")
			}
		}
	})
}

func TestWalk(t *testing.T) {
	t.Parallel()
	all := []cluster.NodeID{1, 2, 3, 4, 5, 6, 7, 8, 9}
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.String().Draw(t, "key")
		nodes := all[:rapid.IntRange(1, len(all)).Draw(t, "n")]
		walk := Walk(key, nodes)
		sorted := slices.Sorted(slices.Values(walk))
		if !slices.Equal(sorted, nodes) {
			t.Fatalf("walk %v does not meet each of %v once", walk, nodes)
		}
		shuffled := rapid.Permutation(nodes).Draw(t, "shuffled")
		if other := Walk(key, shuffled); !slices.Equal(walk, other) {
			t.Fatalf("walk %v depends on the order of nodes: %v", walk, other)
		}
		gone := rapid.SampledFrom(nodes).Draw(t, "gone")
		without := func(ns []cluster.NodeID) []cluster.NodeID {
			return slices.DeleteFunc(slices.Clone(ns), func(n cluster.NodeID) bool { return n == gone })
		}
		if rest := Walk(key, without(nodes)); !slices.Equal(rest, without(walk)) {
			t.Fatalf("without %v the walk is %v, want %v", gone, rest, without(walk))
		}
	})
}

// TestWalkSpreads counts how often each of five nodes is first, and how often
// each is among the first three.
func TestWalkSpreads(t *testing.T) {
	t.Parallel()
	nodes := []cluster.NodeID{1, 2, 3, 4, 5}
	const keys = 20_000
	first, home := map[cluster.NodeID]int{}, map[cluster.NodeID]int{}
	for i := range keys {
		walk := Walk("key"+strconv.Itoa(i), nodes)
		first[walk[0]]++
		for _, n := range walk[:3] {
			home[n]++
		}
	}
	for _, n := range nodes {
		if share := float64(first[n]) / keys; share < 0.15 || share > 0.25 {
			t.Errorf("%v is first for %.3f of the keys, want about 0.2", n, share)
		}
		if share := float64(home[n]) / keys; share < 0.5 || share > 0.7 {
			t.Errorf("%v is a home of %.3f of the keys, want about 0.6", n, share)
		}
	}
}
