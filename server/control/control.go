package control

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"

	"capplayground/cluster"
	"capplayground/cluster/guard"
)

// maxBody bounds every body but that of an operation, in bytes.
const maxBody = 16 << 10

// Config holds whom the calls act upon. All are required.
type Config struct {
	State    State
	Nodes    Nodes
	Faults   Faults
	Cluster  Cluster
	Messages Messages
	Ops      Ops
	Workload Workload

	Judge      Judge
	Comparison Comparison
}

// API answers everything under /api/.
type API struct {
	Config
	routes chi.Router
}

// New returns the handler of all routes.
func New(cfg Config) *API {
	a := &API{Config: cfg, routes: chi.NewRouter()}
	r := a.routes
	r.NotFound(func(w http.ResponseWriter, _ *http.Request) {
		guard.WriteError(w, http.StatusNotFound, "no such call")
	})
	r.MethodNotAllowed(a.methodNotAllowed)

	r.Get("/api/cluster", a.getCluster)
	r.Get("/api/modes", a.getModes)
	r.Put("/api/mode", a.putMode)
	r.Put("/api/quorum", a.putQuorum)
	r.Put("/api/pace", a.putPace)
	r.Post("/api/reset", a.postReset)

	r.Post("/api/nodes/{id}/kill", a.node(cfg.Nodes.Kill))
	r.Post("/api/nodes/{id}/restart", a.node(cfg.Nodes.Restart))
	r.Post("/api/nodes/{id}/freeze", a.node(cfg.Nodes.Freeze))
	r.Post("/api/nodes/{id}/unfreeze", a.node(cfg.Nodes.Unfreeze))
	r.Post("/api/nodes/{id}/isolate", a.node(cfg.Nodes.Isolate))
	r.Post("/api/nodes/{id}/rejoin", a.node(cfg.Nodes.Rejoin))
	r.Post("/api/nodes/{id}/wipe", a.node(cfg.Nodes.Wipe))
	r.Post("/api/nodes/{id}/dump", a.screen(cfg.Nodes.Dump))
	r.Post("/api/nodes/{id}/clean", a.screen(cfg.Nodes.Clean))

	r.Put("/api/links/{from}/{to}", a.putLink)
	r.Post("/api/partition", a.postPartition)
	r.Post("/api/heal", a.postHeal)
	r.Get("/api/rules", a.getRules)
	r.Post("/api/rules", a.postRule)
	r.Delete("/api/rules/{id}", a.deleteRule)

	r.Get("/api/inflight", a.getInflight)
	r.Post("/api/messages/{id}/deliver", a.message(Deliver))
	r.Post("/api/messages/{id}/drop", a.message(Drop))
	r.Post("/api/messages/{id}/duplicate", a.message(Duplicate))
	r.Post("/api/timers/{node}/{timer}/fire", a.postFire)

	r.Get("/api/keys/{key}", a.getKey)
	r.Method(http.MethodPost, "/api/ops", guard.Busy(maxOps, http.HandlerFunc(a.postOp)))
	r.Get("/api/workload", a.getWorkload)
	r.Post("/api/workload", a.postWorkload)
	r.Delete("/api/workload", a.deleteWorkload)
	r.Get("/api/history", a.getHistory)
	r.Get("/api/verdict", a.getVerdict)
	r.Get("/api/verdict/{key}", a.getExplanation)
	r.Get("/api/compare", a.getCompare)
	r.Post("/api/compare", a.postCompare)
	r.Delete("/api/compare", a.deleteCompare)
	r.Get("/api/recording", a.getRecording)
	return a
}

// ServeHTTP answers one call.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.routes.ServeHTTP(w, r) }

// Routes lets a test walk every route that there is.
func (a *API) Routes() chi.Routes { return a.routes }

// methodNotAllowed names the methods that the path does have.
func (a *API) methodNotAllowed(w http.ResponseWriter, r *http.Request) {
	var allow []string
	for _, m := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete} {
		if a.routes.Match(chi.NewRouteContext(), m, r.URL.Path) {
			allow = append(allow, m)
		}
	}
	slices.Sort(allow)
	w.Header().Set("Allow", strings.Join(allow, ", "))
	guard.WriteError(w, http.StatusMethodNotAllowed, "this call is "+strings.Join(allow, " or "))
}

// statuses maps errors to HTTP, the first that matches.
var statuses = []struct {
	err    error
	status int
}{
	{cluster.ErrNotFound, http.StatusNotFound},
	{cluster.ErrNoSuchNode, http.StatusNotFound},
	{cluster.ErrNoSuchMessage, http.StatusNotFound},
	{cluster.ErrNoSuchTimer, http.StatusNotFound},
	{cluster.ErrNoSuchRule, http.StatusNotFound},
	{cluster.ErrNotNow, http.StatusConflict},
	{cluster.ErrBadFault, http.StatusUnprocessableEntity},
	{cluster.ErrUnknownMode, http.StatusUnprocessableEntity},
	{cluster.ErrStopping, http.StatusServiceUnavailable},
	{cluster.ErrUnavailable, http.StatusServiceUnavailable},
	{context.Canceled, http.StatusServiceUnavailable},
	{context.DeadlineExceeded, http.StatusServiceUnavailable},
}

// fail answers with an error.
func fail(w http.ResponseWriter, err error) {
	if status := guard.Status(err); status != 0 {
		guard.WriteError(w, status, err.Error())
		return
	}
	for _, row := range statuses {
		if errors.Is(err, row.err) {
			guard.WriteError(w, row.status, err.Error())
			return
		}
	}
	guard.WriteError(w, http.StatusInternalServerError, err.Error())
}

// finish answers with what now holds, or with the error.
func finish(w http.ResponseWriter, v any, err error) {
	if err != nil {
		fail(w, err)
		return
	}
	guard.WriteJSON(w, http.StatusOK, v)
}

// param is a part of the path, decoded.
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
