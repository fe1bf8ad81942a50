package launch

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"capplayground/cluster"
	"capplayground/cluster/modes"
)

// Errors of New about the directory of the databases.
var (
	ErrInUse   = errors.New("in use")   // another playground uses the directory
	ErrForeign = errors.New("not ours") // the directory holds files that no playground made
)

const (
	lockName = "playground.lock" // locked while a playground uses the directory
	markName = ".cap-playground" // the mark: a file in each mode's directory that a playground made
	markText = "The databases of the nodes of a CAP Playground, which deletes them when it is reset.\n"
)

// databases are the directories of the nodes' databases, such as ca/3/node3.db,
// below one data directory. While it is open, no other playground can use the data
// directory. Only files that a playground made, in a directory that a playground
// marked, are ever deleted. No symlink is followed out of the data directory.
type databases struct {
	path string
	root *os.Root
	lock *os.File
}

// openDatabases opens and locks a directory that exists. It returns ErrInUse if
// another playground uses the directory. It returns ErrForeign if the directory of
// a mode holds files that no playground made.
func openDatabases(path string) (*databases, error) {
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, fmt.Errorf("launch: %w", err)
	}
	d := &databases{path: path, root: root}
	if d.lock, err = root.OpenFile(lockName, os.O_CREATE|os.O_RDWR, 0o600); err != nil {
		d.close()
		return nil, fmt.Errorf("launch: %w", err)
	}
	if err := lockFile(d.lock); err != nil {
		d.close()
		return nil, fmt.Errorf("%w: another playground uses the data directory %s (choose another with --data-dir)", ErrInUse, path)
	}
	for _, mode := range modes.Names() {
		if err := d.check(mode); err != nil {
			d.close()
			return nil, err
		}
	}
	return d, nil
}

func (d *databases) close() {
	if d.lock != nil {
		_ = unlockFile(d.lock)
		_ = d.lock.Close()
	}
	_ = d.root.Close()
}

// modeDir returns the directory of a mode's databases, below the data directory.
func modeDir(m cluster.Mode) string { return strings.ToLower(string(m)) }

// nodeDir returns the directory of a node's database of a mode, below the data
// directory.
func nodeDir(m cluster.Mode, id cluster.NodeID) string {
	return filepath.Join(modeDir(m), strconv.Itoa(int(id)))
}

// dir returns nodeDir as a path that other processes can use.
func (d *databases) dir(m cluster.Mode, id cluster.NodeID) string {
	return filepath.Join(d.path, nodeDir(m, id))
}

// make makes the directory of a node's database. Only its owner can read it.
func (d *databases) make(m cluster.Mode, id cluster.NodeID) (string, error) {
	if err := d.mark(m); err != nil {
		return "", err
	}
	if err := d.mkdir(nodeDir(m, id)); err != nil {
		return "", err
	}
	return d.dir(m, id), nil
}

// mark makes the directory of a mode and its mark.
func (d *databases) mark(m cluster.Mode) error {
	if err := d.mkdir(modeDir(m)); err != nil {
		return err
	}
	if err := d.check(m); err != nil {
		return err
	}
	f, err := d.root.OpenFile(filepath.Join(modeDir(m), markName), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("launch: %w", err)
	}
	_, err = f.WriteString(markText)
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("launch: %w", err)
	}
	return nil
}

func (d *databases) mkdir(name string) error {
	if err := d.root.Mkdir(name, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("launch: %w", err)
	}
	info, err := d.root.Lstat(name)
	if err != nil {
		return fmt.Errorf("launch: %w", err)
	}
	if !info.IsDir() {
		return fmt.Errorf("launch: %s is not a directory", filepath.Join(d.path, name))
	}
	return nil
}

// has reports whether a node's database of a mode exists.
func (d *databases) has(m cluster.Mode, id cluster.NodeID) bool {
	_, err := d.root.Lstat(filepath.Join(nodeDir(m, id), fmt.Sprintf("node%d.db", id)))
	return !errors.Is(err, fs.ErrNotExist)
}

// checkExists returns cluster.ErrNotNow if the data directory was deleted or
// replaced.
func (d *databases) checkExists() error {
	now, err := os.Stat(d.path)
	if err == nil {
		var ours fs.FileInfo
		if ours, err = d.root.Stat("."); err == nil && os.SameFile(now, ours) {
			return nil
		}
	}
	return fmt.Errorf("%w: the data directory %s was deleted or replaced, so no node can start again (end the playground and start it anew)", cluster.ErrNotNow, d.path)
}

// empty deletes every database of a mode. It deletes nothing if the mode's
// directory holds files that no playground made.
func (d *databases) empty(m cluster.Mode) error {
	if err := d.check(m); err != nil {
		return err
	}
	entries, err := d.entries(modeDir(m))
	for _, e := range entries {
		if e.Name() != markName {
			err = errors.Join(err, d.root.RemoveAll(filepath.Join(modeDir(m), e.Name())))
		}
	}
	if err != nil {
		return fmt.Errorf("launch: empty the databases: %w", err)
	}
	return nil
}

// emptyNode deletes one node's database of a mode, under the same condition as empty.
func (d *databases) emptyNode(m cluster.Mode, id cluster.NodeID) error {
	if err := d.check(m); err != nil {
		return err
	}
	if err := d.root.RemoveAll(nodeDir(m, id)); err != nil {
		return fmt.Errorf("launch: empty the database of node %d: %w", id, err)
	}
	return nil
}

// check returns ErrForeign if a mode's directory holds anything that no playground
// made. That is so if the directory has no mark and is not empty, or if a file in it
// does not have the name of a file of a node's database.
func (d *databases) check(m cluster.Mode) error {
	entries, err := d.entries(modeDir(m))
	if err != nil {
		return err
	}
	marked := false
	for _, e := range entries {
		marked = marked || e.Name() == markName && e.Type().IsRegular()
	}
	if !marked && len(entries) > 0 {
		return d.foreign(modeDir(m))
	}
	for _, e := range entries {
		if e.Name() == markName {
			continue
		}
		id, err := cluster.ParseNodeID(e.Name())
		if err != nil || !e.IsDir() {
			return d.foreign(filepath.Join(modeDir(m), e.Name()))
		}
		files, err := d.entries(nodeDir(m, id))
		if err != nil {
			return err
		}
		for _, f := range files {
			if !strings.HasPrefix(f.Name(), fmt.Sprintf("node%d.", id)) || !f.Type().IsRegular() {
				return d.foreign(filepath.Join(nodeDir(m, id), f.Name()))
			}
		}
	}
	return nil
}

func (d *databases) foreign(name string) error {
	return fmt.Errorf("%w: %s was not made by a playground, which would delete it (move it away, or choose another directory with --data-dir)",
		ErrForeign, filepath.Join(d.path, name))
}

// entries returns the entries of a directory. If the directory does not exist, it
// returns none.
func (d *databases) entries(name string) ([]fs.DirEntry, error) {
	info, err := d.root.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("launch: %w", err)
	case !info.IsDir():
		return nil, d.foreign(name)
	}
	entries, err := fs.ReadDir(d.root.FS(), filepath.ToSlash(name))
	if err != nil {
		return nil, fmt.Errorf("launch: %w", err)
	}
	return entries, nil
}
