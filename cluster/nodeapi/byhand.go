package nodeapi

import (
	"net/http"
	"strings"

	"capplayground/cluster"
	"capplayground/cluster/guard"
)

// maxJSON bounds the JSON bodies: a value of MaxValue bytes of which every byte is
// escaped.
const maxJSON = 6*MaxValue + 8<<10

// propose is POST /2pc/propose: it asks for this node's vote on a transaction by hand.
func (a *api) propose(w http.ResponseWriter, r *http.Request) {
	var body struct {
		ID  *cluster.OpID `json:"id"`
		Key *string       `json:"key"`
		Val *string       `json:"val"`
	}
	if err := guard.Decode(r, &body, maxJSON); err != nil {
		a.fail(w, "", err)
		return
	}
	if body.ID == nil || body.Key == nil || body.Val == nil {
		a.fail(w, "", wrongFields("want id, key and val"))
		return
	}
	if err := firstOf(checkTx(*body.ID), checkKey(*body.Key), checkValue(*body.Val)); err != nil {
		a.fail(w, "", err)
		return
	}
	req := cluster.Request{Kind: cluster.OpPropose, Tx: *body.ID, Key: *body.Key, Val: *body.Val}
	a.operate(w, r, req, http.StatusOK, func(b *answer, _ cluster.Reply) {
		b.ID, b.Key, b.Val, b.Vote = req.Tx, req.Key, &req.Val, "yes"
	})
}

// end is POST /2pc/commit/{id} and /2pc/rollback/{id}.
func (a *api) end(kind cluster.RequestKind) http.HandlerFunc {
	prefix := "/2pc/" + string(kind) + "/"
	return func(w http.ResponseWriter, r *http.Request) {
		parts, err := pathParts(r, prefix, 1)
		if err == nil {
			err = checkTx(cluster.OpID(parts[0]))
		}
		if err != nil {
			a.fail(w, "", err)
			return
		}
		req := cluster.Request{Kind: kind, Tx: cluster.OpID(parts[0])}
		a.operate(w, r, req, http.StatusOK, func(b *answer, _ cluster.Reply) { b.ID = req.Tx })
	}
}

// plant is POST /quorum/repair: it plants a value on this node alone.
func (a *api) plant(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Key *string `json:"key"`
		Val *string `json:"val"`
		TS  *int64  `json:"ts"` // microseconds since the epoch
	}
	if err := guard.Decode(r, &body, maxJSON); err != nil {
		a.fail(w, "", err)
		return
	}
	if body.Key == nil || body.Val == nil || body.TS == nil || *body.TS < 0 {
		a.fail(w, "", wrongFields("want key, val and ts, microseconds since 1970"))
		return
	}
	if err := firstOf(checkKey(*body.Key), checkValue(*body.Val)); err != nil {
		a.fail(w, "", err)
		return
	}
	req := cluster.Request{Kind: cluster.OpPlant, Key: *body.Key, Val: *body.Val, TS: *body.TS}
	a.operate(w, r, req, http.StatusOK, func(b *answer, _ cluster.Reply) { b.Key, b.Val = req.Key, &req.Val })
}

// checkTx accepts only an id that needs no escaping in any place.
func checkTx(id cluster.OpID) error {
	bad := func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_'
	}
	if id == "" || len(id) > 64 || strings.ContainsFunc(string(id), bad) {
		return badRequest("a transaction's id has 1 to 64 of a-z, A-Z, 0-9, - and _")
	}
	return nil
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
