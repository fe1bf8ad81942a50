package control

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"capplayground/cluster"
	"capplayground/server/compare"
)

func (f *fake) History(_ context.Context, n int) any { _ = f.note("history %d", n); return []int{} }
func (f *fake) Verdict(context.Context) any {
	return map[string]string{"verdict": "linearizable so far"}
}

func (f *fake) Explain(_ context.Context, key string, w io.Writer) error {
	_, _ = io.WriteString(w, "<!DOCTYPE html><style>p{}</style><script>"+key+"</script>")
	return f.note("explain %s", key)
}

// comparison is a type of its own because fake already has a Start for Ops.
type comparison struct{ *fake }

func (c comparison) Start(s compare.Script, _ func(compare.Progress)) error {
	return c.note("compare %s", s.Length.Duration())
}
func (c comparison) Stop()                { _ = c.note("stop comparing") }
func (c comparison) State() compare.State { return compare.State{Running: true} }

func TestVerdictAndComparison(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		method, path, body string
		err                error
		status             int
		asked              string
	}{
		{"GET", "/api/history", "", nil, 200, "history 0"},
		{"GET", "/api/history?n=7", "", nil, 200, "history 7"},
		{"GET", "/api/history?n=0", "", nil, 400, ""},
		{"GET", "/api/history?n=many", "", nil, 400, ""},
		{"GET", "/api/verdict", "", nil, 200, ""},
		{"GET", "/api/verdict/a%2Fb", "", nil, 200, "explain a/b"},
		{"GET", "/api/verdict/none", "", cluster.ErrNotFound, 404, "explain none"},
		{"GET", "/api/compare", "", nil, 200, ""},
		{"POST", "/api/compare", "", nil, 202, "compare 9s"},
		{"POST", "/api/compare", `{"length":"8s"}`, nil, 202, "compare 8s"},
		{"POST", "/api/compare", `{"width":"9s"}`, nil, 422, ""},
		{"POST", "/api/compare", "", cluster.ErrNotNow, 409, "compare 9s"},
		{"POST", "/api/compare", "", cluster.ErrBadFault, 422, "compare 9s"},
		{"DELETE", "/api/compare", "", nil, 200, "stop comparing"},
	} {
		f := &fake{}
		if test.err != nil {
			f.err = fmt.Errorf("why: %w", test.err)
		}
		w := serve(f, test.method, test.path, test.body)
		if w.Code != test.status || strings.Join(f.asked, "; ") != test.asked {
			t.Errorf("%s %s %s: %d after %q, want %d after %q: %s", test.method, test.path, test.body, w.Code, f.asked, test.status, test.asked, w.Body)
		}
	}
}

// Porcupine's page runs its own script, so it must not have the origin of the playground.
// Whatever values it shows, it must run no other script.
func TestExplanationIsSandboxed(t *testing.T) {
	t.Parallel()
	w := serve(&fake{}, "GET", "/api/verdict/city", "")
	policy := w.Header().Get("Content-Security-Policy")
	nonce := regexp.MustCompile(`script-src 'nonce-([A-Z2-7]{26,})';`).FindStringSubmatch(policy)
	if nonce == nil || !strings.HasPrefix(policy, "sandbox allow-scripts;") || strings.Contains(policy, "allow-same-origin") ||
		!strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe-inline") || strings.Contains(policy, "unsafe-eval") {
		t.Fatalf("policy %q", policy)
	}
	for _, want := range []string{`<style nonce="` + nonce[1] + `">p{}`, `</style><script nonce="` + nonce[1] + `">city</script>`} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("page %s, want %s", w.Body, want)
		}
	}
	if again := serve(&fake{}, "GET", "/api/verdict/city", "").Header().Get("Content-Security-Policy"); again == policy {
		t.Error("the same nonce twice")
	}
	if w := serve(&fake{}, "GET", "/api/verdict/%3Cscript%3E", ""); w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "<style") {
		t.Errorf("a page with another script: %d %s", w.Code, w.Body)
	}
}
