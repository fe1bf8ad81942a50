package store

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// files is the content of a store's directory.
type files map[string][]byte

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

func (f files) write(t testing.TB, dir string) {
	t.Helper()
	for name, data := range f {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// moments are stores as a kill leaves them, each with what it has acknowledged.
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
	for n := range 100 { // folds a few times
		write(n)
	}
	for s.log.end > 4<<10 { // stop with room in the log
		write(len(acked))
	}
	stores = map[string]files{"at rest": snapshot(t, dir)}
	if err := s.log.append(kindFold, nil); err != nil {
		t.Fatal(err)
	}
	marked := snapshot(t, dir)
	stores["before the database is written"] = marked
	if err := s.foldMarked(); err != nil {
		t.Fatal(err)
	}
	folded := snapshot(t, dir)
	stores["before the new log"] = files{"node3.db": folded["node3.db"], "node3.log": marked["node3.log"]}
	stores["just folded"] = folded
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return stores, acked
}

// verify opens a store and says how that ended: with all that was
// acknowledged, or with an error that names the file. Anything else is the
// error that it returns.
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

func TestMoments(t *testing.T) {
	t.Parallel()
	stores, acked := moments(t)
	for name, files := range stores {
		dir := t.TempDir()
		files.write(t, dir)
		for range 2 {
			if opened, err := verify(t, dir, acked); !opened || err != nil {
				t.Errorf("%s: opened %v, %v", name, opened, err)
			}
		}
	}
}

// TestFlip turns one bit in every so many bytes, and TestCut cuts the files
// short: the store opens with everything, or says which file is damaged.
func TestFlip(t *testing.T) {
	t.Parallel()
	every := 101
	if testing.Short() {
		every = 499
	}
	stores, acked := moments(t)
	dir := t.TempDir()
	for _, moment := range []string{"at rest", "just folded"} {
		good := stores[moment]
		opened, refused := 0, 0
		for name := range good {
			for at := 0; at < len(good[name]); at += every {
				good.write(t, dir)
				bad := append([]byte{}, good[name]...)
				bad[at] ^= 1 << (at % 8)
				files{name: bad}.write(t, dir)
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
		t.Logf("%s: %d opened with everything, %d refused", moment, opened, refused)
		if opened == 0 || refused == 0 {
			t.Errorf("%s: the flips did not reach both", moment)
		}
	}
}

func TestCut(t *testing.T) {
	t.Parallel()
	stores, acked := moments(t)
	dir := t.TempDir()
	for _, moment := range []string{"at rest", "just folded"} {
		good := stores[moment]
		for name := range good {
			for i := range 60 {
				keep := len(good[name]) * i / 60
				if i%2 == 1 {
					keep = keep/512*512 + 1
				}
				good.write(t, dir)
				files{name: good[name][:keep]}.write(t, dir)
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

// TestFlipWhileFolding damages the database in the one moment in which no
// checksum of ours covers it: bbolt must not crash the process.
func TestFlipWhileFolding(t *testing.T) {
	t.Parallel()
	stores, _ := moments(t)
	dir := t.TempDir()
	for _, moment := range []string{"before the database is written", "before the new log"} {
		good := stores[moment]
		for at := 0; at < len(good["node3.db"]); at += 499 {
			good.write(t, dir)
			bad := append([]byte{}, good["node3.db"]...)
			bad[at] ^= 1 << (at % 8)
			files{"node3.db": bad}.write(t, dir)
			if s, err := Open(dir, Options{Node: 3, Durability: Process}); err == nil {
				if _, err := s.Load(); err != nil && !errors.Is(err, ErrDamaged) {
					t.Errorf("%s, byte %d: %v", moment, at, err)
				}
				_ = s.Close()
			}
		}
	}
}

// TestTorn loses sectors of the last frame, as a power cut may: everything
// before it is there, and it is absent as a whole.
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
		files{"node3.log": bad}.write(t, dir)
		for round := range 2 {
			s := open(t, dir, Options{Durability: Process})
			want := map[string]string{"a": "1"}
			if round == 1 {
				want["c"] = "3"
			}
			if got := load(t, s); !maps.Equal(got, want) {
				t.Fatalf("sector at %d lost: %v", from, got)
			}
			apply(t, s, put("c", "3")) // over the remains
			_ = s.Close()
		}
	}
}

// TestCreationCutOff leaves what a kill during the very first Open leaves.
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
		"a database, half a log":    {"node3.db.new": done["node3.db"], "node3.log.new": done["node3.log"][:700]},
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
