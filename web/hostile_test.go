package web_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"capplayground/cluster"
)

// hostile are texts that must only ever be text.
var hostile = []string{
	`<img src=x onerror="window.pwned=1">`,
	`</script><script>window.pwned=1</script>`,
	`"><svg onload=window.pwned=1>`,
	`' onmouseover='window.pwned=1`,
	`javascript:window.pwned=1`,
	`<style>*{display:none}</style>`,
	`<iframe srcdoc="<script>parent.pwned=1</script>">`,
	`{{constructor.constructor('window.pwned=1')()}}`,
	"`+(window.pwned=1)+`",
	`__proto__`,
	"\u202egnirts\u202c \u200b\ufeff\u0000\u001b[31m",
	`]]><!--`,
}

// TestHostileTexts puts such texts everywhere where a node or a client may put
// one, and looks at the page: nothing runs, nothing becomes an element, and the
// console stays empty.
func TestHostileTexts(t *testing.T) {
	src := &source{hello: stageHello}
	p := serve(t, src, withAPI(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNoContent) // nothing is judged, no load runs
	})))
	b := open(t, "http://"+p.addr+"/", 1280, 720)
	b.hasCount(5, "node")
	before := eval[string](b, elements)
	for i, text := range hostile {
		op := cluster.OpID(fmt.Sprintf("%d-%s", i, text))
		p.emit(
			cluster.Event{Kind: cluster.KindInvoke, Node: 1, Op: op, Client: text, OpKind: cluster.OpWrite, Key: text, Val: text},
			cluster.Event{Kind: cluster.KindSent, Node: 1, Msg: "m" + text, From: 1, To: 2, Type: text, Class: cluster.ClassRequest, Op: op, Label: text},
			cluster.Event{Kind: cluster.KindProgress, Node: 1, Op: op, Phase: text, Need: 5, Yes: []cluster.NodeID{1}, Waiting: []cluster.NodeID{2}, Timer: text},
			cluster.Event{Kind: cluster.KindKey, Node: 1, Key: text, Val: text, Version: text, LockedBy: op, Siblings: []cluster.Sibling{{Val: text, Version: text}}},
			cluster.Event{Kind: cluster.KindRole, Node: 2, Role: text, Badges: map[string]int{text: 1}},
			cluster.Event{Kind: cluster.KindTimer, Node: 1, Name: text, Op: op, State: text},
			cluster.Event{Kind: cluster.KindLost, Node: 1, Msg: "m" + text, From: 1, To: 2, Type: text, Class: cluster.ClassRequest, Op: op, Why: text},
			cluster.Event{Kind: cluster.KindScreen, Node: 1, Text: text},
			cluster.Event{Kind: cluster.KindReturn, Node: 1, Op: op, Client: text, OpKind: cluster.OpWrite, Key: text, Val: text, Status: "409"},
		)
	}
	p.emit(cluster.Event{Kind: cluster.KindKey, Node: 3, Key: "city", Val: hostile[0]},
		cluster.Event{Kind: cluster.KindInvoke, Node: 3, Op: "last", Client: "curl", OpKind: cluster.OpRead, Key: "city"},
		cluster.Event{Kind: cluster.KindReturn, Node: 3, Op: "last", Client: "curl", OpKind: cluster.OpRead, Key: "city", Val: hostile[0], Status: "200"})
	b.has("op", "status=200")
	b.press("1")
	if eval[bool](b, "'pwned' in window") {
		t.Error("a text was run")
	}
	if after := eval[string](b, elements); after != before {
		t.Errorf("kinds of elements in the page: %s before, %s after", before, after)
	}
}

// elements are the kinds of elements that a text may become and the page
// itself never makes.
const elements = `[...new Set([...document.querySelectorAll('img,iframe,object,embed,style,script:not([type=module]),base,form:not([data-action]):not([class]):not([id])')].map((e) => e.localName))].sort().join()`

// stageHello is a cluster at rest: what a playground says first.
func stageHello(at uint64) any {
	nodes := []any{}
	for i := 1; i <= 5; i++ {
		nodes = append(nodes, map[string]any{"id": i, "url": fmt.Sprintf("http://127.0.0.%d:300%d", i, i), "status": "up", "pid": 100 + i})
	}
	pace := cluster.LivePace()
	return map[string]any{
		"kind": "hello", "seq": at, "epoch": 1, "boot": boot,
		"cluster": map[string]any{"mode": "CA", "pace": pace, "quorum": cluster.DefaultQuorum(), "nodes": nodes, "links": []any{}},
		"pace":    pace, "links": []any{}, "rules": []any{}, "quorum": cluster.DefaultQuorum(),
		"inflight": []any{}, "timers": []any{}, "roles": []any{}, "keys": []any{}, "ops": []any{}, "events": []any{},
	}
}

// TestStrangersPage is a real page of another origin, in a real browser, that
// tries what pages can: none of it reaches the playground or learns anything.
func TestStrangersPage(t *testing.T) {
	api := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("%s %s of a stranger reached the API", r.Method, r.URL)
	})
	p := serve(t, &source{hello: stageHello}, withAPI(api))
	evil := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = strings.NewReplacer("OWN", p.addr).WriteString(w, strangersPage)
	}))
	t.Cleanup(evil.Close)
	b := open(t, evil.URL, 800, 600)
	b.allowed = []string{p.addr, "status of 403"} // the browser says that it was refused
	b.until("the attacks to end", "window.done")
	if got := eval[string](b, "window.learned.join('\\n')"); got != "" {
		t.Errorf("the stranger learned: %s", got)
	}
}

const strangersPage = `<!DOCTYPE html><title>evil</title><body><script>
const own = 'http://OWN', learned = window.learned = [];
const tell = (what) => learned.push(what);
const attempt = (f) => new Promise((done) => { try { f(done); } catch { done(); } setTimeout(done, 2000); });
const img = (src) => attempt((done) => { const i = new Image(); i.onload = () => { tell('image ' + src); done(); }; i.onerror = done; i.src = src; });
const ws = (url) => attempt((done) => { const s = new WebSocket(url); s.onopen = () => { tell('socket ' + url); done(); }; s.onerror = done; });
const req = (path, init) => fetch(own + path, init).then((r) => { if (r.type !== 'opaque') tell('fetch ' + path); }, () => {});
const script = (path) => attempt((done) => { const s = document.createElement('script'); s.src = own + path; s.onload = () => { tell('script ' + path); done(); }; s.onerror = done; document.body.append(s); });
const post = (path, type) => attempt((done) => {
	const f = document.createElement('iframe'); f.name = 'f' + path; document.body.append(f);
	const form = document.createElement('form'); form.method = 'POST'; form.enctype = type; form.action = own + path; form.target = f.name;
	document.body.append(form); f.onload = () => setTimeout(done, 100); form.submit();
});
const frame = (path) => attempt((done) => {
	const f = document.createElement('iframe'); f.src = own + path; f.onload = () => { try { if (f.contentDocument.body.textContent) tell('frame ' + path); } catch {} done(); };
	document.body.append(f);
});
(async () => {
	for (const path of ['/', '/api/cluster', '/static/icon.svg']) { await req(path); await req(path, { mode: 'no-cors' }); await frame(path); }
	await req('/api/nodes/1/kill', { method: 'POST' });
	await req('/api/nodes/1/kill', { method: 'POST', mode: 'no-cors' });
	await req('/api/reset', { method: 'POST', mode: 'no-cors', body: '{}', headers: { 'Content-Type': 'text/plain' } });
	await req('/api/heal', { method: 'DELETE' });
	navigator.sendBeacon(own + '/api/reset', '{}');
	await img(own + '/static/icon.svg'); await img(own + '/api/cluster');
	await script('/static/js/main.js');
	await ws('ws://OWN/ws'); await ws('ws://OWN/api/link');
	await post('/api/reset', 'text/plain'); await post('/api/heal', 'application/x-www-form-urlencoded');
	window.done = true;
})();
</script>`
