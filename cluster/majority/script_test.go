package majority

import (
	"testing"

	"capplayground/cluster/script"
)

// TestScripts plays every flow of the protocol and compares the transcripts.
func TestScripts(t *testing.T) {
	t.Parallel()
	script.Files(t, "testdata/*.txt", script.Config{New: New})
}

// TestBugsAreCaught plants each mistake into the script that is named for it.
// Without the mistake the same script passes, in TestScripts.
func TestBugsAreCaught(t *testing.T) {
	t.Parallel()
	for _, bug := range Bugs.Names() {
		t.Run(bug, func(t *testing.T) {
			t.Parallel()
			script.Violated(t, "testdata/bug-"+bug+".txt", bug, script.Config{New: New})
		})
	}
}
