package control

import (
	"context"
	"encoding/json"
	"net/http"

	"capplayground/cluster"
	"capplayground/cluster/guard"
)

// Messages takes messages and timers in hand. The errors are
// cluster.ErrNoSuchMessage, ErrNoSuchTimer, ErrNoSuchNode, and ErrNotNow at a
// node that is frozen or killed.
type Messages interface {
	// Handle delivers, drops or duplicates a message; do is the verb.
	Handle(ctx context.Context, msg, do string) error
	Fire(ctx context.Context, node cluster.NodeID, timer string) error
}

// State tells what is, and what was.
type State interface {
	Cluster() any
	// Now is the present virtual time.
	Now() cluster.Time
	// Inflight returns sent events and timer events.
	Inflight() (messages, timers []cluster.Event)
	// Key returns the key events of what each node holds, hints included.
	Key(key string) []cluster.Event
	// Nodes are those of the cluster; Mode is the present one; Quorum holds the sizes.
	Nodes() []cluster.NodeID
	Mode() cluster.Mode
	Quorum() cluster.Quorum
	Recording
}

// inflight is a sent or timer event, and how long it still has to wait.
type inflight struct {
	event cluster.Event
	owed
}

// owed is what inflight adds to its event.
type owed struct {
	OwesMS float64 `json:"owes_ms"`      // virtual milliseconds until it is due; less than 0 when it waits for something else
	ID     string  `json:"id,omitempty"` // of a timer, for its fire call
}

// MarshalJSON writes one object with the fields of both.
func (i inflight) MarshalJSON() ([]byte, error) {
	more, err := json.Marshal(i.owed)
	if err != nil {
		return nil, err
	}
	b := i.event.AppendJSON(nil)
	return append(append(b[:len(b)-1], ','), more[1:]...), nil
}

// GET /api/inflight
func (a *API) getInflight(w http.ResponseWriter, _ *http.Request) {
	messages, timers := a.State.Inflight()
	now := a.State.Now()
	answer := struct {
		Messages []inflight `json:"messages"`
		Timers   []inflight `json:"timers"`
	}{[]inflight{}, []inflight{}}
	for _, e := range messages {
		if sent := e.Message(); sent != nil {
			answer.Messages = append(answer.Messages, inflight{e, owed{OwesMS: owes(sent.Due, now)}})
		}
	}
	for _, e := range timers {
		if t, ok := e.Body.(*cluster.TimerChanged); ok {
			id := cluster.Timer{Name: t.Name, Op: t.Op}.ID()
			answer.Timers = append(answer.Timers, inflight{e, owed{OwesMS: owes(t.Due, now), ID: id}})
		}
	}
	guard.WriteJSON(w, http.StatusOK, answer)
}

// owes is 0 for a message that is due at once.
func owes(due, now cluster.Time) float64 {
	if due == 0 {
		return 0
	}
	return float64(due-now) / 1000
}

// POST /api/messages/{msg}/…
func (a *API) message(do string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		id := param(r, "msg")
		err := a.Messages.Handle(r.Context(), id, do)
		finish(w, map[string]string{"msg": id, "done": do}, err)
	}
}

// POST /api/timers/{node}/{timer}/fire
func (a *API) postFire(w http.ResponseWriter, r *http.Request) {
	id, err := cluster.ParseNodeID(param(r, "node"))
	timer := param(r, "timer")
	if err == nil {
		err = a.Messages.Fire(r.Context(), id, timer)
	}
	finish(w, map[string]any{"node": id, "timer": timer, "done": "fire"}, err)
}
