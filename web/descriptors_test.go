package web_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"capplayground/cluster/modes"
)

var update = flag.Bool("update", false, "write the files that the page's tests read")

// TestPagesTestsKnowTheModes compares the descriptors that the tests of the page's
// modules use with those that the playground sends.
//
//	go test ./web -run TestPagesTestsKnowTheModes -update
func TestPagesTestsKnowTheModes(t *testing.T) {
	t.Parallel()
	file := filepath.Join("..", "static", "js", "testdata", "modes.json")
	want, err := json.MarshalIndent(modes.All(), "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	want = append(want, '\n')
	if *update {
		if err := os.WriteFile(file, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, want) {
		t.Errorf("%s differs from the table of modes: run this test with -update", file)
	}
}
