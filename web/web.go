package web

import (
	"context"
	"errors"
	"io/fs"
	"net/http"

	"github.com/a-h/templ"
	"github.com/go-chi/chi/v5"

	"capplayground/cluster"
	"capplayground/cluster/guard"
	"capplayground/server/hub"
	"capplayground/static"
	"capplayground/templates"
)

// maxBusy is how many requests may be under way at once under /api/. A write in
// slow motion takes minutes, and a call that heals must still be possible then.
const maxBusy = 512

// Config is the configuration of a Web.
type Config struct {
	Hub *hub.Hub // the source of the events on /ws; required
	// API answers every call under /api/. It gets the whole path. nil: 404.
	API http.Handler
	// Compare returns the page /compare. base is the path of its static files.
	// nil: 404.
	Compare func(base string) templ.Component
	// Hosts are the names of this server as a Host header has them; see
	// guard.Hosts.
	Hosts []string
	// Token, if not empty, must be in every request; see guard.Config.
	Token string
	// Film says that the API serves a recording: the page plays it.
	Film bool
	// Static holds the files under /static/; nil: those of package static.
	Static fs.FS
}

func (c Config) validate() (Config, error) {
	if c.Hub == nil {
		return c, errors.New("web: no hub")
	}
	if len(c.Hosts) == 0 {
		return c, errors.New("web: no host name, so every request would be refused")
	}
	if c.API == nil {
		c.API = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			guard.WriteError(w, cluster.ErrNoSuchCall)
		})
	}
	if c.Static == nil {
		c.Static = static.Files
	}
	return c, nil
}

// Web is the handler of the whole playground.
type Web struct {
	handler http.Handler
	routes  chi.Routes
	streams *streams
	files   *files
}

// New returns the handler. Shutdown must be called before the program ends.
func New(cfg Config) (*Web, error) {
	cfg, err := cfg.validate()
	if err != nil {
		return nil, err
	}
	files, err := load(cfg.Static)
	if err != nil {
		return nil, err
	}
	web := &Web{streams: newStreams(cfg.Hub), files: files}

	r := chi.NewRouter()
	r.NotFound(notFound)
	r.MethodNotAllowed(notAllowed)
	r.Get("/", stage(files.base, cfg)) // the stage; /?follow without its controls
	r.Head("/", stage(files.base, cfg))
	r.Get("/fragments/link", fragment(linkFragment))
	r.Get("/fragments/quorum", fragment(quorumFragment))
	r.Get("/fragments/rule", fragment(ruleFragment))
	if cfg.Compare != nil {
		r.Get("/compare", page(func(*http.Request) templ.Component { return cfg.Compare(files.base) })) // three modes side by side
		r.Head("/compare", page(func(*http.Request) templ.Component { return cfg.Compare(files.base) }))
	}
	r.Get("/presenter", page(func(*http.Request) templ.Component { return templates.Presenter(templates.TalkView{Base: files.base}) })) // the speaker's own page
	r.Head("/presenter", page(func(*http.Request) templ.Component { return templates.Presenter(templates.TalkView{Base: files.base}) }))
	r.Get("/ws", web.streams.serve) // events; /ws?since=41&boot=…&follow
	r.Get("/static/*", files.serve)
	r.Head("/static/*", files.serve)
	api := guard.Busy(maxBusy, whole(cfg.API))
	r.Handle("/api", api)
	r.Handle("/api/*", api)

	web.routes = r
	web.handler = headers(guard.Strangers(
		guard.Config{Hosts: cfg.Hosts, Token: cfg.Token, Browser: true},
		guard.BodyDeadline(r)))
	return web, nil
}

// ServeHTTP answers every request to the playground.
func (web *Web) ServeHTTP(w http.ResponseWriter, r *http.Request) { web.handler.ServeHTTP(w, r) }

// Routes returns all routes, for tests that walk them. The routes under /api/ are
// not in it: the API has its own.
func (web *Web) Routes() chi.Routes { return web.routes }

// Shutdown ends all streams, which http.Server.Shutdown does not do, and refuses
// new ones. It waits for them until ctx ends. It then cuts the connections that
// are left and returns ctx's error.
func (web *Web) Shutdown(ctx context.Context) error { return web.streams.shutdown(ctx) }

// whole gives a chi router below this one the whole path.
func whole(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if route := chi.RouteContext(r.Context()); route != nil {
			route.RoutePath = ""
		}
		next.ServeHTTP(w, r)
	})
}

func notFound(w http.ResponseWriter, _ *http.Request) {
	guard.WriteError(w, cluster.Sentinel("nothing here: the stage is at /, the calls are under /api/", cluster.ErrNoSuchCall))
}

func notAllowed(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Allow", "GET, HEAD")
	guard.WriteError(w, cluster.Sentinel("only GET", cluster.ErrMethod))
}
