package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"

	"capplayground/cluster"
	"capplayground/cluster/guard"
	"capplayground/static"
	"capplayground/templates"
)

// entries are the modules with which pages begin.
var entries = []string{"js/main.js", "js/lanes.js", "js/talk/presenter.js", "js/talk/remote.js"}

// types are the content types by file extension. We do not use the machine's list: it may
// differ, and a browser does not run a module of the wrong type.
var types = map[string]string{
	".css":   "text/css; charset=utf-8",
	".html":  "text/html; charset=utf-8",
	".js":    "text/javascript; charset=utf-8",
	".json":  "application/json",
	".md":    "text/plain; charset=utf-8",
	".png":   "image/png",
	".svg":   "image/svg+xml",
	".txt":   "text/plain; charset=utf-8",
	".woff2": "font/woff2",
}

// files are the static files, in memory. Each has two paths. A browser may keep
// /static/<hash of all files>/name for ever. It must ask again for /static/name. The hash
// stands before the name, so a relative path in a module or a stylesheet keeps the hash.
type files struct {
	base    string // "/static/<hash>"
	hash    string
	byName  map[string]file
	modules map[string][]string // by entry: the modules that it imports
}

type file struct {
	data []byte
	mime string
	etag string
}

// load reads all files of fsys. A file whose type is not in types is an error, so that a
// new type is noticed when its first file is added.
func load(fsys fs.FS) (*files, error) {
	f := &files{byName: map[string]file{}}
	all := sha256.New()
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		mime, known := types[path.Ext(name)]
		if !known {
			return fmt.Errorf("web: static file %s: no type for %q", name, path.Ext(name))
		}
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return fmt.Errorf("web: static file: %w", err)
		}
		sum := sha256.Sum256(data)
		f.byName[name] = file{data: data, mime: mime, etag: `"` + hex.EncodeToString(sum[:8]) + `"`}
		_, err = fmt.Fprintf(all, "%q %x\n", name, sum)
		return err
	})
	if err != nil {
		return nil, err
	}
	f.hash = hex.EncodeToString(all.Sum(nil)[:8])
	f.base = "/static/" + f.hash
	f.modules = static.Imports(func(name string) []byte { return f.byName[name].data }, entries...)
	return f, nil
}

// place returns where a page finds its files and its calls.
func (f *files) place(calls string) templates.Place {
	return templates.Place{Base: f.base, Calls: calls, Modules: f.modules}
}

// serve answers with one file. It does not list directories.
func (f *files) serve(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, "/static/")
	cache := "no-cache"
	if rest, hashed := strings.CutPrefix(name, f.hash+"/"); hashed {
		name, cache = rest, "public, max-age=31536000, immutable"
	}
	file, found := f.byName[name]
	if !found {
		guard.WriteError(w, cluster.Sentinel("no such file", cluster.ErrNoSuchCall))
		return
	}
	h := w.Header()
	h.Set("Content-Type", file.mime)
	h.Set("Cache-Control", cache)
	h.Set("ETag", file.etag)
	http.ServeContent(w, r, "", time.Time{}, io.NewSectionReader(bytes.NewReader(file.data), 0, int64(len(file.data))))
}
