package control

import (
	"net/http"

	"capplayground/cluster/guard"
	"capplayground/server/compare"
)

// Comparison plays one script under every mode, one after another.
type Comparison interface {
	// Start plays a script in the background, and calls progress after each fault.
	// It returns cluster.ErrNotNow while another user holds the cluster, and
	// cluster.ErrBadFault for a script that this cluster cannot play.
	Start(script compare.Script, progress func(compare.Progress)) error
	// Stop ends the comparison that runs, if there is one. It returns when the
	// cluster is as it was before the comparison.
	Stop()
	// State returns the progress of the comparison, and the last result.
	State() compare.State
}

// POST /api/compare without a body, or with
// {"length":"9s","load":{…},"faults":[{"at":"1s","do":"freeze","node":4},…]}
func (a *API) postCompare(w http.ResponseWriter, r *http.Request) {
	script := compare.Default()
	if r.ContentLength != 0 {
		script = compare.Script{}
		if err := guard.Decode(r, &script, maxBody); err != nil {
			fail(w, err)
			return
		}
	}
	if err := a.Comparison.Start(script, func(compare.Progress) {}); err != nil {
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
