package store

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestDeletedLeavesTimes checks that the question whether the log was deleted does not
// give the next write a time of its own. The time of a file changes with the kernel's
// coarse clock, every few milliseconds, unless a program has asked for it.
func TestDeletedLeavesTimes(t *testing.T) {
	t.Parallel()
	f, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	write := func() {
		if _, err := f.WriteAt([]byte("x"), 0); err != nil {
			t.Fatal(err)
		}
	}
	modified := func() time.Time {
		info, err := f.Stat()
		if err != nil {
			t.Fatal(err)
		}
		return info.ModTime()
	}
	const tries = 100
	own := 0
	for range tries {
		write()
		modified() // the next write gets a time of its own
		write()
		between := time.Now()
		if deleted(f) {
			t.Fatal("the file is there")
		}
		write()
		if modified().After(between) { // or the coarse clock has changed since then, which is rare
			own++
		}
	}
	if own > tries/2 {
		t.Errorf("after deleted, %d of %d writes have a time of their own", own, tries)
	}
}
