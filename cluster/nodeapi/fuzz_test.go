package nodeapi_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"capplayground/cluster"
	"capplayground/cluster/nodeapi"
)

// fuzzed is an API that is built once for all inputs. To build its routes for each input would
// take nearly all of the time.
type fuzzed struct {
	node *fake
	http.Handler
}

func newFuzzed(mode cluster.Mode) fuzzed {
	f := &fake{}
	return fuzzed{f, serve(f, mode)}
}

// send sends one request with its path unchanged. It returns nil for a request that net/http
// would answer itself.
func (f fuzzed) send(method, path, kind string, body []byte) *httptest.ResponseRecorder {
	f.node.requests, f.node.clients, f.node.cleaned = nil, nil, 0
	u, err := url.ParseRequestURI(path)
	if err != nil || u.Host != "" {
		return nil
	}
	r := &http.Request{
		Method: method, URL: u, Host: "127.0.0.3:3003", Header: http.Header{},
		Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)),
	}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	w := httptest.NewRecorder()
	f.ServeHTTP(w, r)
	return w
}

// sane checks every answer: its status is a success or an error of the client, it is JSON, and
// after an error no request has reached the node. sane returns the request that has reached
// the node.
func (f fuzzed) sane(t *testing.T, w *httptest.ResponseRecorder) (cluster.Request, bool) {
	t.Helper()
	asked := f.node.requests
	if w.Code >= 500 || w.Code < 200 || w.Code/100 == 3 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if !json.Valid(w.Body.Bytes()) || w.Header().Get("X-Sys-Id") != "3003" {
		t.Fatalf("%d with the body %q", w.Code, w.Body)
	}
	if w.Code >= 400 && len(asked)+f.node.cleaned > 0 {
		t.Fatalf("%d %s, and %v reached the node", w.Code, w.Body, asked)
	}
	if len(asked) == 0 {
		return cluster.Request{}, false
	}
	r := asked[0]
	bad := func(c rune) bool { return unicode.IsControl(c) && c != '\t' && c != '\n' && c != '\r' }
	if len(asked) > 1 || r.Tx == "" && r.Key == "" || len(r.Key) > nodeapi.MaxKey || len(r.Val) > nodeapi.MaxValue ||
		!utf8.ValidString(r.Key+r.Val) || strings.ContainsFunc(r.Key, unicode.IsControl) || strings.ContainsFunc(r.Val, bad) {
		t.Fatalf("the node got %+v", asked)
	}
	return r, true
}

// FuzzPath: no path leads to a panic, a 500 or a redirect. The node gets the texts of the
// path, decoded once.
func FuzzPath(f *testing.F) {
	for _, s := range []string{
		"/database/a", "/database/%2F", "/database/..", "/database/./.", "//x", "/2pc/commit/7", "/2pc/rollback/..", "/database/a/b?c", "/quorum/read/%FF",
		"/%", "/database/%C0%AF", "/database/e%CC%81/%C3%A9", "/database//", "/database/a/b%0Ac", "/database/%252F/+", "/database/%ED%A0%80", "/admin/clean", "/peer",
	} {
		f.Add(byte(len(s)), s)
	}
	methods := []string{"GET", "POST", "PUT", "HEAD", "DELETE", "get"}
	apis := []fuzzed{newFuzzed("CA"), newFuzzed("AP")}
	f.Fuzz(func(t *testing.T, method byte, path string) {
		api, body := apis[method>>7], []byte("text")
		w := api.send(methods[int(method&0x7f)%len(methods)], path, "", body)
		if w == nil || strings.HasPrefix(path, "/peer") {
			return
		}
		r, reached := api.sane(t, w)
		if !reached {
			return
		}
		parts := strings.Split(path, "/")[2:]
		if r.Kind == cluster.OpCommit || r.Kind == cluster.OpRollback || r.Kind == cluster.OpHolds {
			parts = parts[1:]
		}
		for i, part := range parts {
			if parts[i], _ = url.PathUnescape(part); i > 1 {
				t.Fatalf("%s is read as %+v", path, r)
			}
		}
		if r.Tx == "" && r.Key != parts[0] || r.Tx != "" && string(r.Tx) != parts[0] || len(parts) == 2 && r.Val != parts[1] ||
			r.Kind == cluster.OpWrite && len(parts) == 1 && r.Val != string(body) {
			t.Fatalf("%s is read as %+v", path, r)
		}
	})
}

// FuzzText: a key and a value reach the node byte for byte, by path and by body, or all calls
// refuse them.
func FuzzText(f *testing.F) {
	for _, s := range []string{"", ".", "..", "a/b", "%2F", "\x00", "\x1b[31m", "e\u0301", "\u00e9", "\u202e", "\u200b", "\ufeff", "\xff", "\xc0\xaf", "\xed\xa0\x80", strings.Repeat("k", 257), "a\nb", "+ ?#"} {
		f.Add(s, s)
	}
	api := newFuzzed("CA")
	f.Fuzz(func(t *testing.T, key, val string) {
		escaped := "/database/" + url.PathEscape(key)
		for _, c := range []struct {
			method, path, body string
		}{{"POST", escaped + "/" + url.PathEscape(val), ""}, {"PUT", escaped, val}, {"GET", escaped, ""}} {
			w := api.send(c.method, c.path, "", []byte(c.body))
			r, reached := api.sane(t, w)
			if reached && (r.Key != key || c.method != "GET" && r.Val != val) {
				t.Fatalf("%q=%q is read as %+v", key, val, r)
			}
			usable := key != "" && len(key) <= nodeapi.MaxKey && utf8.ValidString(key) && !strings.ContainsFunc(key, unicode.IsControl)
			if c.method == "GET" && reached != usable || !usable && reached {
				t.Fatalf("%s %q: %d", c.method, key, w.Code)
			}
			if !reached && w.Code != 400 && w.Code != 413 {
				t.Fatalf("%s %q=%q: %d %s", c.method, key, val, w.Code, w.Body)
			}
		}
	})
}

// FuzzBody: a JSON body is refused, or read as encoding/json reads it. A request that was
// read, and is written as JSON again, is read as the same request.
func FuzzBody(f *testing.F) {
	for _, s := range []string{
		`{"id":"7","key":"a","val":"b"}`, `{"key":"a","val":"b","ts":5}`, `{"key":"a","val":"b","ts":-1}`, `{"key":"a","val":"b","ts":9223372036854775808}`,
		`{"key":"a","val":"b","ts":1e400}`, `{"key":"\u0000","val":"\ud83d","ts":1}`, `{"id":"7","id":"8","key":"a","val":"b"}`, "\ufeff{}", `{}{}`, `null`, `[`, `{"id":null}`,
	} {
		f.Add([]byte(s))
	}
	apis := map[string]fuzzed{"/2pc/propose": newFuzzed("CA"), "/quorum/repair": newFuzzed("AP")}
	f.Fuzz(func(t *testing.T, body []byte) {
		for path, api := range apis {
			r, reached := api.sane(t, api.send("POST", path, "application/json", body))
			if !reached {
				continue
			}
			var want struct {
				ID  cluster.OpID `json:"id,omitempty"`
				Key string       `json:"key"`
				Val string       `json:"val"`
				TS  *int64       `json:"ts,omitempty"`
			}
			if err := json.Unmarshal(body, &want); err != nil || r.Key != want.Key || r.Val != want.Val || r.Tx != want.ID || want.TS != nil && r.TS != *want.TS {
				t.Fatalf("%s %q is read as %+v, and by encoding/json as %+v, %v", path, body, r, want, err)
			}
			again, err := json.Marshal(want)
			if err != nil {
				t.Fatal(err)
			}
			if second, _ := api.sane(t, api.send("POST", path, "application/json", again)); second != r {
				t.Fatalf("%s: %q is read as %+v, and %q as %+v", path, body, r, again, second)
			}
		}
	})
}
