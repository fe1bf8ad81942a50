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
const parts = 1024

// index finds the keys that two nodes exchange without a look at all keys: it is a hash
// tree of one level (DeCandia et al. 2007, section 4.7).
type index [parts]part

// part is the keys of one part that this node holds, whether it is a home of them or not.
type part struct {
	keys   []string // of which this node is a home
	others []string // of which it is not
	// sums has for each peer one hash over the shared keys, of which both are homes, and
	// their sets: the hashes of all entries, combined by exclusive or. It is 0 if there are
	// no such keys.
	sums [cluster.MaxNodes + 1]uint64
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
	p := &m.index[partOf(key)]
	if m.isHome(m.id, key) {
		p.keys = append(p.keys, key)
	} else {
		p.others = append(p.others, key)
	}
}

// count brings the sums up to date when the set of a key changes. was and is are the
// hashes of the old set and of the new one.
func (m *Machine) count(key, was, is string) {
	homes := m.homes(key)
	if !slices.Contains(homes, m.id) {
		return
	}
	p, changed := &m.index[partOf(key)], entry(key, was)^entry(key, is)
	for _, home := range homes {
		p.sums[home] ^= changed
	}
}

// reindex makes the index anew, after the homes of the keys have changed.
func (m *Machine) reindex() {
	m.index = index{}
	for key, h := range m.keys {
		m.add(key)
		m.count(key, "", h.sum)
	}
}

// shared returns the keys of a part of which this node holds a set, and of which both
// this node and the peer are homes.
func (m *Machine) shared(part int, peer cluster.NodeID) []string {
	var keys []string
	for _, key := range m.index[part].keys {
		if m.isHome(peer, key) && !m.keys[key].set.empty() {
			keys = append(keys, key)
		}
	}
	return keys
}
