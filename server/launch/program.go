package launch

import (
	"fmt"
	"os"
	"runtime"

	"capplayground/cluster"
)

// ourselves is this very program, also after its file was deleted or replaced
// (proc(5), /proc/pid/exe).
const ourselves = "/proc/self/exe"

// program returns what to run for a node. Where it is this program, it is the
// one that runs, though another may stand at its path by now. It returns
// cluster.ErrNotNow where there is nothing to run.
func (l *Launcher) program() (string, error) {
	now, err := os.Stat(l.cfg.Program)
	switch {
	case err == nil && (l.self == nil || os.SameFile(now, l.self)):
		return l.cfg.Program, nil
	case l.self != nil && runtime.GOOS == "linux":
		return ourselves, nil
	case err != nil:
		return "", fmt.Errorf("%w: the program %s was deleted, so no node can start again", cluster.ErrNotNow, l.cfg.Program)
	}
	return l.cfg.Program, nil
}

// canStart is cluster.ErrNotNow where a node that was killed now could not be
// started again.
func (l *Launcher) canStart() error {
	if _, err := l.program(); err != nil {
		return err
	}
	return l.databases.there()
}
