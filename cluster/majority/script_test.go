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

// TestBugsAreCaught plants each bug into the script that has its name. TestScripts shows that
// the same script passes without the bug.
func TestBugsAreCaught(t *testing.T) {
	t.Parallel()
	for _, bug := range Bugs.Names() {
		t.Run(bug, func(t *testing.T) {
			t.Parallel()
			script.Violated(t, "testdata/bug-"+bug+".txt", bug, script.Config{New: New})
		})
	}
}
