//go:build linux

package launch

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"capplayground/cluster"
)

func open(t *testing.T, dir string) (*databases, error) {
	t.Helper()
	d, err := openDatabases(dir)
	if err == nil {
		t.Cleanup(d.close)
	}
	return d, err
}

func write(t *testing.T, parts ...string) string {
	t.Helper()
	file := filepath.Join(parts...)
	must(t, os.MkdirAll(filepath.Dir(file), 0o700))
	must(t, os.WriteFile(file, []byte("mine"), 0o600))
	return file
}

// Only files that a playground made, in a directory that a playground marked, are
// deleted. A directory with a mode's name that holds other files is refused, before
// and after the start.
func TestOtherPeoplesFilesAreNeverDeleted(t *testing.T) {
	t.Parallel()
	for name, parts := range map[string][]string{
		"a file":                       {"ca", "thesis.tex"},
		"a file in a number":           {"ap", "3", "thesis.tex"},
		"a directory":                  {"cp", "certificates", "root.pem"},
		"a number that is no node's":   {"ca", "12", "node12.db"},
		"another node's file":          {"ca", "3", "node4.db"},
		"a node's file without a mark": {"ca", "3", "node3.db"},
		"a file of the mode's name":    {"ca"},
	} {
		dir := t.TempDir()
		file := write(t, append([]string{dir}, parts...)...)
		if _, err := open(t, dir); !errors.Is(err, ErrForeign) {
			t.Errorf("%s: opened with %v, want %v", name, err, ErrForeign)
		}
		if _, err := os.Stat(file); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}

	dir := t.TempDir()
	d, err := open(t, dir)
	must(t, err)
	for _, id := range []cluster.NodeID{1, 2} {
		made, err := d.make("CA", id)
		must(t, err)
		write(t, made, "node"+string('0'+rune(id))+".db")
	}
	note := write(t, dir, "ca", "2", "notes.txt")
	for verb, err := range map[string]error{"empty": d.empty("CA"), "emptyNode": d.emptyNode("CA", 1)} {
		if !errors.Is(err, ErrForeign) {
			t.Errorf("%s beside a foreign file: %v", verb, err)
		}
	}
	for _, file := range []string{note, filepath.Join(dir, "ca", "1", "node1.db")} {
		if _, err := os.Stat(file); err != nil {
			t.Error(err)
		}
	}
	must(t, os.Remove(note))
	must(t, d.empty("CA"))
	if _, err := os.Stat(filepath.Join(dir, "ca", "1")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("after emptying: %v", err)
	}
	write(t, dir, "beside", "ours") // files beside the modes' directories are allowed
	d.close()
	if _, err := open(t, dir); err != nil {
		t.Errorf("our own directory again: %v", err)
	}
}

func TestOneDirectoryHasOnePlayground(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, err := open(t, dir)
	must(t, err)
	if _, err := open(t, dir); !errors.Is(err, ErrInUse) {
		t.Errorf("a second playground: %v, want %v", err, ErrInUse)
	}
	first.close()
	if _, err := open(t, dir); err != nil {
		t.Errorf("after the end of the first: %v", err)
	}
}

// status returns the body of a status event.
func status(e cluster.Event) *cluster.StatusChanged { return cluster.BodyOf[cluster.StatusChanged](e) }

// A verb does not kill a node that could not start again.
func TestNothingIsKilledThatCannotStartAgain(t *testing.T) {
	t.Parallel()
	l, rec := start(t, "good", 3)
	ctx := t.Context()
	pid := status(rec.last(2)).PID
	moved := l.cfg.Dir + "-moved"
	must(t, os.Rename(l.cfg.Dir, moved))
	t.Cleanup(func() { _ = os.RemoveAll(moved) })
	for verb, err := range map[string]error{
		"restart": l.Restart(ctx, 2),
		"wipe":    l.Wipe(ctx, 2, func() { t.Error("the disk is wiped") }),
		"switch":  l.Switch(ctx, cluster.Epoch{N: 2, Mode: "AP"}, func() { t.Error("the mode is switched") }),
		"can":     l.CanSwitch(),
	} {
		if !errors.Is(err, cluster.ErrNotNow) {
			t.Errorf("%s without a data directory: %v", verb, err)
		}
	}
	if now := status(rec.last(2)); now.PID != pid || now.Status != cluster.StatusUp {
		t.Errorf("node 2 is %+v, it was process %d", now, pid)
	}
	must(t, os.Rename(moved, l.cfg.Dir))
	must(t, l.Restart(ctx, 2))

	l.cfg.Program, l.self = filepath.Join(t.TempDir(), "gone"), nil
	pid = status(rec.last(2)).PID
	if err := l.Restart(ctx, 2); !errors.Is(err, cluster.ErrNotNow) {
		t.Errorf("without a program: %v", err)
	}
	if now := status(rec.last(2)); now.PID != pid || now.Status != cluster.StatusUp {
		t.Errorf("node 2 is %+v, it was process %d", now, pid)
	}
}

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
