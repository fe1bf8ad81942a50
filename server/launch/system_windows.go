package launch

import (
	"os"
	"syscall"

	"capplayground/cluster"
)

// canStop is false: there is no SIGSTOP, so a node freezes itself on command.
const canStop = false

func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}

func stop(*os.Process) error   { return cluster.ErrNotNow }
func resume(*os.Process) error { return cluster.ErrNotNow }

func isStopped(int) (stopped, known bool) { return false, false }
