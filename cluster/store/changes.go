package store

import (
	"cmp"
	"slices"
	"strings"
)

// change is one record of a log.
type change struct {
	key string
	val []byte // nil: the key is removed
}

// changes are the records of a log in their order. A key may occur several times. An
// append is cheaper than a map, and only a fold and Load need the newest value of a key.
type changes []change

func (c *changes) add(key string, val []byte) {
	*c = append(*c, change{key, val})
}

// newest returns the newest change of each key, in the order of the keys. To sort the keys
// with their places is faster than to sort the changes, which are larger.
func (c changes) newest() changes {
	type place struct {
		key string
		n   int
	}
	places := make([]place, len(c))
	for n := range c {
		places[n] = place{c[n].key, n}
	}
	slices.SortFunc(places, func(a, b place) int { // the newest first
		return cmp.Or(strings.Compare(a.key, b.key), b.n-a.n)
	})
	places = slices.CompactFunc(places, func(a, b place) bool { return a.key == b.key })
	newest := make(changes, len(places))
	for i, p := range places {
		newest[i] = c[p.n]
	}
	return newest
}

// reset removes all changes, and keeps the memory.
func (c *changes) reset() {
	clear(*c)
	*c = (*c)[:0]
}
