//go:build race

package history

// compared is how many random histories TestIncrementalAgreesWithWhole judges
// both ways: fewer, since the race detector makes them slow.
const compared = 600
