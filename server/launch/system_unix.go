//go:build unix && !linux

package launch

import "syscall"

// attributes puts a node into a process group of its own. There is no
// parent-death signal here: a node ends when its stdin is closed.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// isStopped knows nothing here: only ptrace would tell it.
func isStopped(int) (stopped, known bool) { return false, false }
