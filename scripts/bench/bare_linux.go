package main

import (
	"os"
	"syscall"
)

// durable makes each write to a file durable before it returns, as for a node's log.
const durable = syscall.O_DSYNC

// yieldProcessor lets other processes run first, as a node does.
func yieldProcessor() { _, _, _ = syscall.RawSyscall(syscall.SYS_SCHED_YIELD, 0, 0, 0) }

// polledPipe returns a pipe that a program reads without waiting: a read of the empty pipe
// returns an error.
func polledPipe(fd uintptr) (*os.File, error) {
	pipe := os.NewFile(fd, "pipe") // out of Go's poller, because it still blocks
	return pipe, os.NewSyscallError("fcntl", syscall.SetNonblock(int(fd), true))
}
