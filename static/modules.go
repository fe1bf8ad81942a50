package static

import (
	"path"
	"regexp"
	"slices"
)

// imported is an import of a module by another, and of the whole of it.
var imported = regexp.MustCompile(`(?m)^(?:(?:import|export)\s[^;'"]*\bfrom|import)\s*'(\.[^']+)'`)

// Imports returns, for each entry, the modules that it imports, directly or not, each
// after a module that imports it. A page names them all, so that the browser asks for them
// at once. It would otherwise ask for a module only after it has read one that imports it.
// An entry is a module with which a page begins; read returns the text of a module.
func Imports(read func(name string) []byte, entries ...string) map[string][]string {
	all := make(map[string][]string, len(entries))
	for _, entry := range entries {
		found := []string{entry}
		for i := 0; i < len(found); i++ {
			for _, match := range imported.FindAllSubmatch(read(found[i]), -1) {
				if name := path.Join(path.Dir(found[i]), string(match[1])); !slices.Contains(found, name) {
					found = append(found, name)
				}
			}
		}
		all[entry] = found[1:]
	}
	return all
}
