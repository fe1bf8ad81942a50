package loopback_test

import (
	"net"
	"os"
	"runtime"
	"strings"
	"testing"

	"capplayground/cluster/loopback"
)

func TestHolderOf(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("only Linux shows which process listens")
	}
	for _, at := range []string{"127.0.0.1:0", "0.0.0.0:0", "[::1]:0"} {
		ln, err := net.Listen("tcp", at)
		if err != nil {
			t.Logf("%s: %v", at, err)
			continue
		}
		addr := ln.Addr().String()
		h := loopback.HolderOf(addr)
		if h.PID != os.Getpid() || !strings.Contains(h.String(), "loopback.test") {
			t.Errorf("%s is held by %v, want this test, %d", addr, h, os.Getpid())
		}
		_ = ln.Close()
		if h := loopback.HolderOf(addr); h.PID != 0 || h.String() != "another program" {
			t.Errorf("%s is free, but held by %v", addr, h)
		}
	}
}
