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

// TestPlantedBugs runs the script that is named for each bug with the bug in
// place: a check must catch it. TestScripts shows that the same script passes
// without.
func TestPlantedBugs(t *testing.T) {
	t.Parallel()
	for _, bug := range Bugs.Names() {
		t.Run(bug, func(t *testing.T) {
			t.Parallel()
			script.Violated(t, "testdata/bug-"+bug+".txt", bug, scripts)
		})
	}
}

// TestMistakesAtAPoint: what a coordinator holds back at the point of a rule must
// not reach a disk or another node.
func TestMistakesAtAPoint(t *testing.T) {
	t.Parallel()
	for _, bug := range []string{driver.BugRecordsAtPoint, driver.BugMessagesAtPoint} {
		t.Run(bug, func(t *testing.T) {
			t.Parallel()
			script.Violated(t, "testdata/at-its-point.txt", bug, scripts)
		})
	}
}
