package control

import (
	"context"
	"net/http"

	"capplayground/cluster"
)

// Nodes does something to one node and returns when it is so. The errors are
// cluster.ErrNoSuchNode and cluster.ErrNotNow.
type Nodes interface {
	Kill(context.Context, cluster.NodeID) error
	Restart(context.Context, cluster.NodeID) error
	Freeze(context.Context, cluster.NodeID) error
	Unfreeze(context.Context, cluster.NodeID) error
	Isolate(context.Context, cluster.NodeID) error
	Rejoin(context.Context, cluster.NodeID) error
	Wipe(context.Context, cluster.NodeID) error
	// Dump and Clean act on the node's screen by its own API, and return its
	// answer.
	Dump(context.Context, cluster.NodeID) (Answer, error)
	Clean(context.Context, cluster.NodeID) (Answer, error)
}

// POST /api/nodes/{id}/…
func (a *API) node(verb func(context.Context, cluster.NodeID) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		id, err := cluster.ParseNodeID(param(r, "id"))
		if err == nil {
			err = verb(r.Context(), id)
		}
		finish(w, a.State.Cluster(), err)
	}
}

// POST /api/nodes/{id}/dump, clean: what a page may not ask of a node itself
func (a *API) screen(verb func(context.Context, cluster.NodeID) (Answer, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		id, err := cluster.ParseNodeID(param(r, "id"))
		var answer Answer
		if err == nil {
			answer, err = verb(r.Context(), id)
		}
		if err != nil {
			fail(w, err)
			return
		}
		answer.write(w)
	}
}
