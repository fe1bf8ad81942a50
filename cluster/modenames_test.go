package cluster_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"capplayground/cluster"
	"capplayground/cluster/modes"
)

// modeNames lists the files that may contain the names of modes (DESIGN section 2.5). A name
// that ends in "/" means all files below it.
var modeNames = []string{
	"cluster/modes/", "cluster/twophase/", "cluster/sloppy/", "cluster/majority/", "cluster/consensus/",
	"static/js/modes/",
	"server/servertest/", // the harness of the tests
	"scripts/bench/",     // a floor is computed from the messages and disk writes of one mode's protocol
}

// TestNothingElseNamesAMode: a new mode needs only one package, one line in cluster/modes, and
// one file in static/js/modes.
func TestNothingElseNamesAMode(t *testing.T) {
	t.Parallel()
	names := []string{"RAFT"}
	for _, d := range modes.All() {
		for _, name := range append([]cluster.Mode{d.Name}, d.Aliases...) {
			names = append(names, string(name))
		}
	}
	word := regexp.MustCompile(`\b(` + strings.Join(names, "|") + `)\b`)
	looked := 0
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		name := filepath.ToSlash(strings.TrimPrefix(path, ".."+string(filepath.Separator)))
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "node_modules" || d.Name() == "vendor" || d.Name() == "testdata" || d.Name() == ".git"):
			return filepath.SkipDir
		case d.IsDir() || !isSource(name) || covers(modeNames, name):
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		looked++
		for i, line := range strings.Split(string(text), "\n") {
			if word.MatchString(line) {
				t.Errorf("%s:%d names a mode: %s", name, i+1, strings.TrimSpace(line))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if looked < 100 {
		t.Fatalf("only %d files were searched", looked)
	}
}

// isSource reports whether a file is part of the program. Tests and documents may name modes.
func isSource(name string) bool {
	switch filepath.Ext(name) {
	case ".go":
		return !strings.HasSuffix(name, "_test.go") && !strings.HasSuffix(name, "_templ.go")
	case ".js":
		return !strings.HasSuffix(name, ".test.js") && !strings.HasPrefix(filepath.Base(name), "testing")
	}
	return strings.HasSuffix(name, ".templ") || strings.HasSuffix(name, ".css")
}

func covers(places []string, name string) bool {
	return slices.ContainsFunc(places, func(place string) bool {
		return place == name || strings.HasSuffix(place, "/") && strings.HasPrefix(name, place)
	})
}
