package store

import (
	"os"
	"syscall"
)

// datasync makes the content of a file durable, without its times: the room
// was written before, so that its size does not change.
func datasync(f *os.File) error {
	for {
		err := syscall.Fdatasync(int(f.Fd()))
		if err != syscall.EINTR {
			return os.NewSyscallError("fdatasync", err)
		}
	}
}
