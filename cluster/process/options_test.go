package process

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"capplayground/cluster/link"
	"capplayground/cluster/loopback"
	"capplayground/cluster/modes"
)

func env(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	const five = "127.0.0.1:3001,127.0.0.2:3002,127.0.0.3:3003,127.0.0.4:3004,127.0.0.5:3005"
	for _, c := range []struct {
		args string
		env  func(string) string
		want options
	}{
		{"3001", env("MODE", "AC", "XDG_CACHE_HOME", "/c"), options{id: 1, mode: "CA", listen: "127.0.0.1:3001", durability: "disk", epoch: 1, byDefault: true, data: filepath.FromSlash("/c/capplayground/CA/node1")}},
		{"3 --mode ap --data d --peers " + five, env("MODE", "CA"), options{id: 3, mode: "AP", listen: "127.0.0.3:3003", durability: "disk", epoch: 1, data: "d"}},
		{"--mode CP --data d 3002", env(), options{id: 2, mode: "CP", listen: "", durability: "disk", epoch: 1, data: "d"}},
		{"2 --mode CP --data d --durability process --epoch 7 --link stdio --bug x --peers " + five, env("CAP_TOKEN", "s"),
			options{id: 2, mode: "CP", listen: "127.0.0.2:3002", durability: "process", epoch: 7, stdio: true, bug: "x", token: "s", data: "d"}},
		{"1 --data d --mode CA --listen 0.0.0.0:80 --peers 10.0.0.1:80,10.0.0.2:80", env("CAP_TOKEN", "s"), options{id: 1, mode: "CA", listen: "0.0.0.0:80", durability: "disk", epoch: 1, token: "s", data: "d"}},
	} {
		got, err := parse("node", strings.Fields(c.args), c.env, io.Discard)
		if err != nil {
			t.Errorf("%s: %v", c.args, err)
			continue
		}
		if c.want.listen == "" {
			c.want.listen = got.peers[got.id-1]
		}
		got.peers, got.alone = nil, false
		if got.id != c.want.id || got.mode != c.want.mode || got.listen != c.want.listen || got.durability != c.want.durability || got.epoch != c.want.epoch ||
			got.stdio != c.want.stdio || got.bug != c.want.bug || got.token != c.want.token || got.data != c.want.data || got.byDefault != c.want.byDefault {
			t.Errorf("%s:\n got %+v\nwant %+v", c.args, got, c.want)
		}
	}
	if o, err := parse("node", strings.Fields("1 --mode CA --data d --playground http://127.0.0.1:1"), env(), io.Discard); err != nil || o.playground == nil {
		t.Errorf("--playground: %v", err)
	}
}

// The playground gives the options that the command line does not give.
func TestParseWithAPlayground(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	place := link.Place{
		Mode: "CP", Epoch: 4, Peers: []string{"127.0.0.1:81", "127.0.0.1:82", "127.0.0.1:83"},
		Data: []string{"/nonesuch/1", "/nonesuch/2", dir},
	}
	playground := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != link.Path || r.Header.Get("Authorization") != "Bearer s" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_ = json.NewEncoder(w).Encode(place)
	}))
	defer playground.Close()
	get := func(args string) options {
		t.Helper()
		o, err := parse("node", strings.Fields(args+" --playground "+playground.URL), env("CAP_TOKEN", "s", "XDG_CACHE_HOME", "/c"), io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	if o := get("83"); o.id != 3 || o.mode != "CP" || o.epoch != 4 || o.listen != "127.0.0.1:83" || o.data != dir || o.byDefault {
		t.Errorf("all from the playground: %+v", o)
	}
	if o := get("2"); o.data != filepath.FromSlash("/c/capplayground/CP/node2") || !o.byDefault {
		t.Errorf("the database of another machine: %+v", o)
	}
	if o := get("1 --mode AP --epoch 2 --data d --peers 127.0.0.1:91,127.0.0.1:92"); o.mode != "AP" || o.epoch != 2 || o.data != "d" || len(o.peers) != 2 {
		t.Errorf("all from the command line: %+v", o)
	}
}

func TestWrongUse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ args, mode, says string }{
		{"", "CA", "which node?"},
		{"3001", "", "no mode: set MODE"},
		{"3001", "XX", `unknown mode: "XX" (want ` + modes.Choice() + `)`},
		{"4000", "CA", `unknown port "4000" (want one of 3001, 3002, 3003, 3004, 3005`},
		{"0", "CA", "unknown port"},
		{"6", "CA", "unknown port"},
		{"x", "CA", "unknown port"},
		{"3001 3002", "CA", `unexpected "3002"`},
		{"3001 --nonsense", "CA", "nonsense"},
		{"3001 --durability none", "CA", "unknown durability"},
		{"3001 --epoch 0", "CA", "--epoch 0"},
		{"3001 --link tcp", "CA", "want stdio"},
		{"3001 --link stdio --playground http://localhost:1", "CA", "exclude each other"},
		{"3001 --playground nonsense", "CA", "playground"},
		{"3001 --playground http://127.0.0.1:1", "", "start the playground first"},
		{"1 --peers nonsense", "CA", "want host:port"},
		{"1 --peers 127.0.0.1:0", "CA", "unusable port"},
		{"1 --peers 127.0.0.1:1,127.0.0.1:1", "CA", "twice"},
		{"1 --peers 127.0.0.1:1,127.0.0.1:2,127.0.0.1:3,127.0.0.1:4,127.0.0.1:5,127.0.0.1:6,127.0.0.1:7,127.0.0.1:8,127.0.0.1:9,127.0.0.1:10", "CA", "at most 9"},
		{"80 --peers 127.0.0.1:80,127.0.0.2:80", "CA", "several nodes"},
		{"1 --peers 10.0.0.1:80", "CA", "set CAP_TOKEN"},
		{"3001 --listen 0.0.0.0:3001", "CA", "set CAP_TOKEN"},
		{"3001 --listen :3001", "CA", "set CAP_TOKEN"},
		{"3001 --listen nonsense", "CA", "--listen"},
	} {
		var stdout, stderr bytes.Buffer
		code := Main(context.Background(), "node", System{Args: strings.Fields(c.args), Getenv: env("MODE", c.mode, "XDG_CACHE_HOME", t.TempDir()), Stdout: &stdout, Stderr: &stderr})
		if code != ExitUsage || !strings.Contains(stderr.String(), c.says) || !strings.Contains(stderr.String(), "node --help") {
			t.Errorf("%q: exit %d, %s", c.args, code, stderr.String())
		}
	}
}

func TestHelp(t *testing.T) {
	t.Parallel()
	var stdout bytes.Buffer
	code := Main(context.Background(), "node", System{Args: []string{"--help"}, Getenv: env(), Stdout: &stdout, Stderr: io.Discard})
	if code != ExitOK {
		t.Errorf("exit %d", code)
	}
	for _, word := range []string{"MODE=CA node PORT", "-data", "-durability", "-peers", "-playground", "-listen", "CAP_TOKEN", "curl"} {
		if !strings.Contains(stdout.String(), word) {
			t.Errorf("the help does not name %s", word)
		}
	}
	if _, err := parse("node", []string{"-h"}, env(), io.Discard); !errors.Is(err, flag.ErrHelp) {
		t.Error(err)
	}
}

func TestCannotStart(t *testing.T) {
	t.Parallel()
	block := loopback.Test(t, 1)
	start := func(args ...string) string {
		var stderr bytes.Buffer
		all := append([]string{"1", "--mode", "CA", "--peers", block.Addrs[0]}, args...)
		if code := Main(context.Background(), "node", System{Args: all, Getenv: env(), Stdout: io.Discard, Stderr: &stderr}); code != ExitError {
			t.Errorf("%v: exit %d", args, code)
		}
		return stderr.String()
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := start("--data", file); !strings.Contains(got, file) {
		t.Errorf("a file for a directory: %s", got)
	}
	damaged := t.TempDir()
	if err := os.WriteFile(filepath.Join(damaged, "node1.db"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := start("--data", damaged); !strings.Contains(got, "node1.log: damaged") {
		t.Errorf("a damaged database: %s", got)
	}
	ln, err := net.Listen("tcp", block.Addrs[0])
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	data := filepath.Join(t.TempDir(), "d")
	if got := start("--data", data); !strings.Contains(got, block.Addrs[0]+" is in use") {
		t.Errorf("a busy port: %s", got)
	}
	if _, err := os.Stat(data); err == nil {
		t.Error("a node without a port made a database")
	}
}
