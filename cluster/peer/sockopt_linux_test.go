package peer

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestTheKernelHasTheTimeout: it is in milliseconds. To set it for a closed connection is an
// error.
func TestTheKernelHasTheTimeout(t *testing.T) {
	t.Parallel()
	w, _, _ := newTestWriter(t)
	for _, want := range []time.Duration{userTimeout, largeWait} {
		if err := setUserTimeout(w.conn, want); err != nil {
			t.Fatal(err)
		}
		raw, err := w.conn.SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		var got int
		var bad error
		if err := raw.Control(func(fd uintptr) {
			got, bad = unix.GetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT)
		}); err != nil || bad != nil || got != int(want.Milliseconds()) {
			t.Errorf("the kernel waits %d ms, want %v: %v, %v", got, want, err, bad)
		}
	}
	_ = w.conn.Close()
	if setUserTimeout(w.conn, userTimeout) == nil {
		t.Error("the timeout of a closed connection was set")
	}
}
