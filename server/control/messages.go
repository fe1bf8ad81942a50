package control

import (
	"context"
	"encoding/json"
	"net/http"

	"capplayground/cluster"
	"capplayground/cluster/guard"
)

// Messages acts on single messages and timers. The errors are
// cluster.ErrNoSuchMessage, ErrNoSuchTimer and ErrNoSuchNode, and ErrNotNow for a
// node that is frozen, killed or silent.
type Messages interface {
	// Handle delivers, drops or duplicates a message. do is the name of the verb.
	Handle(ctx context.Context, msg, do string) error
	Fire(ctx context.Context, node cluster.NodeID, timer string) error
}

// State returns the present state of the cluster, and the recorded events.
type State interface {
	Cluster() any
	// Now returns the present virtual time.
	Now() cluster.Time
	// Inflight returns the sent events of the messages that are under way, and the
	// timer events of the timers that are set.
	Inflight() (messages, timers []cluster.Event)
	// Key returns the key events of the copies that each node holds, hints included.
	Key(key string) []cluster.Event
	// Nodes returns the nodes of the cluster, Mode the present mode, and Quorum the
	// sizes N, R and W.
	Nodes() []cluster.NodeID
	Mode() cluster.Mode
	Quorum() cluster.Quorum
	Recording
}

// inflight is the sent event of a message or the timer event of a timer, and the time
// until it is due.
type inflight struct {
	event cluster.Event
	addedFields
}

// addedFields are the fields that inflight adds to its event.
type addedFields struct {
	OwesMS float64 `json:"owes_ms"`      // virtual milliseconds until it is due; less than 0: it is late, and waits for something else
	ID     string  `json:"id,omitempty"` // the timer's id for the fire call; "" for a message
}

// MarshalJSON writes one object with the fields of the event and of addedFields.
func (i inflight) MarshalJSON() ([]byte, error) {
	more, err := json.Marshal(i.addedFields)
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
			answer.Messages = append(answer.Messages, inflight{e, addedFields{OwesMS: owesMS(sent.Due, now)}})
		}
	}
	for _, e := range timers {
		if t, ok := e.Body.(*cluster.TimerChanged); ok {
			id := cluster.Timer{Name: t.Name, Op: t.Op}.ID()
			answer.Timers = append(answer.Timers, inflight{e, addedFields{OwesMS: owesMS(t.Due, now), ID: id}})
		}
	}
	guard.WriteJSON(w, http.StatusOK, answer)
}

// owesMS returns the virtual milliseconds from now to due. due 0 means due at once: owes
// returns 0.
func owesMS(due, now cluster.Time) float64 {
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
