package guard_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"capplayground/cluster"
	"capplayground/cluster/guard"
)

// FuzzUnmarshal: if Unmarshal accepts a document, encoding/json accepts it too, and
// both read the same value. If Unmarshal refuses a document, encoding/json refuses it
// too, or the document is odd: it has a fault that only Unmarshal refuses.
func FuzzUnmarshal(f *testing.F) {
	for _, s := range []string{
		`{"key":"a","n":1}`, `{"key":"\ud83d\ude00"}`, `{"sub":{"A":1},"map":{"x":"y"}}`, `[1,{"a":[]}]`, `{"\u`, `"`, `[[`,
		`{"key":"a","key":"b"}`, `{"map":{"a":"","\u0061":""}}`, `{"Key":"a"}`, `{"n":1e400}`, `{"n":9223372036854775808}`, `{"n":null}`,
		"\ufeff{}", `{} {}`, `{"key":"\ud83d"}`, "{\"key\":\"\xff\"}", `{"groups":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		var ours, theirs body
		err := guard.Unmarshal(in, &ours)
		dec := json.NewDecoder(bytes.NewReader(in))
		dec.DisallowUnknownFields()
		plain := dec.Decode(&theirs)
		switch {
		case err != nil && status(err) == http.StatusInternalServerError:
			t.Fatalf("%q: an error without status: %v", in, err)
		case err != nil && plain == nil && !odd(in):
			t.Fatalf("%q: refused for no reason: %v", in, err)
		case err == nil && (plain != nil || !reflect.DeepEqual(ours, theirs)):
			t.Fatalf("%q: read as %+v, and by encoding/json as %+v, %v", in, ours, theirs, plain)
		case err == nil && odd(in):
			t.Fatalf("%q: accepted", in)
		}
		if err != nil {
			return
		}
		var again body
		out, err := json.Marshal(ours)
		if out = bytes.ReplaceAll(out, []byte(`"groups":null`), []byte(`"groups":[]`)); err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(out, []byte("null")) {
			return // an absent part is written as null, which Unmarshal refuses
		}
		if err := guard.Unmarshal(out, &again); err != nil {
			t.Fatalf("%q: the value that was read is written %q and refused: %v", in, out, err)
		}
	})
}

// odd reports whether a document that encoding/json would accept has a fault that
// Unmarshal must refuse. It uses the tokens of encoding/json, not of the library.
func odd(in []byte) bool {
	if !utf8.Valid(in) || loneSurrogate(in) {
		return true
	}
	dec := json.NewDecoder(bytes.NewReader(in))
	dec.UseNumber()
	if oddValue(dec, "body", 0) {
		return true
	}
	_, err := dec.Token()
	return !errors.Is(err, io.EOF) // something follows the document
}

// fields holds the fields of body and of its parts, each with the kind of its
// value. A kind that is not listed has no fields.
var fields = map[string]map[string]string{
	"body": {"key": "", "n": "", "f": "", "groups": "", "sub": "sub", "map": ""},
	"sub":  {"A": "", "B": ""},
}

func oddValue(dec *json.Decoder, kind string, depth int) bool {
	tok, err := dec.Token()
	if err != nil || tok == nil {
		return true
	}
	end, isDelim := tok.(json.Delim)
	if !isDelim {
		return false
	}
	if depth++; depth > guard.MaxDepth {
		return true
	}
	seen := map[json.Token]bool{}
	for dec.More() {
		inner := ""
		if end == '{' {
			name, err := dec.Token()
			if err != nil || seen[name] {
				return true
			}
			seen[name] = true
			text, _ := name.(string)
			var known bool
			if inner, known = fields[kind][text]; fields[kind] != nil && !known {
				return true
			}
		}
		if oddValue(dec, inner, depth) {
			return true
		}
	}
	_, err = dec.Token()
	return err != nil
}

// loneSurrogate reports whether an escape is half of a surrogate pair. encoding/json
// replaces such an escape by U+FFFD, so there is one if the output has more U+FFFD
// than the input.
func loneSurrogate(in []byte) bool {
	var v any
	if json.Unmarshal(in, &v) != nil {
		return false
	}
	out, err := json.Marshal(v)
	if err != nil {
		return true
	}
	sent := bytes.Count(in, []byte("\ufffd")) + bytes.Count(bytes.ToLower(in), []byte(`\ufffd`))
	return bytes.Count(out, []byte("\ufffd"))+bytes.Count(out, []byte(`\ufffd`)) > sent
}

// FuzzStrangers: a request passes only if its Host is ours, its Origin and its
// Sec-Fetch-Site are absent or allowed, and its token is right.
func FuzzStrangers(f *testing.F) {
	f.Add("localhost:3001", "http://localhost:3001", "same-origin", "Bearer s3 cret")
	f.Add("localhost.:3001", "null", "cross-site", "")
	f.Add("LOCALHOST:3001", "HTTP://localhost:3001", "none", "bearer s3 cret")
	f.Add("127.0.0.1:3001@evil", "http://127.0.0.1:3001.evil", "same-site", "Bearer ")
	h := guard.Strangers(guard.Config{Hosts: guard.Hosts("127.0.0.1:3001"), Token: "s3 cret"}, http.HandlerFunc(ok))
	f.Fuzz(func(t *testing.T, host, origin, site, auth string) {
		r := &http.Request{Method: "GET", URL: target, Host: host, Header: http.Header{"Authorization": {auth}}}
		if origin != "-" {
			r.Header.Set("Origin", origin)
		}
		if site != "-" {
			r.Header.Set("Sec-Fetch-Site", site)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		ours := strings.EqualFold(host, "127.0.0.1:3001") || strings.EqualFold(host, "localhost:3001")
		friend := ours && (origin == "-" || strings.EqualFold(origin, "http://"+host)) && (site == "-" || site == "none" || site == "same-origin")
		want := http.StatusOK
		if !friend {
			want = http.StatusForbidden
		} else if auth != "Bearer s3 cret" {
			want = http.StatusUnauthorized
		}
		if w.Code != want {
			t.Fatalf("host %q, origin %q, site %q, auth %q: %d, want %d", host, origin, site, auth, w.Code, want)
		}
		if want != http.StatusOK && strings.Contains(w.Body.String(), "in\n") {
			t.Fatalf("a refused request got %q", w.Body)
		}
	})
}

var target = httptest.NewRequest("GET", "/admin/clean", nil).URL

func status(err error) int {
	status, _ := cluster.StatusOf(err)
	return status
}
