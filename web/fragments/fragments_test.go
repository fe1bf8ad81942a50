package fragments

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzQuery asks for forms with any query. The answer shows the values of
// the query or is a 400, and no text of the query becomes markup.
func FuzzQuery(f *testing.F) {
	for _, s := range []string{
		"nodes=5&from=1&to=2&cut=false&delay=0&jitter=0&loss=0&cut-back=true&delay-back=5&jitter-back=0&loss-back=100", "nodes=5&n=3&r=2&w=2", "nodes=5&from=1&to=2&types=prepare,vote",
		"nodes=5&from=0&to=0&types=%3Cscript%3E,%22%3E", "nodes=99999999999999999999", "%zz", "a;b", "nodes=%00",
	} {
		f.Add(s)
	}
	forms := map[string]http.HandlerFunc{"link": fragment(linkFragment), "quorum": fragment(quorumFragment), "rule": fragment(ruleFragment)}
	f.Fuzz(func(t *testing.T, query string) {
		values, _ := url.ParseQuery(query)
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
