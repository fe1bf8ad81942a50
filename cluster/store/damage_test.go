package store

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	bolt "go.etcd.io/bbolt"
)

// files is the content of a store's directory.
type files map[string][]byte

func equalFiles(a, b files) bool { return maps.EqualFunc(a, b, bytes.Equal) }

func snapshot(t testing.TB, dir string) files {
	t.Helper()
	all := files{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if all[e.Name()], err = os.ReadFile(filepath.Join(dir, e.Name())); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// write makes these files the only ones in a directory.
func (f files) write(t testing.TB, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if f[e.Name()] == nil {
			if err := os.Remove(filepath.Join(dir, e.Name())); err != nil {
				t.Fatal(err)
			}
		}
	}
	f.overwrite(t, dir)
}

// overwrite writes these files and leaves the others.
func (f files) overwrite(t testing.TB, dir string) {
	t.Helper()
	for name, data := range f {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// moments returns stores as a kill leaves them at different moments, and the acknowledged
// records.
func moments(t *testing.T) (stores map[string]files, acked map[string]string) {
	t.Helper()
	dir := t.TempDir()
	s := open(t, dir, Options{Durability: Process, LogSize: 8 << 10})
	acked = map[string]string{}
	write := func(n int) {
		k, v := fmt.Sprintf("key%04d", n), strings.Repeat(fmt.Sprint(n), 40)
		apply(t, s, put(k, v), del("nobody"))
		acked[k] = v
	}
	idle := func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if err := s.waitForBackground(); err != nil {
			t.Fatal(err)
		}
	}
	for n := range 100 { // folds a few times
		write(n)
	}
	for s.log.end > 4<<10 { // stop with room in the log
		write(len(acked))
	}
	idle()
	rest := snapshot(t, dir)
	gen, end := s.log.head.gen, s.log.end
	grown := growLog(t, s)
	s.mu.Lock()
	s.spare = s.log.head.size
	err := createLog(s.sparePath(), head{size: s.spare}, false)
	if err == nil {
		err = s.changeLogs()
	}
	s.mu.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	idle()
	folded := snapshot(t, dir)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	old := rest["node3.log"]
	h, err := decodeHead(folded["node3.log"])
	if err != nil {
		t.Fatal(err)
	}
	h.dbSize, h.dbSum = unverified, 0
	fresh := append(h.encode(), folded["node3.log"][sector:]...)
	longer := append(append([]byte{}, old...), make([]byte, 700)...)
	marked := append([]byte{}, old...)
	copy(marked[end:], encodeFrame(nil, kindFold, nil, end, gen))
	return map[string]files{
		"at rest":                         {"node3.db": rest["node3.db"], "node3.log": old},
		"before the head tells of growth": {"node3.db": rest["node3.db"], "node3.log": longer},
		"just grown":                      {"node3.db": rest["node3.db"], "node3.log": grown},
		"in the midst of the fold":        {"node3.db": halfFolded(t, rest["node3.db"], acked), "node3.old": old, "node3.log": fresh},
		"between the two names":           {"node3.db": rest["node3.db"], "node3.old": old},
		"before the database is written":  {"node3.db": rest["node3.db"], "node3.old": old, "node3.log": fresh},
		"before its checksum":             {"node3.db": folded["node3.db"], "node3.old": old, "node3.log": fresh},
		"before the old log is removed":   {"node3.db": folded["node3.db"], "node3.old": old, "node3.log": folded["node3.log"]},
		"just folded":                     {"node3.db": folded["node3.db"], "node3.log": folded["node3.log"]},

		"an earlier version, before the database is written": {"node3.db": rest["node3.db"], "node3.log": marked},
		"an earlier version, before the new log":             {"node3.db": folded["node3.db"], "node3.log": marked},
	}, acked
}

// growLog makes a store's log longer and returns it.
func growLog(t *testing.T, s *Store) []byte {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	before := snapshot(t, s.dir)["node3.log"]
	if err := s.log.grow(3000); err != nil {
		t.Fatal(err)
	}
	grown := snapshot(t, s.dir)["node3.log"]
	if len(grown) != len(before)+3000 || s.log.head.size != int64(len(grown)) {
		t.Fatalf("%d bytes became %d, and the head has the size %d", len(before), len(grown), s.log.head.size)
	}
	return grown
}

// halfFolded returns a database that has half of the records, but not yet the new generation.
func halfFolded(t *testing.T, db []byte, records map[string]string) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "db")
	if err := os.WriteFile(path, db, 0o600); err != nil {
		t.Fatal(err)
	}
	b, err := bolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	var all changes
	for _, k := range slices.Sorted(maps.Keys(records)) {
		all.add(k, []byte(records[k]))
	}
	if err := errors.Join(b.Update(putAll(all[len(all)/2:])), b.Close()); err != nil {
		t.Fatal(err)
	}
	half, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return half
}

// verify opens a store. It returns true if all acknowledged records are there. It returns
// false if the error of Open names the damaged file. In all other cases it returns an error.
func verify(t *testing.T, dir string, acked map[string]string) (opened bool, err error) {
	t.Helper()
	s, err := Open(dir, Options{Node: 3, Durability: Process, LogSize: 8 << 10})
	if err != nil {
		if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), filepath.Join(dir, "node3.")) {
			return false, fmt.Errorf("not a clear error: %w", err)
		}
		return false, nil
	}
	defer func() { _ = s.Close() }()
	got := load(t, s)
	if !maps.Equal(got, acked) {
		return true, fmt.Errorf("opened with %d of %d records", len(got), len(acked))
	}
	return true, nil
}

// A store opens after a kill at each of the moments, with all records. It keeps what is
// written afterwards, too.
func TestMoments(t *testing.T) {
	t.Parallel()
	stores, acked := moments(t)
	for name, files := range stores {
		dir := t.TempDir()
		files.write(t, dir)
		want := maps.Clone(acked)
		for round := range 3 {
			s := open(t, dir, Options{Durability: Process, LogSize: 8 << 10})
			if got := load(t, s); !maps.Equal(got, want) {
				t.Errorf("%s, round %d: it holds %d of %d records", name, round, len(got), len(want))
			}
			if !missing(s.oldPath()) || s.log.head.dbSize == unverified {
				t.Errorf("%s, round %d: Open did not complete the fold", name, round)
			}
			k := fmt.Sprint("after", round)
			apply(t, s, put(k, name))
			want[k] = name
			if err := s.Close(); err != nil {
				t.Errorf("%s, round %d: %v", name, round, err)
			}
		}
	}
}

// A log of an earlier version, whose database was to be written, fits only a database of its
// own generation or of the next one.
func TestAnEarlierLogOverAnotherDatabase(t *testing.T) {
	t.Parallel()
	stores, acked := moments(t)
	good := stores["an earlier version, before the database is written"]
	h, err := decodeHead(good["node3.log"])
	if err != nil {
		t.Fatal(err)
	}
	h.gen += 7
	other := make([]byte, len(good["node3.log"]))
	copy(other, h.encode())
	copy(other[sector:], encodeFrame(nil, kindFold, nil, sector, h.gen))
	dir := t.TempDir()
	files{"node3.db": good["node3.db"], "node3.log": other}.write(t, dir)
	if opened, err := verify(t, dir, acked); opened || err != nil {
		t.Errorf("opened is %v, %v", opened, err)
	}
}

// TestFlip flips one bit at regular distances. TestCut cuts the files short. The store opens
// with all records, or its error names the damaged file.
func TestFlip(t *testing.T) {
	t.Parallel()
	every := 101
	if testing.Short() {
		every = 499
	}
	stores, acked := moments(t)
	dir := t.TempDir()
	for _, moment := range []string{"at rest", "just grown", "just folded"} {
		good := stores[moment]
		opened, refused := 0, 0
		for name := range good {
			for at := 0; at < len(good[name]); at += every {
				good.write(t, dir)
				bad := append([]byte{}, good[name]...)
				bad[at] ^= 1 << (at % 8)
				files{name: bad}.overwrite(t, dir)
				ok, err := verify(t, dir, acked)
				if err != nil {
					t.Fatalf("%s, %s, byte %d: %v", moment, name, at, err)
				}
				if ok {
					opened++
				} else {
					refused++
				}
			}
		}
		t.Logf("%s: %d opened with all records, %d refused", moment, opened, refused)
		if opened == 0 || refused == 0 {
			t.Errorf("%s: want some of both", moment)
		}
	}
}

func TestCut(t *testing.T) {
	t.Parallel()
	stores, acked := moments(t)
	dir := t.TempDir()
	for _, moment := range []string{"at rest", "just grown", "just folded"} {
		good := stores[moment]
		for name := range good {
			for i := range 60 {
				keep := len(good[name]) * i / 60
				if i%2 == 1 {
					keep = keep/512*512 + 1
				}
				good.write(t, dir)
				files{name: good[name][:keep]}.overwrite(t, dir)
				opened, err := verify(t, dir, acked)
				if err != nil {
					t.Fatalf("%s, %s cut to %d: %v", moment, name, keep, err)
				}
				if opened {
					t.Errorf("%s, %s cut to %d: opened", moment, name, keep)
				}
			}
		}
	}
}

// TestFlipWhileFolding damages the database during a fold, while no checksum of the store
// protects it. bbolt must not crash the process.
func TestFlipWhileFolding(t *testing.T) {
	t.Parallel()
	stores, _ := moments(t)
	dir := t.TempDir()
	for _, moment := range []string{"before the database is written", "before its checksum"} {
		good := stores[moment]
		for at := 0; at < len(good["node3.db"]); at += 499 {
			good.write(t, dir)
			bad := append([]byte{}, good["node3.db"]...)
			bad[at] ^= 1 << (at % 8)
			files{"node3.db": bad}.overwrite(t, dir)
			if s, err := Open(dir, Options{Node: 3, Durability: Process}); err == nil {
				if _, err := s.Load(); err != nil && !errors.Is(err, ErrDamaged) {
					t.Errorf("%s, byte %d: %v", moment, at, err)
				}
				_ = s.Close()
			}
		}
	}
}

// TestTorn loses sectors of the last frame, as a power cut may. All frames before it are
// there, and no record of the last frame.
func TestTorn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir, Options{Durability: Process, LogSize: 16 << 10})
	apply(t, s, put("a", "1"))
	before := s.log.end
	apply(t, s, put("a", "2"), put("b", strings.Repeat("b", 3000)))
	after := s.log.end
	_ = s.Close()
	good := snapshot(t, dir)
	for from := before; from < after; from = (from/sector + 1) * sector {
		bad := append([]byte{}, good["node3.log"]...)
		clear(bad[from:min(after, (from/sector+1)*sector)])
		good.write(t, dir)
		files{"node3.log": bad}.overwrite(t, dir)
		for round := range 2 {
			s := open(t, dir, Options{Durability: Process})
			want := map[string]string{"a": "1"}
			if round == 1 {
				want["c"] = "3"
			}
			if got := load(t, s); !maps.Equal(got, want) {
				t.Fatalf("sector at %d lost: %v", from, got)
			}
			apply(t, s, put("c", "3")) // overwrites the torn frame
			_ = s.Close()
		}
	}
}

// TestCreationCutOff opens a store after a kill during its first Open.
func TestCreationCutOff(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir, Options{})
	_ = s.Close()
	done := snapshot(t, dir)
	for name, left := range map[string]files{
		"nothing":                   {},
		"half a database":           {"node3.db.new": done["node3.db"][:5000]},
		"a database":                {"node3.db.new": done["node3.db"]},
		"a database, half a log":    {"node3.db.new": done["node3.db"], "node3.spare": done["node3.log"][:700]},
		"a database without a name": {"node3.db.new": done["node3.db"], "node3.log": done["node3.log"]},
	} {
		dir := t.TempDir()
		left.write(t, dir)
		s := open(t, dir, Options{})
		if got := load(t, s); len(got) != 0 {
			t.Errorf("%s: %v", name, got)
		}
		apply(t, s, put("a", "1"))
		_ = s.Close()
		if got := load(t, open(t, dir, Options{})); got["a"] != "1" {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestEverySector loses each sector of a long log in turn, as a damaged disk may. Either the
// store reports that the log is damaged and does not change it, or only the end of the log is
// missing: no whole frame is behind the sector.
func TestEverySector(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir, Options{Durability: Process, LogSize: 64 << 10})
	var ends []int64 // of the frames
	for n := range 120 {
		apply(t, s, put(fmt.Sprintf("key%03d", n), strings.Repeat("v", n*n%900)))
		ends = append(ends, s.log.end)
	}
	_ = s.Close()
	good := snapshot(t, dir)
	last := ends[len(ends)-1]
	refused, torn := 0, 0
	for from := int64(sector); from < last; from += sector {
		bad := append([]byte{}, good["node3.log"]...)
		clear(bad[from : from+sector])
		good.write(t, dir)
		files{"node3.log": bad}.overwrite(t, dir)
		s, err := Open(dir, Options{Node: 3, Durability: Process})
		if err == nil {
			torn++
			got := len(load(t, s))
			for lost := got; lost < len(ends); lost++ {
				if begin := ends[lost-1]; begin >= from+sector {
					t.Fatalf("without the sector at %d it opens with %d of %d records, although a whole frame begins at %d", from, got, len(ends), begin)
				}
			}
			_ = s.Close()
			continue
		}
		refused++
		if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "node3.log") {
			t.Fatalf("without the sector at %d: %v", from, err)
		}
		if left, err := os.ReadFile(filepath.Join(dir, "node3.log")); err != nil || !bytes.Equal(left, bad) {
			t.Fatalf("without the sector at %d Open changed the log (%v)", from, err)
		}
	}
	if refused < int(last/sector)-5 || torn == 0 {
		t.Errorf("%d sectors are refused and %d are read as a torn end, of %d", refused, torn, last/sector)
	}
}

// TestADamagedOldLog: the log that is being folded was complete. So no part of it may be
// missing, not even its end.
func TestADamagedOldLog(t *testing.T) {
	t.Parallel()
	stores, acked := moments(t)
	good := stores["before the database is written"]
	dir := t.TempDir()
	for from := int64(0); from < int64(len(good["node3.old"])); from += sector {
		bad := append([]byte{}, good["node3.old"]...)
		clear(bad[from : from+sector])
		if bytes.Equal(bad, good["node3.old"]) {
			continue
		}
		good.write(t, dir)
		files{"node3.old": bad}.overwrite(t, dir)
		if opened, err := verify(t, dir, acked); opened || err != nil {
			t.Errorf("without the sector at %d: opened is %v, %v", from, opened, err)
		}
	}
	delete(good, "node3.old")
	good.write(t, dir)
	if opened, err := verify(t, dir, acked); opened || err != nil {
		t.Errorf("without the old log: opened is %v, %v", opened, err)
	}
}
