package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

// A source is a package with its types, without its tests.
type source struct {
	path, dir string
	fset      *token.FileSet
	files     []*ast.File
	names     []string          // the names of the files, in the order of files
	text      map[string][]byte // by a file's name
	info      *types.Info
	pkg       *types.Package
}

// load reads and checks a package. The types of its imports come from the build
// cache.
func load(ctx context.Context, path string) (*source, error) {
	var stderr bytes.Buffer
	list := exec.CommandContext(ctx, "go", "list", "-export", "-deps", "-json=ImportPath,Dir,Name,GoFiles,Export,DepOnly", path)
	list.Stderr = &stderr
	out, err := list.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w: %s", err, stderr.Bytes())
	}
	src := &source{fset: token.NewFileSet(), text: map[string][]byte{}}
	export := map[string]string{}
	for dec := json.NewDecoder(bytes.NewReader(out)); dec.More(); {
		var p struct {
			ImportPath, Dir, Name, Export string
			GoFiles                       []string
			DepOnly                       bool
		}
		if err := dec.Decode(&p); err != nil {
			return nil, err
		}
		export[p.ImportPath] = p.Export
		if !p.DepOnly {
			src.path, src.dir, src.names = p.ImportPath, p.Dir, p.GoFiles
		}
	}
	for _, name := range src.names {
		text, err := os.ReadFile(filepath.Join(src.dir, name))
		if err != nil {
			return nil, err
		}
		file, err := parser.ParseFile(src.fset, name, text, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		src.text[name], src.files = text, append(src.files, file)
	}
	src.info = &types.Info{Types: map[ast.Expr]types.TypeAndValue{}}
	conf := types.Config{Importer: importer.ForCompiler(src.fset, "gc", func(path string) (io.ReadCloser, error) {
		return os.Open(export[path])
	})}
	src.pkg, err = conf.Check(src.path, src.fset, src.files, src.info)
	return src, err
}
