package twophase

import (
	"testing"

	"capplayground/cluster/driver"
	"capplayground/cluster/script"
)

var scripts = script.Config{
	New:    New,
	Check:  always,
	Checks: map[string]func(*script.World) error{"settled": settled},
}

func TestScripts(t *testing.T) {
	t.Parallel()
	script.Files(t, "testdata/*.txt", scripts)
}

// TestPlantedBugs plants each bug into the script that has its name, and a check must fail.
// TestScripts shows that the same script passes without the bug.
func TestPlantedBugs(t *testing.T) {
	t.Parallel()
	for _, bug := range Bugs.Names() {
		t.Run(bug, func(t *testing.T) {
			t.Parallel()
			script.Violated(t, "testdata/bug-"+bug+".txt", bug, scripts)
		})
	}
}

// TestMistakesAtAPoint: while a coordinator is stopped at the point of a rule, the records and
// messages of the Output must not reach a disk or another node.
func TestMistakesAtAPoint(t *testing.T) {
	t.Parallel()
	for _, bug := range []string{driver.BugRecordsAtPoint, driver.BugMessagesAtPoint} {
		t.Run(bug, func(t *testing.T) {
			t.Parallel()
			script.Violated(t, "testdata/at-its-point.txt", bug, scripts)
		})
	}
}
