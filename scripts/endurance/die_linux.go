package main

import (
	"os/exec"
	"syscall"
)

// attributes has the playground die with us, and keeps a Ctrl-C for ourselves.
func attributes(c *exec.Cmd) {
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
