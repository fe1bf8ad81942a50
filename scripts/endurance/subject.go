package main

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"capplayground/server/servertest"
)

// size is the number of nodes.
const size = 5

// callTimeout is how long a call of the playground may take. A change of the mode may
// wait for nodes that start slowly: one may take 30 s.
const callTimeout = 2 * time.Minute

// start starts the playground under test below dir, and builds it unless the
// command line names a program.
func start(ctx context.Context, o options, dir string) (*servertest.Playground, error) {
	// Each soak has its own copy of the program. So the path of the program identifies
	// the processes of this soak.
	dir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return nil, err
	}
	program := filepath.Join(dir, "playground")
	if o.binary == "" {
		err = servertest.Build(ctx, "cmd/playground", program)
	} else {
		err = copyFile(o.binary, program)
	}
	if err != nil {
		return nil, err
	}
	var flags []string
	if o.bug != "" {
		flags = []string{"--bug", o.bug}
	}
	p, err := servertest.New(ctx, servertest.Options{
		Program: program, Flags: flags, Data: dataDir(dir), Durability: "disk", KeepAlive: true, Attributes: attributes,
	})
	if err != nil {
		return nil, err
	}
	p.HTTP.Timeout = callTimeout
	return p, nil
}

func copyFile(from, to string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, text, 0o700)
}

func dataDir(dir string) string { return filepath.Join(dir, "data") }

// dataBytes is the size of the databases on the disk.
func (s *soak) dataBytes() int64 {
	var sum int64
	_ = filepath.WalkDir(dataDir(s.dir), func(_ string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			if info, err := d.Info(); err == nil {
				sum += info.Size()
			}
		}
		return nil // the file was deleted meanwhile
	})
	return sum
}
