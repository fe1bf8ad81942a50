package cluster_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// TestLeaksAreLookedFor: a package that starts goroutines checks after its tests that they
// have ended.
func TestLeaksAreLookedFor(t *testing.T) {
	t.Parallel()
	starts, counts := map[string]bool{}, map[string]bool{}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			if err == nil && (d.Name() == "node_modules" || d.Name() == ".git" || d.Name() == "testdata") {
				return filepath.SkipDir
			}
			return err
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		dir, test := filepath.Dir(path), strings.HasSuffix(path, "_test.go")
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.GoStmt:
				starts[dir] = starts[dir] || !test
			case *ast.CallExpr:
				if f, ok := n.Fun.(*ast.SelectorExpr); ok {
					starts[dir] = starts[dir] || !test && f.Sel.Name == "Go"
					counts[dir] = counts[dir] || test && f.Sel.Name == "VerifyTestMain"
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	looked := 0
	for dir, start := range starts {
		if !start {
			continue
		}
		looked++
		if !counts[dir] && filepath.Base(filepath.Dir(dir)) != "scripts" && filepath.Base(dir) != "simulation" { // those are programs: their goroutines end with the process
			t.Errorf("%s starts goroutines, and its tests do not check that they end (goleak.VerifyTestMain)", dir)
		}
	}
	if looked < 10 {
		t.Errorf("only %d packages start goroutines: this test misses some", looked)
	}
}
