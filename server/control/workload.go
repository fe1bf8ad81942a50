package control

import (
	"net/http"

	"capplayground/cluster/guard"
	"capplayground/server/workload"
)

// Workload sends random client operations to all nodes at a steady rate.
type Workload interface {
	// StartLoad starts a load in place of the load that runs. It returns
	// workload.ErrLoad for impossible figures, and cluster.ErrNotNow while the
	// cluster is held, for example by a comparison.
	StartLoad(workload.Load) error
	StopLoad()
	// Running returns the load that runs, and false if no load runs.
	Running() (workload.Load, bool)
}

// GET /api/workload
func (a *API) getWorkload(w http.ResponseWriter, _ *http.Request) {
	load, runs := a.Workload.Running()
	guard.WriteJSON(w, http.StatusOK, struct {
		Running bool `json:"running"`
		workload.Load
	}{runs, load})
}

// POST /api/workload {"rate":100,"clients":8,"keys":10,"read_ratio":0.5}
func (a *API) postWorkload(w http.ResponseWriter, r *http.Request) {
	load := workload.Load{Rate: 50, Clients: 8, Keys: 10, ReadRatio: 0.5}
	err := guard.Decode(r, &load, maxBody)
	if err == nil {
		err = a.Workload.StartLoad(load)
	}
	finish(w, load, err)
}

// DELETE /api/workload
func (a *API) deleteWorkload(w http.ResponseWriter, r *http.Request) {
	a.Workload.StopLoad()
	a.getWorkload(w, r)
}
