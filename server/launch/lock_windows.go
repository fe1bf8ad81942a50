package launch

import (
	"os"

	"golang.org/x/sys/windows"
)

// lockFile locks a file for this process, until unlockFile or the end of the process. If the file is already locked, lockFile fails at once.
func lockFile(f *os.File) error {
	const how = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	return windows.LockFileEx(windows.Handle(f.Fd()), how, 0, 1, 0, new(windows.Overlapped))
}

// unlockFile ends the lock at once. Windows ends the lock of a closed file later.
func unlockFile(f *os.File) error {
	return windows.UnlockFileEx(windows.Handle(f.Fd()), 0, 1, 0, new(windows.Overlapped))
}
