package bounded

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestMapKeepsTheNewestEntries compares the map with a list of its entries in the order
// in which they came.
func TestMapKeepsTheNewestEntries(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(1, 5).Draw(t, "limit")
		m := NewMap[int, int](limit)
		type entry struct{ key, value int }
		var want []entry
		for turn := range rapid.IntRange(0, 40).Draw(t, "turns") {
			key := rapid.IntRange(0, 9).Draw(t, "key")
			m.Set(key, turn)
			if at := slices.IndexFunc(want, func(e entry) bool { return e.key == key }); at >= 0 {
				want[at].value = turn
			} else {
				want = append(want, entry{key, turn})
				want = want[max(0, len(want)-limit):]
			}
			if m.Len() != len(want) || len(m.keys) != len(want) {
				t.Fatalf("turn %d: %d entries and %d keys, want %d", turn, m.Len(), len(m.keys), len(want))
			}
			for key := range 10 {
				at := slices.IndexFunc(want, func(e entry) bool { return e.key == key })
				value, ok := m.Get(key)
				if ok != (at >= 0) || m.Has(key) != ok || ok && value != want[at].value {
					t.Fatalf("turn %d: key %d has value %d, %v; want the entries %v", turn, key, value, ok, want)
				}
			}
		}
	})
}

// TestMapHoldsOneEntryAtLeast: a limit of 0 has no meaning, so it counts as 1.
func TestMapHoldsOneEntryAtLeast(t *testing.T) {
	t.Parallel()
	m := NewMap[string, bool](0)
	m.Set("a", true)
	m.Set("b", true)
	if m.Len() != 1 || !m.Has("b") {
		t.Errorf("%d entries, and b is held: %v", m.Len(), m.Has("b"))
	}
}
