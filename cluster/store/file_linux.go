package store

import "syscall"

// syncedWrites makes each write to a file durable before it returns, without
// the file's times: the room was written before, so that its size does not
// change. One call for two costs less than a write and a sync after it.
const syncedWrites = syscall.O_DSYNC
