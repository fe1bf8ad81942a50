// Package audience answers phones on a listener of their own, which strangers may
// reach. It has the audience's page, its read-only stream, one call for a vote, and the
// page and the three calls of the speaker's remote. It has no other route, so no caller
// of it can change the cluster.
//
// A vote belongs to a browser. The page sets a random cookie. The cookie names no person,
// and the browser deletes it when it is closed. The addresses of callers are kept in
// memory for a minute, and only for the limits.
package audience

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"

	"capplayground/cluster"
	"capplayground/cluster/guard"
)

// Talk is the part of the talk that phones call.
type Talk interface {
	// Vote records the choice of a voter. Choices count from 1.
	Vote(voter string, choice int) error
	Next() error
	Back() error
	Black()
	// Drive makes one page the page that drives the talk. MayDrive returns
	// cluster.ErrNotNow for every other page.
	Drive(page string)
	MayDrive(page string) error
}

// Config holds the talk and the handlers of the pages. All fields are required.
type Config struct {
	Talk   Talk
	Page   http.Handler // GET /audience
	Remote http.Handler // GET /remote
	// Streams are the streams of the page, by path: /ws, and one for each lane. They
	// accept no frame from a viewer.
	Streams map[string]http.Handler
	Static  http.Handler // GET /static/…
	Hosts   []string     // names under which the listener may be called; see guard.Hosts
	Token   string       // token of the remote; see NewToken
}

// Limits of one address. All phones in a hall may share one address, so the limits are
// high. They stop a script, but not a hall.
const (
	votesAtOnce = 2000 // votes in one moment
	votesRate   = 50   // votes per second after that
	guessAtOnce = 20   // wrong tokens in one moment
	guessRate   = 1    // wrong tokens per second after that
)

const maxBody = 1 << 10

// remotePage is the name of the remote for Talk.Drive and Talk.MayDrive.
const remotePage = "remote"

// voterCookie is the name of the cookie that identifies the browser of a vote.
const voterCookie = "cap_voter"

// Handler answers all calls of phones.
type Handler struct {
	cfg     Config
	routes  chi.Router
	handler http.Handler
	votes   *limiter
	guesses *limiter
}

// NewToken returns a token for the remote: 128 random bits.
func NewToken() string { return rand.Text() }

// New returns the handler of all calls of phones.
func New(cfg Config) *Handler {
	d := &Handler{cfg: cfg, routes: chi.NewRouter(), votes: newLimiter(votesAtOnce, votesRate), guesses: newLimiter(guessAtOnce, guessRate)}
	r := d.routes
	r.NotFound(func(w http.ResponseWriter, _ *http.Request) {
		guard.WriteError(w, cluster.Sentinel("nothing here: the audience's page is at /audience", cluster.ErrNoSuchCall))
	})
	r.MethodNotAllowed(func(w http.ResponseWriter, _ *http.Request) {
		guard.WriteError(w, cluster.Sentinel("not by this method", cluster.ErrMethod))
	})
	r.Get("/", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/audience", http.StatusSeeOther) })
	r.Method(http.MethodGet, "/audience", d.named(cfg.Page))
	for path, stream := range cfg.Streams {
		r.Method(http.MethodGet, path, stream)
	}
	r.Method(http.MethodGet, "/static/*", cfg.Static)
	r.Post("/vote", d.vote)
	r.Method(http.MethodGet, "/remote", cfg.Remote)
	r.Post("/remote/next", d.press(cfg.Talk.Next))
	r.Post("/remote/back", d.press(cfg.Talk.Back))
	r.Post("/remote/black", d.press(func() error {
		cfg.Talk.Black()
		return nil
	}))
	d.handler = guard.Strangers(guard.Config{Hosts: cfg.Hosts}, guard.BodyDeadline(r))
	return d
}

// ServeHTTP answers one call.
func (d *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) { d.handler.ServeHTTP(w, r) }

// Routes returns all routes, for a test.
func (d *Handler) Routes() chi.Routes { return d.routes }

// named sets the cookie of a browser that has none, and serves the page.
func (d *Handler) named(page http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := r.Cookie(voterCookie); err != nil {
			http.SetCookie(w, &http.Cookie{
				Name: voterCookie, Value: rand.Text(), Path: "/vote", HttpOnly: true, SameSite: http.SameSiteStrictMode,
			})
		}
		page.ServeHTTP(w, r)
	})
}

// POST /vote {"choice":2}
func (d *Handler) vote(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Choice int `json:"choice"`
	}
	if !d.votes.allow(address(r)) {
		tooMany(w)
		return
	}
	voter, err := r.Cookie(voterCookie)
	if err != nil || len(voter.Value) < 20 || len(voter.Value) > 64 {
		guard.WriteError(w, cluster.Sentinel("open /audience first: a vote belongs to a browser", cluster.ErrForbidden))
		return
	}
	if err := guard.Decode(r, &body, maxBody); err != nil {
		fail(w, err)
		return
	}
	if err := d.cfg.Talk.Vote(voter.Value, body.Choice); err != nil {
		fail(w, err)
		return
	}
	guard.WriteJSON(w, http.StatusOK, map[string]int{"choice": body.Choice})
}

// press handles POST /remote/next, /remote/back and /remote/black. The body
// {"take":true} is optional: it makes the remote the page that drives. A call needs the
// token of the remote.
func (d *Handler) press(do func() error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !d.guesses.may(address(r)) {
			tooMany(w)
			return
		}
		if !d.hasToken(r) {
			d.guesses.allow(address(r))
			guard.WriteError(w, cluster.Sentinel("the remote needs the token of its QR code", cluster.ErrNoToken))
			return
		}
		var body struct {
			Take bool `json:"take"`
		}
		err := error(nil)
		if r.ContentLength != 0 {
			err = guard.Decode(r, &body, maxBody)
		}
		if err == nil {
			err = d.drive(body.Take)
		}
		if err == nil {
			err = do()
		}
		if err != nil {
			fail(w, err)
			return
		}
		guard.WriteJSON(w, http.StatusOK, struct{}{})
	}
}

func (d *Handler) drive(take bool) error {
	if take {
		d.cfg.Talk.Drive(remotePage)
	}
	return d.cfg.Talk.MayDrive(remotePage)
}

// hasToken compares the token in constant time.
func (d *Handler) hasToken(r *http.Request) bool {
	given, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	x, y := sha256.Sum256([]byte(given)), sha256.Sum256([]byte(d.cfg.Token))
	return ok && d.cfg.Token != "" && subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

func tooMany(w http.ResponseWriter) {
	w.Header().Set("Retry-After", "1")
	guard.WriteError(w, cluster.ErrTooMany)
}

func fail(w http.ResponseWriter, err error) {
	guard.WriteError(w, err)
}
