//go:build unix

package store

import (
	"errors"
	"io/fs"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"
)

// lockFile waits for lockWait. The clock of the test is not the real one.
func TestLockFileWaits(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lock")
	synctest.Test(t, func(t *testing.T) {
		first, err := lockFile(path)
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if _, err := lockFile(path); !errors.Is(err, ErrInUse) {
			t.Errorf("a locked file: %v", err)
		}
		if waited := time.Since(began); waited < lockWait || waited > lockWait+2*lockRetry {
			t.Errorf("it waited %v", waited)
		}
		time.AfterFunc(lockWait/2, func() { _ = first.Close() })
		second, err := lockFile(path)
		if err != nil {
			t.Fatalf("the lock was released in time: %v", err)
		}
		_ = second.Close()
	})
}

func TestNoDirectoryToSync(t *testing.T) {
	t.Parallel()
	if err := syncDirectory(filepath.Join(t.TempDir(), "missing")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	if err := syncDirectory(t.TempDir()); err != nil {
		t.Error(err)
	}
}
