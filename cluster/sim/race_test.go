//go:build race

package sim_test

// sampled is how many seeds of each mode TestSample runs: few, since a run has
// one goroutine, and the race detector makes it many times as slow.
const sampled = 2
