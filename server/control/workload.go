package control

import (
	"net/http"

	"capplayground/cluster/guard"
)

// Load is steady random client traffic over all nodes.
type Load struct {
	Rate      float64 `json:"rate"`       // operations per second, all clients together
	Clients   int     `json:"clients"`    // that each wait for their answers
	Keys      int     `json:"keys"`       // to choose from
	ReadRatio float64 `json:"read_ratio"` // 0 to 1
}

// Workload makes that traffic.
type Workload interface {
	// Start replaces what runs; cluster.ErrBadFault for impossible figures.
	Start(Load) error
	Stop()
	// Running is the zero Load when nothing runs.
	Running() Load
}

// GET /api/workload
func (a *API) getWorkload(w http.ResponseWriter, _ *http.Request) {
	load := a.Workload.Running()
	guard.WriteJSON(w, http.StatusOK, struct {
		Running bool `json:"running"`
		Load
	}{load != Load{}, load})
}

// POST /api/workload {"rate":100,"clients":8,"keys":10,"read_ratio":0.5}
func (a *API) postWorkload(w http.ResponseWriter, r *http.Request) {
	load := Load{Rate: 50, Clients: 8, Keys: 10, ReadRatio: 0.5}
	err := guard.Decode(r, &load, maxBody)
	if err == nil {
		err = a.Workload.Start(load)
	}
	finish(w, load, err)
}

// DELETE /api/workload
func (a *API) deleteWorkload(w http.ResponseWriter, r *http.Request) {
	a.Workload.Stop()
	a.getWorkload(w, r)
}
