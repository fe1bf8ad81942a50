//go:build unix && !linux

package launch

import "syscall"

// attributes puts a node into its own process group. These systems have no
// parent-death signal: a node ends when its stdin is closed.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// isStopped always returns known false: only ptrace could read the state here.
func isStopped(int) (stopped, known bool) { return false, false }
