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
// order of the other nodes stays the same.
func Walk(key string, nodes []cluster.NodeID) []cluster.NodeID {
	from := place([]byte(key))
	type stop struct {
		distance uint64
		node     cluster.NodeID
	}
	stops := make([]stop, 0, len(nodes))
	for _, n := range nodes {
		nearest := ^uint64(0)
		for _, at := range placesOf(n) {
			nearest = min(nearest, at-from) // unsigned: wraps around the ring
		}
		stops = append(stops, stop{nearest, n})
	}
	slices.SortFunc(stops, func(a, b stop) int {
		return cmp.Or(cmp.Compare(a.distance, b.distance), cmp.Compare(a.node, b.node))
	})
	walk := make([]cluster.NodeID, len(stops))
	for i, s := range stops {
		walk[i] = s.node
	}
	return slices.Compact(walk)
}

// ring holds the places of all node ids that package cluster allows.
var ring = func() (places [cluster.MaxNodes + 1][tokens]uint64) {
	for n := range places {
		places[n] = compute(cluster.NodeID(n))
	}
	return places
}()

func placesOf(n cluster.NodeID) [tokens]uint64 {
	if n >= 0 && int(n) < len(ring) {
		return ring[n]
	}
	return compute(n)
}

func compute(n cluster.NodeID) (places [tokens]uint64) {
	for i := range places {
		var name [16]byte
		binary.BigEndian.PutUint64(name[:8], uint64(n))
		binary.BigEndian.PutUint64(name[8:], uint64(i))
		places[i] = place(name[:])
	}
	return places
}

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
