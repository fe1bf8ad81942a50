package web_test

import (
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/go-chi/chi/v5"

	"capplayground/server/control"
)

// TestStrangersPage opens pages of other sites in a browser. They try all calls of a real
// playground and its nodes: from another port of the playground's address, from another name
// of this address, and from a foreign site. It also opens the playground under a foreign name
// that resolves to its address. No page may change the state or read an answer.
func TestStrangersPage(t *testing.T) {
	r := launch(t)
	r.MustWrite(1, "city", "secret")
	r.atRest()
	before := r.still()
	api := control.New(control.Config{Nodes: struct{ control.Nodes }{}, Screens: struct{ control.Screens }{}}) // only its routes are used
	var calls []string
	err := chi.Walk(api.Routes(), func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		calls = append(calls, method+" "+regexp.MustCompile(`\{[a-z]+\}`).ReplaceAllString(route, "1"))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	list, err := json.Marshal(calls)
	if err != nil {
		t.Fatal(err)
	}
	evil := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = strings.NewReplacer("OWN", strings.TrimPrefix(r.URL, "http://"), "NODE", r.Place.Nodes[0], "CALLS", string(list)).WriteString(w, strangersPage)
	}))
	t.Cleanup(evil.Close)
	_, port, err := net.SplitHostPort(evil.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	own, ownPort, _ := net.SplitHostPort(strings.TrimPrefix(r.URL, "http://"))
	b := open(t, "about:blank", 800, 600)
	b.allowed = []string{own, r.Place.Nodes[0], "status of 403"} // the browser reports refused requests on the console
	for _, from := range []string{evil.URL, "http://localhost:" + port, "http://evil.example:" + port} {
		b.do(chromedp.Navigate(from))
		b.until("the attacks of "+from+" to end", "window.done")
		if got := eval[string](b, "window.learned.join('\\n')"); got != "" {
			t.Errorf("%s read: %s", from, got)
		}
		if tried := eval[int](b, "window.tried"); tried < 2*len(calls) {
			t.Errorf("%s made only %d attempts", from, tried)
		}
	}
	if own == "127.0.0.1" { // in this browser all names *.example resolve to this address
		for _, path := range []string{"/", "/api/cluster", "/ws"} {
			b.do(chromedp.Navigate("http://rebound.example:" + ownPort + path))
			if got := eval[string](b, "document.body.textContent"); !strings.Contains(got, "not one of our names") {
				t.Errorf("rebound: %s shows %.200s", path, got)
			}
		}
	}
	if after := r.still(); after != before {
		t.Errorf("the state changed: before\n%s\nafter\n%s", before, after)
	}
}

// atRest waits until every node knows the outcome of the last transaction.
func (r *real) atRest() {
	r.t.Helper()
	deadline := time.Now().Add(patience)
	for {
		_, body := r.Call(http.MethodGet, r.URL+"/api/cluster", "")
		if !strings.Contains(body, "undecided") && !strings.Contains(body, `"role":"coordinator"`) && !strings.Contains(body, `"role":"participant"`) {
			return
		}
		if time.Now().After(deadline) {
			r.t.Fatalf("not at rest: %s", body)
		}
		time.Sleep(20 * time.Millisecond) // the pause between two checks; the loop ends with the condition
	}
}

// still returns all state that a foreign page could change: the state of the cluster, the
// kinds of the events so far, and the state of each node. Values that change with time are
// left out.
func (r *real) still() string {
	r.t.Helper()
	volatile := regexp.MustCompile(`"(t|lc|v|now|seq|t0|owes_ms)":[-0-9.e+]+,?|"silent":(true|false),?|"process":\{[^}]*\}`)
	var all strings.Builder
	for _, path := range []string{"/api/cluster", "/api/rules", "/api/workload", "/api/compare", "/api/keys/city"} {
		_, body := r.Call(http.MethodGet, r.URL+path, "")
		all.WriteString(volatile.ReplaceAllString(body, ""))
	}
	for _, addr := range r.Place.Nodes {
		_, body := r.Call(http.MethodGet, "http://"+addr+"/admin/state", "")
		all.WriteString(volatile.ReplaceAllString(body, ""))
	}
	_, past := r.Call(http.MethodGet, r.URL+"/api/recording", "")
	for line := range strings.Lines(past) {
		for _, kind := range []string{"invoke", "link", "pace", "mode", "quorum", "rule", "reset", "screen", "key"} {
			if strings.Contains(line, `"kind":"`+kind+`"`) && !strings.Contains(line, `"kind":"hello"`) {
				all.WriteString(kind + " ")
			}
		}
	}
	return all.String()
}

const strangersPage = `<!DOCTYPE html><title>evil</title><body><script>
const own = 'http://OWN', node = 'http://NODE', learned = window.learned = [];
window.tried = 0;
const tell = (what) => learned.push(what);
const attempt = (f) => { window.tried++; return new Promise((done) => { try { f(done); } catch { done(); } setTimeout(done, 3000); }); };
const element = (name, src) => attempt((done) => { const e = document.createElement(name); e.onload = () => { tell(name + ' ' + src); done(); }; e.onerror = done;
	if (name === 'link') { e.rel = 'stylesheet'; e.href = src; } else e.src = src; document.body.append(e); });
const ws = (url) => attempt((done) => { const s = new WebSocket(url); s.onopen = () => { tell('socket ' + url); done(); }; s.onerror = done; });
const stream = (url) => attempt((done) => { const s = new EventSource(url); s.onopen = () => tell('events ' + url); s.onerror = () => { s.close(); done(); }; });
const req = (url, init) => { window.tried++; return fetch(url, init).then((r) => { if (r.type !== 'opaque') tell('fetch ' + url); }, () => {}); };
const hidden = document.createElement('iframe'); hidden.name = 'hidden'; document.body.append(hidden);
const post = (url, type) => attempt((done) => {
	const form = document.createElement('form'); form.method = 'POST'; form.enctype = type; form.action = url; form.target = 'hidden';
	const field = document.createElement('input'); field.name = '{"mode":"AP","x":"'; field.value = '"}'; form.append(field);
	document.body.append(form); hidden.onload = done; form.submit();
});
const frame = (url) => attempt((done) => {
	const f = document.createElement('iframe'); f.onload = () => { try { if (f.contentDocument.body.textContent) tell('frame ' + url); } catch {} done(); };
	f.src = url; document.body.append(f);
});
(async () => {
	const calls = CALLS;
	await Promise.all(calls.flatMap((call) => {
		const [method, path] = call.split(' ');
		return [req(own + path, { method, body: method === 'GET' ? undefined : '{"mode":"AP"}' }),
			req(own + path, { method, headers: { 'Content-Type': 'application/json' } }),
			...(method === 'GET' || method === 'POST' ? [req(own + path, { method, mode: 'no-cors' })] : [])];
	}));
	for (const url of [own + '/', own + '/compare', own + '/api/cluster', own + '/link', own + '/static/icon.svg', node + '/admin/clean', node + '/admin/state', node + '/database/city']) {
		await Promise.all([req(url), req(url, { mode: 'no-cors' }), element('img', url), element('script', url), element('link', url), stream(url)]);
		await frame(url);
	}
	await element('script', own + '/static/js/main.js');
	await req(node + '/database/city/evil', { method: 'POST' });
	await req(node + '/database/city/evil', { method: 'POST', mode: 'no-cors' });
	await req(node + '/database/city', { method: 'PUT', body: 'evil' });
	navigator.sendBeacon(own + '/api/reset', '{}');
	navigator.sendBeacon(node + '/database/city/evil');
	for (const url of ['ws://OWN/ws', 'ws://OWN/link', 'ws://OWN/api/cluster', 'ws://NODE/peer', 'ws://NODE/admin/state']) await ws(url);
	for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']) {
		for (const path of ['/api/reset', '/api/heal', '/api/nodes/1/kill', '/api/partition', '/api/compare', '/api/ops']) await post(own + path, type);
		await post(node + '/database/city/evil', type); await post(node + '/2pc/propose', type);
	}
	window.done = true;
})();
</script>`

// TestHostileValues writes keys and values that look like scripts and markup into real nodes,
// and then opens every page. No script of them runs, they make no element, and the console
// stays empty.
func TestHostileValues(t *testing.T) {
	r := launch(t, "--mode", "CP")
	const payload = "<img src=x onerror=\"window.pwned=1\"></script><script>window.pwned=1</script>{{7*7}}${7*7}javascript:window.pwned=1<svg onload=window.pwned=1>"
	for _, key := range []string{"city", strings.ReplaceAll(payload, "/", "%2F")} {
		key = strings.NewReplacer(" ", "%20", "<", "%3C", ">", "%3E", `"`, "%22", "{", "%7B", "}", "%7D").Replace(key)
		url := r.Node(1) + "/database/" + key
		for _, val := range []string{payload, "a\nb\tc" + payload, "\u202e" + payload + "\u2028"} {
			if status, body := r.Call(http.MethodPut, url, val); status != http.StatusCreated {
				t.Fatalf("PUT %s: %d %s", url, status, body)
			}
		}
		if status, body := r.Call(http.MethodGet, url, ""); status != http.StatusOK {
			t.Fatalf("GET %s: %d %s", url, status, body)
		}
	}
	r.Do("POST", "/api/nodes/1/dump", "")
	deadline := time.Now().Add(patience)
	for status := 0; status != http.StatusOK; { // the playground judges only after events that may come late
		if status, _ = r.Call(http.MethodGet, r.URL+"/api/verdict/city", ""); time.Now().After(deadline) {
			t.Fatalf("Porcupine's page: %d", status)
		}
		time.Sleep(20 * time.Millisecond) // the pause between two checks; the loop ends with the condition
	}
	b := open(t, r.URL+"/", 1280, 720)
	b.hasCount(5, "node", "status=up")
	for i, page := range []struct{ path, ready string }{
		{"/", `document.querySelectorAll('[data-testid=node]').length === 5`},
		{"/?follow", `document.querySelectorAll('[data-testid=node]').length === 5`},
		{"/compare", `document.querySelector('[data-testid=compare-start]')`},
		{"/api/verdict/city", `document.querySelector('#canvas svg rect')`},
	} {
		b.visit(r.URL + page.path)
		b.until(page.path+" to be there", page.ready)
		if i == 0 {
			for _, tab := range []string{"#tab-node", "#tab-session", "#tab-op"} {
				eval[bool](b, "(document.querySelector('"+tab+"')?.click(), true)")
			}
		}
		if i == 3 { // Porcupine's page describes the operation under the pointer
			eval[bool](b, `([...document.querySelectorAll('#canvas svg rect')].forEach((e) => ['mouseover', 'mousemove', 'click'].forEach((kind) => e.dispatchEvent(new MouseEvent(kind, { bubbles: true })))), true)`)
		}
		if eval[bool](b, `'pwned' in window || [...document.querySelectorAll('img')].some((e) => e.getAttribute('src') === 'x') || document.querySelector('svg[onload]') !== null`) {
			t.Errorf("%s: a value was run as a script, or became an element", page.path)
		}
	}
}
