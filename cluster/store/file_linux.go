package store

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// syncedWrites makes each write to a file durable before it returns. The times of the
// file are not synced. Its size does not change, because the room was written before.
// One call costs less than a write and a sync after it.
const syncedWrites = syscall.O_DSYNC

// deleted says whether the open file has no name in any directory any more. It does not
// ask for the times of the file. After such a question, Linux 6.13 and later gives the
// next write a time of its own (multigrain timestamps), and ext4 without a journal writes
// that time to the disk as well: then each synced write is two.
func deleted(f *os.File) bool {
	var stat unix.Statx_t
	err := unix.Statx(int(f.Fd()), "", unix.AT_EMPTY_PATH, unix.STATX_NLINK, &stat)
	return err == nil && stat.Mask&unix.STATX_NLINK != 0 && stat.Nlink == 0
}
