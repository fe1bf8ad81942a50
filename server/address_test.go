package server

import (
	"net"
	"net/http"
	"strings"
	"testing"

	"capplayground/cluster/loopback"
)

// local returns an address of 127.0.0.1 whose port is also free at ::1.
func local(t *testing.T) (addr, other string) {
	t.Helper()
	for range 20 {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		_, port, _ := net.SplitHostPort(ln.Addr().String())
		other = net.JoinHostPort("::1", port)
		second, err := net.Listen("tcp", other)
		_ = ln.Close()
		if err == nil {
			_ = second.Close()
			return ln.Addr().String(), other
		}
		if !strings.Contains(err.Error(), "in use") {
			t.Skip("no ::1 here:", err)
		}
	}
	t.Fatal("no port is free")
	return "", ""
}

// localhost leads to the playground: a program may resolve it to 127.0.0.1 or to
// ::1.
func TestLocalhostIsThePlayground(t *testing.T) {
	t.Parallel()
	addr, other := local(t)
	r := startRig(t, Config{Listen: addr, Peers: loopback.Test(t, 3).Addrs})
	_, port, _ := net.SplitHostPort(addr)
	if want := "http://localhost:" + port; r.s.URL() != want {
		t.Errorf("the page is said to be at %s, want %s", r.s.URL(), want)
	}
	for _, at := range []string{addr, other} {
		for _, host := range []string{at, "localhost:" + port} {
			req, err := http.NewRequestWithContext(t.Context(), "GET", "http://"+at+"/api/modes", nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Host = host
			resp, err := r.HTTP.Do(req)
			if err != nil {
				t.Errorf("%s as %s: %v", at, host, err)
				continue
			}
			_ = resp.Body.Close()
			if resp.StatusCode != http.StatusOK {
				t.Errorf("%s as %s: %d", at, host, resp.StatusCode)
			}
		}
	}
}

// If another program listens at ::1, the playground shows 127.0.0.1 and not
// localhost.
func TestLocalhostOfAnotherProgramIsNotShown(t *testing.T) {
	t.Parallel()
	addr, other := local(t)
	stranger, err := net.Listen("tcp", other)
	if err != nil {
		t.Fatal(err)
	}
	defer stranger.Close()
	d, err := listen(addr)
	if err != nil {
		t.Fatal(err)
	}
	defer d.close()
	if d.foreign != other || d.url() != "http://"+addr {
		t.Errorf("foreign %q, page at %s; want %q, http://%s", d.foreign, d.url(), other, addr)
	}
}
