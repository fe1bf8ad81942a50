//go:build !js

package scenario

import (
	"embed"

	"capplayground/cluster"
)

// Each built-in scenario is shipped with a recording, or with one for each lane. The
// test that plays all of them (TestBuiltinScenariosGoAsTheyExpect of cmd/playground)
// compares what happens with it, and writes it anew with -update.
//
//go:embed builtin/*.jsonl.gz
var recordings embed.FS

// recordingsOf returns the recordings of a built-in scenario, by the mode.
func recordingsOf(s *Scenario) map[cluster.Mode][]byte {
	all := map[cluster.Mode][]byte{}
	names := s.RecordingNames()
	for i, mode := range s.in() {
		file, err := recordings.ReadFile("builtin/" + names[i])
		if err != nil {
			panic(err) // a test reads all of them
		}
		all[mode] = file
	}
	return all
}
