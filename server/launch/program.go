package launch

import (
	"fmt"
	"os"
	"runtime"

	"capplayground/cluster"
)

// thisProgram is the path of the running program. It works after the file was
// deleted or replaced too (proc(5), /proc/pid/exe).
const thisProgram = "/proc/self/exe"

// program returns the path of the program to run for a node. Where nodes run
// this program, the path leads to the running version of it, though another file
// may stand at its old path. It returns cluster.ErrNotNow where there is no
// program to run.
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

// canStart returns cluster.ErrNotNow where a node that is killed now could not
// start again.
func (l *Launcher) canStart() error {
	if _, err := l.program(); err != nil {
		return err
	}
	return l.databases.checkExists()
}
