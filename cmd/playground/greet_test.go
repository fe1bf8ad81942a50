package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"capplayground/cluster"
	"capplayground/server/servertest"
)

// TestPrintedLinesWork runs the lines that the program prints at its start, in a real shell
// and unchanged: with and without a token, at one address and at all addresses.
func TestPrintedLinesWork(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip(err)
	}
	for _, tc := range []struct {
		name, token string
		all         bool
	}{
		{"no token", "", false},
		{"a token", "s3cret", false},
		{"a token that must be quoted", `it's a "$HOME" & more`, false},
		{"all addresses", "s3cret", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			o := servertest.Options{Token: tc.token}
			if tc.all {
				o.Flags = []string{"--listen", "0.0.0.0:0"}
			}
			p := servertest.Start(t, o)
			p.Eventually("all lines are printed", func() bool {
				return strings.Contains(p.Log(), "Read ") && (tc.token == "") == !strings.Contains(p.Log(), "Token  from the environment variable CAP_TOKEN")
			})
			lines := regexp.MustCompile(`(?m)^(Open|Write|Read) +(.*)$`).FindAllStringSubmatch(p.Log(), -1)
			if len(lines) < 3 {
				t.Fatalf("printed:\n%s", p.Log())
			}
			for _, line := range lines {
				if line[1] == "Open" {
					page, _, _ := strings.Cut(line[2], "   ")
					opens(t, page)
					continue
				}
				out, err := exec.Command("sh", "-c", line[2]+" --silent --noproxy '*' --retry 5").CombinedOutput() // a busy machine may refuse a write
				if err != nil || !strings.Contains(string(out), `"val":"London"`) {
					t.Errorf("%s: %v %s", line[2], err, out)
				}
			}
		})
	}
}

// opens opens a page as a browser does: it follows redirects and keeps cookies.
func opens(t *testing.T, page string) {
	t.Helper()
	jar := &cookies{}
	client := http.Client{Jar: jar, Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get(page)
	if err != nil {
		t.Errorf("%s: %v", page, err)
		return
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("%s: %s", page, resp.Status)
	}
}

// cookies is a cookie jar that sends all cookies to each URL.
type cookies struct{ all []*http.Cookie }

func (c *cookies) SetCookies(_ *url.URL, all []*http.Cookie) { c.all = append(c.all, all...) }
func (c *cookies) Cookies(*url.URL) []*http.Cookie           { return c.all }

// TestNames calls the playground by the names that --name gave, and by other names. The
// playground answers the first calls and refuses the others.
func TestNames(t *testing.T) {
	t.Parallel()
	p := servertest.Start(t, servertest.Options{Flags: []string{"--name", "localhost:9090", "--name", "laptop.local"}})
	_, port, _ := net.SplitHostPort(p.Place.Listen)
	for host, want := range map[string]int{
		p.Place.Listen: 200, "localhost:9090": 200, "laptop.local": 200, "laptop.local:" + port: 200,
		"laptop.local:9090": 403, "evil.example": 403, "localhost:9091": 403,
	} {
		req, err := http.NewRequestWithContext(t.Context(), "GET", p.URL+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = host
		resp, err := p.HTTP.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("Host %s: %d, want %d", host, resp.StatusCode, want)
		}
	}
}

// TestABusyPortHasAName starts a second playground at addresses of the first. The
// error names the process that holds the address, and says how to end it.
func TestABusyPortHasAName(t *testing.T) {
	t.Parallel()
	p := servertest.Start(t, servertest.Options{})
	for _, args := range [][]string{
		{"--listen", p.Place.Listen, "--peers", "127.0.0.1:1,127.0.0.1:2,127.0.0.1:3"},
		{"--listen", "127.0.0.1:0", "--peers", strings.Join(p.Place.Nodes, ",")},
	} {
		var stdout, stderr bytes.Buffer
		status := exitStatus(run(context.Background(), args, &stdout, &stderr), &stderr)
		if status != 1 || !strings.Contains(stderr.String(), "kill "+pid(p)+" ends it") {
			t.Errorf("exit status %d, says %s\nwant the process %s", status, stderr.String(), pid(p))
		}
	}
}

func pid(p *servertest.Test) string { return strconv.Itoa(p.PID) }

// TestANodeJoinsPastTheProxy has a node join at another address of this machine, as
// it would join a playground on another machine. The environment names a proxy, which
// the node must not use.
func TestANodeJoinsPastTheProxy(t *testing.T) {
	t.Parallel()
	p := servertest.Start(t, servertest.Options{Token: "s3cret", Flags: []string{"--attach", "--listen", "0.0.0.0:0"}})
	var page string
	for _, m := range regexp.MustCompile(`Open +(http://[^/]*)`).FindAllStringSubmatch(p.Log(), -1) {
		if u, err := url.Parse(m[1]); err == nil && u.Hostname() != "localhost" && !strings.Contains(u.Host, "[") {
			page = m[1]
		}
	}
	if page == "" {
		t.Skip("this machine has only loopback addresses")
	}
	here := servertest.At(servertest.Place{Listen: strings.TrimPrefix(page, "http://"), Nodes: p.Place.Nodes}, "s3cret")
	said := &servertest.Log{}
	node := exec.Command(p.Program, "node", "1", "--playground", page, "--data-dir", t.TempDir(), "--durability", "process")
	node.Env = append(os.Environ(), "MODE=", "CAP_TOKEN=s3cret", "http_proxy=http://127.0.0.1:1", "HTTP_PROXY=http://127.0.0.1:1", "no_proxy=")
	node.Stdout, node.Stderr = said, said
	if err := node.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = node.Process.Kill(); _ = node.Wait() }()
	p.Await("node 1 joins", servertest.Patience, func() error {
		c, err := here.ReadCluster()
		if err == nil && c.Nodes[0].Status != cluster.StatusUp {
			err = fmt.Errorf("node 1 is %s and says %s", c.Nodes[0].Status, said)
		}
		return err
	})
}
