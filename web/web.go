package web

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"slices"

	"github.com/a-h/templ"
	"github.com/go-chi/chi/v5"
	"golang.org/x/sync/errgroup"

	"capplayground/cluster"
	"capplayground/cluster/guard"
	"capplayground/server/hub"
	"capplayground/static"
	"capplayground/templates"
	"capplayground/web/fragments"
)

// maxBusy is how many requests may be under way at once under /api/. A write in
// slow motion takes minutes, and a call that heals must still be possible then.
const maxBusy = 512

// Stage is one cluster as the pages show it.
type Stage struct {
	Hub *hub.Hub // the source of the events on /ws; required
	// API answers every call under /api/. It gets the whole path. nil: 404.
	API http.Handler
	// Calls are the calls of the API, for the page that a browser sees at /api.
	Calls []templates.Call
	// Compare returns the page /compare. base is the path of its static files.
	// nil: 404.
	Compare func(base string) templ.Component
	// Playback is true if the API serves a recording. The page then plays it.
	Playback bool
}

// Config is the configuration of a Web.
type Config struct {
	Stage
	// Lanes are clusters side by side. If there are any, Hub and Playback are not used,
	// API answers /api/lanes and the paths below it, and Compare is the page of all lanes.
	Lanes []Lane
	// Hosts are the names of this server as a Host header has them; see
	// guard.Hosts.
	Hosts []string
	// Token, if not empty, must be in every request; see guard.Config.
	Token string
	// Static holds the files under /static/; nil: those of package static.
	Static fs.FS
}

func (c Config) validate() (Config, error) {
	if len(c.Hosts) == 0 {
		return c, errors.New("web: no host name, so every request would be refused")
	}
	hubs := []*hub.Hub{c.Hub}
	if len(c.Lanes) > 0 {
		hubs = nil
		for _, l := range c.Lanes {
			hubs = append(hubs, l.Hub)
		}
	}
	if slices.Contains(hubs, nil) {
		return c, errors.New("web: no hub")
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
	streams []*streams // one for each stage
	lanes   []templates.LaneView
	files   *files
	token   bool // callers must bring a token
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
	web := &Web{files: files, token: cfg.Token != ""}

	r := chi.NewRouter()
	r.NotFound(notFound)
	r.MethodNotAllowed(notAllowed)
	getAndHead(r, "/static/*", files.serve)
	if len(cfg.Lanes) > 0 {
		web.lanePages(r, cfg)
	} else {
		web.stage(r, cfg.Stage, files.place("/api"), modeNames())
		api := web.calls(r, "/api", cfg.API)
		getAndHead(r, "/api", pageForBrowsers(page(func(*http.Request) templ.Component {
			return templates.Calls(files.base, "/api/openapi.yaml", cfg.Calls)
		}), api))
	}
	if cfg.Compare != nil {
		getAndHead(r, "/compare", page(func(*http.Request) templ.Component { return cfg.Compare(files.base) })) // compares the modes
	}

	web.routes = r
	web.handler = headers(guard.Strangers(
		guard.Config{Hosts: cfg.Hosts, Token: cfg.Token, Browser: true},
		guard.BodyDeadline(r)))
	return web, nil
}

// stage adds the pages of one cluster, and its stream.
func (web *Web) stage(r chi.Router, s Stage, at templates.Place, modes []string) {
	streams := newStreams(s.Hub)
	web.streams = append(web.streams, streams)
	getAndHead(r, "/", page(func(r *http.Request) templ.Component { // the stage; /?follow without its controls
		return templates.Stage(templates.StageView{Place: at, Follow: r.URL.Query().Has("follow"), Token: web.token, Playback: s.Playback, Modes: modes})
	}))
	getAndHead(r, "/presenter", page(func(*http.Request) templ.Component { return templates.Presenter(templates.TalkView{Place: at}) })) // the speaker's own page
	fragments.Add(r)
	r.Get("/ws", streams.serve) // events; /ws?since=41&boot=…&follow&every=16
}

// calls adds the control API at a path and below it. It returns the handler there.
func (web *Web) calls(r chi.Router, path string, api http.Handler) http.Handler {
	api = guard.Busy(maxBusy, withWholePath(api))
	r.Handle(path, api)
	r.Handle(path+"/*", api)
	return api
}

// getAndHead adds a route that HEAD may ask for as well (RFC 9110, section 9.3.2).
func getAndHead(r chi.Router, path string, h http.HandlerFunc) {
	r.Get(path, h)
	r.Head(path, h)
}

// ServeHTTP answers every request to the playground.
func (web *Web) ServeHTTP(w http.ResponseWriter, r *http.Request) { web.handler.ServeHTTP(w, r) }

// Routes returns all routes, for tests that walk them. It leaves out the routes below
// /api/, because the API has its own router.
func (web *Web) Routes() chi.Routes { return web.routes }

// Shutdown ends all streams, which http.Server.Shutdown does not do, and refuses
// new ones. It waits for them until ctx ends. It then cuts the connections that
// are left and returns ctx's error.
func (web *Web) Shutdown(ctx context.Context) error {
	var g errgroup.Group
	for _, s := range web.streams {
		g.Go(func() error { return s.shutdown(ctx) })
	}
	return g.Wait()
}

// withWholePath makes a chi router below this one match the whole path.
func withWholePath(next http.Handler) http.Handler {
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
