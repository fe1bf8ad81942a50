package web_test

import (
	"compress/gzip"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

var siteDir = flag.String("site", "", "a directory that `playground site` wrote, which TestWhatAVisitCosts measures")

// TestWhatAVisitCosts opens a site in a browser that has none of its files. It counts the
// bytes that the server sends, and measures when the page is painted, when the nodes run and
// when the first message is seen. The published figures come from
//
//	go test ./web -run TestWhatAVisitCosts -site DIR -frames 20s -v
//
// on a machine without other load.
func TestWhatAVisitCosts(t *testing.T) {
	if *siteDir == "" {
		t.Skip("measures a directory that -site names")
	}
	host := &webHost{dir: *siteDir, sent: map[string]int{}}
	files := httptest.NewServer(host)
	defer files.Close()
	for i := range 3 {
		t.Run(fmt.Sprint("visit ", i+1), func(t *testing.T) {
			host.reset()
			b := open(t, "about:blank", 1280, 720)
			b.onNewDocument("window.frameGap = 0") // the limit of other tests is for slow machines
			b.onNewDocument(firstSight)
			b.visit(files.URL + "/?seed=7")
			b.until("the first message", "window.sights.arrow")
			eval[bool](b, "navigator.serviceWorker.ready.then(() => true)")
			t.Logf("%s\n%s\nload average %s", eval[string](b, "JSON.stringify(window.sights)"), host.report(), load())
			if i == 2 && *framesFor > 0 {
				b.framesOfASite()
			}
		})
	}
}

// firstSight notes at which time in ms after the visit began the page is first painted, the
// nodes are up and the first message is drawn. It writes as soon as the nodes are up.
const firstSight = `(() => {
	if (location.protocol === 'about:') return;
	const sights = window.sights = {};
	new PerformanceObserver((list) => list.getEntries().forEach((e) => sights[e.name] = Math.round(e.startTime))).observe({ type: 'paint', buffered: true });
	const look = () => {
		if (!sights.nodes && document.querySelectorAll('[data-testid=node][data-status=up]').length === 5) {
			sights.nodes = Math.round(performance.now());
			import(document.querySelector('script[type=module]').src.replace('simulated.js', 'source/reach.js')).then(({ reach }) =>
				reach.ask('/api/ops', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ node: 1, kind: 'write', key: 'city', val: 'Lisboa', wait: false }) }));
		}
		if (document.querySelector('[data-testid=msg]')) sights.arrow = Math.round(performance.now());
		else requestAnimationFrame(look);
	};
	requestAnimationFrame(look);
})()`

// framesOfASite measures the frames of the page while its own nodes have a load.
func (b *tab) framesOfASite() {
	b.t.Helper()
	b.unobserved()
	eval[bool](b, "(async () => (await "+reach+`.ask('/api/workload', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"rate":20,"clients":4,"keys":10,"read_ratio":0.5}' })).ok)()`)
	b.until("the load to be seen", "window.__frames.totals().sent > 200")
	before := eval[int](b, "window.__frames.totals().sent")
	m := eval[measured](b, fmt.Sprintf("window.__frames.measure(%d)", framesFor.Milliseconds()))
	b.t.Logf("%.0f messages a second; %d frames in %.0f s: p50 %.1f ms, p95 %.1f, p99 %.1f, longest %.1f; load average %s",
		float64(eval[int](b, "window.__frames.totals().sent")-before)/m.Seconds, m.Frames, m.Seconds, m.P50, m.P95, m.P99, m.Longest, load())
}

// webHost serves a directory as a web host does: texts compressed by gzip, everything else as
// it is.
type webHost struct {
	dir string

	mu   sync.Mutex
	sent map[string]int // bytes of bodies, by file
}

// sentBytes counts what is written to it.
type sentBytes struct {
	io.Writer
	count func(int)
}

func (s sentBytes) Write(p []byte) (int, error) {
	n, err := s.Writer.Write(p)
	s.count(n)
	return n, err
}

func (h *webHost) reset() {
	h.mu.Lock()
	defer h.mu.Unlock()
	clear(h.sent)
}

func (h *webHost) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
	if name == "" {
		name = "index.html"
	}
	file, err := os.Open(filepath.Join(h.dir, filepath.FromSlash(name)))
	if err != nil {
		http.NotFound(w, r)
		return
	}
	defer file.Close()
	out := sentBytes{w, func(n int) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.sent[name] += n
	}}
	w.Header().Set("Cache-Control", "max-age=600") // as GitHub Pages says
	media := map[string]string{".js": "text/javascript", ".css": "text/css", ".html": "text/html; charset=utf-8", ".svg": "image/svg+xml"}[path.Ext(name)]
	if media == "" {
		w.Header().Set("Content-Type", "application/octet-stream")
		_, _ = io.Copy(out, file)
		return
	}
	w.Header().Set("Content-Type", media)
	w.Header().Set("Content-Encoding", "gzip")
	packed := gzip.NewWriter(out)
	_, _ = io.Copy(packed, file)
	_ = packed.Close()
}

// report returns the bytes that were sent, by kind of file, as JSON.
func (h *webHost) report() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	kinds := map[string]int{}
	for name, n := range h.sent {
		kinds[path.Ext(name)] += n
		kinds["all"] += n
	}
	text, _ := json.Marshal(kinds)
	return fmt.Sprintf("%d files, bytes by kind: %s", len(h.sent), text)
}
