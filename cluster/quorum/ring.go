package quorum

import (
	"cmp"
	"encoding/binary"
	"hash/fnv"
	"slices"

	"capplayground/cluster"
)

// tokens is how many places each node has on the ring: enough that five nodes
// are each first for about a fifth of all keys.
const tokens = 128

// Walk returns all of nodes in the order in which a walk around the hash ring
// meets them, from the place of key on: the key's preference list, its homes
// first (DeCandia et al. 2007, sections 4.2 and 4.3). It is the same at every
// node, whatever the order of nodes. A node that joins or leaves moves no
// other past another.
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

// ring holds the places of the nodes that the vocabulary allows.
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

// place is where a name lies on the ring: FNV-1a, whose high bits hardly move
// for short names, followed by the finalizer of MurmurHash3, which spreads
// them.
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
