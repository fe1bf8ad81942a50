//go:build !linux

package peer

import (
	"net"
	"time"
)

// setUserTimeout does nothing: this system has no TCP_USER_TIMEOUT. Keep-alive ends an
// idle stream, and the kernel's retransmissions end a busy one.
func setUserTimeout(*net.TCPConn, time.Duration) error { return nil }
