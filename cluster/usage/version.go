package usage

import (
	"runtime"
	"runtime/debug"
	"strings"
)

// release and commit are set by scripts/build.bash with the linker's flag -X. If they are
// empty, the version of the module and the commit in the build information are used.
var release, commit string

// Version returns one line that names a program, its version, its commit and the version
// of Go that built it.
func Version(program string) string {
	name, revision := release, commit
	if info, ok := debug.ReadBuildInfo(); ok {
		if name == "" {
			name = info.Main.Version
		}
		for _, s := range info.Settings {
			switch {
			case s.Key == "vcs.revision" && revision == "":
				revision = s.Value
			case s.Key == "vcs.modified" && s.Value == "true" && commit == "":
				revision += " with changes"
			}
		}
	}
	if name == "" {
		name = "(unknown version)"
	}
	if revision = strings.TrimSpace(revision); revision == "" {
		revision = "unknown"
	}
	return program + " " + name + ", commit " + revision + ", " + runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH
}
