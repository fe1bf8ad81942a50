//go:build unix

package peer

import (
	"net"
	"syscall"
)

// writeNow writes as much of b as the socket takes without waiting, and returns how many
// bytes that was. It reports no error: the next write that may wait meets the same one.
func writeNow(conn *net.TCPConn, b []byte) (n int) {
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
