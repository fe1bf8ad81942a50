package store

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"capplayground/cluster"
)

// smallDisk returns the directory of a new file system of this size.
func smallDisk(t *testing.T, size string) (dir string) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("needs root, to mount a file system")
	}
	dir = t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "mode=700,size="+size); err != nil {
		t.Skip("cannot mount: ", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	return dir
}

// TestDiskFull fills a small file system. The store returns an error, keeps all acknowledged
// records, and goes on when there is room again.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	dir := smallDisk(t, "512k")
	opts := Options{Node: 3, LogSize: 64 << 10}
	s, err := Open(dir, opts)
	if err != nil {
		t.Fatal(err)
	}
	acked := map[string]string{}
	for n := 0; ; n++ {
		k, v := fmt.Sprint("key", n), strings.Repeat("v", 2000)
		if err = s.Apply([]cluster.Record{put(k, v)}); err != nil {
			break
		}
		acked[k] = v
		if n > 1000 {
			t.Fatal("2 MB went into 512 KB")
		}
	}
	if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "node3.") {
		t.Errorf("a full disk: %v", err)
	}
	if again := s.Apply([]cluster.Record{put("a", "1")}); !errors.Is(again, syscall.ENOSPC) {
		t.Errorf("after a full disk: %v", again)
	}
	_ = s.Close()
	if s, err := Open(dir, opts); err == nil {
		// Open may now have enough room. Then all acknowledged records are there.
		if got := load(t, s); !maps.Equal(got, acked) {
			t.Errorf("opened again with %d of %d records", len(got), len(acked))
		}
		_ = s.Close()
	} else if !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("opened again on a full disk: %v", err)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT, "size=8m"); err != nil {
		t.Skip("cannot remount: ", err)
	}
	s = open(t, dir, opts)
	got := load(t, s)
	for k := range got { // a refused record may still be on the disk
		if _, ok := acked[k]; !ok {
			delete(got, k)
		}
	}
	if !maps.Equal(got, acked) {
		t.Errorf("with room again: %d of %d records", len(got), len(acked))
	}
	apply(t, s, put("a", "1"))
}

// A log that did not fit is an error, and leaves no file.
func TestNoRoomForALog(t *testing.T) {
	t.Parallel()
	path := filepath.Join(smallDisk(t, "64k"), "log")
	if err := createLog(path, head{size: 256 << 10}, true); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("got %v", err)
	}
	if !missing(path) {
		t.Error("a part of the log is still there")
	}
}

// A database that did not fit is an error, and no log is made for it.
func TestNoRoomForADatabase(t *testing.T) {
	t.Parallel()
	dir := smallDisk(t, fmt.Sprint(4*os.Getpagesize())) // bbolt begins with four pages
	_, err := Open(dir, Options{Node: 3})
	if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "node3.db.new") {
		t.Errorf("got %v", err)
	}
	if !missing(filepath.Join(dir, "node3.log")) {
		t.Error("there is a log")
	}
}

// Each write to the log waits for the disk, also after the logs have changed places.
func TestTheLogIsOpenedForSyncedWrites(t *testing.T) {
	t.Parallel()
	for durability, want := range map[Durability]int64{Disk: syncedWrites, Process: 0} {
		s := open(t, t.TempDir(), Options{Durability: durability, LogSize: 2 << 10})
		for _, when := range []string{"at first", "after a fold"} {
			info, err := os.ReadFile(fmt.Sprint("/proc/self/fdinfo/", s.log.file.Fd()))
			if err != nil {
				t.Skip(err)
			}
			_, text, _ := strings.Cut(string(info), "flags:")
			flags, err := strconv.ParseInt(strings.Fields(text)[0], 8, 64)
			if err != nil || flags&syncedWrites != want {
				t.Errorf("%s, %s: flags %o, %v", durability, when, flags, err)
			}
			fillLog(t, s)
		}
	}
}
