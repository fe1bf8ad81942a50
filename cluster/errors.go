package cluster

import "errors"

// The ways in which an operation ends without what was asked for. A node's
// REST API maps them to statuses in one table; a Reply wraps them with a
// reason for people.
//
// ErrUnknown is the only one after which the operation may have happened or
// may yet happen. After any other it has not, and never will.
var (
	ErrNotFound    = errors.New("no value")                // 404
	ErrNoSuchTx    = errors.New("no such transaction")     // 404
	ErrRefused     = errors.New("refused")                 // 409: a lock, a no vote
	ErrUnavailable = errors.New("quorum not reached")      // 503, aborted
	ErrUnknown     = errors.New("outcome unknown")         // 504
	ErrBadVersion  = errors.New("unusable version")        // 422: If-Match names nothing
	ErrWrongMode   = errors.New("not a call of this mode") // 404
	ErrStopping    = errors.New("node is stopping")        // 503
)
