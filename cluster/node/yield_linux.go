package node

import "syscall"

// yieldProcessor lets the other processes that wait for this processor run first
// (sched_yield(2)). It returns at once if there are none. Where several nodes share a
// processor, more messages join one turn then, and one synced write.
func yieldProcessor() { _, _, _ = syscall.RawSyscall(syscall.SYS_SCHED_YIELD, 0, 0, 0) }
