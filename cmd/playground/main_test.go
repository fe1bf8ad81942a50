package main

import (
	"bytes"
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"capplayground/cluster/loopback"
	"capplayground/server/servertest"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(status int) {
		servertest.Cleanup()
		os.Exit(status)
	}))
}

func TestCommandLinesThatMakeNoSense(t *testing.T) {
	t.Parallel()
	block := loopback.Test(t, 3)
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	taken := busy.Addr().String()
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	symlink := filepath.Join(dir, "symlink")
	if err := os.Symlink(dir, symlink); err != nil {
		t.Fatal(err)
	}
	peers := strings.Join(block.Addrs, ",")
	for _, tc := range []struct {
		args   string
		status int
		says   string
	}{
		{"--nonsense", 2, "--help"},
		{"what", 2, "what"},
		{"--mode XY", 2, "unknown mode"},
		{"--mode RAFT --peers " + peers, 2, "RAFT"},
		{"--nodes 2", 2, "3 to 9"},
		{"--nodes 10", 2, "3 to 9"},
		{"--durability hope", 2, "disk or process"},
		{"--peers 127.0.0.1:1,127.0.0.1:2", 2, "3 to 9"},
		{"--peers a,b,c", 2, "host:port"},
		{"--peers " + peers + " --listen 0.0.0.0:0", 2, "token"},
		{"--peers " + peers + " --listen 127.0.0.1:99999", 2, "99999"},
		{"--peers " + peers + " --listen " + taken, 1, taken},
		{"--peers " + taken + "," + peers + " --listen " + block.Playground, 1, taken},
		{"--peers " + peers + " --listen " + block.Playground + " --data-dir " + file, 2, "not a directory"},
		{"--peers " + peers + " --listen " + block.Playground + " --data-dir " + symlink, 2, "symlink"},
		{"node 12 --mode CA", 2, ""},
		{"node 1 --mode XY", 2, ""},
		{"sim --nonsense", 2, ""},
		{"compare --nonsense", 2, "--help"},
		{"compare --faults " + filepath.Join(dir, "none"), 2, "none"},
		{"compare --faults " + file, 2, "unusable script"},
	} {
		var stdout, stderr bytes.Buffer
		status := exitStatus(run(context.Background(), strings.Fields(tc.args), &stdout, &stderr), &stderr)
		if status != tc.status || !strings.Contains(stderr.String(), tc.says) {
			t.Errorf("%s: exit status %d (want %d), says %q (want %q in it)", tc.args, status, tc.status, stderr.String(), tc.says)
		}
	}
}

func TestHelpAndVersion(t *testing.T) {
	t.Parallel()
	for args, says := range map[string]string{"--help": "--data-dir", "--version": "playground "} {
		var stdout, stderr bytes.Buffer
		if err := run(context.Background(), []string{args}, &stdout, &stderr); err != nil || !strings.Contains(stdout.String(), says) {
			t.Errorf("%s: %v, %q", args, err, stdout.String())
		}
	}
}
