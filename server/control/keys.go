package control

import (
	"net/http"
	"unicode/utf8"

	"capplayground/cluster"
	"capplayground/cluster/guard"
	"capplayground/cluster/modes"
	"capplayground/cluster/quorum"
)

// GET /api/keys/{key}
func (a *API) getKey(w http.ResponseWriter, r *http.Request) {
	key := param(r, "key")
	if key == "" || len(key) > 256 || !utf8.ValidString(key) {
		guard.WriteError(w, cluster.Sentinel("a key is 1 to 256 bytes of UTF-8", cluster.ErrBadRequest))
		return
	}
	answer := struct {
		Key   string           `json:"key"`
		Walk  []cluster.NodeID `json:"walk,omitempty"`  // the preference list, in modes whose copies have homes
		Homes []cluster.NodeID `json:"homes,omitempty"` // the first N nodes of Walk
		Holds []cluster.Event  `json:"holds"`           // key events of the copies that each node holds, hints included
	}{Key: key, Holds: []cluster.Event{}}
	answer.Holds = append(answer.Holds, a.State.Key(key)...)
	if modes.Of(a.State.Mode()).Copies == cluster.CopiesHomes {
		answer.Walk = quorum.Walk(key, a.State.Nodes())
		answer.Homes = answer.Walk[:min(a.State.Quorum().N, len(answer.Walk))]
	}
	guard.WriteJSON(w, http.StatusOK, answer)
}
