package quorum

import (
	"slices"
	"testing"

	"capplayground/cluster"
)

// TestWalkIsTheRing compares Walk with the ring of the paper: all places of all nodes in
// order. A walk starts at the key's place, and adds each node when it first meets it (DeCandia
// et al. 2007, section 4.2).
func TestWalkIsTheRing(t *testing.T) {
	t.Parallel()
	nodes := []cluster.NodeID{4, 1, 3, 5, 2, cluster.MaxNodes}
	var around []stop
	for _, n := range nodes {
		for _, s := range ring {
			if s.node == n {
				around = append(around, s)
			}
		}
	}
	if want := len(nodes) * tokens; len(around) != want {
		t.Fatalf("the nodes have %d places on the ring, want %d", len(around), want)
	}
	slices.SortFunc(around, func(a, b stop) int {
		if a.at < b.at {
			return -1
		}
		return 1
	})
	for _, key := range []string{"", "city", "river", "a", "b", "c", "key000017", "\x00", "ü"} {
		from := place([]byte(key))
		first := slices.IndexFunc(around, func(s stop) bool { return s.at >= from })
		var want []cluster.NodeID
		for i := range around {
			if n := around[(max(first, 0)+i)%len(around)].node; !slices.Contains(want, n) {
				want = append(want, n)
			}
		}
		if got := Walk(key, nodes); !slices.Equal(got, want) {
			t.Errorf("the walk of %q is %v, and around the ring %v", key, got, want)
		}
	}
}

// TestWalksStayAsTheyAre: the homes of a key must never change. Else a new version of a node
// would not find the keys that an older version has stored.
func TestWalksStayAsTheyAre(t *testing.T) {
	t.Parallel()
	for key, want := range map[string][]cluster.NodeID{
		"city":      {5, 3, 4, 9, 6, 2, 8, 7, 1},
		"river":     {1, 5, 2, 4, 6, 7, 8, 9, 3},
		"":          {6, 2, 9, 4, 8, 7, 5, 3, 1},
		"ü":         {7, 1, 9, 8, 4, 2, 6, 3, 5},
		"key000017": {4, 3, 9, 6, 7, 8, 2, 5, 1},
		"k64-3-100": {5, 9, 6, 2, 4, 8, 7, 3, 1},
	} {
		if got := Walk(key, []cluster.NodeID{1, 2, 3, 4, 5, 6, 7, 8, 9}); !slices.Equal(got, want) {
			t.Errorf("the walk of %q is %v, want %v", key, got, want)
		}
	}
}

func TestVoteResults(t *testing.T) {
	t.Parallel()
	five := []cluster.NodeID{1, 2, 3, 4, 5}
	for _, c := range []struct {
		need, yes, no int
		want          Result
	}{
		{3, 0, 0, Pending}, {3, 2, 0, Pending}, {3, 3, 0, Won}, {3, 4, 0, Won}, {3, 0, 2, Pending}, {3, 0, 3, Lost},
		{3, 2, 2, Pending}, {3, 2, 3, Lost}, {3, 3, 2, Won}, {5, 4, 0, Pending}, {5, 5, 0, Won}, {5, 0, 1, Lost},
		{0, 0, 0, Won}, {6, 0, 0, Lost}, {1, 0, 4, Pending}, {1, 0, 5, Lost},
	} {
		v := NewVote(five, c.need)
		for i := range c.yes {
			v.Yes(five[i])
		}
		for i := range c.no {
			v.No(five[4-i])
		}
		if got := v.Result(); got != c.want {
			t.Errorf("%d yes and %d no of five, %d needed: %v, want %v", c.yes, c.no, c.need, got, c.want)
		}
	}
	for n, want := range map[int]int{1: 1, 2: 2, 3: 2, 4: 3, 5: 3, 6: 4, 9: 5} {
		if Majority(n) != want {
			t.Errorf("a majority of %d is %d, want %d", n, Majority(n), want)
		}
	}
}
