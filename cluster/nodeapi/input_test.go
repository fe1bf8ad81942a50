package nodeapi_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"capplayground/cluster"
	"capplayground/cluster/nodeapi"
)

// TestBadInput checks the answers to bad inputs. None of them reaches the node, unless req
// gives the key or the value.
func TestBadInput(t *testing.T) {
	t.Parallel()
	long := strings.Repeat
	for _, c := range []struct {
		name, line, body string
		header           http.Header
		status           int
		says             string
	}{
		{"no key", "GET /database/", "", nil, 400, "at least one byte"},
		{"no key to write", "PUT /database/", "x", nil, 400, "at least one byte"},
		{"no key in the path", "POST /database//London", "", nil, 400, "at least one byte"},
		{"neither key nor value", "POST /database//", "", nil, 400, "at least one byte"},
		{"no slash", "GET /database", "", nil, 404, "no such call"},
		{"three parts", "POST /database/a/b/c", "", nil, 404, "no such call"},
		{"unescaped slash in a key", "PUT /database/a/b/c", "x", nil, 404, "no such call"},
		{"other case", "GET /Database/a", "", nil, 404, "no such call"},
		{"escaped route", "GET /%64atabase/a", "", nil, 404, "no such call"},
		{"dots before a route", "GET /x/../database/a", "", nil, 404, "no such call"},
		{"double slash before a route", "GET //database/a", "", nil, 404, "no such call"},
		{"root", "GET /", "", nil, 404, "no such call"},
		{"pprof", "GET /debug/pprof/", "", nil, 404, "no such call"},
		{"a query", "GET /database/a?b=c", "", nil, 400, "%3F"},
		{"an empty query", "GET /database/a?", "", nil, 400, "%3F"},
		{"a query in a value", "POST /database/a/what?", "", nil, 400, "%3F"},
		{"NUL", "GET /database/%00", "", nil, 400, "control characters"},
		{"NUL inside", "GET /database/a%00b", "", nil, 400, "control characters"},
		{"line feed", "GET /database/a%0Ab", "", nil, 400, "control characters"},
		{"tab", "GET /database/%09", "", nil, 400, "control characters"},
		{"escape", "GET /database/%1B%5B2J", "", nil, 400, "control characters"},
		{"delete", "GET /database/%7F", "", nil, 400, "control characters"},
		{"C1 control", "GET /database/%C2%85", "", nil, 400, "control characters"},
		{"NUL in a value", "POST /database/a/%00", "", nil, 400, "control characters"},
		{"line feed in a value in the path", "POST /database/a/b%0Ac", "", nil, 400, "PUT takes lines"},
		{"lone continuation", "GET /database/%80", "", nil, 400, "UTF-8"},
		{"cut sequence", "GET /database/%E2%82", "", nil, 400, "UTF-8"},
		{"overlong slash", "GET /database/%C0%AF", "", nil, 400, "UTF-8"},
		{"overlong NUL", "GET /database/%C0%80", "", nil, 400, "UTF-8"},
		{"surrogate", "GET /database/%ED%A0%80", "", nil, 400, "UTF-8"},
		{"surrogate pair", "GET /database/%ED%A0%BD%ED%B8%80", "", nil, 400, "UTF-8"},
		{"beyond Unicode", "GET /database/%F4%90%80%80", "", nil, 400, "UTF-8"},
		{"five bytes", "GET /database/%F8%88%80%80%80", "", nil, 400, "UTF-8"},
		{"0xFF", "GET /database/%FF", "", nil, 400, "UTF-8"},
		{"invalid UTF-8 in a value", "POST /database/a/%FF", "", nil, 400, "UTF-8"},
		{"257 bytes", "GET /database/" + long("k", 257), "", nil, 400, "256"},
		{"257 bytes of two", "GET /database/" + long("%C3%A9", 128) + "k", "", nil, 400, "256"},
		{"a path value too long", "POST /database/a/" + long("v", 8193), "", nil, 413, "8192"},
		{"a value too long", "PUT /database/a", long("v", 65537), nil, 413, "65536"},
		{"invalid UTF-8 in a body", "PUT /database/a", "\xff", nil, 400, "UTF-8"},
		{"surrogate in a body", "PUT /database/a", "\xed\xa0\x80", nil, 400, "UTF-8"},
		{"NUL in a body", "PUT /database/a", "a\x00b", nil, 400, "control characters"},
		{"escape in a body", "PUT /database/a", "\x1b[2J", nil, 400, "control characters"},
		{"compressed body", "PUT /database/a", "x", http.Header{"Content-Encoding": {"gzip"}}, 415, "content type"},
		{"If-Match outside AP", "PUT /database/a", "x", http.Header{"If-Match": {"1"}}, 400, "mode AP"},

		{"proposal without a type", "POST /2pc/propose", `{"id":"7","key":"a","val":"b"}`, nil, 415, "application/json"},
		{"proposal as a form", "POST /2pc/propose", `{"id":"7","key":"a","val":"b"}`, http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, 415, "application/json"},
		{"proposal as text", "POST /2pc/propose", `{"id":"7","key":"a","val":"b"}`, http.Header{"Content-Type": {"text/plain"}}, 415, "application/json"},
		{"proposal as a multipart form", "POST /2pc/propose", ``, http.Header{"Content-Type": {"multipart/form-data; boundary=x"}}, 415, "application/json"},
		{"compressed proposal", "POST /2pc/propose", `{}`, http.Header{"Content-Type": {"application/json"}, "Content-Encoding": {"gzip"}}, 415, "gzip"},
		{"proposal in UTF-16", "POST /2pc/propose", `{}`, http.Header{"Content-Type": {"application/json; charset=utf-16"}}, 415, "application/json"},
		{"empty proposal", "POST /2pc/propose", "", jsonBody, 400, "JSON"},
		{"no JSON", "POST /2pc/propose", "id=7", jsonBody, 400, "JSON"},
		{"byte order mark", "POST /2pc/propose", "\ufeff{}", jsonBody, 400, "JSON"},
		{"trailing document", "POST /2pc/propose", `{"id":"7","key":"a","val":"b"}{}`, jsonBody, 400, "JSON"},
		{"trailing text", "POST /2pc/propose", `{"id":"7","key":"a","val":"b"}x`, jsonBody, 400, "JSON"},
		{"cut short", "POST /2pc/propose", `{"id":"7","key":"a","val":"b`, jsonBody, 400, "JSON"},
		{"single quotes", "POST /2pc/propose", `{'id':'7'}`, jsonBody, 400, "JSON"},
		{"10,001 deep", "POST /2pc/propose", `{"id":` + long("[", 10001) + long("]", 10001) + `}`, jsonBody, 400, "deeper"},
		{"invalid UTF-8 in JSON", "POST /2pc/propose", "{\"id\":\"\xff\"}", jsonBody, 400, "UTF-8"},
		{"half a surrogate pair", "POST /2pc/propose", `{"id":"7","key":"a","val":"\ud83d"}`, jsonBody, 400, "surrogate"},
		{"null", "POST /2pc/propose", `null`, jsonBody, 422, "null"},
		{"null field", "POST /2pc/propose", `{"id":"7","key":null,"val":"b"}`, jsonBody, 422, "null"},
		{"an array", "POST /2pc/propose", `["7","a","b"]`, jsonBody, 422, "wrong fields"},
		{"a string", "POST /2pc/propose", `"7"`, jsonBody, 422, "wrong fields"},
		{"a number", "POST /2pc/propose", `7`, jsonBody, 422, "wrong fields"},
		{"no fields", "POST /2pc/propose", `{}`, jsonBody, 422, "id, key and val"},
		{"no id", "POST /2pc/propose", `{"key":"a","val":"b"}`, jsonBody, 422, "id, key and val"},
		{"no key", "POST /2pc/propose", `{"id":"7","val":"b"}`, jsonBody, 422, "id, key and val"},
		{"no val", "POST /2pc/propose", `{"id":"7","key":"a"}`, jsonBody, 422, "id, key and val"},
		{"unknown field", "POST /2pc/propose", `{"id":"7","key":"a","val":"b","x":1}`, jsonBody, 422, "unknown field"},
		{"field in another case", "POST /2pc/propose", `{"ID":"7","key":"a","val":"b"}`, jsonBody, 422, "unknown field"},
		{"__proto__", "POST /2pc/propose", `{"__proto__":{},"id":"7","key":"a","val":"b"}`, jsonBody, 422, "unknown field"},
		{"field twice", "POST /2pc/propose", `{"id":"7","id":"8","key":"a","val":"b"}`, jsonBody, 422, "twice"},
		{"field twice by escape", "POST /2pc/propose", `{"id":"7","\u0069d":"8","key":"a","val":"b"}`, jsonBody, 422, "twice"},
		{"number as id", "POST /2pc/propose", `{"id":7,"key":"a","val":"b"}`, jsonBody, 422, "number"},
		{"object as value", "POST /2pc/propose", `{"id":"7","key":"a","val":{}}`, jsonBody, 422, "object"},
		{"boolean as key", "POST /2pc/propose", `{"id":"7","key":true,"val":"b"}`, jsonBody, 422, "bool"},
		{"empty id", "POST /2pc/propose", `{"id":"","key":"a","val":"b"}`, jsonBody, 400, "transaction's id"},
		{"id of 65", "POST /2pc/propose", `{"id":"` + long("7", 65) + `","key":"a","val":"b"}`, jsonBody, 400, "transaction's id"},
		{"id with a slash", "POST /2pc/propose", `{"id":"a/b","key":"a","val":"b"}`, jsonBody, 400, "transaction's id"},
		{"empty key in JSON", "POST /2pc/propose", `{"id":"7","key":"","val":"b"}`, jsonBody, 400, "at least one byte"},
		{"long key in JSON", "POST /2pc/propose", `{"id":"7","key":"` + long("k", 257) + `","val":"b"}`, jsonBody, 400, "256"},
		{"NUL in a key in JSON", "POST /2pc/propose", `{"id":"7","key":"\u0000","val":"b"}`, jsonBody, 400, "control"},
		{"NUL in a value in JSON", "POST /2pc/propose", `{"id":"7","key":"a","val":"\u0000"}`, jsonBody, 400, "control"},
		{"long value in JSON", "POST /2pc/propose", `{"id":"7","key":"a","val":"` + long("v", 65537) + `"}`, jsonBody, 413, "65536"},
		{"endless JSON", "POST /2pc/propose", long(" ", 500<<10), jsonBody, 413, "too large"},
		{"commit without id", "POST /2pc/commit/", "", nil, 404, "no such call"},
		{"commit of dots", "POST /2pc/commit/..", "", nil, 400, "transaction's id"},
		{"commit of an escaped slash", "POST /2pc/commit/a%2Fb", "", nil, 400, "transaction's id"},
		{"rollback of NUL", "POST /2pc/rollback/%00", "", nil, 400, "transaction's id"},
		{"rollback with a query", "POST /2pc/rollback/7?x", "", nil, 400, "query"},
	} {
		f := &fake{}
		w := call(serve(f, "CA"), c.line, c.body, c.header)
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.says) || !strings.Contains(w.Body.String(), `"outcome":"aborted"`) {
			t.Errorf("%s: %d %s, want %d …%s…", c.name, w.Code, w.Body, c.status, c.says)
		}
		if len(f.requests) != 0 {
			t.Errorf("%s: reached the node", c.name)
		}
	}
	plants := []struct {
		name, body string
		status     int
	}{
		{"no ts", `{"key":"a","val":"b"}`, 422}, {"ts before 1970", `{"key":"a","val":"b","ts":-1}`, 422}, {"2^63", `{"key":"a","val":"b","ts":9223372036854775808}`, 422},
		{"1e400", `{"key":"a","val":"b","ts":1e400}`, 422}, {"half", `{"key":"a","val":"b","ts":0.5}`, 422}, {"ts as text", `{"key":"a","val":"b","ts":"1"}`, 422}, {"NaN", `{"key":"a","val":"b","ts":NaN}`, 400},
		{"no key", `{"val":"b","ts":1}`, 422}, {"empty key", `{"key":"","val":"b","ts":1}`, 400}, {"no val", `{"key":"a","ts":1}`, 422},
	}
	for _, c := range plants {
		f := &fake{}
		if w := call(serve(f, "AP"), "POST /quorum/repair", c.body, jsonBody); w.Code != c.status || len(f.requests) != 0 {
			t.Errorf("plant, %s: %d %s", c.name, w.Code, w.Body)
		}
	}
	for _, v := range [][]string{{""}, {`""`}, {"1", "2"}, {strings.Repeat("1", 4097)}} {
		f := &fake{}
		if w := call(serve(f, "AP"), "PUT /database/a", "x", http.Header{"If-Match": v}); w.Code != 400 || len(f.requests) != 0 {
			t.Errorf("If-Match %.20q: %d %s", v, w.Code, w.Body)
		}
	}
}

// TestByteForByte writes and reads keys and values that a library on the way might change.
func TestByteForByte(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		".", "..", "a/b", "/", "//", "a//b", "../../etc/passwd", "%", "%2F", "%252F", "+", "a b", " ", "?", "#", "&=;", "<script>alert(1)</script>", `"\'`,
		"é", "e\u0301", "\u212b", "Å", "ﬁ", "日本", "😀", "\u202eabc", "\u200b", "\u200d", "\ufeff", "\ufffd", "\u2028", "constructor", "__proto__", "null", "NaN",
		strings.Repeat("k", 256), strings.Repeat("é", 128), "C:\\x", "~", "*", ":", "a:b@c",
	} {
		f := &fake{}
		h := serve(f, "CA")
		escaped := strings.ReplaceAll(strings.ReplaceAll(url.PathEscape(text), "+", "%2B"), ":", "%3A")
		for _, c := range []struct{ line, body string }{
			{"POST /database/" + escaped + "/" + escaped, ""}, {"PUT /database/" + escaped, text}, {"GET /database/" + escaped, ""},
		} {
			w := call(h, c.line, c.body, nil)
			if w.Code >= 300 {
				t.Errorf("%q: %s: %d %s", text, c.line, w.Code, w.Body)
				continue
			}
			got := f.requests[len(f.requests)-1]
			if got.Key != text || got.Kind == cluster.OpWrite && got.Val != text {
				t.Errorf("%q: %s: key %q, value %q", text, c.line, got.Key, got.Val)
			}
		}
	}
}

// TestOnTheWire sends requests that no client library would send.
func TestOnTheWire(t *testing.T) {
	t.Parallel()
	f := &fake{}
	srv := httptest.NewServer(nodeapi.New(nodeapi.Config{ID: 3, Mode: "CA", SysID: "3003", Node: f, Hosts: []string{"x"}}))
	defer srv.Close()
	for name, request := range map[string]string{
		"two hosts":        "GET /database/a HTTP/1.1\r\nHost: x\r\nHost: evil\r\n\r\n",
		"no host":          "GET /database/a HTTP/1.1\r\n\r\n",
		"two lengths":      "PUT /database/a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
		"negative length":  "PUT /database/a HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
		"bad escape":       "GET /database/%zz HTTP/1.1\r\nHost: x\r\n\r\n",
		"half an escape":   "GET /database/% HTTP/1.1\r\nHost: x\r\n\r\n",
		"raw control":      "GET /database/\x01 HTTP/1.1\r\nHost: x\r\n\r\n",
		"no HTTP":          "hello\r\n\r\n",
		"other site's URL": "GET http://evil/database/a HTTP/1.1\r\nHost: x\r\n\r\n",
	} {
		conn, err := net.Dial("tcp", srv.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(conn, request)
		status := make([]byte, 12)
		if _, err := io.ReadFull(conn, status); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if s := string(status); s != "HTTP/1.1 400" && s != "HTTP/1.1 403" {
			t.Errorf("%s: %s", name, s)
		}
		_ = conn.Close()
	}
	if len(f.requests) != 0 {
		t.Errorf("%d requests reached the node", len(f.requests))
	}
}
