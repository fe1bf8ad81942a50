package quorum

import (
	"slices"
	"testing"

	"capplayground/cluster"
)

// FuzzWalk: for any key, the preference list has each node once that can exist. The order in
// which the nodes are given changes nothing. If a node is removed, the others stay in the same order.
func FuzzWalk(f *testing.F) {
	f.Add("city", []byte{1, 2, 3, 4, 5})
	f.Add("", []byte{5, 5, 1})
	f.Add("e\u0301", []byte{0, 9, 200})
	f.Add("\xff\x00", []byte{})
	f.Fuzz(func(t *testing.T, key string, ids []byte) {
		nodes := make([]cluster.NodeID, 0, len(ids))
		for _, id := range ids[:min(len(ids), 2*cluster.MaxNodes)] {
			nodes = append(nodes, cluster.NodeID(int8(id)))
		}
		given := slices.Clone(nodes)
		walk := Walk(key, nodes)
		if !slices.Equal(nodes, given) {
			t.Fatalf("it changed its input %v to %v", given, nodes)
		}
		slices.Sort(given)
		given = slices.DeleteFunc(given, func(n cluster.NodeID) bool { return n < 1 || n > cluster.MaxNodes })
		if all := slices.Compact(given); !slices.Equal(slices.Sorted(slices.Values(walk)), all) {
			t.Fatalf("walk %v does not meet each of %v once", walk, all)
		}
		slices.Reverse(nodes)
		if other := Walk(key, nodes); !slices.Equal(walk, other) {
			t.Fatalf("walk %v depends on the order of nodes: %v", walk, other)
		}
		if len(walk) > 0 {
			gone := walk[len(key)%len(walk)]
			is := func(n cluster.NodeID) bool { return n == gone }
			if rest := Walk(key, slices.DeleteFunc(nodes, is)); !slices.Equal(rest, slices.DeleteFunc(walk, is)) {
				t.Fatalf("without %v the walk is %v, was %v", gone, rest, walk)
			}
		}
	})
}

// FuzzVote: each voter counts once, whatever answers come. Answers may be repeated, or from
// ids of no node. The result of a vote that is won or lost does not change.
func FuzzVote(f *testing.F) {
	f.Add([]byte{1, 2, 3, 4, 5}, int8(3), []byte{1, 0x82, 3, 3, 4})
	f.Add([]byte{}, int8(0), []byte{1})
	f.Add([]byte{1, 1, 200}, int8(-1), []byte{0x81, 1, 200})
	f.Fuzz(func(t *testing.T, voters []byte, need int8, answers []byte) {
		var nodes []cluster.NodeID
		for _, v := range voters[:min(len(voters), 16)] {
			nodes = append(nodes, cluster.NodeID(v&0x7f))
		}
		v := NewVote(nodes, int(need))
		for _, a := range answers[:min(len(answers), 64)] {
			before, from := v.Result(), cluster.NodeID(a&0x7f)
			waited := slices.Contains(v.Waiting(), from)
			count := v.Yes
			if a&0x80 != 0 {
				count = v.No
			}
			if counted := count(from); counted != waited {
				t.Fatalf("the answer of %v counted: %v, it was awaited: %v", from, counted, waited)
			}
			if before != Pending && v.Result() != before {
				t.Fatalf("from %v to %v", before, v.Result())
			}
		}
		nodes = slices.DeleteFunc(nodes, func(n cluster.NodeID) bool { return n < 1 || n > cluster.MaxNodes })
		slices.Sort(nodes)
		all := slices.Concat(v.Yeses(), v.Noes(), v.Waiting())
		slices.Sort(all)
		if !slices.Equal(all, slices.Compact(nodes)) {
			t.Fatalf("the voters are %v, but the vote has %v", nodes, all)
		}
	})
}
