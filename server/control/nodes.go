package control

import (
	"context"
	"net/http"

	"capplayground/cluster"
	"capplayground/server/operation"
)

// Nodes changes one node. Its methods return when the change is done. The errors are
// cluster.ErrNoSuchNode and cluster.ErrNotNow.
type Nodes interface {
	Kill(context.Context, cluster.NodeID) error
	Restart(context.Context, cluster.NodeID) error
	Freeze(context.Context, cluster.NodeID) error
	Thaw(context.Context, cluster.NodeID) error
	Isolate(context.Context, cluster.NodeID) error
	Rejoin(context.Context, cluster.NodeID) error
	Wipe(context.Context, cluster.NodeID) error
}

// Screens changes a node's screen through the node's own API, and returns the node's
// answer.
type Screens interface {
	Dump(context.Context, cluster.NodeID) (operation.Answer, error)
	Clean(context.Context, cluster.NodeID) (operation.Answer, error)
}

// POST /api/nodes/{node}/…
func (a *API) node(do func(context.Context, cluster.NodeID) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		id, err := cluster.ParseNodeID(param(r, "node"))
		if err == nil {
			err = do(r.Context(), id)
		}
		finish(w, a.State.Cluster(), err)
	}
}

// POST /api/nodes/{node}/dump and …/clean. A page may not make these calls at the node
// itself.
func (a *API) screen(verb func(context.Context, cluster.NodeID) (operation.Answer, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		id, err := cluster.ParseNodeID(param(r, "node"))
		var answer operation.Answer
		if err == nil {
			answer, err = verb(r.Context(), id)
		}
		if err != nil {
			fail(w, err)
			return
		}
		writeAnswer(w, answer)
	}
}
