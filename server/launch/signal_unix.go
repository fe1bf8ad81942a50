//go:build unix

package launch

import (
	"os"
	"syscall"
)

// canStop is true: a process can be frozen by a signal.
const canStop = true

func stop(p *os.Process) error   { return p.Signal(syscall.SIGSTOP) }
func resume(p *os.Process) error { return p.Signal(syscall.SIGCONT) }
