package pace

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"capplayground/cluster"
)

// TestRunsAreInOrder compares runs with a sorted list, while values are added in any order,
// and removed from the beginning and from anywhere.
func TestRunsAreInOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		type entry struct {
			key cluster.Time
			n   int
		}
		var r runs[int]
		var sorted []entry
		keys := rapid.Int64Range(0, rapid.SampledFrom([]int64{3, 1000}).Draw(t, "largest key"))
		added := 0
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				e := entry{cluster.Time(keys.Draw(t, "key")), added}
				added++
				r.add(e.key, e.n)
				at := len(sorted)
				for at > 0 && sorted[at-1].key > e.key {
					at--
				}
				sorted = slices.Insert(sorted, at, e)
			},
			"remove the first": func(t *rapid.T) {
				if len(sorted) > 0 {
					_, where := r.first()
					if got := r.remove(where); got != sorted[0].n {
						t.Fatalf("removed %d, want %d", got, sorted[0].n)
					}
					sorted = sorted[1:]
				}
			},
			"remove any": func(t *rapid.T) {
				if len(sorted) == 0 {
					return
				}
				at := rapid.IntRange(0, len(sorted)-1).Draw(t, "which")
				for where, i := range r.each() {
					if i.value == sorted[at].n {
						r.remove(where)
						break
					}
				}
				sorted = slices.Delete(sorted, at, at+1)
			},
			"": func(t *rapid.T) {
				var got []entry
				for _, i := range r.sorted() {
					got = append(got, entry{i.key, i.value})
				}
				if !slices.Equal(got, sorted) || r.len != len(sorted) {
					t.Fatalf("%d items %v, want %v", r.len, got, sorted)
				}
				if first, _ := r.first(); (first == nil) != (len(sorted) == 0) || first != nil && first.value != sorted[0].n {
					t.Fatalf("the first is %+v of %v", first, sorted)
				}
			},
		})
	})
}

// TestRunsUseTheirSpaceAgain checks that runs need no more space the longer they are used.
func TestRunsUseTheirSpaceAgain(t *testing.T) {
	t.Parallel()
	var r runs[int]
	space := func() (n int) {
		for _, u := range r.all {
			n += cap(u.items)
		}
		return n
	}
	for i := range 100_000 {
		r.add(cluster.Time(i), i)
		if i >= 1000 {
			_, where := r.first()
			r.remove(where)
		}
	}
	if n := space(); n > 4000 {
		t.Errorf("1,000 values that come in their order need the space of %d", n)
	}
	for i := range 3000 {
		r.add(cluster.Time(-i), i)
	}
	for r.len > 0 {
		_, where := r.first()
		r.remove(where)
	}
	if n := len(r.all); n > maxEmpty || space() > maxEmpty*maxSpace {
		t.Errorf("%d empty runs are kept, with space for %d", n, space())
	}
}
