//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package launch

import (
	"os"
	"syscall"
)

// lockFile locks a file for this process, until unlockFile or the end of the process. If the file is already locked, lockFile fails at once.
func lockFile(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) }

// unlockFile ends the lock at once. It is not enough to close the file: a process that is
// being started at this moment has a copy of each open file until its exec, and the copy
// keeps the lock.
func unlockFile(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_UN) }
