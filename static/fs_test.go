package static_test

import (
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"capplayground/static"
)

// TestModulesAreEmbedded: every module of the page is embedded, and no test.
func TestModulesAreEmbedded(t *testing.T) {
	t.Parallel()
	found := 0
	err := filepath.WalkDir("js", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".js" {
			return err
		}
		found++
		if strings.Contains(path, "test") {
			t.Errorf("%s: the name of a test ends in .mjs, so that it is not embedded", path)
		}
		if _, err := fs.Stat(static.Files, filepath.ToSlash(path)); err != nil {
			t.Errorf("%s is not embedded: a module lies in js or in one of its rooms", path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if found == 0 {
		t.Fatal("no module found below js")
	}
}
