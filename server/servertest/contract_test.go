package servertest

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// Each planted difference between an answer and its description is found.
func TestAnswersAreComparedWithTheirDescription(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		method, path, body string
		status             int
		answer             string
		differs            bool
	}{
		"as described":         {"PUT", "/api/quorum", `{"n":3,"r":2,"w":2}`, 200, `{"n":3,"r":2,"w":2}`, false},
		"a field too many":     {"PUT", "/api/quorum", `{"n":3,"r":2,"w":2}`, 200, `{"n":3,"r":2,"w":2,"x":1}`, true},
		"a field too few":      {"PUT", "/api/quorum", `{"n":3,"r":2,"w":2}`, 200, `{"n":3,"r":2}`, true},
		"another type":         {"PUT", "/api/quorum", `{"n":3,"r":2,"w":2}`, 200, `{"n":3,"r":2,"w":"2"}`, true},
		"another status":       {"PUT", "/api/quorum", `{"n":3,"r":2,"w":2}`, 201, `{"n":3,"r":2,"w":2}`, true},
		"a field inside":       {"GET", "/api/rules", "", 200, `[{"id":"1","from":"*","to":2,"type":"yes","do":"hold","count":1,"x":1}]`, true},
		"an unknown call":      {"GET", "/api/nonesuch", "", 200, `{}`, true},
		"no such call":         {"GET", "/api/nonesuch", "", 404, `{"error":"no such call","code":"no_such_call"}`, false},
		"a bad body":           {"PUT", "/api/quorum", `{"n":3,"x":1}`, 422, `{"error":"wrong fields","code":"wrong_fields"}`, false},
		"a bad body, accepted": {"PUT", "/api/quorum", `{"n":3,"r":2,"w":2,"x":1}`, 200, `{"n":3,"r":2,"w":2}`, true},
		"an error, no code":    {"PUT", "/api/quorum", `{"n":3}`, 422, `{"error":"wrong fields"}`, true},
		"an unknown code":      {"PUT", "/api/quorum", `{"n":3}`, 422, `{"error":"wrong fields","code":"what"}`, true},
		"a key with a slash":   {"GET", "/api/keys/a%2Fb", "", 200, `{"key":"a/b","holds":[]}`, false},
		"a lane's call":        {"GET", "/api/lanes/CP/rules", "", 200, `[]`, false},
		"a lane's answer":      {"GET", "/api/lanes/CP/rules", "", 200, `[{"x":1}]`, true},
		"all lanes":            {"GET", "/api/lanes/rules", "", 200, `{"lanes":[]}`, false},
		"the lanes":            {"GET", "/api/lanes", "", 200, `{"lanes":[]}`, false},
		"another thing":        {"GET", "/elsewhere", "", 200, `{}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json; charset=utf-8")
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.answer)
			}))
			defer srv.Close()
			answers := &checked{next: http.DefaultTransport}
			client := &http.Client{Transport: answers}
			req, err := http.NewRequestWithContext(t.Context(), c.method, srv.URL+c.path, strings.NewReader(c.body))
			if err != nil {
				t.Fatal(err)
			}
			if c.body != "" {
				req.Header.Set("Content-Type", "application/json")
			}
			resp, err := client.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(resp.Body)
			_ = resp.Body.Close()
			if err != nil || string(got) != c.answer || resp.StatusCode != c.status {
				t.Errorf("the client got %d %s %v", resp.StatusCode, got, err)
			}
			if differs := answers.Differs(); (len(differs) > 0) != c.differs {
				t.Errorf("differs: %v (want %v)", differs, c.differs)
			}
		})
	}
}
