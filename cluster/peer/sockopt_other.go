//go:build !linux

package peer

import (
	"net"
	"time"
)

// setUserTimeout does nothing: there is no TCP_USER_TIMEOUT here. Keep-alive
// ends an idle stream, the kernel's retransmissions a busy one.
func setUserTimeout(*net.TCPConn, time.Duration) error { return nil }
