package control

import (
	"net/http"

	"capplayground/cluster"
	"capplayground/cluster/guard"
)

// GET /api/rules
func (a *API) getRules(w http.ResponseWriter, _ *http.Request) {
	guard.WriteJSON(w, http.StatusOK, a.Faults.Rules())
}

// POST /api/rules {"from":2,"to":1,"type":"yes","do":"hold","count":1}
// or {"when":{"type":"yes","count":4,"node":1},"then":"kill"}
func (a *API) postRule(w http.ResponseWriter, r *http.Request) {
	var body struct {
		From  cluster.AnyNode `json:"from"`
		To    cluster.AnyNode `json:"to"`
		Type  string          `json:"type"`
		Do    string          `json:"do"`
		Count int             `json:"count"`
		When  cluster.Point   `json:"when"`
		Then  string          `json:"then"`
	}
	if err := guard.Decode(r, &body, maxBody); err != nil {
		fail(w, err)
		return
	}
	rule, err := a.Faults.AddRule(r.Context(), cluster.Rule{
		From: body.From, To: body.To, Type: body.Type, Do: body.Do, Count: body.Count, When: body.When, Then: body.Then,
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
