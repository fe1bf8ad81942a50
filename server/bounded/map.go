// Package bounded has a map that keeps only its newest entries.
package bounded

// Map holds at most a fixed number of entries. A new entry past that number takes the
// place of the oldest one. Use NewMap; a Map is not safe for several goroutines at once.
type Map[K comparable, V any] struct {
	limit   int
	entries map[K]V
	keys    []K // of entries, in the order in which they came: a ring once it is full
	oldest  int // index in keys of the oldest entry, once the ring is full
}

// NewMap returns an empty map that holds at most limit entries, and at least one.
func NewMap[K comparable, V any](limit int) Map[K, V] {
	return Map[K, V]{limit: max(limit, 1), entries: make(map[K]V)}
}

// Len returns the number of entries.
func (m *Map[K, V]) Len() int { return len(m.entries) }

// Get returns the value of key; false if the map does not hold it.
func (m *Map[K, V]) Get(key K) (V, bool) {
	value, ok := m.entries[key]
	return value, ok
}

// Has reports whether the map holds key.
func (m *Map[K, V]) Has(key K) bool {
	_, ok := m.entries[key]
	return ok
}

// Set gives key a value. A key that the map holds already keeps its age.
func (m *Map[K, V]) Set(key K, value V) {
	before := len(m.entries)
	m.entries[key] = value
	switch {
	case len(m.entries) == before:
	case before < m.limit:
		m.keys = append(m.keys, key)
	default:
		delete(m.entries, m.keys[m.oldest])
		m.keys[m.oldest] = key
		m.oldest = (m.oldest + 1) % m.limit
	}
}
