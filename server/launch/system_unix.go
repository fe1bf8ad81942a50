//go:build unix && !linux

package launch

import "syscall"

// attributes puts a node into a process group of its own. There is no
// parent-death signal here: a node ends with its stdin.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// isStopped cannot be told without asking for it by ptrace.
func isStopped(int) (stopped, known bool) { return false, false }
