//go:build !race

package history

// compared is how many random histories TestIncrementalAgreesWithWhole judges
// both ways.
const compared = 4000
