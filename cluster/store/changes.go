package store

import (
	"cmp"
	"slices"
)

// change is one record of a log.
type change struct {
	key string
	val []byte // nil: the key is removed
	n   int    // its place in its log
}

// changes are the records of a log in their order. A key may occur several times. An
// append is cheaper than a map, and only a fold and Load need the newest value of a key.
type changes []change

func (c *changes) add(key string, val []byte) {
	*c = append(*c, change{key, val, len(*c)})
}

// newest returns the newest change of each key, in the order of the keys.
func (c changes) newest() changes {
	sorted := slices.Clone(c)
	slices.SortFunc(sorted, func(a, b change) int { // the newest first
		return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(b.n, a.n))
	})
	return slices.CompactFunc(sorted, func(a, b change) bool { return a.key == b.key })
}

// reset removes all changes, and keeps the memory.
func (c *changes) reset() {
	clear(*c)
	*c = (*c)[:0]
}
