package main

import "syscall"

// attributes has the playground die with us, and keeps a Ctrl-C for ourselves.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
