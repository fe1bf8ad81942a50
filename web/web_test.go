package web_test

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/go-chi/chi/v5"
	"go.uber.org/goleak"

	"capplayground/cluster"
	"capplayground/cluster/guard"
	"capplayground/server/hub"
	"capplayground/server/servertest"
	"capplayground/web"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(tests{m}, goleak.Cleanup(func(status int) {
		servertest.Cleanup()
		os.Exit(status)
	}))
}

// source is a fake collector: it numbers the events that it emits, and keeps them.
type source struct {
	hello func(at uint64) any // nil: a hello that has only its number

	mu      sync.Mutex
	publish func([]cluster.Event, [][]byte)
	events  []cluster.Event
}

const boot = "boot-1"

func (s *source) Feed(publish func([]cluster.Event, [][]byte)) { s.publish = publish }

func (s *source) Subscribe(since uint64, of string) ([]byte, [][]byte, uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := uint64(len(s.events))
	if of == boot && since > 0 && since <= at {
		return nil, texts(s.events[since:]), at
	}
	var hello any = map[string]any{"kind": "hello", "seq": at, "boot": boot}
	if s.hello != nil {
		hello = s.hello(at)
	}
	j, err := json.Marshal(hello)
	if err != nil {
		panic(err)
	}
	return j, nil, at
}

func (s *source) emit(events ...cluster.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range events {
		events[i].Seq = uint64(len(s.events) + 1)
		s.events = append(s.events, events[i])
	}
	s.publish(events, texts(events))
}

// playground is a Web that shows a source, on a free port.
type playground struct {
	*source
	web  *web.Web
	addr string // host:port
}

func serve(t testing.TB, src *source, change func(*web.Config, *hub.Config)) *playground {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	hubConfig := hub.Config{Source: src}
	cfg := web.Config{Hosts: guard.Hosts(ln.Addr().String())}
	if change != nil {
		change(&cfg, &hubConfig)
	}
	h, err := hub.New(hubConfig)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Hub = h
	w, err := web.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = h.Run(ctx) })
	server := guard.Server(w, nil)
	running.Go(func() { _ = server.Serve(ln) })
	t.Cleanup(func() {
		soon, stop := context.WithTimeout(context.Background(), time.Second)
		defer stop()
		_ = w.Shutdown(soon)
		cancel()
		_ = server.Close()
		running.Wait()
	})
	return &playground{source: src, web: w, addr: ln.Addr().String()}
}

// do sends a request, and returns the answer and its body.
func do(t testing.TB, r *http.Request) (*http.Response, string) {
	t.Helper()
	transport := &http.Transport{DisableKeepAlives: true}
	defer transport.CloseIdleConnections()
	resp, err := transport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(body)
}

func (p *playground) request(t testing.TB, method, path string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "http://"+p.addr+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (p *playground) get(t testing.TB, path string) (*http.Response, string) {
	t.Helper()
	return do(t, p.request(t, http.MethodGet, path))
}

// TestHeaders: every answer has the security headers, also answers with an error.
func TestHeaders(t *testing.T) {
	t.Parallel()
	p := serve(t, &source{}, nil)
	stranger := p.request(t, http.MethodGet, "/")
	stranger.Host = "evil.example"
	for name, r := range map[string]*http.Request{
		"page":     p.request(t, http.MethodGet, "/"),
		"follower": p.request(t, http.MethodGet, "/?follow"),
		"script":   p.request(t, http.MethodGet, "/static/js/main.js"),
		"no file":  p.request(t, http.MethodGet, "/static/none"),
		"no call":  p.request(t, http.MethodGet, "/api/none"),
		"nothing":  p.request(t, http.MethodGet, "/none"),
		"post":     p.request(t, http.MethodPost, "/"),
		"no ws":    p.request(t, http.MethodGet, "/ws"),
		"stranger": stranger,
	} {
		resp, _ := do(t, r)
		csp := resp.Header.Get("Content-Security-Policy")
		if !strings.Contains(csp, "script-src 'self';") || strings.Contains(csp, "unsafe") ||
			!strings.Contains(csp, "frame-ancestors 'none'") || !strings.Contains(csp, "default-src 'none'") {
			t.Errorf("%s: Content-Security-Policy %q", name, csp)
		}
		for header, want := range map[string]string{
			"X-Content-Type-Options":       "nosniff",
			"Referrer-Policy":              "no-referrer",
			"Cross-Origin-Opener-Policy":   "same-origin",
			"Cross-Origin-Resource-Policy": "same-origin",
		} {
			if got := resp.Header.Get(header); got != want {
				t.Errorf("%s: %s is %q, want %q", name, header, got, want)
			}
		}
	}
}

// TestAPISeesTheWholePath: the handler of the API gets the unchanged path of the request.
func TestAPISeesTheWholePath(t *testing.T) {
	t.Parallel()
	api := chi.NewRouter()
	api.Get("/api/keys/{key}", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.URL.EscapedPath()+" "+chi.URLParam(r, "key"))
	})
	p := serve(t, &source{}, func(cfg *web.Config, _ *hub.Config) { cfg.API = api })
	for path, want := range map[string]string{
		"/api/keys/city":  "/api/keys/city city",
		"/api/keys/a%2Fb": "/api/keys/a%2Fb a%2Fb",
	} {
		if resp, body := p.get(t, path); resp.StatusCode != http.StatusOK || body != want {
			t.Errorf("GET %s: %d %q, want %q", path, resp.StatusCode, body, want)
		}
	}
}

// TestPageNamesItsFiles follows all links of the page and of its files. Each file
// exists, has the right content type, and may be cached for ever.
func TestPageNamesItsFiles(t *testing.T) {
	t.Parallel()
	p := serve(t, &source{}, nil)
	resp, page := p.get(t, "/")
	if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "text/html; charset=utf-8" || resp.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("page: %s %v", resp.Status, resp.Header)
	}
	if strings.Contains(page, "style=") || strings.Contains(page, "<style") || regexp.MustCompile(`\son[a-z]+=`).MatchString(page) {
		t.Error("the page has inline styles or handlers, which its own policy forbids")
	}
	todo := []string{}
	for _, m := range regexp.MustCompile(`(?:src|href)="(/[^"]*)"`).FindAllStringSubmatch(page, -1) {
		if !strings.HasPrefix(m[1], "/api/") { // calls are not files of the page
			todo = append(todo, m[1])
		}
	}
	seen := map[string]bool{}
	for len(todo) > 0 {
		path := todo[0]
		todo = todo[1:]
		if seen[path] {
			continue
		}
		seen[path] = true
		resp, body := p.get(t, path)
		if resp.StatusCode != http.StatusOK {
			t.Errorf("%s: %s", path, resp.Status)
			continue
		}
		if got := resp.Header.Get("Cache-Control"); !strings.Contains(got, "immutable") {
			t.Errorf("%s: Cache-Control %q", path, got)
		}
		want := map[string]string{"js": "text/javascript", "css": "text/css", "svg": "image/svg+xml", "woff2": "font/woff2"}[path[strings.LastIndex(path, ".")+1:]]
		if got := resp.Header.Get("Content-Type"); want == "" || !strings.HasPrefix(got, want) {
			t.Errorf("%s: Content-Type %q", path, got)
		}
		dir := path[:strings.LastIndex(path, "/")+1]
		body = comment.ReplaceAllString(body, "") // comments import types, which a browser does not load
		for _, m := range regexp.MustCompile(`(?:from|import)\s*\(?['"](\.[^'"]+)['"]|url\(['"]?([^'")]+)['"]?\)`).FindAllStringSubmatch(body, -1) {
			if rel := m[1] + m[2]; strings.HasPrefix(rel, ".") {
				todo = append(todo, clean(dir+rel))
			}
		}
	}
	if len(seen) < 60 {
		t.Errorf("the page names only %d files", len(seen))
	}
}

var comment = regexp.MustCompile(`(?s)/\*.*?\*/`)

func clean(path string) string {
	var out []string
	for part := range strings.SplitSeq(path, "/") {
		switch part {
		case ".":
		case "..":
			out = out[:len(out)-1]
		default:
			out = append(out, part)
		}
	}
	return strings.Join(out, "/")
}

func TestStatic(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{
		"js/a.js": {Data: []byte("export {}")},
		"b.css":   {Data: []byte("a{}")},
	}
	p := serve(t, &source{}, func(cfg *web.Config, _ *hub.Config) { cfg.Static = files })
	for path, want := range map[string]int{
		"/static/js/a.js":            200,
		"/static/0000000000000000/a": 404,
		"/static/js/":                404,
		"/static/js":                 404,
		"/static/":                   404,
		"/static/../web.go":          404,
		"/static/%2e%2e/web.go":      404,
		"/static/js/%2e/a.js":        404,
	} {
		if resp, _ := p.get(t, path); resp.StatusCode != want {
			t.Errorf("GET %s: %d, want %d", path, resp.StatusCode, want)
		}
	}
	first, _ := p.get(t, "/static/js/a.js")
	if got := first.Header.Get("Cache-Control"); got != "no-cache" {
		t.Errorf("without a hash: Cache-Control %q", got)
	}
	again := p.request(t, http.MethodGet, "/static/js/a.js")
	again.Header.Set("If-None-Match", first.Header.Get("ETag"))
	if resp, _ := do(t, again); resp.StatusCode != http.StatusNotModified {
		t.Errorf("a second request for the file: %s, want 304", resp.Status)
	}
	part := p.request(t, http.MethodGet, "/static/js/a.js")
	part.Header.Set("Range", "bytes=0-5")
	if resp, body := do(t, part); resp.StatusCode != http.StatusPartialContent || body != "export" {
		t.Errorf("a range: %s %q", resp.Status, body)
	}
}

// TestConfig: New refuses a configuration that cannot work.
func TestConfig(t *testing.T) {
	t.Parallel()
	h, err := hub.New(hub.Config{Source: &source{}})
	if err != nil {
		t.Fatal(err)
	}
	for name, cfg := range map[string]web.Config{
		"no hub":        {Hosts: []string{"localhost:8080"}},
		"no name":       {Stage: web.Stage{Hub: h}},
		"unknown files": {Stage: web.Stage{Hub: h}, Hosts: []string{"localhost:8080"}, Static: fstest.MapFS{"a.exe": {}}},
	} {
		if _, err := web.New(cfg); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func withAPI(api http.Handler) func(*web.Config, *hub.Config) {
	return func(cfg *web.Config, _ *hub.Config) { cfg.API = api }
}

// texts encodes events as a source does.
func texts(events []cluster.Event) [][]byte {
	all := make([][]byte, len(events))
	for i := range events {
		all[i] = events[i].AppendJSON(nil)
	}
	return all
}
