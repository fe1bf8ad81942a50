package guard_test

import (
	"errors"
	"net/http/httptest"
	"strings"
	"testing"

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
