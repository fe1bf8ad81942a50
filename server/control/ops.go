package control

import (
	"context"
	"fmt"
	"net/http"

	"capplayground/cluster"
	"capplayground/cluster/guard"
)

// maxOpBody bounds the body of an operation: a value of 64 KiB, each byte of
// which JSON may write as six.
const maxOpBody = 6*(64<<10) + 4<<10

// maxOps is how many operations may be waited for at once. It is less than all
// calls that may be under way: whatever the clients do, somebody must be able to
// heal and to look.
const maxOps = 256

// Op is one client operation to carry out at a node.
type Op struct {
	Node   cluster.NodeID
	Kind   cluster.RequestKind // OpRead or OpWrite
	Key    string
	Val    string
	Client string // who asks, as events have it
}

// Answer is what the node said.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Ops carries out client operations by the nodes' REST API.
type Ops interface {
	// Do returns the node's answer, or one that says why there is none: 503
	// where the request never reached it, 504 where nobody knows.
	Do(context.Context, Op) (cluster.OpID, Answer)
	// Start does it in the background; cluster.ErrNotNow when too many run.
	Start(Op) (cluster.OpID, error)
	// Check returns cluster.ErrNoSuchNode for a node that there is not.
	Check(cluster.NodeID) error
}

// POST /api/ops {"node":2,"kind":"write","key":"city","val":"London","wait":false}
func (a *API) postOp(w http.ResponseWriter, r *http.Request) {
	body := struct {
		Node cluster.NodeID      `json:"node"`
		Kind cluster.RequestKind `json:"kind"`
		Key  string              `json:"key"`
		Val  string              `json:"val"`
		Wait bool                `json:"wait"`
	}{Wait: true}
	if err := guard.Decode(r, &body, maxOpBody); err != nil {
		fail(w, err)
		return
	}
	if body.Kind != cluster.OpRead && body.Kind != cluster.OpWrite {
		fail(w, fmt.Errorf("%w: kind %q (want read or write)", cluster.ErrBadFault, body.Kind))
		return
	}
	if err := a.Ops.Check(body.Node); err != nil {
		fail(w, err)
		return
	}
	op := Op{Node: body.Node, Kind: body.Kind, Key: body.Key, Val: body.Val, Client: client(r)}
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
	answer.write(w)
}

// write passes the node's answer on as it is.
func (answer Answer) write(w http.ResponseWriter) {
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

// client is who asks: the page says so, anybody else is taken for curl.
func client(r *http.Request) string {
	if who := r.Header.Get("X-Cap-Client"); who == "page" || who == "load" {
		return who
	}
	if r.Header.Get("Sec-Fetch-Site") == "same-origin" {
		return "page"
	}
	return "curl"
}
