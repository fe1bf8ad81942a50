package nodeapi

import (
	"fmt"
	"net/http"

	"capplayground/cluster"
	"capplayground/cluster/guard"
	"capplayground/cluster/modes"
)

// fail answers an error. 504 is the only status after which the operation may
// have happened.
func (a *api) fail(w http.ResponseWriter, op cluster.OpID, err error) {
	status, code := cluster.StatusOf(err)
	outcome := "aborted"
	if !cluster.Aborted(err) {
		outcome = "unknown"
	}
	guard.WriteJSON(w, status, struct {
		Error   string       `json:"error"`
		Code    string       `json:"code"`
		Outcome string       `json:"outcome"`
		Op      cluster.OpID `json:"op,omitempty"`
	}{err.Error(), code, outcome, op})
}

func badRequest(why string) error { return fmt.Errorf("%w: %s", cluster.ErrBadRequest, why) }

func wrongFields(why string) error { return fmt.Errorf("%w: %s", cluster.ErrFields, why) }

func wrongMode(call string, have []cluster.Mode, runs cluster.Mode) error {
	return fmt.Errorf("%w: %s belongs to mode %s, this node runs in mode %s", cluster.ErrWrongMode, call, modes.Words(have), runs)
}
