package quorum

import (
	"cmp"
	"encoding/binary"
	"hash/fnv"
	"slices"

	"capplayground/cluster"
)

// tokens is how many places each node has on the ring. With 128 places, each of five
// nodes is the first node for about a fifth of all keys.
const tokens = 128

// Walk returns the preference list of key: all of nodes in the order in which a walk
// around the hash ring meets them, beginning at the place of key. Its first nodes are the
// homes of the key (DeCandia et al. 2007, sections 4.2 and 4.3). The list is the same at
// every node, and does not depend on the order of nodes. If a node joins or leaves, the
// order of the other nodes stays the same. Nodes that cannot exist are left out.
func Walk(key string, nodes []cluster.NodeID) []cluster.NodeID {
	var missing [cluster.MaxNodes + 1]bool
	left := 0
	for _, n := range nodes {
		if n >= 1 && n <= cluster.MaxNodes && !missing[n] {
			missing[n] = true
			left++
		}
	}
	walk := make([]cluster.NodeID, 0, left)
	from, _ := slices.BinarySearchFunc(ring, place([]byte(key)), func(s stop, at uint64) int { return cmp.Compare(s.at, at) })
	for i := from; len(walk) < left; i++ {
		if n := ring[i%len(ring)].node; missing[n] {
			missing[n] = false
			walk = append(walk, n)
		}
	}
	return walk
}

// stop is a place of a node on the ring.
type stop struct {
	at   uint64
	node cluster.NodeID
}

// ring has the places of all nodes that can exist, in ascending order.
var ring = func() (all []stop) {
	for n := cluster.NodeID(1); n <= cluster.MaxNodes; n++ {
		for i := range uint64(tokens) {
			var name [16]byte
			binary.BigEndian.PutUint64(name[:8], uint64(n))
			binary.BigEndian.PutUint64(name[8:], i)
			all = append(all, stop{place(name[:]), n})
		}
	}
	slices.SortFunc(all, func(a, b stop) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.node, b.node)) })
	return all
}()

// place is the position of a name on the ring. It is the FNV-1a hash of the name. Short
// names hardly change its high bits, so the finalizer of MurmurHash3 follows, which
// spreads them.
func place(name []byte) uint64 {
	f := fnv.New64a()
	_, _ = f.Write(name)
	h := f.Sum64()
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	h ^= h >> 33
	return h
}
