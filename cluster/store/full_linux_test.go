package store

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"strings"
	"syscall"
	"testing"

	"capplayground/cluster"
)

// TestDiskFull fills a small file system. The store returns an error, keeps all acknowledged
// records, and goes on when there is room again.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		t.Skip("needs root, to mount a file system")
	}
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=512k,mode=700"); err != nil {
		t.Skip("cannot mount: ", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
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
