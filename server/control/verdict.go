package control

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strconv"

	"capplayground/cluster/guard"
)

// Judge knows what the clients saw.
type Judge interface {
	// History returns the newest operations, at most n; 0 is all.
	History(ctx context.Context, n int) any
	// Verdict returns the judgement and the figures.
	Verdict(ctx context.Context) any
	// Explain writes a page about one key; cluster.ErrNotFound where no
	// operation named it.
	Explain(ctx context.Context, key string, w io.Writer) error
}

// GET /api/history?n=100
func (a *API) getHistory(w http.ResponseWriter, r *http.Request) {
	n := 0
	if text := r.URL.Query().Get("n"); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil || n < 1 {
			guard.WriteError(w, http.StatusBadRequest, "n is how many operations, 1 or more")
			return
		}
	}
	guard.WriteJSON(w, http.StatusOK, a.Judge.History(r.Context(), n))
}

// GET /api/verdict
func (a *API) getVerdict(w http.ResponseWriter, r *http.Request) {
	guard.WriteJSON(w, http.StatusOK, a.Judge.Verdict(r.Context()))
}

// explainPolicy is the Content-Security-Policy of Porcupine's page, whose script
// and style are inline. The sandbox makes it a stranger to our origin, so that
// it can run nothing against us, and it may load and ask nothing at all.
const explainPolicy = "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; " +
	"img-src data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

// GET /api/verdict/{key}
func (a *API) getExplanation(w http.ResponseWriter, r *http.Request) {
	var page bytes.Buffer
	if err := a.Judge.Explain(r.Context(), param(r, "key"), &page); err != nil {
		fail(w, err)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", explainPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	_, _ = w.Write(page.Bytes()) // who went away misses nothing
}
