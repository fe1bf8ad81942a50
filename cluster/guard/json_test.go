package guard_test

import (
	"errors"
	"net/http/httptest"
	"strings"
	"testing"

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
		{"nothing", ``, guard.ErrSyntax},
		{"white space only", `  `, guard.ErrSyntax},
		{"byte order mark", "\xef\xbb\xbf{}", guard.ErrSyntax},
		{"invalid UTF-8", "{\"key\":\"\xff\"}", guard.ErrSyntax},
		{"overlong UTF-8", "{\"key\":\"\xc0\xaf\"}", guard.ErrSyntax},
		{"surrogate in UTF-8", "{\"key\":\"\xed\xa0\x80\"}", guard.ErrSyntax},
		{"high surrogate", `{"key":"\ud83d"}`, guard.ErrSyntax},
		{"high surrogate, then text", `{"key":"\ud83dabcdef"}`, guard.ErrSyntax},
		{"two high surrogates", `{"key":"\ud83d\ud83d"}`, guard.ErrSyntax},
		{"low surrogate", `{"key":"\ude00"}`, guard.ErrSyntax},
		{"surrogate in a name", `{"\ude00":1}`, guard.ErrSyntax},
		{"control character", "{\"key\":\"\x01\"}", guard.ErrSyntax},
		{"trailing document", `{}{}`, guard.ErrSyntax},
		{"trailing text", `{} x`, guard.ErrSyntax},
		{"comment", `{/**/}`, guard.ErrSyntax},
		{"trailing comma", `{"key":"a",}`, guard.ErrSyntax},
		{"single quotes", `{'key':'a'}`, guard.ErrSyntax},
		{"NaN", `{"f":NaN}`, guard.ErrSyntax},
		{"leading zero", `{"n":01}`, guard.ErrSyntax},
		{"cut short", `{"key":"a`, guard.ErrSyntax},
		{"unopened", `}`, guard.ErrSyntax},
		{"too deep", deep(33), guard.ErrSyntax},
		{"10,001 deep", deep(10001), guard.ErrSyntax},
		{"10,001 unclosed", strings.Repeat("[", 10001), guard.ErrSyntax},
		{"null", `null`, guard.ErrFields},
		{"null field", `{"key":null}`, guard.ErrFields},
		{"null pointer", `{"sub":null}`, guard.ErrFields},
		{"null in a list", `{"groups":[null]}`, guard.ErrFields},
		{"an array", `[]`, guard.ErrFields},
		{"a string", `"key"`, guard.ErrFields},
		{"a number", `1`, guard.ErrFields},
		{"a boolean", `true`, guard.ErrFields},
		{"duplicate", `{"key":"a","key":"b"}`, guard.ErrFields},
		{"duplicate by escape", `{"key":"a","\u006bey":"b"}`, guard.ErrFields},
		{"duplicate in a map", `{"map":{"a":"","a":""}}`, guard.ErrFields},
		{"unknown", `{"nokey":1}`, guard.ErrFields},
		{"unknown below", `{"sub":{"C":1}}`, guard.ErrFields},
		{"other case", `{"Key":"a"}`, guard.ErrFields},
		{"other case by folding", `{"\u212aey":"a"}`, guard.ErrFields},
		{"number for text", `{"key":1}`, guard.ErrFields},
		{"text for number", `{"n":"1"}`, guard.ErrFields},
		{"fraction", `{"n":1.5}`, guard.ErrFields},
		{"2^63", `{"n":9223372036854775808}`, guard.ErrFields},
		{"1e400", `{"f":1e400}`, guard.ErrFields},
		{"object for list", `{"groups":{}}`, guard.ErrFields},
		{"list for object", `{"sub":[]}`, guard.ErrFields},
	} {
		var b body
		if err := guard.Unmarshal([]byte(c.in), &b); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		} else if err != nil && strings.Contains(err.Error(), "Go ") {
			t.Errorf("%s: %q speaks of Go", c.name, err)
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
		{"no type", "", "", `{"n":1}`, guard.ErrContentType},
		{"a form", "application/x-www-form-urlencoded", "", `{"n":1}`, guard.ErrContentType},
		{"plain text", "text/plain", "", `{"n":1}`, guard.ErrContentType},
		{"other charset", "application/json; charset=utf-16", "", `{"n":1}`, guard.ErrContentType},
		{"nonsense", "application/json; =", "", `{"n":1}`, guard.ErrContentType},
		{"compressed", "application/json", "gzip", `{"n":1}`, guard.ErrContentType},
		{"at the limit", "application/json", "", `{"n":1}` + strings.Repeat(" ", 57), nil},
		{"one more", "application/json", "", `{"n":1}` + strings.Repeat(" ", 58), guard.ErrTooLarge},
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
