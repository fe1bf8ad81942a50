package servertest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"syscall"
	"time"

	"capplayground/cluster"
	"capplayground/server/history"
)

// Witness makes client calls at the nodes and records what the clients saw.
// The times are those of the clients' own clock, so that the judgement does not
// rest on the playground.
type Witness struct {
	p        *Playground
	patience time.Duration

	mu      sync.Mutex // history.Add wants events in the order of their times
	history *history.History
}

// NewWitness has clients that wait so long for an answer.
func NewWitness(p *Playground, patience time.Duration) *Witness {
	return &Witness{p: p, patience: patience, history: history.New(history.Config{MaxOps: 1 << 20})}
}

// Call makes one call at node i and records it. It returns the status, 0 for
// no answer.
func (w *Witness) Call(op cluster.OpID, i int, kind cluster.RequestKind, key, val string) int {
	method, url := http.MethodGet, w.p.Node(i)+"/database/"+key
	invoke := &cluster.Invoked{ClientCall: cluster.ClientCall{Op: op, OpKind: kind, Key: key}}
	if kind == cluster.OpWrite {
		method, url = http.MethodPost, url+"/"+val
		invoke.Value = cluster.ValueOf(val)
	}
	w.record(i, invoke)
	status, answer, err := w.do(method, url)
	result := &cluster.Returned{ClientCall: cluster.ClientCall{Op: op}}
	switch {
	case err == nil:
		result.Status = cluster.HTTPStatus(status)
	case errors.Is(err, syscall.ECONNREFUSED) || kind == cluster.OpRead:
		result.Status = cluster.HTTPStatus(http.StatusServiceUnavailable) // no node took it
	default:
		result.Status = cluster.HTTPStatus(http.StatusGatewayTimeout) // the node may have died with it
	}
	if kind == cluster.OpRead && status == http.StatusOK {
		result.Value = cluster.ValueOf(answer.Val)
	}
	w.record(i, result)
	return status
}

func (w *Witness) record(i int, body cluster.Body) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.history.Add(cluster.Event{Node: cluster.NodeID(i), T: time.Now().UnixMicro(), Body: body})
}

func (w *Witness) do(method, url string) (status int, answer Answer, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), w.patience)
	defer cancel()
	status, body, err := w.p.Request(ctx, method, url, "")
	if err == nil && status == http.StatusOK {
		err = json.Unmarshal(body, &answer)
	}
	if err != nil {
		return 0, Answer{}, err
	}
	return status, answer, nil
}

// Report is the verdict on everything that was recorded.
func (w *Witness) Report() history.Report { return w.history.Report() }

// Before are the last operations on a key up to the one at which it went wrong,
// one line each.
func (w *Witness) Before(k history.KeyVerdict) (lines []string) {
	for _, op := range w.history.List(0).Ops {
		if op.Key != k.Key {
			continue
		}
		lines = append(lines, fmt.Sprintf("  %d-%d n%d %s %s %s = %d", op.Invoke, op.Return, op.Node, op.Kind, op.Key, op.Val, op.Status))
		if op.ID == k.Since {
			break
		}
	}
	return lines[max(0, len(lines)-25):]
}

// Lost reads every key that was written and returns a line for each
// acknowledged write that no other write can have followed and that is there no
// more, neither as the value nor as a sibling. checked is how many acknowledged
// writes it looked for.
func (w *Witness) Lost() (lost []string, checked int) {
	writes := map[string][]history.Op{}
	for _, op := range w.history.List(0).Ops {
		if op.Kind == cluster.OpWrite && op.Outcome() != history.Refused {
			writes[op.Key] = append(writes[op.Key], op)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(writes)) {
		last := unfollowed(writes[key])
		if len(last) == 0 {
			continue
		}
		checked += len(last)
		status, got, err := w.readAtRest(w.p.Node(1) + "/database/" + key)
		if err != nil || status/100 == 5 {
			lost = append(lost, fmt.Sprintf("%s cannot be read at rest: %d %v", key, status, err))
			continue
		}
		there := []string{got.Val}
		for _, s := range got.Siblings {
			there = append(there, s.Val)
		}
		for _, op := range last {
			if !slices.Contains(there, op.Val) {
				lost = append(lost, fmt.Sprintf("%s: the acknowledged write of %s is lost; there are %v", key, op.Val, there))
			}
		}
	}
	return lost, checked
}

// readAtRest reads until a node answers with a value or with none. On a starved machine
// even a cluster at rest refuses a read.
func (w *Witness) readAtRest(url string) (status int, got Answer, err error) {
	for end := time.Now().Add(Patience); ; {
		status, got, err = w.do(http.MethodGet, url)
		if err == nil && status/100 != 5 || time.Now().After(end) || errors.Is(err, syscall.ECONNREFUSED) {
			return status, got, err
		}
	}
}

// unfollowed are the acknowledged writes that no other write of the key can
// have followed.
func unfollowed(writes []history.Op) (last []history.Op) {
	for _, op := range writes {
		followed := slices.ContainsFunc(writes, func(other history.Op) bool {
			return other.ID != op.ID && (other.Outcome() != history.Accepted || other.Return > op.Invoke)
		})
		if op.Outcome() == history.Accepted && !followed {
			last = append(last, op)
		}
	}
	return last
}
