package control

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"capplayground/cluster"
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
			guard.WriteError(w, cluster.Sentinel("n is how many operations, 1 or more", cluster.ErrBadRequest))
			return
		}
	}
	guard.WriteJSON(w, http.StatusOK, a.Judge.History(r.Context(), n))
}

// GET /api/verdict
func (a *API) getVerdict(w http.ResponseWriter, r *http.Request) {
	guard.WriteJSON(w, http.StatusOK, a.Judge.Verdict(r.Context()))
}

// explainPolicy is the Content-Security-Policy of Porcupine's page, whose one
// script and one style are inline: only those that bear the nonce of this
// answer count. The sandbox makes it a stranger to our origin, so that it can
// do nothing to us, and it may load and ask nothing at all. Of style attributes
// it sets the empty one, whose hash is there.
const explainPolicy = "sandbox allow-scripts; default-src 'none'; script-src 'nonce-%[1]s'; style-src 'nonce-%[1]s'; " +
	"style-src-attr 'unsafe-hashes' 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

// errPage is what a page is whose own scripts cannot be told from others.
var errPage = errors.New("the page has more than its one script and one style")

// signed gives the page's own script and style their nonce. Values are in it
// as JSON without "<", so that none of them can look like either.
func signed(page []byte, nonce string) ([]byte, error) {
	for _, tag := range []string{"script", "style"} {
		if bytes.Count(page, []byte("<"+tag)) != 1 {
			return nil, errPage
		}
		page = bytes.Replace(page, []byte("<"+tag+">"), []byte("<"+tag+` nonce="`+nonce+`">`), 1)
	}
	return page, nil
}

// GET /api/verdict/{key}
func (a *API) getExplanation(w http.ResponseWriter, r *http.Request) {
	var page bytes.Buffer
	if err := a.Judge.Explain(r.Context(), param(r, "key"), &page); err != nil {
		fail(w, err)
		return
	}
	nonce := rand.Text()
	html, err := signed(page.Bytes(), nonce)
	if err != nil {
		fail(w, err)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", fmt.Sprintf(explainPolicy, nonce))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	_, _ = w.Write(html) // an error means that the client went away
}
