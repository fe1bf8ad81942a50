package store

import (
	"errors"
	"io/fs"
	"maps"
	"strings"
	"testing"

	bolt "go.etcd.io/bbolt"

	"capplayground/cluster"
)

// Unless Process is asked for, everything that is written to the log is durable.
func TestDurabilityOfTheLog(t *testing.T) {
	t.Parallel()
	for durability, want := range map[Durability]bool{"": true, Disk: true, Process: false} {
		s := open(t, t.TempDir(), Options{Durability: durability})
		if s.durable() != want || s.log.sync != want || s.db.NoSync == want {
			t.Errorf("%q: durable is %v, the log is synced: %v, the database is synced: %v", durability, s.durable(), s.log.sync, !s.db.NoSync)
		}
	}
}

// After a write that failed, the content of the disk is not known. So the store also refuses
// to read, and Close does not hide the error.
func TestAfterAFailedWrite(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir(), Options{})
	apply(t, s, put("a", "1"))
	_ = s.log.file.Close()
	failed := s.Apply([]cluster.Record{put("a", "2")})
	if !errors.Is(failed, fs.ErrClosed) {
		t.Fatalf("the write: %v", failed)
	}
	for _, when := range []string{"before Close", "after Close"} {
		if _, err := s.Load(); !errors.Is(err, failed) {
			t.Errorf("%s: Load: %v", when, err)
		}
		if err := s.Apply([]cluster.Record{put("a", "3")}); !errors.Is(err, failed) {
			t.Errorf("%s: Apply: %v", when, err)
		}
		if err := s.Close(); err != nil {
			t.Errorf("%s: Close: %v", when, err)
		}
	}
}

// A key has at most the length that the database accepts. Otherwise the fold would fail later.
func TestTheLongestKey(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	opts := Options{Durability: Process, LogSize: 16 << 10}
	s := open(t, dir, opts)
	longest := strings.Repeat("k", bolt.MaxKeySize)
	if err := s.Apply([]cluster.Record{put("b", "1"), put(longest+"k", "1")}); err == nil {
		t.Error("a longer key was accepted")
	}
	want := map[string]string{longest: "1"}
	apply(t, s, put(longest, "1"))
	maps.Copy(want, fillLog(t, s))
	if err := waitForFold(s); err != nil {
		t.Fatal(err)
	}
	_ = s.Close()
	if got := load(t, open(t, dir, opts)); !maps.Equal(got, want) {
		t.Errorf("it holds %d of %d records", len(got), len(want))
	}
}

// A file that cannot be removed or renamed is an error. A file that is not there is already
// removed.
func TestNamesThatCannotBeChanged(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir(), Options{})
	if err := s.remove(s.newDB()); err != nil {
		t.Errorf("remove a file that is not there: %v", err)
	}
	if err := s.rename(s.newDB(), s.oldPath()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("rename a file that is not there: %v", err)
	}
	blockPath(t, s.oldPath())
	if err := s.remove(s.oldPath()); err == nil {
		t.Error("a directory with a file was removed")
	}
	blockPath(t, s.logPath())
	if err := s.installLog(s.log.head); err == nil {
		t.Error("a log took the place of a directory")
	}
}

// A store that learns its cluster keeps it in all later logs.
func TestTheClusterIsKeptByLaterLogs(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	opts := Options{Durability: Process, LogSize: 2 << 10}
	_ = open(t, dir, opts).Close()
	opts.Mode, opts.Members = "CP", []cluster.NodeID{1, 2, 3}
	s := open(t, dir, opts)
	fillLog(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	opts.Node, opts.Mode = 3, "CA"
	if _, err := Open(dir, opts); !errors.Is(err, ErrOtherCluster) {
		t.Errorf("in another mode: %v", err)
	}
}
