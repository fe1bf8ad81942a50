package launch

import (
	"fmt"
	"os"
	"runtime"

	"capplayground/cluster"
)

// thisProgram is a path of the running program. The path also works after the file
// of the program was deleted or replaced (proc(5), /proc/pid/exe).
const thisProgram = "/proc/self/exe"

// program returns the path of the program to run for a node. If nodes run this
// program and its file was deleted or replaced, the path on Linux is that of the
// running version. It returns cluster.ErrNotNow if there is no program to run.
func (l *Launcher) program() (string, error) {
	now, err := os.Stat(l.cfg.Program)
	switch {
	case err == nil && (l.self == nil || os.SameFile(now, l.self)):
		return l.cfg.Program, nil
	case l.self != nil && runtime.GOOS == "linux":
		return thisProgram, nil
	case err != nil:
		return "", fmt.Errorf("%w: the program %s was deleted, so no node can start again", cluster.ErrNotNow, l.cfg.Program)
	}
	return l.cfg.Program, nil
}

// canStart returns cluster.ErrNotNow if a node that is killed now could not start
// again.
func (l *Launcher) canStart() error {
	if _, err := l.program(); err != nil {
		return err
	}
	return l.databases.checkExists()
}
