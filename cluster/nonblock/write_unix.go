//go:build unix

package nonblock

import (
	"os"
	"syscall"
	"time"
)

// Write writes as much of b as conn takes without waiting, and returns how many bytes
// that was. It reports no error: the next write that may wait meets the same one.
func Write(conn syscall.Conn, b []byte) (n int) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0
	}
	_ = raw.Write(func(fd uintptr) bool {
		for {
			written, err := syscall.Write(int(fd), b)
			if err == syscall.EINTR {
				continue
			}
			n = max(0, written)
			return true
		}
	})
	return n
}

// Pipe returns an end of a pipe in a form that Go's poller watches and Write can use: file
// itself if it was opened by this process, or else another os.File for the same descriptor,
// such as standard output. Then file must stay open and must not be used. Pipe returns nil
// if file is not a pipe.
func Pipe(file *os.File) *os.File {
	info, err := file.Stat()
	if err != nil || info.Mode()&os.ModeNamedPipe == 0 {
		return nil
	}
	if file.SetWriteDeadline(time.Time{}) == nil {
		return file
	}
	fd := file.Fd()
	if syscall.SetNonblock(int(fd), true) != nil {
		return nil
	}
	return os.NewFile(fd, file.Name())
}
