//go:build !js

package scenario

import "embed"

// Each built-in scenario is shipped with a recording. The test that plays all of them
// (TestBuiltinScenariosGoAsTheyExpect of cmd/playground) compares what happens with
// it, and writes it anew with -update.
//
//go:embed builtin/*.jsonl.gz
var recordings embed.FS

// recordingOf returns the recording of a built-in scenario; nil: it has none.
func recordingOf(name string) []byte {
	file, err := recordings.ReadFile("builtin/" + name + ".jsonl.gz")
	if err != nil {
		return nil
	}
	return file
}
