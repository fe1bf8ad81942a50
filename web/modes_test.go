package web_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"capplayground/cluster"
)

// givesUp is the time after which an operation must have an answer: its timeout, and more,
// because the machine may be busy.
const givesUp = cluster.OpTimeout + 6*time.Second

// TestStageModes freezes nodes by key in each mode. The answers and the page must
// agree with the CAP theorem. CA with one frozen node still reads and does not write. CP
// does both with two frozen nodes, and neither with three. AP does both with two
// frozen homes, and also with four if one answer is enough.
func TestStageModes(t *testing.T) {
	r := launch(t)
	b := open(t, r.URL+"/", 1280, 720)
	b.hasCount(5, "node", "status=up")

	t.Run("CA", func(t *testing.T) {
		r, b := r.in(t), b.in(t)
		r.seen(b, 1, http.MethodPost, "/database/city/Lisboa", http.StatusCreated)
		b.freeze(4)
		_, took := r.seen(b, 2, http.MethodPost, "/database/city/Porto", http.StatusServiceUnavailable)
		within(t, took, givesUp)
		for _, i := range []int{1, 2, 3, 5} {
			r.seen(b, i, http.MethodGet, "/database/city", http.StatusOK)
			b.has("node", fmt.Sprint("node=", i), "value=Lisboa")
		}
		b.heal()
	})

	t.Run("CP", func(t *testing.T) {
		r, b := r.in(t), b.in(t)
		r.mode(b, "CP")
		b.freeze(4, 5)
		r.seen(b, 1, http.MethodPost, "/database/city/Lisboa", http.StatusCreated)
		b.has("op", "need=3")
		r.seen(b, 2, http.MethodGet, "/database/city", http.StatusOK)
		b.freeze(3)
		_, took := r.seen(b, 1, http.MethodPost, "/database/city/Porto", http.StatusServiceUnavailable)
		within(t, took, givesUp)
		b.shot("cp-three-frozen")
		_, took = r.seen(b, 2, http.MethodGet, "/database/city", http.StatusServiceUnavailable)
		within(t, took, givesUp)
		b.heal()
		r.seen(b, 5, http.MethodGet, "/database/city", http.StatusOK)
		b.has("node", "node=5", "value=Lisboa")
	})

	t.Run("AP", func(t *testing.T) {
		r, b := r.in(t), b.in(t)
		r.mode(b, "AP")
		walk, _ := r.homes("city")
		last := walk[len(walk)-1]
		b.freeze(walk[:2]...)
		r.seen(b, walk[2], http.MethodPost, "/database/city/Lisboa", http.StatusCreated)
		r.seen(b, last, http.MethodGet, "/database/city", http.StatusOK)
		b.shot("ap-two-frozen")
		b.heal()

		r.Do(http.MethodPut, "/api/quorum", `{"n":3,"r":1,"w":1}`)
		others := slices.DeleteFunc(slices.Clone(walk), func(i int) bool { return i == last })
		b.freeze(others...)
		r.seen(b, last, http.MethodPost, "/database/town/Braga", http.StatusCreated)
		r.seen(b, last, http.MethodGet, "/database/town", http.StatusOK)
		b.shot("ap-four-frozen")
		b.heal()
	})
}

// within fails the test if an answer took longer than the time most.
func within(t *testing.T, took, most time.Duration) {
	t.Helper()
	if took > most {
		t.Errorf("the answer took %v, want at most %v", took, most)
	}
}

// in returns the same playground for a subtest, which gets its failures.
func (r *real) in(t *testing.T) *real {
	return &real{r.In(t), t}
}

// in returns the same tab for a subtest, which gets its failures. The outer test still
// checks the console.
func (b *tab) in(t *testing.T) *tab {
	return &tab{t: t, ctx: b.ctx}
}
