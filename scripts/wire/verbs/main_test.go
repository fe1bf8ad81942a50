package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestThePageHasTheTableOfVerbs(t *testing.T) {
	t.Parallel()
	want, err := module()
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join("..", "..", "..", file))
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("%s differs from the output of scripts/generate", file)
	}
}
