package sloppy

import (
	"crypto/sha256"
	"encoding/binary"
	"hash/fnv"
	"slices"

	"capplayground/cluster"
)

// parts is into how many parts the keys are divided by their hash, for anti-entropy. It
// is so large that few keys share a part with a key that was just written, and so small
// that a digest may have a hash of each part. It is the same at every node.
const parts = 512

// index finds the keys that two nodes exchange without a look at all keys: it is a hash
// tree of one level (DeCandia et al. 2007, section 4.7).
type index struct {
	keys   [parts][]string  // by part: the keys that this node holds and is a home of
	others map[int][]string // by part: the keys that it holds without being a home
	// sums has for each peer and part one hash over the shared keys, of which both nodes are
	// homes, and their sets: the hashes of all entries, combined by exclusive or. It is 0 if
	// there are no such keys.
	sums [cluster.MaxNodes + 1][parts]uint64
}

// partOf returns the number of the part of a key.
func partOf(key string) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(key))
	return int(h.Sum32() % parts)
}

// entry returns the hash of a key and of its set, whose hash is sum. It is 0 for an empty
// set.
func entry(key, sum string) uint64 {
	if sum == "" {
		return 0
	}
	var space [256]byte // most keys fit in, and need no allocation
	h := sha256.Sum256(append(append(append(space[:0], key...), 0), sum...))
	return binary.BigEndian.Uint64(h[:])
}

// add adds a key to the index, without its set.
func (m *Machine) add(key string) {
	part := partOf(key)
	if m.isHome(m.id, key) {
		m.index.keys[part] = append(m.index.keys[part], key)
	} else {
		m.index.others[part] = append(m.index.others[part], key)
	}
}

// count brings the sums up to date when the set of a key changes. was and is are the
// hashes of the old set and of the new one.
func (m *Machine) count(key, was, is string) {
	homes := m.homes(key)
	if !slices.Contains(homes, m.id) {
		return
	}
	part, changed := partOf(key), entry(key, was)^entry(key, is)
	for _, home := range homes {
		m.index.sums[home][part] ^= changed
	}
}

// reindex makes the index anew, after the homes of the keys have changed.
func (m *Machine) reindex() {
	m.index = index{others: map[int][]string{}}
	for key, h := range m.keys {
		m.add(key)
		m.count(key, "", h.sum)
	}
}

// shared returns the keys of a part of which this node holds a set, and of which both
// this node and the peer are homes.
func (m *Machine) shared(part int, peer cluster.NodeID) []string {
	var keys []string
	for _, key := range m.index.keys[part] {
		if m.isHome(peer, key) && !m.keys[key].set.empty() {
			keys = append(keys, key)
		}
	}
	return keys
}
