package control

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"

	"capplayground/cluster"
	"capplayground/cluster/guard"
	"capplayground/server/verbs"
)

// maxBody bounds every JSON body except the body of an operation, in bytes.
const maxBody = 16 << 10

// Config holds the parts of the playground that the calls use. All fields are required.
type Config struct {
	State    State
	Nodes    Nodes
	Faults   Faults
	Cluster  Cluster
	Messages Messages
	Ops      Ops
	Screens  Screens
	Workload Workload

	Judge      Judge
	Comparison Comparison
	Talk       Talk
	// Phones returns the addresses for phones. It returns cluster.ErrNotFound if
	// phones have no address here.
	Phones func() (any, error)
}

// API answers everything under /api/.
type API struct {
	Config
	routes chi.Router
}

// New returns the handler of all routes. The table of verbs lists the routes that
// change the cluster. The other routes only read, or are not for scripts.
func New(cfg Config) *API {
	a := &API{Config: cfg, routes: chi.NewRouter()}
	a.routes.NotFound(func(w http.ResponseWriter, _ *http.Request) {
		guard.WriteError(w, cluster.Sentinel("no such call (GET /api lists all calls)", cluster.ErrNoSuchCall))
	})
	a.routes.MethodNotAllowed(a.methodNotAllowed)

	a.get("/api", a.getCalls)
	a.get("/api/openapi.yaml", a.getOpenAPI)
	a.get("/api/cluster", a.getCluster)
	a.get("/api/modes", a.getModes)
	a.get("/api/rules", a.getRules)
	a.get("/api/inflight", a.getInflight)
	a.get("/api/keys/{key}", a.getKey)
	a.get("/api/workload", a.getWorkload)
	a.get("/api/history", a.getHistory)
	a.get("/api/verdict", a.getVerdict)
	a.get("/api/verdict/{key}", a.getExplanation)
	a.get("/api/recording", a.getRecording)
	a.get("/api/compare", a.getCompare)
	a.routes.Post("/api/compare", a.postCompare)
	a.routes.Delete("/api/compare", a.deleteCompare)
	a.routes.Post("/api/nodes/{node}/dump", a.screen(cfg.Screens.Dump))
	a.routes.Post("/api/nodes/{node}/clean", a.screen(cfg.Screens.Clean))
	a.routes.Delete("/api/workload", a.deleteWorkload)
	a.routes.Method(http.MethodPost, verbs.OpsPath, guard.Busy(maxOps, a.settled(a.postOp)))
	for _, v := range verbs.Table {
		if v.Path != "" && v.Path != verbs.OpsPath {
			do := a.verb(v)
			if v.Name != verbs.Reset {
				do = a.settled(do)
			}
			a.routes.MethodFunc(v.Method, v.Path, do)
		}
	}
	a.talkRoutes()
	return a
}

// get adds a route for GET and for HEAD (RFC 9110, section 9.3.2).
func (a *API) get(path string, h http.HandlerFunc) {
	a.routes.Get(path, h)
	a.routes.Head(path, h)
}

// settled refuses a call while a reset is under way. The call would wait for the reset,
// and then change the state that the reset has made.
func (a *API) settled(do http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := a.Config.Cluster.Resetting(); err != nil {
			fail(w, err)
			return
		}
		do(w, r)
	}
}

// verb returns the handler of the call of a verb. It returns nil for a verb without a
// handler.
func (a *API) verb(v verbs.Verb) http.HandlerFunc {
	switch v.Name {
	case verbs.Kill:
		return a.node(a.Nodes.Kill)
	case verbs.Restart:
		return a.node(a.Nodes.Restart)
	case verbs.Freeze:
		return a.node(a.Nodes.Freeze)
	case verbs.Thaw:
		return a.node(a.Nodes.Thaw)
	case verbs.Isolate:
		return a.node(a.Nodes.Isolate)
	case verbs.Rejoin:
		return a.node(a.Nodes.Rejoin)
	case verbs.Wipe:
		return a.node(a.Nodes.Wipe)
	case verbs.Deliver, verbs.Drop, verbs.Duplicate:
		return a.message(v.Name)
	}
	return map[string]http.HandlerFunc{
		verbs.Partition: a.postPartition, verbs.Heal: a.postHeal, verbs.SetLink: a.putLink,
		verbs.Rule: a.postRule, verbs.Unrule: a.deleteRule, verbs.Fire: a.postFire,
		verbs.SetPace: a.putPace, verbs.SetMode: a.putMode, verbs.SetQuorum: a.putQuorum,
		verbs.Workload: a.postWorkload, verbs.Reset: a.postReset,
	}[v.Name]
}

// ServeHTTP answers one call.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.routes.ServeHTTP(w, r) }

// Routes returns all routes, so that a test can visit each of them.
func (a *API) Routes() chi.Routes { return a.routes }

// methodNotAllowed answers 405 and names the methods that the path has.
func (a *API) methodNotAllowed(w http.ResponseWriter, r *http.Request) {
	var allow []string
	for _, m := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodDelete} {
		if a.routes.Match(chi.NewRouteContext(), m, r.URL.Path) {
			allow = append(allow, m)
		}
	}
	slices.Sort(allow)
	w.Header().Set("Allow", strings.Join(allow, ", "))
	guard.WriteError(w, cluster.Sentinel("this call is "+strings.Join(slices.DeleteFunc(allow, func(m string) bool { return m == http.MethodHead }), " or "), cluster.ErrMethod))
}

// fail answers with an error.
func fail(w http.ResponseWriter, err error) {
	guard.WriteError(w, err)
}

// finish answers with v, the state after the change, or with the error.
func finish(w http.ResponseWriter, v any, err error) {
	if err != nil {
		fail(w, err)
		return
	}
	guard.WriteJSON(w, http.StatusOK, v)
}

// param returns a decoded parameter of the path.
func param(r *http.Request, name string) string {
	raw := chi.URLParam(r, name)
	if r.URL.RawPath == "" { // chi matched the decoded path
		return raw
	}
	plain, err := url.PathUnescape(raw)
	if err != nil {
		return raw
	}
	return plain
}
