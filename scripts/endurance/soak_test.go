//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"capplayground/cluster"
	"capplayground/server/servertest"
)

// TestSoak soaks the real program for 6 s, in the mode that comes to rest soonest. On an
// overloaded machine too little may happen in this time. Then it soaks again, and longer.
func TestSoak(t *testing.T) {
	if testing.Short() {
		t.Skip("starts real processes")
	}
	t.Parallel()
	var missing string
	for _, span := range []string{"6s", "30s", "90s"} {
		sum, text := soaked(t, span)
		if missing = lacks(sum); missing == "" {
			return
		}
		t.Logf("a soak of %s is not enough: %s: %s", span, missing, text)
	}
	t.Error(missing)
}

// soaked soaks and returns the summary. The soak must find no fault. A machine that runs tests
// may be busy, so the page has a minute for an answer.
func soaked(t *testing.T, span string) (sum summary, text string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "summary.json")
	var said bytes.Buffer
	if err := run(t.Context(), []string{"--for", span, "--mode", "CP", "--page", "1m", "--random-user=false", "--out", file}, &said); err != nil {
		t.Fatalf("%v\n%s", err, said.String())
	}
	written, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(written, &sum); err != nil {
		t.Fatal(err)
	}
	return sum, string(written)
}

// lacks describes what is missing in a summary; "": nothing is missing.
func lacks(sum summary) string {
	if len(sum.Rounds) == 0 || sum.Operations["201"] == 0 || sum.End.Events == 0 || len(sum.Faults) == 0 || len(sum.Samples) == 0 || sum.Looked == 0 {
		return "this soak shows nothing"
	}
	for _, h := range []resources{sum.End.Playground, sum.End.Node} {
		if h.Goroutines < 5 || h.Files < 5 || h.MiB < 1 || h.Threads < 2 {
			return fmt.Sprintf("no process holds so little: %+v", h)
		}
	}
	if sum.End.Processes != size+1 {
		return fmt.Sprintf("%d processes (want the playground and %d nodes)", sum.End.Processes, size)
	}
	return ""
}

// TestRandomUser plays short rounds of the random user, until each kind of action
// has happened. One round is enough, unless the machine is busy.
func TestRandomUser(t *testing.T) {
	if testing.Short() {
		t.Skip("starts real processes and a browser")
	}
	t.Parallel()
	var said bytes.Buffer
	o, err := parse([]string{"--seed", "7"}, &said)
	if err != nil {
		t.Fatal(err)
	}
	s, err := begin(t.Context(), o, &said)
	if err != nil {
		t.Fatal(err)
	}
	defer s.end()
	s.pastedIntoStoppedTime(t)
	missing := func() (all []string) {
		did := []string{"random user: README pasted", "random user: a terminal that does not read"}
		if !strings.Contains(said.String(), errNoBrowser.Error()) {
			did = append(did, "random user: key")
		}
		return slices.DeleteFunc(did, func(what string) bool { return s.tally.faults[what] > 0 })
	}
	for n := 1; n == 1 || n <= 4 && len(missing()) > 0; n++ {
		s.randomUserRound(t.Context(), n, 6*time.Second)
	}
	if len(s.violations) > 0 {
		t.Errorf("%s\nthe playground's log:\n%s", said.String(), s.p.Log())
	}
	if left := missing(); len(left) > 0 {
		t.Errorf("these rounds are not enough: no %q in %v", left, s.tally.faults)
	}
	t.Logf("%v\n%s", s.tally.faults, said.String())
}

// pastedIntoStoppedTime pastes a write while virtual time stands still, at the end of a
// round. The write alone would wait for ever, so the round must end the wait.
func (s *soak) pastedIntoStoppedTime(t *testing.T) {
	t.Helper()
	if status, answer := s.p.Control(http.MethodPut, "/api/pace", `{"pace":"step"}`); status != http.StatusOK {
		t.Fatalf("pace step: %d %s", status, answer)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	c := &randomUser{soak: s, ctx: over}
	c.ends(exec.Command("curl", "-s", "-X", "POST", s.p.Node(1)+"/database/city/Lisboa"))
}

// TestTheWitness judges correct registers and wrong registers. The wrong ones show that
// the witness can fail.
func TestTheWitness(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name  string
		mode  cluster.Mode
		read  func(vals []string) string // vals: the values written to the key, in order
		wrong string                     // "": nothing is wrong
	}{
		{"the newest", "CP", func(vals []string) string { return vals[len(vals)-1] }, ""},
		{"the oldest", "CP", func(vals []string) string { return vals[0] }, "is not linearizable since"},
		{"the oldest, in AP", "AP", func(vals []string) string { return vals[0] }, "is lost; there are"},
		{"none", "AP", func(vals []string) string { return "" }, "is lost; there are"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			held := map[string][]string{}
			node := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				mu.Lock()
				defer mu.Unlock()
				key, val, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/database/"), "/")
				switch {
				case r.Method == http.MethodPost:
					held[key] = append(held[key], val)
					w.WriteHeader(http.StatusCreated)
				case len(held[key]) == 0:
					w.WriteHeader(http.StatusNotFound)
				default:
					_ = json.NewEncoder(w).Encode(servertest.Answer{Val: row.read(held[key])})
				}
			}))
			defer node.Close()
			nodes := servertest.At(servertest.Place{Nodes: slices.Repeat([]string{node.Listener.Addr().String()}, size)}, "")
			w := newWitness(nodes, newTally(), 1)
			ctx, cancel := context.WithCancel(t.Context())
			var wg sync.WaitGroup
			for i := range 4 {
				wg.Go(func() { w.client(ctx, rand.New(rand.NewPCG(1, uint64(i))), i) })
			}
			for w.quiet.Load() < 4 && ctx.Err() == nil {
				time.Sleep(time.Millisecond) // until some quiet keys were written twice
			}
			cancel()
			wg.Wait()
			_, wrong := w.judge(row.mode)
			if got := strings.Join(wrong, "\n"); (row.wrong == "") != (got == "") || !strings.Contains(got, row.wrong) {
				t.Errorf("%q, want %q", got, row.wrong)
			}
			if w.checked == 0 {
				t.Error("no acknowledged write was looked for")
			}
		})
	}
}

// TestGrowthIsFound checks that a leak of goroutines or of memory is reported, and that
// the warm-up is not.
func TestGrowthIsFound(t *testing.T) {
	t.Parallel()
	at := func(second float64, goroutines int, mib float64) sample {
		h := resources{Goroutines: goroutines, Files: 30, MiB: mib, Threads: 9}
		return sample{At: second, Playground: h, Node: h, Heap: mib / 2}
	}
	for _, row := range []struct {
		name       string
		goroutines func(minute int) int
		mib        func(minute int) float64
		want       string
	}{
		{"nothing grows", func(int) int { return 50 }, func(int) float64 { return 200 }, ""},
		{"the warm-up does not count", func(m int) int { return 50 }, func(m int) float64 { return min(200, 20+50*float64(m)) }, ""},
		{"a goroutine a minute", func(m int) int { return 50 + m }, func(int) float64 { return 200 }, "playground, goroutines grew from"},
		{"2 MiB a minute", func(int) int { return 50 }, func(m int) float64 { return 100 + 2*float64(m) }, "playground, MiB grew from"},
	} {
		o, err := parse([]string{"--for", "60m"}, &bytes.Buffer{})
		if err != nil {
			t.Fatal(err)
		}
		var said bytes.Buffer
		s := &soak{o: o, out: &said, tally: newTally()}
		for minute := range 61 {
			s.resting = append(s.resting, at(60*float64(minute), row.goroutines(minute), row.mib(minute)))
		}
		sum := s.sum()
		s.growth(&sum)
		if got := strings.Join(s.violations, "\n"); (row.want == "") != (got == "") || !strings.Contains(got, row.want) {
			t.Errorf("%s: %q, want %q", row.name, got, row.want)
		}
	}
}
