package cluster

import (
	"context"
	"errors"
	"net/http"
	"slices"
)

// The ways in which an operation ends without what was asked for. A Reply wraps
// them with a reason for people.
//
// ErrUnknown is the only one after which the operation may have happened or
// may yet happen. After any other it has not, and never will.
var (
	ErrNotFound    = errors.New("no value")
	ErrNoSuchTx    = errors.New("no such transaction")
	ErrRefused     = errors.New("refused") // by a lock, or by a no vote
	ErrUnavailable = errors.New("quorum not reached")
	ErrUnknown     = errors.New("outcome unknown")
	ErrBadVersion  = errors.New("unusable version") // If-Match names nothing
	ErrWrongMode   = errors.New("not a call of this mode")
	ErrStopping    = errors.New("node is starting or stopping")
)

// The ways in which a request never becomes an operation.
var (
	ErrNoSuchCall  = errors.New("no such call")
	ErrMethod      = errors.New("not with this method")
	ErrBadRequest  = errors.New("unusable request")
	ErrSyntax      = errors.New("not one well-formed JSON document")
	ErrFields      = errors.New("wrong fields")
	ErrTooLarge    = errors.New("body too large")
	ErrContentType = errors.New("wrong content type")
	ErrForbidden   = errors.New("not for this caller")
	ErrNoToken     = errors.New("needs a token")
	ErrTooMany     = errors.New("too many from this address")
	ErrBusy        = errors.New("too many requests at once")
)

// statuses is the one table from error to HTTP status. The first row that matches counts.
// The code is a word for programs. It never changes.
var statuses = []struct {
	err    error
	status int
	code   string
}{
	{ErrUnknown, http.StatusGatewayTimeout, "outcome_unknown"},
	{ErrNotFound, http.StatusNotFound, "no_value"},
	{ErrNoSuchTx, http.StatusNotFound, "no_such_transaction"},
	{ErrWrongMode, http.StatusNotFound, "wrong_mode"},
	{ErrNoSuchCall, http.StatusNotFound, "no_such_call"},
	{ErrNoSuchNode, http.StatusNotFound, "no_such_node"},
	{ErrNoSuchMessage, http.StatusNotFound, "no_such_message"},
	{ErrNoSuchTimer, http.StatusNotFound, "no_such_timer"},
	{ErrNoSuchRule, http.StatusNotFound, "no_such_rule"},
	{ErrMethod, http.StatusMethodNotAllowed, "wrong_method"},
	{ErrRefused, http.StatusConflict, "refused"},
	{ErrNotNow, http.StatusConflict, "not_now"},
	{ErrBadVersion, http.StatusUnprocessableEntity, "bad_version"},
	{ErrBadFault, http.StatusUnprocessableEntity, "bad_setting"},
	{ErrUnknownMode, http.StatusUnprocessableEntity, "unknown_mode"},
	{ErrBadRequest, http.StatusBadRequest, "bad_request"},
	{ErrTooLarge, http.StatusRequestEntityTooLarge, "too_large"},
	{ErrContentType, http.StatusUnsupportedMediaType, "wrong_content_type"},
	{ErrSyntax, http.StatusBadRequest, "bad_json"},
	{ErrFields, http.StatusUnprocessableEntity, "wrong_fields"},
	{ErrForbidden, http.StatusForbidden, "forbidden"},
	{ErrNoToken, http.StatusUnauthorized, "token_needed"},
	{ErrTooMany, http.StatusTooManyRequests, "too_many"},
	{ErrBusy, http.StatusServiceUnavailable, "busy"},
	{ErrUnavailable, http.StatusServiceUnavailable, "unavailable"},
	{ErrStopping, http.StatusServiceUnavailable, "stopping"},
	{context.Canceled, http.StatusServiceUnavailable, "canceled"},
	{context.DeadlineExceeded, http.StatusServiceUnavailable, "timeout"},
}

// internal is the code of an error that is not in the table.
const internal = "internal"

// StatusOf returns the HTTP status of an error and its code. For an error that is not in
// the table they are 500 and "internal".
func StatusOf(err error) (status int, code string) {
	for _, row := range statuses {
		if errors.Is(err, row.err) {
			return row.status, row.code
		}
	}
	return http.StatusInternalServerError, internal
}

// Codes returns the code of every error in the table, and "internal", in
// alphabetical order.
func Codes() []string {
	codes := []string{internal}
	for _, row := range statuses {
		codes = append(codes, row.code)
	}
	slices.Sort(codes)
	return codes
}

// Aborted reports whether the operation has not happened and never will, if it ended with
// err.
func Aborted(err error) bool {
	status, _ := StatusOf(err)
	return status != http.StatusInternalServerError && !errors.Is(err, ErrUnknown) &&
		!errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded)
}

// Sentinel returns an error with its own text that counts as another error of the table:
// errors.Is is true for both.
func Sentinel(text string, as error) error { return &sentinel{text, as} }

type sentinel struct {
	text string
	as   error
}

func (s *sentinel) Error() string { return s.text }

func (s *sentinel) Unwrap() error { return s.as }
