package guard_test

import (
	"errors"
	"io"
	"math"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"

	"capplayground/cluster"
	"capplayground/cluster/guard"
)

type body struct {
	Key    string              `json:"key"`
	N      int64               `json:"n"`
	F      float64             `json:"f"`
	Groups [][]int             `json:"groups"`
	Sub    *struct{ A, B int } `json:"sub"`
	Map    map[string]string   `json:"map"`
}

func TestUnmarshal(t *testing.T) {
	t.Parallel()
	deep := func(n int) string { return `{"groups":` + strings.Repeat("[", n) + strings.Repeat("]", n) + "}" }
	for _, c := range []struct {
		name, in string
		want     error
	}{
		{"plain", `{"key":"a","n":1,"groups":[[1,2],[3]],"sub":{"A":1},"map":{"x":"y"}}`, nil},
		{"white space", " \r\n\t{ \"key\" : \"a\" , \"groups\" : [ [ 1 , 2 ] , [ ] ] } \n", nil},
		{"empty object", `{}`, nil},
		{"escapes", `{"key":"\"\\\/\b\n\u00e9\ud83d\ude00"}`, nil},
		{"brackets in a string", `{"key":"` + strings.Repeat("[{", 100) + `"}`, nil},
		{"nothing", ``, cluster.ErrSyntax},
		{"white space only", `  `, cluster.ErrSyntax},
		{"byte order mark", "\xef\xbb\xbf{}", cluster.ErrSyntax},
		{"invalid UTF-8", "{\"key\":\"\xff\"}", cluster.ErrSyntax},
		{"overlong UTF-8", "{\"key\":\"\xc0\xaf\"}", cluster.ErrSyntax},
		{"surrogate in UTF-8", "{\"key\":\"\xed\xa0\x80\"}", cluster.ErrSyntax},
		{"high surrogate", `{"key":"\ud83d"}`, cluster.ErrSyntax},
		{"high surrogate, then text", `{"key":"\ud83dabcdef"}`, cluster.ErrSyntax},
		{"two high surrogates", `{"key":"\ud83d\ud83d"}`, cluster.ErrSyntax},
		{"low surrogate", `{"key":"\ude00"}`, cluster.ErrSyntax},
		{"surrogate in a name", `{"\ude00":1}`, cluster.ErrSyntax},
		{"control character", "{\"key\":\"\x01\"}", cluster.ErrSyntax},
		{"trailing document", `{}{}`, cluster.ErrSyntax},
		{"trailing text", `{} x`, cluster.ErrSyntax},
		{"comment", `{/**/}`, cluster.ErrSyntax},
		{"trailing comma", `{"key":"a",}`, cluster.ErrSyntax},
		{"single quotes", `{'key':'a'}`, cluster.ErrSyntax},
		{"NaN", `{"f":NaN}`, cluster.ErrSyntax},
		{"leading zero", `{"n":01}`, cluster.ErrSyntax},
		{"cut short", `{"key":"a`, cluster.ErrSyntax},
		{"unopened", `}`, cluster.ErrSyntax},
		{"31 lists in an object", deep(31), cluster.ErrFields}, // the depth passes, the types do not
		{"32 lists in an object", deep(32), cluster.ErrSyntax},
		{"too deep", deep(33), cluster.ErrSyntax},
		{"10,001 deep", deep(10001), cluster.ErrSyntax},
		{"10,001 unclosed", strings.Repeat("[", 10001), cluster.ErrSyntax},
		{"unknown field, and bad syntax after it", `{"nokey":1,"key":"\ud83d"}`, cluster.ErrSyntax},
		{"null", `null`, cluster.ErrFields},
		{"null field", `{"key":null}`, cluster.ErrFields},
		{"null pointer", `{"sub":null}`, cluster.ErrFields},
		{"null in a list", `{"groups":[null]}`, cluster.ErrFields},
		{"an array", `[]`, cluster.ErrFields},
		{"a string", `"key"`, cluster.ErrFields},
		{"a number", `1`, cluster.ErrFields},
		{"a boolean", `true`, cluster.ErrFields},
		{"duplicate", `{"key":"a","key":"b"}`, cluster.ErrFields},
		{"duplicate by escape", `{"key":"a","\u006bey":"b"}`, cluster.ErrFields},
		{"duplicate in a map", `{"map":{"a":"","a":""}}`, cluster.ErrFields},
		{"unknown", `{"nokey":1}`, cluster.ErrFields},
		{"unknown below", `{"sub":{"C":1}}`, cluster.ErrFields},
		{"other case", `{"Key":"a"}`, cluster.ErrFields},
		{"other case by folding", `{"\u212aey":"a"}`, cluster.ErrFields},
		{"number for text", `{"key":1}`, cluster.ErrFields},
		{"text for number", `{"n":"1"}`, cluster.ErrFields},
		{"fraction", `{"n":1.5}`, cluster.ErrFields},
		{"2^63", `{"n":9223372036854775808}`, cluster.ErrFields},
		{"1e400", `{"f":1e400}`, cluster.ErrFields},
		{"object for list", `{"groups":{}}`, cluster.ErrFields},
		{"list for object", `{"sub":[]}`, cluster.ErrFields},
	} {
		var b body
		if err := guard.Unmarshal([]byte(c.in), &b); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		} else if err != nil && strings.Contains(err.Error(), "Go ") {
			t.Errorf("%s: %q names a Go type", c.name, err)
		}
	}
}

func TestDecode(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, kind, encoding, in string
		want                     error
	}{
		{"json", "application/json", "", `{"n":1}`, nil},
		{"charset", "application/json; charset=UTF-8", "", `{"n":1}`, nil},
		{"identity", "application/json", "identity", `{"n":1}`, nil},
		{"no type", "", "", `{"n":1}`, cluster.ErrContentType},
		{"a form", "application/x-www-form-urlencoded", "", `{"n":1}`, cluster.ErrContentType},
		{"plain text", "text/plain", "", `{"n":1}`, cluster.ErrContentType},
		{"other charset", "application/json; charset=utf-16", "", `{"n":1}`, cluster.ErrContentType},
		{"nonsense", "application/json; =", "", `{"n":1}`, cluster.ErrContentType},
		{"compressed", "application/json", "gzip", `{"n":1}`, cluster.ErrContentType},
		{"at the limit", "application/json", "", `{"n":1}` + strings.Repeat(" ", 57), nil},
		{"one more", "application/json", "", `{"n":1}` + strings.Repeat(" ", 58), cluster.ErrTooLarge},
	} {
		r := httptest.NewRequest("POST", "/", strings.NewReader(c.in))
		r.Header.Set("Content-Type", c.kind)
		r.Header.Set("Content-Encoding", c.encoding)
		var b body
		if err := guard.Decode(r, &b, 64); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
		r = httptest.NewRequest("POST", "/", strings.NewReader(c.in))
		r.Header.Set("Content-Type", c.kind)
		r.Header.Set("Content-Encoding", c.encoding)
		r.ContentLength = -1 // chunked
		if err := guard.Decode(r, &b, 64); !errors.Is(err, c.want) {
			t.Errorf("%s, chunked: got %v, want %v", c.name, err, c.want)
		}
	}
}

// TestErrorsNameTheFault: an error says which field is wrong and why, quotes little of
// the request, and names no Go type.
func TestErrorsNameTheFault(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 64)
	for in, want := range map[string]string{
		`null`:                                "null is no value here",
		` `:                                   "empty",
		`{}{}`:                                "something follows the document",
		"{\"key\":\"\xff\"}":                  "not valid UTF-8",
		`{"key":}`:                            "missing value after object name after byte 7",
		strings.Repeat("[", guard.MaxDepth+1): "nested deeper than 32",
		`{"key":"a","key":"b"}`:               `field "key" appears twice`,
		`{"sub":{"A":1,"A":2}}`:               `field "A" appears twice`,
		`{"nokey":1}`:                         `unknown field "nokey"`,
		`{"sub":{"C":1}}`:                     `unknown field "C"`,
		`{"` + long + `":1}`:                  `unknown field "` + long + `"`,
		`{"` + long + `x":1}`:                 `unknown field "` + long + `…"`,
		`{"` + long[1:] + `éx":1}`:            `unknown field "` + long[1:] + `…"`,
		`{"n":9223372036854775808}`:           "n cannot be the number 9223372036854775808",
		`{"n":1.5}`:                           "n cannot be the number 1.5",
		`{"sub":{"A":1.5}}`:                   "sub.A cannot be the number 1.5",
		`{"n":"1"}`:                           "n cannot be a string",
		`{"key":1}`:                           "key cannot be a number",
		`{"key":true}`:                        "key cannot be a boolean",
		`{"key":false}`:                       "key cannot be a boolean",
		`{"key":{}}`:                          "key cannot be an object",
		`{"key":[]}`:                          "key cannot be an array",
		`{"groups":[[1],[2,"x"]]}`:            "groups.1.1 cannot be a string",
		`[]`:                                  "the document cannot be an array",
	} {
		var b body
		err := guard.Unmarshal([]byte(in), &b)
		if err == nil || !strings.HasSuffix(err.Error(), ": "+want) {
			t.Errorf("%s: %v, want %q at the end", in, err, want)
		}
	}
}

// TestBody: a body of exactly max bytes is read whole. One more byte, and a body that
// ends early, are errors.
func TestBody(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		body   io.Reader
		length int64 // -1: chunked
		want   error
	}{
		{"at the limit", strings.NewReader("12345678"), 8, nil},
		{"at the limit, chunked", strings.NewReader("12345678"), -1, nil},
		{"one more", strings.NewReader("123456789"), 9, cluster.ErrTooLarge},
		{"one more, chunked", strings.NewReader("123456789"), -1, cluster.ErrTooLarge},
		{"ends early", iotest.TimeoutReader(strings.NewReader("1234")), 4, cluster.ErrSyntax},
	} {
		r := httptest.NewRequest("PUT", "/", c.body)
		r.ContentLength = c.length
		got, err := guard.Body(r, 8)
		if !errors.Is(err, c.want) || err == nil && string(got) != "12345678" {
			t.Errorf("%s: %q, %v; want %v", c.name, got, err, c.want)
		}
	}
	// A body whose declared length is too large is refused before a byte of it is read.
	r := httptest.NewRequest("PUT", "/", iotest.ErrReader(errors.New("the body was read")))
	r.ContentLength = 9
	if _, err := guard.Body(r, 8); !errors.Is(err, cluster.ErrTooLarge) {
		t.Errorf("a body of 9 bytes: %v", err)
	}
}

// TestContentTypesThatAreWanted: "" among the wanted types lets a request without a
// Content-Type pass. The error names the types without it.
func TestContentTypesThatAreWanted(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		header string
		want   []string
		err    string
	}{
		{"", []string{"", "text/plain"}, ""},
		{"text/plain", []string{"", "text/plain"}, ""},
		{"image/png", []string{"", "text/plain"}, ": want text/plain"},
		{"", []string{"text/plain", "text/html"}, ": want text/plain or text/html"},
	} {
		r := httptest.NewRequest("PUT", "/", nil)
		if c.header != "" {
			r.Header.Set("Content-Type", c.header)
		}
		err := guard.ContentType(r, c.want...)
		if c.err == "" && err != nil || c.err != "" && (!errors.Is(err, cluster.ErrContentType) || !strings.HasSuffix(err.Error(), c.err)) {
			t.Errorf("%q, wanted %q: %v", c.header, c.want, err)
		}
	}
}

func TestWriteJSON(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	guard.WriteJSON(w, 201, map[string]string{"a": "<b>"})
	if w.Code != 201 || w.Body.String() != `{"a":"<b>"}`+"\n" || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("%d %v %q", w.Code, w.Header(), w.Body)
	}
	w = httptest.NewRecorder()
	guard.WriteJSON(w, 201, math.NaN())
	if w.Code != 500 || !strings.Contains(w.Body.String(), `"code":"internal"`) {
		t.Errorf("a number that JSON does not have: %d %q", w.Code, w.Body)
	}
}
