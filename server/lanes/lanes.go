package lanes

import (
	"net/http"
	"slices"
	"strings"

	"capplayground/cluster"
	"capplayground/cluster/guard"
	"capplayground/cluster/modes"
)

// Path is the path of the list of lanes. The path of every other call begins with it.
const Path = "/api/lanes"

// maxBody bounds the body of a call of all lanes, in bytes. The longest body that a lane
// takes is the body of an operation. Its value is at most 64 KiB, and JSON may write each
// byte of the value as six bytes.
const maxBody = 512 << 10

// Lane is one cluster.
type Lane struct {
	Mode  cluster.Mode
	Nodes []string // the URLs of the nodes' REST APIs, in the nodes' order
	// Calls answers the control API of the lane, at the paths /api/….
	Calls http.Handler
}

// Config is what New needs.
type Config struct {
	// Lanes are the clusters, in the order in which people see them. One or more
	// are required, each in another mode.
	Lanes []Lane
}

// API answers every call at Path and below it. It is safe for concurrent use.
type API struct{ lanes []Lane }

// New returns the handler.
func New(cfg Config) *API { return &API{lanes: cfg.Lanes} }

// Listed is one lane in the answer of GET /api/lanes.
type Listed struct {
	Mode  cluster.Mode `json:"mode"`
	Page  string       `json:"page"` // the path of the lane's own stage
	Calls string       `json:"calls"`
	Nodes []string     `json:"nodes"`
}

// Page returns the path of a lane's own stage, without a slash at its end.
func Page(mode cluster.Mode) string { return "/lanes/" + string(mode) }

// Calls returns the path that replaces /api in the calls of one lane.
func Calls(mode cluster.Mode) string { return Path + "/" + string(mode) }

// ServeHTTP answers one call.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	rest, ok := strings.CutPrefix(r.URL.Path, Path+"/")
	if !ok {
		a.read(w, r, a.list)
		return
	}
	if r.URL.Path == OpenAPIPath {
		a.read(w, r, describe)
		return
	}
	first, _, _ := strings.Cut(rest, "/")
	mode, err := modes.Parse(first)
	if err != nil {
		a.all(w, r)
		return
	}
	i := slices.IndexFunc(a.lanes, func(l Lane) bool { return l.Mode == mode })
	if i < 0 {
		guard.WriteError(w, cluster.Sentinel("there is no lane "+string(mode)+" here: the lanes are "+a.names(), cluster.ErrNoSuchCall))
		return
	}
	a.lanes[i].Calls.ServeHTTP(w, below(r, Path+"/"+first))
}

// names lists the modes of the lanes for a sentence.
func (a *API) names() string {
	names := make([]string, len(a.lanes))
	for i, l := range a.lanes {
		names[i] = string(l.Mode)
	}
	return strings.Join(names, ", ")
}

// read answers a call that has no other method than GET.
func (a *API) read(w http.ResponseWriter, r *http.Request, get http.HandlerFunc) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		guard.WriteError(w, cluster.Sentinel("this call is GET", cluster.ErrMethod))
		return
	}
	get(w, r)
}

// GET /api/lanes
func (a *API) list(w http.ResponseWriter, _ *http.Request) {
	listed := make([]Listed, len(a.lanes))
	for i, l := range a.lanes {
		listed[i] = Listed{Mode: l.Mode, Page: Page(l.Mode) + "/", Calls: Calls(l.Mode), Nodes: l.Nodes}
	}
	guard.WriteJSON(w, http.StatusOK, map[string][]Listed{"lanes": listed})
}
