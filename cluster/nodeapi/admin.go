package nodeapi

import (
	_ "embed"
	"net/http"

	"capplayground/cluster"
	"capplayground/cluster/guard"
)

// dump is GET /admin/dump.
func (a *api) dump(w http.ResponseWriter, r *http.Request) {
	snapshot, err := a.Node.Dump(r.Context())
	if err != nil {
		a.fail(w, "", err)
		return
	}
	guard.WriteJSON(w, http.StatusOK, struct {
		Node cluster.NodeID `json:"node"`
		Mode cluster.Mode   `json:"mode"`
		cluster.Snapshot
	}{a.ID, a.Mode, listed(snapshot)})
}

// state is GET /admin/state.
func (a *api) state(w http.ResponseWriter, r *http.Request) {
	state, err := a.Node.State(r.Context())
	if err != nil {
		a.fail(w, "", err)
		return
	}
	state.Snapshot = listed(state.Snapshot)
	guard.WriteJSON(w, http.StatusOK, state)
}

// clean is GET /admin/clean.
func (a *api) clean(w http.ResponseWriter, _ *http.Request) {
	a.Node.Clean()
	guard.WriteJSON(w, http.StatusOK, struct {
		Node cluster.NodeID `json:"node"`
	}{a.ID})
}

// health is GET /healthz.
func (a *api) health(w http.ResponseWriter, _ *http.Request) {
	if !a.Node.Ready() {
		a.fail(w, "", cluster.ErrStopping)
		return
	}
	guard.WriteJSON(w, http.StatusOK, struct {
		Node  cluster.NodeID `json:"node"`
		Ready bool           `json:"ready"`
	}{a.ID, true})
}

// openAPI describes the calls for programs. scripts/generate writes it.
//
//go:embed openapi.yaml
var openAPI []byte

// OpenAPI returns the description of a node's API, in YAML.
func OpenAPI() []byte { return openAPI }

// describe is GET /openapi.yaml.
func (a *api) describe(w http.ResponseWriter, _ *http.Request) {
	guard.WriteText(w, "application/yaml", openAPI)
}

// listed replaces nil by an empty list of keys, so that the JSON has a list.
func listed(s cluster.Snapshot) cluster.Snapshot {
	if s.Keys == nil {
		s.Keys = []cluster.KeyState{}
	}
	return s
}
