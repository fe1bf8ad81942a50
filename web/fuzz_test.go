package web

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"capplayground/cluster"
)

// FuzzFocus sends frames as a window does. Each is refused, or it is a focus whose
// fields are bounded, and the other windows get it unchanged.
func FuzzFocus(f *testing.F) {
	for _, s := range []string{
		`{"kind":"focus","key":"city","op":"7","node":3,"at":5}`, `{"kind":"focus","node":10}`, `{"kind":"focus","at":-1}`, `{"kind":"focus","kind":"focus"}`,
		`{"kind":"sent"}`, `[{"kind":"focus"}]`, `{"kind":"focus","key":"\ud83d"}`, "{\"kind\":\"focus\",\"key\":\"\xff\"}", `{"kind":"focus"} {}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, frame []byte) {
		got, err := parseFocus(frame)
		if err != nil {
			return
		}
		if len(got.Key) > 256 || len(got.Op) > 64 || len(got.Msg) > 128 || len(got.Tab) > 16 || got.Node < 0 || got.Node > cluster.MaxNodes || got.At < 0 {
			t.Fatalf("%q is taken as %+v", frame, got)
		}
		out, err := json.Marshal(got)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := parseFocus(out); err != nil || again != got {
			t.Fatalf("%q is passed on as %q, which is %+v, %v", frame, out, again, err)
		}
	})
}

// FuzzQuery asks for forms and streams with any query. The answer shows the values of
// the query or is a 400, and no text of the query becomes markup.
func FuzzQuery(f *testing.F) {
	for _, s := range []string{
		"nodes=5&from=1&to=2&cut=false&delay=0&jitter=0&loss=0&cut-back=true&delay-back=5&jitter-back=0&loss-back=100", "nodes=5&n=3&r=2&w=2", "nodes=5&from=1&to=2&types=prepare,vote",
		"nodes=5&from=0&to=0&types=%3Cscript%3E,%22%3E", "nodes=99999999999999999999", "since=41&boot=x&follow", "since=-1", "%zz", "a;b", "nodes=%00",
	} {
		f.Add(s)
	}
	forms := map[string]http.HandlerFunc{"link": fragment(linkFragment), "quorum": fragment(quorumFragment), "rule": fragment(ruleFragment)}
	f.Fuzz(func(t *testing.T, query string) {
		values, _ := url.ParseQuery(query)
		if _, boot, _, err := resume(values); err == nil && len(boot) > maxBoot {
			t.Fatalf("boot %q", boot)
		}
		for name, form := range forms {
			w := httptest.NewRecorder()
			form(w, &http.Request{Method: "GET", URL: &url.URL{Path: "/fragments/" + name, RawQuery: query}})
			if w.Code != http.StatusOK && w.Code != http.StatusBadRequest {
				t.Fatalf("%s?%s: %d", name, query, w.Code)
			}
			if types := values.Get("types"); w.Code == http.StatusOK && name == "rule" && types != "" && utf8.ValidString(types) {
				tame := httptest.NewRecorder()
				letters := strings.Map(func(c rune) rune {
					if strings.ContainsRune("<>\"'&", c) {
						return 'x'
					}
					return c
				}, types)
				values.Set("types", letters)
				form(tame, &http.Request{Method: "GET", URL: &url.URL{Path: "/fragments/" + name, RawQuery: values.Encode()}})
				for _, mark := range []string{"<", ">", `"`} {
					if got, want := strings.Count(w.Body.String(), mark), strings.Count(tame.Body.String(), mark); got != want {
						t.Fatalf("types %q: %d times %s, want %d:\n%s", types, got, mark, want, w.Body)
					}
				}
			}
		}
	})
}
