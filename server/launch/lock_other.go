//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd || windows)

package launch

import "os"

// lockFile does nothing: there is no lock that all such systems have. The databases themselves
// are locked by the nodes that have them open.
func lockFile(*os.File) error { return nil }
