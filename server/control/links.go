package control

import (
	"context"
	"net/http"

	"capplayground/cluster"
	"capplayground/cluster/guard"
)

// Faults changes links and rules. Its methods return when every node that is not frozen
// has received the change.
type Faults interface {
	SetLink(context.Context, cluster.Link) (cluster.Link, error)
	Partition(context.Context, [][]cluster.NodeID) error
	// Heal makes all links perfect, ends all rules and thaws all frozen nodes.
	Heal(context.Context) error
	Rules() []cluster.Rule
	AddRule(context.Context, cluster.Rule) (cluster.Rule, error)
	DeleteRule(context.Context, string) error
}

// PUT /api/links/{from}/{to} {"cut":false,"delay_ms":200,"jitter_ms":0,"loss":0}
func (a *API) putLink(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Cut      bool    `json:"cut"`
		DelayMS  float64 `json:"delay_ms"`
		JitterMS float64 `json:"jitter_ms"`
		Loss     float64 `json:"loss"`
	}
	if err := guard.Decode(r, &body, maxBody); err != nil {
		fail(w, err)
		return
	}
	l := cluster.Link{Cut: body.Cut, DelayMS: body.DelayMS, JitterMS: body.JitterMS, Loss: body.Loss}
	var err error
	if l.From, err = cluster.ParseNodeID(param(r, "from")); err == nil {
		if l.To, err = cluster.ParseNodeID(param(r, "to")); err == nil {
			l, err = a.Faults.SetLink(r.Context(), l)
		}
	}
	finish(w, l, err)
}

// POST /api/partition {"groups":[[1,2],[3,4,5]]}
func (a *API) postPartition(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Groups [][]cluster.NodeID `json:"groups"`
	}
	err := guard.Decode(r, &body, maxBody)
	if err == nil {
		err = a.Faults.Partition(r.Context(), body.Groups)
	}
	finish(w, a.State.Cluster(), err)
}

// POST /api/heal
func (a *API) postHeal(w http.ResponseWriter, r *http.Request) {
	err := a.Faults.Heal(r.Context())
	finish(w, a.State.Cluster(), err)
}
