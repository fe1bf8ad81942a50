package nodeapi

import (
	"errors"
	"fmt"
	"net/http"

	"capplayground/cluster"
	"capplayground/cluster/guard"
	"capplayground/cluster/modes"
)

// The ways in which a request never becomes an operation.
var (
	errNoCall  = errors.New("no such call")
	errMethod  = errors.New("not with this method")
	errRequest = errors.New("unusable request")
)

// table is the one place where errors become statuses. The first row that
// matches counts.
var table = []struct {
	err    error
	status int
}{
	{cluster.ErrUnknown, http.StatusGatewayTimeout},
	{cluster.ErrNotFound, http.StatusNotFound},
	{cluster.ErrNoSuchTx, http.StatusNotFound},
	{cluster.ErrWrongMode, http.StatusNotFound},
	{errNoCall, http.StatusNotFound},
	{errMethod, http.StatusMethodNotAllowed},
	{cluster.ErrRefused, http.StatusConflict},
	{cluster.ErrBadVersion, http.StatusUnprocessableEntity},
	{errRequest, http.StatusBadRequest},
	{guard.ErrTooLarge, http.StatusRequestEntityTooLarge},
	{guard.ErrContentType, http.StatusUnsupportedMediaType},
	{guard.ErrSyntax, http.StatusBadRequest},
	{guard.ErrFields, http.StatusUnprocessableEntity},
	{cluster.ErrUnavailable, http.StatusServiceUnavailable},
	{cluster.ErrStopping, http.StatusServiceUnavailable},
}

// fail answers an error. 504 is the only one after
// which anything may have happened.
func (a *api) fail(w http.ResponseWriter, op cluster.OpID, err error) {
	status, outcome := http.StatusInternalServerError, "unknown"
	for _, row := range table {
		if errors.Is(err, row.err) {
			status = row.status
			if row.err != cluster.ErrUnknown {
				outcome = "aborted"
			}
			break
		}
	}
	guard.WriteJSON(w, status, struct {
		Error   string       `json:"error"`
		Outcome string       `json:"outcome"`
		Op      cluster.OpID `json:"op,omitempty"`
	}{err.Error(), outcome, op})
}

func badRequest(why string) error { return fmt.Errorf("%w: %s", errRequest, why) }

func wrongFields(why string) error { return fmt.Errorf("%w: %s", guard.ErrFields, why) }

func wrongMode(call string, have []cluster.Mode, runs cluster.Mode) error {
	return fmt.Errorf("%w: %s belongs to mode %s, this node runs in mode %s", cluster.ErrWrongMode, call, modes.Words(have), runs)
}
