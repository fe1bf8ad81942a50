package script

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the transcripts of the scripts under testdata")

// Files runs every script that glob names, each as a parallel subtest on a
// world of its own. It fails where a transcript differs from the file's or a check
// was violated. With -update it rewrites the files instead of comparing.
func Files(t *testing.T, glob string, cfg Config) {
	t.Helper()
	paths, err := filepath.Glob(glob)
	if err != nil || len(paths) == 0 {
		t.Fatalf("no scripts at %s (%v)", glob, err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			t.Parallel()
			w, want, got := runFile(t, path, cfg)
			for _, v := range w.Violations() {
				t.Errorf("violated: %s", v)
			}
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-file +run):\n%s", path, diff)
			}
		})
	}
}

// Violated runs the script at path with a planted bug, and fails the test
// unless a check or an expectation of the script catches it. [Files] shows that the
// script passes without the bug.
func Violated(t *testing.T, path, bug string, cfg Config) {
	t.Helper()
	cfg.Bug = bug
	w, _, got := runFile(t, path, cfg)
	if len(w.Violations()) == 0 {
		t.Errorf("%s does not catch %q:\n%s", path, bug, got)
	}
}

func runFile(t *testing.T, path string, cfg Config) (w *World, want, got string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	w = New(cfg)
	got, err = w.Run(string(text))
	if err != nil {
		t.Fatalf("%s: %v\n%s", path, err, got)
	}
	return w, string(text), got
}
