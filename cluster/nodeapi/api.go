package nodeapi

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"

	"capplayground/cluster"
	"capplayground/cluster/guard"
	"capplayground/cluster/modes"
)

// Node is what the API needs of a node.
type Node interface {
	// Do passes a request to the node's machine, and waits for its reply or for the end
	// of ctx. Reply.Op names the operation in any case.
	Do(ctx context.Context, req cluster.Request, client string) (cluster.Reply, error)
	State(ctx context.Context) (cluster.NodeState, error)
	// Dump prints the database on the node's screen and returns it.
	Dump(ctx context.Context) (cluster.Snapshot, error)
	Clean()
	Ready() bool
}

// Config is what an API needs. Every field but Token is required.
type Config struct {
	ID   cluster.NodeID
	Mode cluster.Mode
	// SysID is the X-Sys-Id of every answer: the node's port, as in the original.
	SysID string
	Node  Node
	Hosts []string // our own names, as guard.Config has them
	Token string   // "": none
	// Peers accepts the streams of the other nodes, at PeerPath.
	Peers    http.Handler
	PeerPath string
}

// MaxRequests is how many requests a node handles at once. It answers 503 to further
// requests.
const MaxRequests = 2048

// New returns the API of one node.
func New(cfg Config) http.Handler {
	a := &api{cfg}
	guarded := guard.Strangers(guard.Config{Hosts: cfg.Hosts, Token: cfg.Token},
		guard.Busy(MaxRequests, guard.BodyDeadline(a.routes())))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Sys-Id", cfg.SysID)
		guarded.ServeHTTP(w, r)
	})
}

type api struct{ Config }

// routes returns the router with every call of a node.
func (a *api) routes() chi.Router {
	r := chi.NewRouter()
	r.NotFound(func(w http.ResponseWriter, _ *http.Request) { a.fail(w, "", cluster.ErrNoSuchCall) })
	r.MethodNotAllowed(a.wrongMethod)

	get(r, "/database/{key}", a.read)
	r.Put("/database/{key}", a.writeBody)
	r.Post("/database/{key}/{val}", a.writePath)
	// chi's parameters are never empty, but keys may be left out.
	get(r, "/database/", a.read)
	r.Put("/database/", a.writeBody)
	r.Post("/database//{val}", a.writePath)
	r.Post("/database/{key}/", a.writePath)

	get(r, "/admin/dump", a.dump)
	get(r, "/admin/clean", a.clean)
	get(r, "/admin/state", a.state)
	get(r, "/healthz", a.health)
	get(r, "/openapi.yaml", a.describe)

	for _, call := range modes.Calls() {
		h := a.ifModeHas(call.Kind)
		if call.Method == http.MethodGet {
			get(r, call.Path, h)
		} else {
			r.Method(call.Method, call.Path, h)
		}
	}

	if a.Peers != nil {
		r.Method(http.MethodGet, a.PeerPath, a.Peers)
	}
	return r
}

func get(r chi.Router, pattern string, h http.HandlerFunc) {
	r.Get(pattern, h)
	r.Head(pattern, h)
}

// ifModeHas handles a call that only some modes have. A node of another mode answers 404
// and names the modes that have the call.
func (a *api) ifModeHas(kind cluster.RequestKind) http.HandlerFunc {
	handle := map[cluster.RequestKind]http.HandlerFunc{
		cluster.OpPropose:  a.propose,
		cluster.OpCommit:   a.end(cluster.OpCommit),
		cluster.OpRollback: a.end(cluster.OpRollback),
		cluster.OpPlant:    a.plant,
		cluster.OpHolds:    a.holds,
	}[kind]
	return func(w http.ResponseWriter, r *http.Request) {
		if !modes.Of(a.Mode).Has(kind) {
			a.fail(w, "", wrongMode(r.Method+" "+r.URL.Path, modes.Having(kind), a.Mode))
			return
		}
		handle(w, r)
	}
}

// wrongMethod answers 405 with the methods that this path has.
func (a *api) wrongMethod(w http.ResponseWriter, r *http.Request) {
	var allow []string
	routes := chi.RouteContext(r.Context()).Routes
	for _, method := range []string{"GET", "HEAD", "POST", "PUT"} {
		if routes.Match(chi.NewRouteContext(), method, r.URL.EscapedPath()) {
			allow = append(allow, method)
		}
	}
	w.Header().Set("Allow", strings.Join(allow, ", "))
	a.fail(w, "", cluster.ErrMethod)
}

// answer is the body of every successful operation.
type answer struct {
	Key      string            `json:"key,omitempty"`
	Val      *string           `json:"val,omitempty"`
	ID       cluster.OpID      `json:"id,omitempty"`
	Vote     string            `json:"vote,omitempty"`
	Op       cluster.OpID      `json:"op"`
	Node     cluster.NodeID    `json:"node"`
	Version  string            `json:"version,omitempty"`
	Siblings []cluster.Sibling `json:"siblings,omitempty"`
}

// operate runs one operation and answers it. If the operation succeeded, it answers with
// status and with a body that tell completes from the reply. Otherwise it answers with
// the error.
func (a *api) operate(w http.ResponseWriter, r *http.Request, req cluster.Request, status int, tell func(*answer, cluster.Reply)) {
	client, op, err := caller(r.Header)
	if err != nil {
		a.fail(w, "", err)
		return
	}
	if !a.Node.Ready() {
		a.fail(w, op, cluster.ErrStopping)
		return
	}
	req.Op = op
	reply, err := a.Node.Do(r.Context(), req, client)
	if err != nil && r.Context().Err() != nil {
		return // the client has disconnected; the node continues its operation
	}
	if err == nil {
		err = reply.Err
	}
	if err != nil {
		a.fail(w, reply.Op, err)
		return
	}
	body := answer{Key: reply.Key, Op: reply.Op, Node: a.ID, Version: reply.Version}
	tell(&body, reply)
	guard.WriteJSON(w, status, body)
}

// caller reads the client's name and the operation id, which is "" if the request has
// none.
func caller(h http.Header) (client string, op cluster.OpID, err error) {
	client = "curl"
	if names := h.Values("X-Cap-Client"); len(names) > 0 {
		client = names[0]
		bad := func(c rune) bool { return (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' }
		if len(names) > 1 || client == "" || len(client) > 16 || strings.ContainsFunc(client, bad) {
			return "", "", badRequest("X-Cap-Client: want at most 16 of a-z, 0-9 and -")
		}
	}
	if ids := h.Values("X-Cap-Op"); len(ids) > 0 {
		if len(ids) > 1 || !isUUID(ids[0]) {
			return "", "", badRequest("X-Cap-Op: want a UUID")
		}
		op = cluster.OpID(strings.ToLower(ids[0]))
	}
	return client, op, nil
}

// isUUID accepts only the plain form of RFC 9562.
func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i, c := range []byte(s) {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		if dash != (c == '-') || !dash && !strings.ContainsRune("0123456789abcdefABCDEF", rune(c)) {
			return false
		}
	}
	return true
}

// SysID is the X-Sys-Id of the node at addr, a host:port: its port.
func SysID(addr string) string {
	if i := strings.LastIndexByte(addr, ':'); i >= 0 {
		if _, err := strconv.Atoi(addr[i+1:]); err == nil {
			return addr[i+1:]
		}
	}
	return ""
}

// Calls lists every method and path pattern of a node, for tests that try all of them.
func Calls() []string {
	a := &api{Config{Peers: http.NotFoundHandler(), PeerPath: "/peer"}}
	var calls []string
	_ = chi.Walk(a.routes(), func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		calls = append(calls, method+" "+route)
		return nil
	})
	slices.Sort(calls)
	return calls
}
