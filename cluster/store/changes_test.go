package store

import (
	"maps"
	"testing"

	"pgregory.net/rapid"
)

// The newest changes must be what a map of the same changes has.
func TestNewestChangesAreThoseOfAMap(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var all changes
		want := map[string]string{}
		for range rapid.IntRange(1, 3).Draw(t, "logs") {
			all.reset()
			clear(want)
			for range rapid.IntRange(0, 60).Draw(t, "changes") {
				key, val := rapid.StringMatching(`[abc]{1,2}`).Draw(t, "key"), rapid.StringN(0, 2, 4).Draw(t, "val")
				all.add(key, []byte(val))
				want[key] = val
			}
			got, last := map[string]string{}, ""
			for _, c := range all.newest() {
				if c.key <= last {
					t.Fatalf("%q comes after %q", c.key, last)
				}
				got[c.key], last = string(c.val), c.key
			}
			if !maps.Equal(got, want) {
				t.Fatalf("newest is %v, want %v", got, want)
			}
		}
	})
}
