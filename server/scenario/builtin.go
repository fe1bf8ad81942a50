package scenario

import (
	"embed"
	"io/fs"
)

//go:embed builtin/*.yaml
var builtin embed.FS

// Builtin returns the scenarios that are part of the program, in the order of a
// talk. They need no network.
func Builtin() []*Scenario {
	files, err := fs.Glob(builtin, "builtin/*.yaml")
	if err != nil {
		panic(err) // the pattern is constant
	}
	all := make([]*Scenario, len(files))
	for i, file := range files {
		text, err := builtin.ReadFile(file)
		if err == nil {
			all[i], err = Parse(file, text)
		}
		if err != nil {
			panic(err) // a test parses all of them
		}
		all[i].Recordings = recordingsOf(all[i])
	}
	return all
}
