// Package site writes the simulated edition of the playground: a static site, which any
// web host can serve from any path.
package site

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"capplayground/cluster/modes"
	"capplayground/static"
	"capplayground/templates"
)

// policy is the Content-Security-Policy of the site's pages. It allows WebAssembly; the
// policy of a real playground does not. A web host does not send our headers, so the
// policy stands in the pages. There frame-ancestors has no effect, so it is left out.
const policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; connect-src 'self'; " +
	"img-src 'self' data:; font-src 'self'; base-uri 'none'; form-action 'self'"

// entries are the JavaScript modules with which pages begin.
var entries = []string{"js/simulated.js", "js/main.js", "js/simulated-presenter.js"}

// The names of the modules of WebAssembly. Plain lacks one mode: the engine of that mode, with all that the
// engine imports, is a fifth of the code. The page loads Whole when a user chooses the mode.
const (
	Plain = "simulation"       // built with the tag noraft
	Whole = "simulation-whole" // all modes
)

// Config holds the parts of a site. All fields are required.
type Config struct {
	// Modules are the WebAssembly modules of cmd/simulation, compressed by xz, by the
	// names Plain and Whole.
	Modules map[string][]byte
	// Exec is wasm_exec.js of the Go release that built the module.
	Exec    []byte
	Version string // of the program
}

// Write writes the site to a directory, which it creates. Files of an earlier site that
// have the same names are replaced; other files stay.
func Write(dir string, cfg Config) error {
	files, err := filesOf(cfg)
	if err != nil {
		return err
	}
	for _, name := range namesOf(files) {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, files[name], 0o644); err != nil {
			return err
		}
	}
	return nil
}

// filesOf returns all files of the site by their names.
func filesOf(cfg Config) (map[string][]byte, error) {
	parts, err := staticFiles()
	if err != nil {
		return nil, err
	}
	for name, data := range cfg.Modules {
		parts[fileOf(name)] = data
	}
	parts["simulation/wasm_exec.js"] = cfg.Exec
	base := "static/" + hashOf(parts)
	files := make(map[string][]byte, len(parts)+3)
	for name, data := range parts {
		files[base+"/"+name] = data
	}
	var names []string
	for _, mode := range modes.Names() {
		names = append(names, string(mode))
	}
	at := templates.Place{Base: base, Calls: "/api", Modules: static.Imports(func(name string) []byte { return parts[name] }, entries...)}
	files["index.html"], err = render(templates.Stage(templates.StageView{
		Place: at, Modes: names,
		Simulated: &templates.SimulatedView{Policy: policy, Mode: string(modes.Default()), Version: cfg.Version},
	}))
	if err != nil {
		return nil, err
	}
	simulated := &templates.SimulatedView{Policy: policy}
	files["presenter.html"], err = render(templates.Presenter(templates.TalkView{Place: at, Simulated: simulated}))
	if err != nil {
		return nil, err
	}
	if files["compare.html"], err = render(templates.Compare(templates.CompareView{Base: base, Simulated: simulated})); err != nil {
		return nil, err
	}
	if files["faithful.html"], err = render(templates.Faithful(base, policy)); err != nil {
		return nil, err
	}
	files["sw.js"], err = serviceWorker(base, files)
	return files, err
}

// staticFiles returns the files of package static that the site uses.
func staticFiles() (map[string][]byte, error) {
	files := make(map[string][]byte)
	err := fs.WalkDir(static.Files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files[name], err = fs.ReadFile(static.Files, name)
		if ending := path.Ext(name); !strings.HasPrefix(name, "vendor/") && (ending == ".js" || ending == ".css") {
			files[name] = withoutComments(files[name])
		}
		return err
	})
	return files, err
}

// withoutComments returns a text of JavaScript or CSS without the comments that stand on
// lines of their own. They are a quarter of the text, also when it is compressed.
// static/js/comments.test.mjs checks what must hold for it: a comment of several lines has
// no code beside it, and no line of a template literal looks like a comment.
func withoutComments(text []byte) []byte {
	var kept []byte
	inside := false
	for line := range bytes.Lines(text) {
		trimmed := bytes.TrimSpace(line)
		if !inside && bytes.HasPrefix(trimmed, []byte("//")) {
			continue
		}
		begins := !inside && bytes.HasPrefix(trimmed, []byte("/*"))
		if !inside && !begins {
			kept = append(kept, line...)
			continue
		}
		_, code, ends := bytes.Cut(trimmed, []byte("*/"))
		inside = !ends
		if begins && len(code) > 0 { // such as a comment that says the type of an expression
			kept = append(kept, line...)
		}
	}
	return kept
}

// hashOf returns a name for the contents of all files, so that a browser may keep them
// for ever.
func hashOf(files map[string][]byte) string {
	all := sha256.New()
	for _, name := range namesOf(files) {
		_, _ = fmt.Fprintf(all, "%q %x\n", name, sha256.Sum256(files[name]))
	}
	return hex.EncodeToString(all.Sum(nil)[:8])
}

func namesOf(files map[string][]byte) []string {
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func render(page templ.Component) ([]byte, error) {
	var b bytes.Buffer
	if err := page.Render(context.Background(), &b); err != nil {
		return nil, fmt.Errorf("site: %w", err)
	}
	return b.Bytes(), nil
}

// fileOf returns the name of the file of a module.
func fileOf(module string) string { return "simulation/" + module + ".wasm.xz" }

// serviceWorker returns sw.js, with the list of the files that the site's service worker
// keeps. Its code is static/js/simulated/offline.js.
func serviceWorker(base string, files map[string][]byte) ([]byte, error) {
	later, code := base+"/"+fileOf(Whole), base+"/js/simulated/offline.js"
	kept := slices.DeleteFunc(namesOf(files), func(name string) bool { return name == later || name == code || strings.HasSuffix(name, ".txt") })
	list, err := json.MarshalIndent(append([]string{"./"}, kept...), "", "\t")
	if err != nil {
		return nil, fmt.Errorf("site: %w", err)
	}
	return fmt.Appendf(nil, `// Written by playground site.
self.keptVersion = %q;
self.keptLater = new URL(%q, location.href).href;
self.keptFiles = %s;
importScripts(%q);
`, strings.TrimPrefix(base, "static/"), later, list, code), nil
}
