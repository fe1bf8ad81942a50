package nodeapi_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"capplayground/cluster"
	"capplayground/cluster/nodeapi"
)

// fake is a node whose behaviour a test defines.
type fake struct {
	do       func(context.Context, cluster.Request, string) (cluster.Reply, error)
	snapshot cluster.Snapshot
	err      error // of State and Dump
	notReady bool

	mu       sync.Mutex
	requests []cluster.Request
	clients  []string
	cleaned  int
}

func (f *fake) Do(ctx context.Context, req cluster.Request, client string) (cluster.Reply, error) {
	if req.Op == "" {
		req.Op = "91be"
	}
	f.mu.Lock()
	f.requests, f.clients = append(f.requests, req), append(f.clients, client)
	f.mu.Unlock()
	if f.do == nil {
		return cluster.Reply{Op: req.Op, Key: req.Key, Val: req.Val, Version: "7"}, nil
	}
	reply, err := f.do(ctx, req, client)
	reply.Op = req.Op
	return reply, err
}

func (f *fake) State(context.Context) (cluster.NodeState, error) {
	return cluster.NodeState{ID: 3, Mode: "CA", Epoch: 2, Pace: cluster.LivePace(), Snapshot: f.snapshot}, f.err
}
func (f *fake) Dump(context.Context) (cluster.Snapshot, error) { return f.snapshot, f.err }
func (f *fake) Clean()                                         { f.cleaned++ }
func (f *fake) Ready() bool                                    { return !f.notReady }

func serve(f *fake, mode cluster.Mode) http.Handler {
	return nodeapi.New(nodeapi.Config{
		ID: 3, Mode: mode, SysID: "3003", Node: f, Hosts: []string{"127.0.0.3:3003"},
		Peers: http.NotFoundHandler(), PeerPath: "/peer",
	})
}

// call sends a request. Its first line is used without a change.
func call(h http.Handler, line, body string, header http.Header) *httptest.ResponseRecorder {
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(line + " HTTP/1.1\r\nHost: 127.0.0.3:3003\r\n\r\n")))
	if err != nil {
		panic(line + ": " + err.Error())
	}
	r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
	for name, values := range header {
		r.Header[http.CanonicalHeaderKey(name)] = values
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

var jsonBody = http.Header{"Content-Type": {"application/json"}}

// TestCalls checks every row of DESIGN section 3.
func TestCalls(t *testing.T) {
	t.Parallel()
	replies := func(r cluster.Reply) func(context.Context, cluster.Request, string) (cluster.Reply, error) {
		return func(context.Context, cluster.Request, string) (cluster.Reply, error) { return r, nil }
	}
	for _, c := range []struct {
		name, line, body string
		mode             cluster.Mode
		header           http.Header
		do               func(context.Context, cluster.Request, string) (cluster.Reply, error)
		status           int
		want             string
		req              cluster.Request
	}{
		{"write in the path", "POST /database/city/London", "", "CP", nil, nil, 201,
			`{"key":"city","val":"London","op":"91be","node":3,"version":"7"}`, cluster.Request{Kind: "write", Key: "city", Val: "London"}},
		{"write in the body", "PUT /database/city", "Lon\ndon", "CA", nil, nil, 201,
			`{"key":"city","val":"Lon\ndon","op":"91be","node":3,"version":"7"}`, cluster.Request{Kind: "write", Key: "city", Val: "Lon\ndon"}},
		{"write an empty value", "PUT /database/city", "", "CA", nil, nil, 201,
			`{"key":"city","val":"","op":"91be","node":3,"version":"7"}`, cluster.Request{Kind: "write", Key: "city"}},
		{"write an empty value in the path", "POST /database/city/", "", "CA", nil, nil, 201,
			`{"key":"city","val":"","op":"91be","node":3,"version":"7"}`, cluster.Request{Kind: "write", Key: "city"}},
		{"If-Match", "PUT /database/city", "x", "AP", http.Header{"If-Match": {`"1.2.3"`}}, nil, 201,
			`{"key":"city","val":"x","op":"91be","node":3,"version":"7"}`, cluster.Request{Kind: "write", Key: "city", Val: "x", IfMatch: "1.2.3"}},
		{"read", "GET /database/city", "", "CP", nil, replies(cluster.Reply{Val: "London", Version: "8"}), 200,
			`{"key":"city","val":"London","op":"91be","node":3,"version":"8"}`, cluster.Request{Kind: "read", Key: "city"}},
		{"read siblings", "GET /database/city", "", "AP", nil, replies(cluster.Reply{Val: "a", Version: "8", Siblings: []cluster.Sibling{{Val: "b", Version: "9"}}}), 200,
			`{"key":"city","val":"a","op":"91be","node":3,"version":"8","siblings":[{"val":"b","version":"9"}]}`, cluster.Request{Kind: "read", Key: "city"}},
		{"read nothing", "GET /database/constructor", "", "CP", nil, replies(cluster.Reply{Err: cluster.ErrNotFound}), 404,
			`{"error":"no value","code":"no_value","outcome":"aborted","op":"91be"}`, cluster.Request{Kind: "read", Key: "constructor"}},
		{"a lock", "POST /database/city/x", "", "CA", nil, replies(cluster.Reply{Err: fmt.Errorf("%w: city is locked by tx 7", cluster.ErrRefused)}), 409,
			`{"error":"refused: city is locked by tx 7","code":"refused","outcome":"aborted","op":"91be"}`, cluster.Request{Kind: "write", Key: "city", Val: "x"}},
		{"no quorum", "POST /database/city/x", "", "CP", nil, replies(cluster.Reply{Err: cluster.ErrUnavailable}), 503,
			`{"error":"quorum not reached","code":"unavailable","outcome":"aborted","op":"91be"}`, cluster.Request{Kind: "write", Key: "city", Val: "x"}},
		{"unknown outcome", "POST /database/city/x", "", "CP", nil, replies(cluster.Reply{Err: cluster.ErrUnknown}), 504,
			`{"error":"outcome unknown","code":"outcome_unknown","outcome":"unknown","op":"91be"}`, cluster.Request{Kind: "write", Key: "city", Val: "x"}},
		{"unusable version", "PUT /database/city", "x", "AP", http.Header{"If-Match": {"nonsense"}}, replies(cluster.Reply{Err: cluster.ErrBadVersion}), 422,
			`{"error":"unusable version","code":"bad_version","outcome":"aborted","op":"91be"}`, cluster.Request{Kind: "write", Key: "city", Val: "x", IfMatch: "nonsense"}},
		{"propose", "POST /2pc/propose", `{"id":"7","key":"city","val":"x"}`, "CA", jsonBody, nil, 200,
			`{"key":"city","val":"x","id":"7","vote":"yes","op":"91be","node":3,"version":"7"}`, cluster.Request{Kind: "propose", Tx: "7", Key: "city", Val: "x"}},
		{"propose, locked", "POST /2pc/propose", `{"id":"7","key":"city","val":"x"}`, "CA", jsonBody, replies(cluster.Reply{Err: cluster.ErrRefused}), 409,
			`{"error":"refused","code":"refused","outcome":"aborted","op":"91be"}`, cluster.Request{Kind: "propose", Tx: "7", Key: "city", Val: "x"}},
		{"commit", "POST /2pc/commit/7", "", "CA", nil, replies(cluster.Reply{}), 200, `{"id":"7","op":"91be","node":3}`, cluster.Request{Kind: "commit", Tx: "7"}},
		{"rollback", "POST /2pc/rollback/7", "", "CA", nil, replies(cluster.Reply{}), 200, `{"id":"7","op":"91be","node":3}`, cluster.Request{Kind: "rollback", Tx: "7"}},
		{"commit of nothing", "POST /2pc/commit/7", "", "CA", nil, replies(cluster.Reply{Err: cluster.ErrNoSuchTx}), 404,
			`{"error":"no such transaction","code":"no_such_transaction","outcome":"aborted","op":"91be"}`, cluster.Request{Kind: "commit", Tx: "7"}},
		{"plant", "POST /quorum/repair", `{"key":"city","val":"x","ts":5}`, "AP", jsonBody, replies(cluster.Reply{}), 200,
			`{"key":"city","val":"x","op":"91be","node":3}`, cluster.Request{Kind: "plant", Key: "city", Val: "x", TS: 5}},
		{"what one node holds", "GET /quorum/read/city", "", "AP", nil, replies(cluster.Reply{Val: "x", Version: "8"}), 200,
			`{"key":"city","val":"x","op":"91be","node":3,"version":"8"}`, cluster.Request{Kind: "local-read", Key: "city"}},
		{"what one node does not hold", "GET /quorum/read/city", "", "AP", nil, replies(cluster.Reply{Err: cluster.ErrNotFound}), 404,
			`{"error":"no value","code":"no_value","outcome":"aborted","op":"91be"}`, cluster.Request{Kind: "local-read", Key: "city"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := &fake{do: c.do}
			w := call(serve(f, c.mode), c.line, c.body, c.header)
			if w.Code != c.status || strings.TrimSuffix(w.Body.String(), "\n") != c.want {
				t.Errorf("%d %s\nwant %d %s", w.Code, w.Body, c.status, c.want)
			}
			if w.Header().Get("X-Sys-Id") != "3003" || w.Header().Get("Content-Type") != "application/json; charset=utf-8" {
				t.Errorf("headers %v", w.Header())
			}
			c.req.Op = "91be"
			if diff := cmp.Diff([]cluster.Request{c.req}, f.requests); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAdmin(t *testing.T) {
	t.Parallel()
	f := &fake{snapshot: cluster.Snapshot{Role: "leader", Term: 4, Keys: []cluster.KeyState{{Key: "city", Val: "<&>", Version: "1", LockedBy: "7"}}}}
	h := serve(f, "CA")
	for line, want := range map[string]string{
		"GET /admin/dump":  `{"node":3,"mode":"CA","role":"leader","term":4,"keys":[{"key":"city","val":"<&>","version":"1","locked_by":"7"}]}`,
		"GET /admin/clean": `{"node":3}`,
		"GET /healthz":     `{"node":3,"ready":true}`,
		"GET /admin/state": `{"id":3,"mode":"CA","epoch":2,"incarnation":"","database":"","pace":{"pace":"live","t0":0,"v0":0,"rate":1,"latency_ms":0},"now":0,"linked":false,"process":{"goroutines":0,"heap_bytes":0},"role":"leader","term":4,"keys":[{"key":"city","val":"<&>","version":"1","locked_by":"7"}]}`,
	} {
		if w := call(h, line, "", nil); w.Code != 200 || strings.TrimSpace(w.Body.String()) != want || w.Header().Get("X-Sys-Id") != "3003" {
			t.Errorf("%s: %d %s\nwant %s", line, w.Code, w.Body, want)
		}
	}
	if f.cleaned != 1 {
		t.Errorf("cleaned %d times", f.cleaned)
	}
	f.snapshot = cluster.Snapshot{}
	if w := call(h, "GET /admin/dump", "", nil); strings.TrimSpace(w.Body.String()) != `{"node":3,"mode":"CA","keys":[]}` {
		t.Errorf("an empty database: %s", w.Body)
	}
	f.err, f.notReady = cluster.ErrStopping, true
	for _, line := range []string{"GET /admin/dump", "GET /admin/state", "GET /healthz", "GET /database/city", "POST /database/city/x"} {
		if w := call(h, line, "", nil); w.Code != 503 {
			t.Errorf("%s while starting: %d", line, w.Code)
		}
	}
	if len(f.requests) != 0 {
		t.Errorf("%d requests reached a node that was not ready", len(f.requests))
	}
}

func TestOtherModes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		line string
		runs cluster.Mode
		has  string
	}{
		{"POST /2pc/propose", "AP", "CA"}, {"POST /2pc/commit/7", "CP", "CA"}, {"POST /2pc/rollback/7", "RAFT", "CA"},
		{"POST /quorum/repair", "CA", "AP"}, {"GET /quorum/read/city", "CP", "AP"},
	} {
		f := &fake{}
		w := call(serve(f, c.runs), c.line, "{}", jsonBody)
		want := fmt.Sprintf("belongs to mode %s, this node runs in mode %s", c.has, c.runs)
		if w.Code != 404 || !strings.Contains(w.Body.String(), want) || len(f.requests) != 0 {
			t.Errorf("%s in %s: %d %s", c.line, c.runs, w.Code, w.Body)
		}
	}
}

func TestMethods(t *testing.T) {
	t.Parallel()
	for line, allow := range map[string]string{
		"DELETE /database/city":      "GET, HEAD, PUT",
		"POST /database/city":        "GET, HEAD, PUT",
		"OPTIONS /database/city":     "GET, HEAD, PUT",
		"TRACE /database/city":       "GET, HEAD, PUT",
		"GET /database/city/London":  "POST",
		"PATCH /database/a%2Fb/c":    "POST",
		"POST /admin/clean":          "GET, HEAD",
		"GET /2pc/propose":           "POST",
		"PUT /2pc/commit/7":          "POST",
		"POST /quorum/read/city":     "GET, HEAD",
		"DELETE /healthz":            "GET, HEAD",
		"BREW /database/city/London": "POST",
	} {
		f := &fake{}
		w := call(serve(f, "CA"), line, "", nil)
		if w.Code != 405 || w.Header().Get("Allow") != allow || !strings.HasPrefix(w.Body.String(), `{"error":"not with this method"`) || len(f.requests) != 0 {
			t.Errorf("%s: %d, Allow %q, %s", line, w.Code, w.Header().Get("Allow"), w.Body)
		}
	}
	if w := call(serve(&fake{}, "CA"), "HEAD /database/city", "", nil); w.Code != 200 {
		t.Errorf("HEAD: %d", w.Code)
	}
}

func TestCaller(t *testing.T) {
	t.Parallel()
	const id = "0198B0A2-7c1e-7000-8000-000000000001"
	f := &fake{}
	h := serve(f, "CA")
	call(h, "GET /database/city", "", nil)
	call(h, "GET /database/city", "", http.Header{"X-Cap-Client": {"page"}, "X-Cap-Op": {id}})
	if diff := cmp.Diff([]string{"curl", "page"}, f.clients); diff != "" {
		t.Error(diff)
	}
	if f.requests[1].Op != cluster.OpID(strings.ToLower(id)) {
		t.Errorf("op %s", f.requests[1].Op)
	}
	for _, header := range []http.Header{
		{"X-Cap-Client": {""}}, {"X-Cap-Client": {"Page"}}, {"X-Cap-Client": {"a", "b"}}, {"X-Cap-Client": {strings.Repeat("a", 17)}}, {"X-Cap-Client": {"é"}},
		{"X-Cap-Op": {""}}, {"X-Cap-Op": {"7"}}, {"X-Cap-Op": {id + "0"}}, {"X-Cap-Op": {"{" + id[:34] + "}"}}, {"X-Cap-Op": {strings.ReplaceAll(id, "-", "0")}}, {"X-Cap-Op": {id, id}},
	} {
		if w := call(h, "GET /database/city", "", header); w.Code != 400 {
			t.Errorf("%v: %d", header, w.Code)
		}
	}
	if len(f.requests) != 2 {
		t.Errorf("%d requests", len(f.requests))
	}
}

// TestAClientThatGoesAway: if a client disconnects, the handler stops waiting, and writes
// nothing.
func TestAClientThatGoesAway(t *testing.T) {
	t.Parallel()
	begun, ended := make(chan bool), make(chan bool)
	f := &fake{do: func(ctx context.Context, _ cluster.Request, _ string) (cluster.Reply, error) {
		close(begun)
		<-ctx.Done()
		return cluster.Reply{}, ctx.Err()
	}}
	h := nodeapi.New(nodeapi.Config{ID: 3, Mode: "CA", SysID: "3003", Node: f, Hosts: []string{"x"}})
	written := httptest.NewRecorder()
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(written, r)
		close(ended)
	}))
	defer srv.Close()
	conn, err := net.Dial("tcp", srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(conn, "GET /database/city HTTP/1.1\r\nHost: x\r\n\r\n")
	<-begun
	_ = conn.Close()
	<-ended
	if written.Body.Len() != 0 {
		t.Errorf("wrote %s", written.Body)
	}
}

// TestStrangers sends every call with the headers of another site.
func TestStrangers(t *testing.T) {
	t.Parallel()
	fill := strings.NewReplacer("{key}", "k", "{val}", "v", "{id}", "7")
	if calls := nodeapi.Calls(); len(calls) < 15 {
		t.Fatalf("only %v", calls)
	}
	for _, c := range nodeapi.Calls() {
		for _, header := range []http.Header{
			{"Origin": {"http://evil.example"}}, {"Origin": {"null"}}, {"Origin": {"http://127.0.0.3:8080"}},
			{"Sec-Fetch-Site": {"cross-site"}}, {"Sec-Fetch-Site": {"same-site"}},
		} {
			f := &fake{}
			for _, mode := range []cluster.Mode{"CA", "AP"} {
				if w := call(serve(f, mode), fill.Replace(c), "", header); w.Code != 403 || w.Header().Get("X-Sys-Id") != "3003" {
					t.Errorf("%s %v: %d", c, header, w.Code)
				}
			}
			if len(f.requests)+f.cleaned > 0 {
				t.Errorf("%s %v: reached the node", c, header)
			}
		}
		f := &fake{}
		r := httptest.NewRequest(strings.Fields(c)[0], fill.Replace(strings.Fields(c)[1]), nil)
		r.Host = "localhost.evil:3003"
		w := httptest.NewRecorder()
		serve(f, "CA").ServeHTTP(w, r)
		if w.Code != 403 || len(f.requests)+f.cleaned > 0 {
			t.Errorf("%s with a foreign Host: %d", c, w.Code)
		}
	}
}

// TestEverySentinel: each sentinel has a status. Only 504 means that the outcome is unknown.
func TestEverySentinel(t *testing.T) {
	t.Parallel()
	for err, want := range map[error]int{
		cluster.ErrNotFound: 404, cluster.ErrNoSuchTx: 404, cluster.ErrRefused: 409, cluster.ErrUnavailable: 503, cluster.ErrUnknown: 504,
		cluster.ErrBadVersion: 422, cluster.ErrWrongMode: 404, cluster.ErrStopping: 503, errors.New("a surprise"): 500,
	} {
		f := &fake{do: func(context.Context, cluster.Request, string) (cluster.Reply, error) { return cluster.Reply{}, err }}
		w := call(serve(f, "CA"), "POST /database/city/x", "", nil)
		var body struct{ Error, Outcome, Op string }
		if e := json.Unmarshal(w.Body.Bytes(), &body); e != nil {
			t.Fatal(e)
		}
		open := want == 504 || want == 500
		if w.Code != want || (body.Outcome == "unknown") != open || body.Op != "91be" || body.Error == "" {
			t.Errorf("%v: %d %s", err, w.Code, w.Body)
		}
	}
}
