package guard_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	"capplayground/cluster/guard"
)

func ok(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "in") }

func TestStrangers(t *testing.T) {
	t.Parallel()
	h := guard.Strangers(guard.Config{Hosts: guard.Hosts("127.0.0.1:3001")}, http.HandlerFunc(ok))
	for _, c := range []struct {
		name, host string
		header     http.Header
		want       int
	}{
		{"curl", "127.0.0.1:3001", nil, 200},
		{"curl by name", "localhost:3001", nil, 200},
		{"name in capitals", "LOCALHOST:3001", nil, 200},
		{"typed into the address bar", "localhost:3001", http.Header{"Sec-Fetch-Site": {"none"}}, 200},
		{"our own page", "localhost:3001", http.Header{"Sec-Fetch-Site": {"same-origin"}, "Origin": {"http://localhost:3001"}}, 200},
		{"rebound name", "evil.example:3001", nil, 403},
		{"our name as a prefix", "localhost.evil:3001", nil, 403},
		{"trailing dot", "localhost.:3001", nil, 403},
		{"no port", "localhost", nil, 403},
		{"other port", "localhost:3002", nil, 403},
		{"other loopback address", "127.0.0.2:3001", nil, 403},
		{"no host", "", nil, 403},
		{"another name of ours", "localhost:3001", http.Header{"Origin": {"http://127.0.0.1:3001"}}, 403},
		{"other port's origin", "localhost:3001", http.Header{"Origin": {"http://localhost:8080"}}, 403},
		{"null origin", "localhost:3001", http.Header{"Origin": {"null"}}, 403},
		{"empty origin", "localhost:3001", http.Header{"Origin": {""}}, 403},
		{"https origin", "localhost:3001", http.Header{"Origin": {"https://localhost:3001"}}, 403},
		{"two origins", "localhost:3001", http.Header{"Origin": {"http://localhost:3001", "http://evil"}}, 403},
		{"cross-site", "localhost:3001", http.Header{"Sec-Fetch-Site": {"cross-site"}}, 403},
		{"same site, other port", "localhost:3001", http.Header{"Sec-Fetch-Site": {"same-site"}}, 403},
		{"unheard-of site", "localhost:3001", http.Header{"Sec-Fetch-Site": {"x"}}, 403},
	} {
		for _, method := range []string{"GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD"} {
			r := httptest.NewRequest(method, "/admin/clean", nil)
			r.Host = c.host
			r.Header = c.header.Clone()
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != c.want {
				t.Errorf("%s: %s answered %d, want %d", c.name, method, w.Code, c.want)
			}
			if c.want == 403 && !strings.HasPrefix(w.Body.String(), `{"error":"`) {
				t.Errorf("%s: %s answered %q", c.name, method, w.Body)
			}
		}
	}
}

func TestToken(t *testing.T) {
	t.Parallel()
	hosts := []string{"10.0.0.7:3001"}
	call := func(browser bool, target string, header http.Header) *httptest.ResponseRecorder {
		h := guard.Strangers(guard.Config{Hosts: hosts, Token: "s3 cret", Browser: browser}, http.HandlerFunc(ok))
		r := httptest.NewRequest("GET", target, nil)
		r.Host, r.Header = hosts[0], header.Clone()
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	for _, c := range []struct {
		name    string
		browser bool
		target  string
		header  http.Header
		want    int
	}{
		{"none", false, "/", nil, 401},
		{"wrong", false, "/", http.Header{"Authorization": {"Bearer s3"}}, 401},
		{"other scheme", false, "/", http.Header{"Authorization": {"Basic s3 cret"}}, 401},
		{"right", false, "/", http.Header{"Authorization": {"Bearer s3 cret"}}, 200},
		{"cookie at a node", false, "/", http.Header{"Cookie": {"cap_token=s3+cret"}}, 401},
		{"query at a node", false, "/?token=s3+cret", nil, 401},
		{"cookie in a browser", true, "/", http.Header{"Cookie": {"cap_token=s3+cret"}}, 200},
		{"wrong cookie", true, "/", http.Header{"Cookie": {"cap_token=s3"}}, 401},
		{"wrong query", true, "/?token=s3", nil, 401},
		{"signing in from elsewhere", true, "/?token=s3+cret", http.Header{"Sec-Fetch-Site": {"cross-site"}}, 403},
	} {
		if w := call(c.browser, c.target, c.header); w.Code != c.want {
			t.Errorf("%s: %d, want %d", c.name, w.Code, c.want)
		}
	}
	w := call(true, "/stage?token=s3+cret&x=1", nil)
	if w.Code != 303 || w.Header().Get("Location") != "/stage?x=1" {
		t.Errorf("signing in: %d to %q", w.Code, w.Header().Get("Location"))
	}
	post := httptest.NewRecorder()
	r := httptest.NewRequest("POST", "/stage?token=s3+cret", nil)
	r.Host = hosts[0]
	guard.Strangers(guard.Config{Hosts: hosts, Token: "s3 cret", Browser: true}, http.HandlerFunc(ok)).ServeHTTP(post, r)
	if post.Code != 401 {
		t.Errorf("a POST signs in: %d", post.Code)
	}
	if c := w.Header().Get("Set-Cookie"); c != "cap_token=s3+cret; Path=/; HttpOnly; SameSite=Strict" {
		t.Errorf("cookie %q", c)
	}
	if w := call(true, "http://10.0.0.7:3001//evil.example/?token=s3+cret", nil); w.Header().Get("Location") != "/evil.example/?" && w.Header().Get("Location") != "/evil.example/" {
		t.Errorf("signing in leads to %q", w.Header().Get("Location"))
	}
}

func TestHosts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		addr string
		want []string
	}{
		{"127.0.0.1:3001", []string{"127.0.0.1:3001", "localhost:3001"}},
		{"127.0.0.3:3003", []string{"127.0.0.3:3003"}},
		{"localhost:8080", []string{"localhost:8080", "127.0.0.1:8080", "[::1]:8080"}},
		{"127.0.0.1:80", []string{"127.0.0.1:80", "127.0.0.1", "localhost:80", "localhost"}},
		{"10.0.0.7:3001", []string{"10.0.0.7:3001"}},
		{"10.0.0.7:80", []string{"10.0.0.7:80", "10.0.0.7"}},
		{"[fd00::1]:80", []string{"[fd00::1]:80", "[fd00::1]"}},
		{"[::1]:3001", []string{"[::1]:3001", "localhost:3001"}},
		{"nonsense", nil},
	} {
		if got := guard.Hosts(c.addr); !slices.Equal(got, c.want) {
			t.Errorf("Hosts(%s) = %v, want %v", c.addr, got, c.want)
		}
	}
	machine, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	for _, wildcard := range []string{"0.0.0.0:3001", "[::]:3001", ":3001"} {
		all := guard.Hosts(wildcard)
		for _, want := range []string{"127.0.0.1:3001", "localhost:3001", strings.ToLower(machine) + ":3001"} {
			if !slices.ContainsFunc(all, func(h string) bool { return strings.ToLower(h) == want }) {
				t.Errorf("%s: %v lacks %s", wildcard, all, want)
			}
		}
	}
	for addr, want := range map[string]bool{"127.9.0.1:1": true, "localhost:1": true, "[::1]:1": true, "10.0.0.1:1": false, "0.0.0.0:1": false, ":1": false, "x": false} {
		if guard.Loopback(addr) != want {
			t.Errorf("Loopback(%s) is %v", addr, !want)
		}
	}
}

// The error for a wrong Host names the right hosts and says how the caller can reach
// the server.
func TestAWrongHostIsAnsweredWithTheNamesAndARemedy(t *testing.T) {
	t.Parallel()
	hosts := append(guard.Hosts("127.0.0.1:8080"), guard.Hosts("[::1]:8080")...)
	h := guard.Strangers(guard.Config{Hosts: hosts}, http.NotFoundHandler())
	r := httptest.NewRequest("GET", "/", nil)
	r.Host = "laptop.local:9090"
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	for _, want := range []string{`laptop.local:9090`, "the names are 127.0.0.1:8080, [::1]:8080, localhost:8080. From", "ssh -L 8080:localhost:8080", "docker run -p 8080:8080", "--help"} {
		if w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%d %s (want %s)", w.Code, w.Body, want)
		}
	}
}

// If the server has no names, every request is refused. The error has no ssh command, because
// no port is known.
func TestWithoutNamesEveryRequestIsRefused(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	guard.Strangers(guard.Config{}, http.HandlerFunc(ok)).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if w.Code != http.StatusForbidden || strings.Contains(w.Body.String(), "ssh") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
