package control

import (
	"context"
	"net/http"

	"capplayground/cluster"
	"capplayground/cluster/guard"
	"capplayground/cluster/modes"
)

// Cluster changes the settings of all nodes. Its methods return when the change is in
// force.
type Cluster interface {
	SetMode(context.Context, cluster.Mode) error
	SetQuorum(context.Context, cluster.Quorum) error
	SetPace(ctx context.Context, name string, rate float64) (cluster.Pace, error)
	Reset(context.Context) error
	// Resetting returns cluster.ErrNotNow while a reset is under way.
	Resetting() error
}

// GET /api/cluster
func (a *API) getCluster(w http.ResponseWriter, _ *http.Request) {
	guard.WriteJSON(w, http.StatusOK, a.State.Cluster())
}

// GET /api/modes
func (a *API) getModes(w http.ResponseWriter, _ *http.Request) {
	guard.WriteJSON(w, http.StatusOK, modes.All())
}

// PUT /api/mode {"mode":"…"}
func (a *API) putMode(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Mode string `json:"mode"`
	}
	if err := guard.Decode(r, &body, maxBody); err != nil {
		fail(w, err)
		return
	}
	mode, err := modes.Parse(body.Mode)
	if err == nil {
		err = a.Config.Cluster.SetMode(r.Context(), mode)
	}
	finish(w, a.State.Cluster(), err)
}

// PUT /api/quorum {"n":3,"r":2,"w":2}
func (a *API) putQuorum(w http.ResponseWriter, r *http.Request) {
	var q cluster.Quorum
	if err := guard.Decode(r, &q, maxBody); err != nil {
		fail(w, err)
		return
	}
	finish(w, q, a.Config.Cluster.SetQuorum(r.Context(), q))
}

// PUT /api/pace {"pace":"slow","rate":0.05}
func (a *API) putPace(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Pace string  `json:"pace"`
		Rate float64 `json:"rate"`
	}
	if err := guard.Decode(r, &body, maxBody); err != nil {
		fail(w, err)
		return
	}
	pace, err := a.Config.Cluster.SetPace(r.Context(), body.Pace, body.Rate)
	finish(w, pace, err)
}

// POST /api/reset
func (a *API) postReset(w http.ResponseWriter, r *http.Request) {
	err := a.Config.Cluster.Reset(r.Context())
	finish(w, a.State.Cluster(), err)
}
