package main

import (
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"
)

// tally counts what happened.
type tally struct {
	mu       sync.Mutex
	faults   map[string]int
	statuses map[int]int // of the clients' operations; 0: no answer
	control  map[int]int // of calls of the playground
	page     []time.Duration
	floor    []time.Duration
}

func newTally() *tally {
	return &tally{faults: map[string]int{}, statuses: map[int]int{}, control: map[int]int{}}
}

func (t *tally) did(fault string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.faults[fault]++
}

func (t *tally) answered(status int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.statuses[status]++
}

func (t *tally) controlled(status int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.control[status]++
}

func (t *tally) asked(page, floor time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.page, t.floor = append(t.page, page), append(t.floor, floor)
}

// failures counts the answers that no client may get: 5xx except 503 and 504.
func (t *tally) failures() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return failures(t.statuses) + failures(t.control)
}

func failures(counts map[int]int) (n int) {
	for status, count := range counts {
		if status >= 500 && status != 503 && status != 504 {
			n += count
		}
	}
	return n
}

// operations counts the clients' operations. Those with status 2xx or 404 are good.
func (t *tally) operations() (all, good int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for status, count := range t.statuses {
		all += count
		if status/100 == 2 || status == 404 {
			good += count
		}
	}
	return all, good
}

// latencies returns p50, p99 and the longest latency of the page and of the bare
// server, in milliseconds.
func (t *tally) latencies() (page, floor [3]float64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return quantiles(t.page), quantiles(t.floor)
}

func quantiles(all []time.Duration) (q [3]float64) {
	if len(all) == 0 {
		return q
	}
	sorted := slices.Sorted(slices.Values(all))
	for i, at := range []float64{0.5, 0.99, 1} {
		q[i] = float64(sorted[int(at*float64(len(sorted)-1))].Microseconds()) / 1000
	}
	return q
}

// named returns the counts with the statuses as text, for JSON.
func named(counts map[int]int) map[string]int {
	out := map[string]int{}
	for _, status := range slices.Sorted(maps.Keys(counts)) {
		name := strconv.Itoa(status)
		if status == 0 {
			name = "no answer"
		}
		out[name] = counts[status]
	}
	return out
}
