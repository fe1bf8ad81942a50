package control

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"capplayground/cluster"

	"github.com/go-chi/chi/v5"
)

// all lists the calls of the API. It reads them from the router.
func all(t testing.TB) (calls []string) {
	t.Helper()
	err := chi.Walk(over(&fake{}).Routes(), func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		calls = append(calls, method+" "+route)
		return nil
	})
	if err != nil || len(calls) < 30 {
		t.Fatalf("only %v: %v", calls, err)
	}
	slices.Sort(calls)
	return calls
}

// over returns an API whose interfaces are all implemented by a fake.
func over(f *fake) *API {
	return New(Config{State: f, Nodes: f, Faults: f, Cluster: f, Messages: f, Ops: f, Screens: f, Workload: f, Judge: f, Comparison: comparison{f}, Talk: fakeTalk{f}, Phones: func() (any, error) { return nil, cluster.ErrNotFound }})
}

// sane checks an answer to a random request. Its status is not 500 or above, and not a
// redirect. An error is in JSON. After an error no method of the fake was called.
func sane(t *testing.T, f *fake, w *httptest.ResponseRecorder, call string) {
	t.Helper()
	if w.Code >= 500 || w.Code < 200 || w.Code/100 == 3 {
		t.Fatalf("%s: %d %s", call, w.Code, w.Body)
	}
	if w.Code >= 400 && (len(f.asked) > 0 || !strings.HasPrefix(w.Body.String(), `{"error":"`) || !json.Valid(w.Body.Bytes())) {
		t.Fatalf("%s: %d %s, asks %q", call, w.Code, w.Body, f.asked)
	}
}

// FuzzCalls checks that no path of the control API leads to a panic, a 500 or a
// redirect, and that a refused call changes nothing.
func FuzzCalls(f *testing.F) {
	for i, call := range all(f) {
		_, path, _ := strings.Cut(call, " ")
		f.Add(byte(i), path)
		f.Add(byte(i), strings.NewReplacer("{msg}", "m", "{rule}", "1", "{from}", "1", "{to}", "2", "{node}", "1", "{timer}", "votes:7", "{key}", "%2F").Replace(path))
	}
	f.Add(byte(0), "/api/nodes/%31/kill")
	f.Add(byte(1), "/api/history?n=99999999999999999999")
	f.Add(byte(2), "/api/keys/%FF")
	f.Add(byte(3), "/api/../api/cluster")
	methods := []string{"GET", "POST", "PUT", "DELETE", "HEAD", "PATCH"}
	fake := &fake{}
	api := over(fake)
	f.Fuzz(func(t *testing.T, method byte, path string) {
		u, err := url.ParseRequestURI(path)
		if err != nil || u.Host != "" {
			return
		}
		fake.asked = nil
		r := &http.Request{Method: methods[int(method)%len(methods)], URL: u, Header: http.Header{}, Body: http.NoBody}
		w := httptest.NewRecorder()
		api.ServeHTTP(w, r)
		sane(t, fake, w, r.Method+" "+path)
	})
}

// FuzzBodies sends random bodies to every POST and PUT call. A call that takes a body
// accepts it only if it is one JSON object. A refused body changes nothing.
func FuzzBodies(f *testing.F) {
	var calls []string
	for _, call := range all(f) {
		if strings.HasPrefix(call, "P") {
			calls = append(calls, strings.NewReplacer("{msg}", "m", "{rule}", "1", "{from}", "1", "{to}", "2", "{node}", "1", "{timer}", "votes:7").Replace(call))
		}
	}
	for i := range calls {
		for _, body := range []string{
			`{"mode":"AP"}`, `{"n":3,"r":2,"w":2}`, `{"pace":"slow","rate":0.05}`, `{"cut":true,"delay_ms":5,"jitter_ms":1,"loss":0.5}`, `{"groups":[[1,2],[3,4,5]]}`,
			`{"from":"*","to":1,"type":"yes","do":"hold","count":2}`, `{"node":2,"kind":"write","key":"k","val":"v","wait":false}`, `{"rate":100,"read_ratio":1e400}`, `{"length":"9s"}`,
			``, `null`, `{}{}`, "\ufeff{}", `{"mode":"CA","mode":"CP"}`,
		} {
			f.Add(byte(i), []byte(body))
		}
	}
	fake := &fake{}
	api := over(fake)
	f.Fuzz(func(t *testing.T, which byte, body []byte) {
		method, path, _ := strings.Cut(calls[int(which)%len(calls)], " ")
		fake.asked = nil
		r := httptest.NewRequest(method, path, io.NopCloser(strings.NewReader(string(body))))
		r.Header.Set("Content-Type", "application/json")
		r.ContentLength = int64(len(body))
		w := httptest.NewRecorder()
		api.ServeHTTP(w, r)
		sane(t, fake, w, method+" "+path+" "+string(body))
		takes := !strings.HasPrefix(path, "/api/nodes") && !strings.HasPrefix(path, "/api/messages") && !strings.HasPrefix(path, "/api/timers") &&
			path != "/api/reset" && path != "/api/heal" && !(len(body) == 0 && (path == "/api/compare" || strings.HasPrefix(path, "/api/scenario/")))
		var fields map[string]json.RawMessage
		if takes && w.Code < 400 && json.Unmarshal(body, &fields) != nil {
			t.Fatalf("%s %s %q: %d, asks %q", method, path, body, w.Code, fake.asked)
		}
	})
}
