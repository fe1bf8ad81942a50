package store

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"capplayground/cluster"
)

// fillLog writes until the next log has begun, and returns what it wrote.
func fillLog(t *testing.T, s *Store) map[string]string {
	t.Helper()
	wrote := map[string]string{}
	generation := func() uint64 {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.log.head.gen
	}
	for gen := generation(); generation() == gen; {
		k, v := "key"+strconv.Itoa(len(wrote)), strings.Repeat("v", 200)
		apply(t, s, put(k, v))
		wrote[k] = v
	}
	return wrote
}

// waitForFold returns the error of the fold that is under way.
func waitForFold(s *Store) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.waitForBackground()
}

// blockPath puts a directory in the place of a file, so that the file cannot be removed,
// opened to write, or made by renaming another one.
func blockPath(t *testing.T, path string) {
	t.Helper()
	if err := errors.Join(os.RemoveAll(path), os.MkdirAll(filepath.Join(path, "file"), 0o700)); err != nil {
		t.Fatal(err)
	}
}

// The old log is removed after its fold. The database has its records then.
func TestAFoldRemovesTheOldLog(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir, Options{Durability: Process, LogSize: 2 << 10})
	want := fillLog(t, s)
	if err := waitForFold(s); err != nil {
		t.Fatal(err)
	}
	if !missing(s.oldPath()) {
		t.Error("the old log is still there")
	}
	if got := load(t, s); !maps.Equal(got, want) {
		t.Errorf("it holds %d of %d records", len(got), len(want))
	}
}

// After a fold that failed, the store returns the error of the fold for every call. All
// records are there when it is opened again, because the old log was not removed.
func TestAFoldThatFails(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir, Options{Durability: Process, LogSize: 2 << 10})
	s.beforeFold = func() {
		if err := os.Rename(s.dbPath(), s.dbPath()+".away"); err != nil {
			t.Error(err)
		}
	}
	want := fillLog(t, s)
	err := waitForFold(s)
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "node3.db") {
		t.Errorf("the fold: %v", err)
	}
	if again := s.Apply([]cluster.Record{put("a", "1")}); again == nil || !errors.Is(again, err) {
		t.Errorf("Apply: %v", again)
	}
	if _, again := s.Load(); again == nil || !errors.Is(again, err) {
		t.Errorf("Load: %v", again)
	}
	_ = s.Close()
	if _, again := s.Load(); again == nil || !errors.Is(again, err) {
		t.Errorf("Load after Close: %v", again)
	}
	if err := os.Rename(s.dbPath()+".away", s.dbPath()); err != nil {
		t.Fatal(err)
	}
	if got := load(t, open(t, dir, Options{Durability: Process})); !maps.Equal(got, want) {
		t.Errorf("opened again, it holds %d of %d records", len(got), len(want))
	}
}

// The old log is kept if the head of the log could not be written. If the old log cannot be
// removed, that is an error.
func TestAFoldThatCannotBeFinished(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir(), Options{Durability: Process})
	blockPath(t, s.oldPath())
	if err := s.finishFold(); err == nil || !strings.Contains(err.Error(), "node3.old") {
		t.Errorf("the old log cannot be removed: %v", err)
	}
	if err := errors.Join(os.RemoveAll(s.oldPath()), os.WriteFile(s.oldPath(), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	_ = s.log.file.Close()
	if err := s.finishFold(); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("the head cannot be written: %v", err)
	}
	if missing(s.oldPath()) {
		t.Error("the old log was removed, although the head of the log does not say so")
	}
}

// All work in the background runs in Options.Beside: first the next log is made, then the
// present one is folded.
func TestTheBackgroundRunsBeside(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir(), Options{Durability: Process, LogSize: 2 << 10})
	var did []string
	s.opts.Beside = func(work func()) {
		fresh, old := missing(s.sparePath()), missing(s.oldPath())
		work()
		switch {
		case fresh && !missing(s.sparePath()):
			did = append(did, "next log")
		case !old && missing(s.oldPath()):
			did = append(did, "fold")
		}
	}
	fillLog(t, s)
	if err := waitForFold(s); err != nil {
		t.Fatal(err)
	}
	if want := []string{"next log", "fold"}; !slices.Equal(did, want) {
		t.Errorf("it did %v beside the writes, want %v", did, want)
	}
}

// Five nodes that write the same records have logs of different sizes, of 2 MiB on average,
// also over large databases.
func TestNodesDoNotFoldTogether(t *testing.T) {
	t.Parallel()
	for _, db := range []int64{unverified, 1 << 20, 1 << 40} {
		var sum int64
		sizes := map[int64]bool{}
		for node := range cluster.NodeID(5) {
			s := &Store{opts: Options{Node: node + 1, LogSize: DefaultLogSize}}
			sum += s.logSize(db)
			sizes[s.logSize(db)] = true
		}
		if mean := max(DefaultLogSize, db/spread); len(sizes) != 5 || sum/5 != mean {
			t.Errorf("a database of %d bytes: sizes %v, want a mean of %d", db, slices.Collect(maps.Keys(sizes)), mean)
		}
	}
}

// Close waits for the fold that is under way.
func TestCloseWaitsForAFold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, t.TempDir(), Options{Durability: Process, LogSize: 2 << 10})
		release := make(chan struct{})
		s.beforeFold = func() { <-release }
		fillLog(t, s)
		closed := make(chan error, 1)
		go func() { closed <- s.Close() }()
		synctest.Wait() // until Close waits, or has returned
		if len(closed) != 0 {
			t.Error("it did not wait")
		}
		close(release)
		if err := <-closed; err != nil {
			t.Error(err)
		}
		if !missing(s.oldPath()) {
			t.Error("the old log is still there")
		}
		if err := s.log.file.Close(); !errors.Is(err, fs.ErrClosed) {
			t.Errorf("the log was not closed: %v", err)
		}
	})
}

// A frame goes into the next log if it fits there exactly. A longer frame makes the present
// log grow.
func TestTheNextLogIsLargeEnough(t *testing.T) {
	t.Parallel()
	const size = 1600
	for spare, gen := range map[int64]uint64{sector + size: 2, sector + size - 16: 1} {
		s := open(t, t.TempDir(), Options{Durability: Process, LogSize: 4 << 10})
		if err := createLog(s.sparePath(), head{size: spare}, false); err != nil {
			t.Fatal(err)
		}
		s.mu.Lock()
		s.spare = spare
		err := s.makeRoom(size)
		if err != nil || s.log.head.gen != gen || !s.log.fits(size) {
			t.Errorf("the next log has %d bytes: generation %d, want %d; the frame fits: %v, %v", spare, s.log.head.gen, gen, s.log.fits(size), err)
		}
		s.mu.Unlock()
	}
}

// A log that has mostGrowth times its usual size waits for the background, and returns the
// error of the background. A shorter log grows.
func TestMostGrowth(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir(), Options{Durability: Process, LogSize: 2 << 10})
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failed = errors.New("the fold failed")
	s.log.end = mostGrowth*s.logSize(s.log.head.dbSize) - 1
	if err := s.makeRoom(1024); err != nil || !s.log.fits(1024) {
		t.Errorf("below the limit: %v", err)
	}
	size := s.log.head.size
	s.log.end++
	if err := s.makeRoom(1 << 20); !errors.Is(err, s.failed) || s.log.head.size != size {
		t.Errorf("at the limit: %v; %d bytes became %d", err, size, s.log.head.size)
	}
}

// The next log is made when the present one is half full, and a next log that is too small
// for a frame is made again.
func TestWhenTheNextLogIsMade(t *testing.T) {
	t.Parallel()
	const half = 8 << 10 // of the log
	for name, c := range map[string]struct{ end, spare, room, want int64 }{
		"less than half full":                  {end: half - 16, want: 0},
		"half full":                            {end: half, want: 2 * half},
		"less than half full with the frame":   {end: half - 1024 - 16, room: 1024, want: 0},
		"half full with the frame":             {end: half - 1024, room: 1024, want: 2 * half},
		"the frame fits exactly":               {end: 2 * half, spare: sector + 1024, room: 1024, want: sector + 1024},
		"the frame does not fit":               {end: 2 * half, spare: sector + 1024 - 16, room: 1024, want: 2 * half},
		"a frame that is larger than the logs": {end: 2 * half, spare: 2 * half, room: 3 * half, want: sector + 6*half},
	} {
		s := open(t, t.TempDir(), Options{Durability: Process, LogSize: 2 * half})
		s.mu.Lock()
		s.log.end, s.spare = c.end, c.spare
		s.prepareSpare(c.room)
		err := s.waitForBackground()
		if err != nil || s.spare != c.want {
			t.Errorf("%s: the next log has %d bytes, want %d, %v", name, s.spare, c.want, err)
		}
		if c.want != c.spare {
			if info, err := os.Stat(s.sparePath()); err != nil || info.Size() != c.want {
				t.Errorf("%s: its file: %v, %v", name, info, err)
			}
		}
		s.mu.Unlock()
	}
}

// A log has room for a head and some frames, however small LogSize is.
func TestTheSmallestLog(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir, Options{Durability: Process, LogSize: 1})
	if s.log.head.size != 2*sector {
		t.Errorf("it has %d bytes", s.log.head.size)
	}
	want := fillLog(t, s)
	_ = s.Close()
	if got := load(t, open(t, dir, Options{Durability: Process, LogSize: 1})); !maps.Equal(got, want) {
		t.Errorf("it holds %d of %d records", len(got), len(want))
	}
}
