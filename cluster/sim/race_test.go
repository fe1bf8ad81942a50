//go:build race

package sim_test

// sampled is how many seeds of each mode TestSample runs. It is small, because a run has
// only one goroutine, and the race detector makes it many times slower.
const sampled = 2
