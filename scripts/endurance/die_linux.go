package main

import (
	"os/exec"
	"syscall"
)

// attributes makes the system kill the playground when this process ends. The playground
// gets a process group of its own, so that Ctrl-C goes to this process only.
func attributes(c *exec.Cmd) {
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
