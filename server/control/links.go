package control

import (
	"context"
	"net/http"

	"capplayground/cluster"
	"capplayground/cluster/guard"
)

// Faults changes links and rules. Its methods return when the nodes know,
// frozen ones excepted.
type Faults interface {
	SetLink(context.Context, cluster.Link) (cluster.Link, error)
	Partition(context.Context, [][]cluster.NodeID) error
	// Heal makes links perfect, ends rules and thaws.
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

// GET /api/rules
func (a *API) getRules(w http.ResponseWriter, _ *http.Request) {
	guard.WriteJSON(w, http.StatusOK, a.Faults.Rules())
}

// POST /api/rules {"from":2,"to":1,"type":"yes","do":"hold","count":1}
func (a *API) postRule(w http.ResponseWriter, r *http.Request) {
	var body struct {
		From  cluster.AnyNode `json:"from"`
		To    cluster.AnyNode `json:"to"`
		Type  string          `json:"type"`
		Do    string          `json:"do"`
		Count int             `json:"count"`
	}
	if err := guard.Decode(r, &body, maxBody); err != nil {
		fail(w, err)
		return
	}
	rule, err := a.Faults.AddRule(r.Context(), cluster.Rule{
		From: body.From, To: body.To, Type: body.Type, Do: body.Do, Count: body.Count,
	})
	if err != nil {
		fail(w, err)
		return
	}
	guard.WriteJSON(w, http.StatusCreated, rule)
}

// DELETE /api/rules/{rule}
func (a *API) deleteRule(w http.ResponseWriter, r *http.Request) {
	err := a.Faults.DeleteRule(r.Context(), param(r, "rule"))
	finish(w, a.Faults.Rules(), err)
}
