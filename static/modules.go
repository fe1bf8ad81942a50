package static

import (
	"bytes"
	"path"
	"regexp"
	"slices"
)

// imported is an import of a module by another, or of the whole of it, at the beginning
// of a line.
var imported = regexp.MustCompile(`^(?:(?:import|export)\s[^;'"]*\bfrom|import)\s*'(\.[^']+)'`)

// Imports returns, for each entry, the modules that it imports, directly or not, each
// after a module that imports it. A page names them all, so that the browser asks for them
// at once. It would otherwise ask for a module only after it has read one that imports it.
// An entry is a module with which a page begins; read returns the text of a module.
func Imports(read func(name string) []byte, entries ...string) map[string][]string {
	direct := make(map[string][]string) // read only once, since each program start reads all
	all := make(map[string][]string, len(entries))
	for _, entry := range entries {
		found := []string{entry}
		for i := 0; i < len(found); i++ {
			name := found[i]
			if _, known := direct[name]; !known {
				direct[name] = importsOf(name, read(name))
			}
			for _, other := range direct[name] {
				if !slices.Contains(found, other) {
					found = append(found, other)
				}
			}
		}
		all[entry] = found[1:]
	}
	return all
}

// importsOf returns the modules that a module imports directly.
func importsOf(name string, text []byte) (names []string) {
	for len(text) > 0 {
		if match := imported.FindSubmatch(text); match != nil {
			names = append(names, path.Join(path.Dir(name), string(match[1])))
		}
		_, text, _ = bytes.Cut(text, []byte("\n"))
	}
	return names
}
