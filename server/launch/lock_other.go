//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd || windows)

package launch

import "os"

// lockFile does nothing: these systems have no lock in common. The nodes lock the
// databases that they have open.
func lockFile(*os.File) error { return nil }

func unlockFile(*os.File) error { return nil }
