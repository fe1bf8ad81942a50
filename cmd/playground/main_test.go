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
	"capplayground/cluster/modes"
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
		{"--mode XY --peers " + peers, 2, "XY"},
		{"--listen 8080 --peers " + peers, 2, "want host:port"},
		{"lanes --modes CA,XY", 2, "unknown mode"},
		{"lanes --modes CA,ca", 2, "two lanes in mode CA"},
		{"lanes --modes CA,AP --peers " + peers, 2, "3 addresses for 2 lanes"},
		{"lanes --attach", 2, "attach"},
		{"lanes --mode CA", 2, "mode"},
		{"--nodes 3 --peers " + peers, 2, "exclude each other"},
		{"help nonsense", 2, "nonsense"},
		{"--name http://laptop.local", 2, "want host or host:port"},
		{"--peers 127.0.0.1:3001,,127.0.0.1:3003", 2, "want host:port"},
		{"sim --ops 0", 2, "--ops 0"},
		{"sim --seeds 0", 2, "--seeds 0"},
		{"sim --nodes 10", 2, "1 to 9"},
		{"compare --nodes 3", 2, "there are 3"},
		{"compare --peers " + peers + " --listen " + block.Playground, 2, "there are 3"},
		{"compare --json " + filepath.Join(dir, "none", "file"), 2, "none"},
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

// The program warns of ports that browsers refuse.
func TestPortsThatBrowsersRefuse(t *testing.T) {
	t.Parallel()
	block := loopback.Test(t, 3)
	peers := strings.Join(block.Addrs, ",")
	for listen, warns := range map[string]bool{"127.0.0.1:6000": true, "127.0.0.1:10080": true, "127.0.0.1:8080": false} {
		o := options{mode: string(modes.Default())}
		flags := o.flags("test")
		if err := flags.Parse([]string{"--listen", listen, "--peers", peers}); err != nil {
			t.Fatal(err)
		}
		o.set = map[string]bool{"peers": true}
		var stderr bytes.Buffer
		if _, err := o.config(&stderr); err != nil || strings.Contains(stderr.String(), "browsers refuse") != warns {
			t.Errorf("%s: %v, says %q", listen, err, stderr.String())
		}
	}
}

func TestHelpAndVersion(t *testing.T) {
	t.Parallel()
	for args, says := range map[string]string{
		"--help": "--data-dir", "--version": ", commit ", "node --version": ", commit ", "help": "--data-dir", "help compare": "--html", "help sim": "--seeds",
		"help node": "--data-dir", "node --help": "--durability", "sim --help": "--seeds", "compare --help": "--faults",
	} {
		var stdout, stderr bytes.Buffer
		err := run(context.Background(), strings.Fields(args), &stdout, &stderr)
		if err != nil || !strings.Contains(stdout.String(), says) || !strings.Contains(stdout.String(), "Flags:\n  --") {
			if !strings.Contains(args, "--version") || err != nil || !strings.Contains(stdout.String(), says) {
				t.Errorf("%s: %v, %q", args, err, stdout.String())
			}
		}
		for _, hidden := range []string{"--bug", "--data  ", "\n  -m"} {
			if strings.Contains(stdout.String(), hidden) && !strings.Contains(args, "sim") {
				t.Errorf("%s shows %q:\n%s", args, hidden, stdout.String())
			}
		}
	}
}
