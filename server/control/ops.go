package control

import (
	"context"
	"net/http"

	"capplayground/cluster"
	"capplayground/cluster/guard"
	"capplayground/server/operation"
)

// maxOpBody bounds the body of an operation, in bytes. A value is at most 64 KiB, and
// JSON may write each byte of it as six bytes.
const maxOpBody = 6*(64<<10) + 4<<10

// maxOps is the number of calls of POST /api/ops that may be under way at once. It is
// less than the number of all calls that may be under way. So operations always leave
// room for a call that heals or that reads the state.
const maxOps = 256

// Ops carries out client operations through the nodes' REST API.
type Ops interface {
	// Do carries out an operation and returns the node's answer. Without an answer
	// from the node, it returns an answer of its own: 503 if the request never
	// reached the node, 504 if the outcome is unknown.
	Do(context.Context, operation.Op) (cluster.OpID, operation.Answer)
	// Start carries out an operation in the background. It returns
	// cluster.ErrUnavailable if too many operations are under way.
	Start(operation.Op) (cluster.OpID, error)
	// Check returns cluster.ErrNoSuchNode for a node that the cluster does not have.
	Check(cluster.NodeID) error
}

// POST /api/ops {"node":2,"kind":"write","key":"city","val":"London","wait":false}
//
// kind may also be read. Some modes have more kinds: propose, commit and rollback with
// "id", plant with "ts", and local-read.
func (a *API) postOp(w http.ResponseWriter, r *http.Request) {
	body := struct {
		Node    cluster.NodeID      `json:"node"`
		Kind    cluster.RequestKind `json:"kind"`
		Key     string              `json:"key"`
		Val     string              `json:"val"`
		ID      cluster.OpID        `json:"id"` // the transaction that the client commits or rolls back by hand
		TS      int64               `json:"ts"` // the timestamp of a planted value, in microseconds since the epoch
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

// writeAnswer passes the node's status, body, Content-Type and X-Sys-Id on unchanged.
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

// caller returns the client's name in events. The page and the random traffic send
// it in X-Cap-Client. A request of the same origin is the page's, too. Any other client
// is called curl.
func caller(r *http.Request) string {
	if who := r.Header.Get("X-Cap-Client"); who == "page" || who == cluster.LoadClient {
		return who
	}
	if r.Header.Get("Sec-Fetch-Site") == "same-origin" {
		return "page"
	}
	return "curl"
}
