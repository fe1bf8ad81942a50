package server

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// data is the directory of the databases.
type data struct {
	dir   string
	fresh bool // made for this run, and removed with it
}

// openData makes sure that dir is a directory of its own name, no symlink, in
// which we can write; "" makes a fresh one for us alone.
func openData(dir string) (*data, error) {
	if dir == "" {
		dir, err := os.MkdirTemp("", "cap-playground-")
		if err != nil {
			return nil, fmt.Errorf("%w: no temporary data directory: %w", ErrConfig, err)
		}
		return &data{dir: dir, fresh: true}, nil
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("%w: data directory: %w", ErrConfig, err)
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return nil, fmt.Errorf("%w: data directory: %w", ErrConfig, err)
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("%w: data directory: %w", ErrConfig, err)
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return nil, fmt.Errorf("%w: data directory: %w", ErrConfig, err)
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("%w: data directory %s is not a directory (and a symlink is not followed)", ErrConfig, dir)
	}
	probe, err := os.CreateTemp(dir, ".probe-")
	if err != nil {
		return nil, fmt.Errorf("%w: cannot write in data directory %s: %w", ErrConfig, dir, err)
	}
	_ = probe.Close()
	if err := os.Remove(probe.Name()); err != nil {
		return nil, fmt.Errorf("%w: data directory: %w", ErrConfig, err)
	}
	return &data{dir: dir}, nil
}

// of returns the directory of a cluster's databases: dir itself, or the directory
// of a lane in it.
func (d *data) of(cfg Config) (string, error) {
	if !cfg.lane {
		return d.dir, nil
	}
	lane, err := openData(filepath.Join(d.dir, string(cfg.Mode)))
	if err != nil {
		return "", err
	}
	return lane.dir, nil
}

func (d *data) close() {
	if d.fresh {
		_ = os.RemoveAll(d.dir)
	}
}
