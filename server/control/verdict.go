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

// Judge records the operations of the clients and judges them.
type Judge interface {
	// History returns the newest operations, at most n; 0 means all operations.
	History(ctx context.Context, n int) any
	// Verdict returns the judgement and its figures.
	Verdict(ctx context.Context) any
	// Explain writes a page about one key. It returns cluster.ErrNotFound if no
	// operation named the key.
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

// explainPolicy is the Content-Security-Policy of Porcupine's page. The page has one
// inline script and one inline style. The browser accepts only a script or style with
// the nonce of this answer. The sandbox gives the page an origin of its own, so that
// it has no access to the playground. It may load nothing and make no request. The page
// sets only an empty style attribute, whose hash is in the policy.
const explainPolicy = "sandbox allow-scripts; default-src 'none'; script-src 'nonce-%[1]s'; style-src 'nonce-%[1]s'; " +
	"style-src-attr 'unsafe-hashes' 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

// errPage is returned for a page with more than one script or style. On such a page the
// script of Porcupine cannot be distinguished from a script in a value.
var errPage = errors.New("the page has more than its one script and one style")

// signed adds the nonce to the script and the style of Porcupine's page. The page holds
// values as JSON without "<", so that no value can look like a script or a style.
func signed(page []byte, nonce string) ([]byte, error) {
	for _, tag := range []string{"script", "style"} {
		if bytes.Count(page, []byte("<"+tag)) != 1 {
			return nil, errPage
		}
		page = bytes.Replace(page, []byte("<"+tag+">"), []byte("<"+tag+` nonce="`+nonce+`">`), 1)
	}
	page = bytes.Replace(page, []byte("</style>"), []byte(explainStyle+"</style>"), 1)
	return bytes.Replace(page, []byte("<body>"), []byte("<body>"+explainBack), 1), nil
}

// The page of the library is white and small. A back row must read it, and in a dark room
// it must not be the brightest thing.
const (
	explainStyle = `
      html { background: #fff; zoom: 1.4; }
      #back { position: fixed; right: 10px; bottom: 10px; margin: 0; font-size: 0.8rem; }
      @media (prefers-color-scheme: dark) { html { filter: invert(1) hue-rotate(180deg); } }
    `
	explainBack = "\n    <p id=\"back\">Close this tab to go back to the stage.</p>"
)

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
