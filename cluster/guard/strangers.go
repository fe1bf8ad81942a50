package guard

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"

	"capplayground/cluster"
)

// Config says which requests may pass.
type Config struct {
	// Hosts are our own names in the form of a Host header, such as
	// "localhost:8080"; see [Hosts]. A request with another Host is refused.
	Hosts []string
	// Token, if not empty, must be in every request, as
	// "Authorization: Bearer TOKEN".
	Token string
	// Browser: the token may also be in a cookie. A request for a page with
	// ?token=TOKEN gets that cookie. A browser needs the cookie, because it cannot set
	// the Authorization header for a page or a WebSocket.
	Browser bool
}

// cookie holds the token in a browser.
const cookie = "cap_token"

// Strangers returns a handler that checks Host, origin and token, and then calls next.
// A request that fails a check is answered with 403 (401 for the token) and {"error"}.
func Strangers(cfg Config, next http.Handler) http.Handler {
	own := make(map[string]bool, len(cfg.Hosts))
	for _, h := range cfg.Hosts {
		own[strings.ToLower(h)] = true
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !own[strings.ToLower(r.Host)]:
			WriteError(w, cluster.Sentinel(wrongHost(r.Host, cfg.Hosts), cluster.ErrForbidden))
		case !sameOrigin(r):
			WriteError(w, cluster.Sentinel("requests from other origins are refused", cluster.ErrForbidden))
		case cfg.Token != "" && cfg.Browser && signIn(w, r, cfg.Token):
		case cfg.Token != "" && !hasToken(r, cfg):
			w.Header().Set("WWW-Authenticate", `Bearer realm="cap playground"`)
			WriteError(w, cluster.Sentinel("this address needs its token: Authorization: Bearer TOKEN", cluster.ErrNoToken))
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// wrongHost returns the error for a Host that is not one of ours. The error names our
// hosts, and says how the caller can reach the server.
func wrongHost(host string, own []string) string {
	remedy := ""
	if len(own) > 0 {
		_, port, _ := net.SplitHostPort(own[0])
		remedy = fmt.Sprintf(". From another machine, or out of a container, keep the port: ssh -L %s:localhost:%s, docker run -p %s:%s;"+
			" or start the playground with a flag that adds the name (see --help)", port, port, port, port)
	}
	names := slices.Compact(slices.Sorted(slices.Values(own))) // two listeners may share a name
	return fmt.Sprintf("this Host is not one of our names: it is %q, and the names are %s%s", host, strings.Join(names, ", "), remedy)
}

// sameOrigin reports whether the request may come from a program such as curl,
// from one of our own pages, or from a browser's address bar. The Host must
// already be checked.
func sameOrigin(r *http.Request) bool {
	for _, site := range r.Header.Values("Sec-Fetch-Site") {
		if site != "same-origin" && site != "none" {
			return false
		}
	}
	for _, origin := range r.Header.Values("Origin") {
		if !strings.EqualFold(origin, "http://"+r.Host) {
			return false
		}
	}
	return true
}

func hasToken(r *http.Request, cfg Config) bool {
	if got, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		return equal(got, cfg.Token)
	}
	if cfg.Browser {
		if c, err := r.Cookie(cookie); err == nil {
			return equal(c.Value, url.QueryEscape(cfg.Token))
		}
	}
	return false
}

// signIn answers a request for a page with ?token=. It sets the token as a cookie, and
// redirects to the address without the token. It reports whether it answered.
func signIn(w http.ResponseWriter, r *http.Request, token string) bool {
	query := r.URL.Query()
	if r.Method != http.MethodGet || !query.Has("token") || !equal(query.Get("token"), token) {
		return false
	}
	http.SetCookie(w, &http.Cookie{
		Name: cookie, Value: url.QueryEscape(token), Path: "/",
		HttpOnly: true, SameSite: http.SameSiteStrictMode,
	})
	query.Del("token")
	// A browser would take a path that begins with two slashes as the name of another host.
	target := url.URL{Path: "/" + strings.TrimLeft(r.URL.Path, "/\\"), RawQuery: query.Encode()}
	http.Redirect(w, r, target.String(), http.StatusSeeOther)
	return true
}

// equal compares two tokens in constant time, so that the time does not show the
// token, not even its length.
func equal(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

// Hosts returns the names by which clients may call a server that listens at addr, a
// host:port. The names are that address, "localhost" if the address is 127.0.0.1 or
// ::1, and for a wildcard all addresses of this machine and its name. For port 80 each
// name is also listed without the port, because browsers leave it out.
func Hosts(addr string) []string {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil
	}
	names := []string{host}
	ip := net.ParseIP(host)
	switch {
	case host == "localhost":
		names = append(names, "127.0.0.1", "::1")
	case host == "" || ip != nil && ip.IsUnspecified():
		names = append(ourAddresses(), "localhost")
	case host == "127.0.0.1" || host == "::1":
		names = append(names, "localhost")
	}
	var hosts []string
	for _, name := range names {
		hosts = append(hosts, net.JoinHostPort(name, port))
		if port == "80" {
			hosts = append(hosts, strings.TrimSuffix(net.JoinHostPort(name, port), ":80"))
		}
	}
	return hosts
}

func ourAddresses() []string {
	var names []string
	if name, err := os.Hostname(); err == nil {
		names = append(names, name)
	}
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return names
	}
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok {
			names = append(names, n.IP.String())
		}
	}
	return names
}

// Loopback reports whether addr, a host:port, can be reached only from this machine.
// Any other address needs a token.
func Loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
