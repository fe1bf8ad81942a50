//go:build !race

package sim_test

// sampled is how many seeds of each mode TestSample runs.
const sampled = 20
