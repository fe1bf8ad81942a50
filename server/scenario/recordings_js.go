package scenario

import "capplayground/cluster"

// recordingsOf returns nil: the program for browsers has no recordings, because it must
// be small.
func recordingsOf(*Scenario) map[cluster.Mode][]byte { return nil }
