package static_test

import (
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"

	"capplayground/static"
)

// Every module of the page is embedded, and nothing that only tests need.
func TestModulesAreEmbedded(t *testing.T) {
	t.Parallel()
	entries, err := os.ReadDir("js")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		name := e.Name()
		if e.IsDir() || !strings.HasSuffix(name, ".js") {
			continue
		}
		forTests := strings.HasSuffix(name, ".test.js") || slices.Contains([]string{"testing.js", "testing-dom.js"}, name)
		_, err := fs.Stat(static.Files, "js/"+name)
		if embedded := err == nil; embedded == forTests {
			t.Errorf("js/%s: embedded %v, for tests only %v", name, embedded, forTests)
		}
	}
}
