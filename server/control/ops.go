package control

import (
	"context"
	"net/http"

	"capplayground/cluster"
	"capplayground/cluster/guard"
	"capplayground/server/operation"
)

// maxOpBody bounds the body of an operation: a value of 64 KiB, each byte of
// which JSON may write as six.
const maxOpBody = 6*(64<<10) + 4<<10

// maxOps is how many operations may be waited for at once. It is less than all
// calls that may be under way: whatever the clients do, somebody must be able to
// heal and to look.
const maxOps = 256

// Ops carries out client operations by the nodes' REST API.
type Ops interface {
	// Do returns the node's answer, or one that says why there is none: 503
	// where the request never reached it, 504 where the outcome is unknown.
	Do(context.Context, operation.Op) (cluster.OpID, operation.Answer)
	// Start does it in the background; cluster.ErrUnavailable when too many run.
	Start(operation.Op) (cluster.OpID, error)
	// Check returns cluster.ErrNoSuchNode for a node that there is not.
	Check(cluster.NodeID) error
}

// POST /api/ops {"node":2,"kind":"write","key":"city","val":"London","wait":false}
//
// kind may also be read, and what only some modes have: propose, commit and
// rollback with "id", plant with "ts", local-read.
func (a *API) postOp(w http.ResponseWriter, r *http.Request) {
	body := struct {
		Node    cluster.NodeID      `json:"node"`
		Kind    cluster.RequestKind `json:"kind"`
		Key     string              `json:"key"`
		Val     string              `json:"val"`
		ID      cluster.OpID        `json:"id"` // of a transaction by hand
		TS      int64               `json:"ts"` // of a planted value, microseconds since the epoch
		IfMatch string              `json:"if_match"`
		Wait    bool                `json:"wait"`
	}{Wait: true}
	if err := guard.Decode(r, &body, maxOpBody); err != nil {
		fail(w, err)
		return
	}
	op := operation.Op{
		Node: body.Node, Kind: body.Kind, Key: body.Key, Val: body.Val, Tx: body.ID, TS: body.TS, IfMatch: body.IfMatch, Client: caller(r),
	}
	err := op.Check()
	if err == nil {
		err = a.Ops.Check(op.Node)
	}
	if err != nil {
		fail(w, err)
		return
	}
	if !body.Wait {
		id, err := a.Ops.Start(op)
		if err != nil {
			fail(w, err)
			return
		}
		guard.WriteJSON(w, http.StatusAccepted, map[string]cluster.OpID{"op": id})
		return
	}
	_, answer := a.Ops.Do(r.Context(), op)
	writeAnswer(w, answer)
}

// writeAnswer passes the node's answer on as it is.
func writeAnswer(w http.ResponseWriter, answer operation.Answer) {
	for _, name := range []string{"Content-Type", "X-Sys-Id"} {
		if v := answer.Header.Get(name); v != "" {
			w.Header().Set(name, v)
		}
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(answer.Status)
	_, _ = w.Write(answer.Body)
}

// caller is the client's name in events. The page gives its own; any other
// client is called curl.
func caller(r *http.Request) string {
	if who := r.Header.Get("X-Cap-Client"); who == "page" || who == "load" {
		return who
	}
	if r.Header.Get("Sec-Fetch-Site") == "same-origin" {
		return "page"
	}
	return "curl"
}
