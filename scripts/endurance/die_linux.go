package main

import (
	"os/exec"
	"syscall"
)

// attributes make the playground die with this process, and keep Ctrl-C for this
// process.
func attributes(c *exec.Cmd) {
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
