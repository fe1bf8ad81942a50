package servertest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// Build builds a command of this module, such as "./cmd/playground", to the
// given file.
func Build(ctx context.Context, command, file string) error {
	name := "capplayground/" + filepath.ToSlash(filepath.Clean(command))
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", file, name).CombinedOutput(); err != nil {
		return fmt.Errorf("go build %s: %w\n%s", command, err, out)
	}
	return nil
}

// program is cmd/playground, which the first call of Program builds.
var program struct {
	sync.Mutex
	dir, file string
}

// Program builds cmd/playground once for this process and returns its file.
// Cleanup removes it.
func Program(ctx context.Context) (file string, err error) {
	program.Lock()
	defer program.Unlock()
	if program.file != "" {
		return program.file, nil
	}
	if program.dir == "" {
		if program.dir, err = os.MkdirTemp("", "playground-program-"); err != nil {
			return "", err
		}
	}
	file = filepath.Join(program.dir, "playground.exe")
	if err := Build(ctx, "cmd/playground", file); err != nil {
		return "", err
	}
	program.file = file
	return file, nil
}

// MustProgram is Program for a test.
func MustProgram(tb testing.TB) string {
	tb.Helper()
	file, err := Program(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	return file
}

// Cleanup removes what Program built. TestMain calls it after the tests.
func Cleanup() {
	program.Lock()
	defer program.Unlock()
	if program.dir != "" {
		_ = os.RemoveAll(program.dir)
	}
	program.dir, program.file = "", ""
}
