package control

import (
	"net/http"

	"capplayground/cluster/guard"
)

// Comparison plays one script under several modes, one after another.
type Comparison interface {
	// Blank returns a pointer to a script without content, to decode into.
	Blank() any
	// Start plays script, made from Blank, or the usual one where it is nil.
	// cluster.ErrNotNow while one is played, cluster.ErrBadFault for a script
	// that cannot be.
	Start(script any) error
	// Stop ends it, if one is played, and returns when the cluster is as before.
	Stop()
	// State returns how far it is, and the last result.
	State() any
}

// POST /api/compare, without a body or with {"length":"9s","load":{…},"faults":[{"at":"1s","do":"freeze","node":4},…]}
func (a *API) postCompare(w http.ResponseWriter, r *http.Request) {
	var script any
	if r.ContentLength != 0 {
		script = a.Comparison.Blank()
		if err := guard.Decode(r, script, maxBody); err != nil {
			fail(w, err)
			return
		}
	}
	if err := a.Comparison.Start(script); err != nil {
		fail(w, err)
		return
	}
	guard.WriteJSON(w, http.StatusAccepted, a.Comparison.State())
}

// GET /api/compare
func (a *API) getCompare(w http.ResponseWriter, _ *http.Request) {
	guard.WriteJSON(w, http.StatusOK, a.Comparison.State())
}

// DELETE /api/compare
func (a *API) deleteCompare(w http.ResponseWriter, r *http.Request) {
	a.Comparison.Stop()
	a.getCompare(w, r)
}
