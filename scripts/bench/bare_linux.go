package main

import "syscall"

// durable makes each write to a file durable before it returns, as for a node's log.
const durable = syscall.O_DSYNC

// yieldProcessor lets other processes run first, as a node does.
func yieldProcessor() { _, _, _ = syscall.RawSyscall(syscall.SYS_SCHED_YIELD, 0, 0, 0) }
