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
