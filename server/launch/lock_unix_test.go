//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package launch

import (
	"syscall"
	"testing"
)

// A process that is being started has copies of all open files until its exec. Such a
// copy must not keep the lock of a data directory that is closed meanwhile.
func TestACopyOfTheFileKeepsNoLock(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	d, err := open(t, dir)
	must(t, err)
	duplicate, err := syscall.Dup(int(d.lock.Fd()))
	must(t, err)
	defer syscall.Close(duplicate)
	d.close()
	if _, err := open(t, dir); err != nil {
		t.Errorf("after close, with a copy of the lock file open: %v", err)
	}
}
