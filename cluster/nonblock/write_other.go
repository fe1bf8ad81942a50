//go:build !unix

package nonblock

import (
	"os"
	"syscall"
)

// Write writes nothing: on this system every write may wait.
func Write(syscall.Conn, []byte) int { return 0 }

// Pipe returns nil: Go's poller does not watch pipes on this system.
func Pipe(*os.File) *os.File { return nil }
