package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"capplayground/cluster"
	"capplayground/cluster/modes"
	"capplayground/server/history"
)

// Of the keys that clients share a few are busy, so that operations meet. Others
// are written twice and then left alone, so that at the end it can be told
// whether what was acknowledged is still there.
const (
	busy     = 3
	quiet    = 400     // a round
	quietOne = 1.0 / 8 // of the writes go there
)

// clientPatience is how long a client waits for an answer, in real time: where
// nodes answer at all they do so within two virtual seconds.
const clientPatience = 3 * time.Second

// witness is what the clients of one round did and saw, by their own clock.
type witness struct {
	p     *subject
	tally *tally
	round int

	quiet   atomic.Int64 // writes to quiet keys
	checked int          // acknowledged writes that were looked for at the end

	mu   sync.Mutex // history.Add wants events in the order of their times
	hist *history.History
}

func newWitness(p *subject, t *tally, round int) *witness {
	return &witness{p: p, tally: t, round: round, hist: history.New(history.Config{MaxOps: 1 << 20})}
}

func keyName(i int) string { return fmt.Sprintf("soak%d", i) }

// client calls until ctx ends, with some time to think between two calls.
func (w *witness) client(ctx context.Context, rnd *rand.Rand, client int) {
	for n := 0; ctx.Err() == nil; n++ {
		op := cluster.OpID(fmt.Sprintf("%d-%d-%d", w.round, client, n))
		at, key := rnd.IntN(size), keyName(rnd.IntN(busy))
		if rnd.IntN(2) == 0 {
			if n := w.quiet.Load(); n < 2*quiet && rnd.Float64() < quietOne {
				key = fmt.Sprintf("quiet%d", w.quiet.Add(1)/2)
			}
			w.call(op, at, cluster.OpWrite, key, fmt.Sprintf("v%d-%d-%d", w.round, client, n))
		} else {
			w.call(op, at, cluster.OpRead, key, "")
		}
		pause(ctx, time.Duration(rnd.IntN(60))*time.Millisecond)
	}
}

// pause is the time to think of a client, or the length of a fault: it waits
// for nothing.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

type answer struct {
	Val      string            `json:"val"`
	Siblings []cluster.Sibling `json:"siblings"`
}

// call makes one call at a node and records what its client saw.
func (w *witness) call(op cluster.OpID, at int, kind cluster.RequestKind, key, val string) {
	method, url := http.MethodGet, w.p.nodes[at]+"/database/"+key
	began := cluster.Event{Kind: cluster.KindInvoke, Node: cluster.NodeID(at + 1), Op: op, OpKind: kind, Key: key}
	if kind == cluster.OpWrite {
		method, url = http.MethodPost, url+"/"+val
		began.SetVal(val)
	}
	w.record(began)
	ended := cluster.Event{Kind: cluster.KindReturn, Node: cluster.NodeID(at + 1), Op: op}
	status, a, err := w.do(method, url)
	switch {
	case err == nil:
		ended.Status = cluster.HTTPStatus(status)
	case errors.Is(err, syscall.ECONNREFUSED) || kind == cluster.OpRead:
		ended.Status = cluster.HTTPStatus(http.StatusServiceUnavailable) // nobody took it
	default:
		ended.Status = cluster.HTTPStatus(http.StatusGatewayTimeout) // the node may have died with it
	}
	if kind == cluster.OpRead && status == http.StatusOK {
		ended.SetVal(a.Val)
	}
	w.record(ended)
	w.tally.answered(status)
}

func (w *witness) record(ev cluster.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	ev.T = time.Now().UnixMicro()
	w.hist.Add(ev)
}

func (w *witness) do(method, url string) (int, answer, error) {
	req, err := http.NewRequest(method, url, nil)
	if err != nil {
		return 0, answer{}, err
	}
	caller := http.Client{Timeout: clientPatience, Transport: w.p.http.Transport}
	resp, err := caller.Do(req)
	if err != nil {
		return 0, answer{}, err
	}
	defer resp.Body.Close()
	var a answer
	if resp.StatusCode == http.StatusOK {
		err = json.NewDecoder(resp.Body).Decode(&a)
	} else {
		_, err = io.Copy(io.Discard, resp.Body)
	}
	if err != nil {
		return 0, answer{}, err
	}
	return resp.StatusCode, a, nil
}

// judge reads every key at every node once more and returns the verdict, with
// what is wrong, if anything.
func (w *witness) judge(mode cluster.Mode) (verdict string, wrong []string) {
	for key := range busy {
		for at := range size {
			w.call(cluster.OpID(fmt.Sprintf("%d-last-%d-%d", w.round, key, at)), at, cluster.OpRead, keyName(key), "")
		}
	}
	wrong = w.lost()
	if !modes.Of(mode).Linearizable {
		if len(wrong) == 0 {
			return "nothing lost", nil
		}
		return "lost", wrong
	}
	r := w.hist.Report()
	for _, k := range r.Keys {
		if k.Verdict == history.NotLinearizable {
			wrong = append(wrong, fmt.Sprintf("%s is not linearizable since %s: %s", k.Key, k.Since, k.Why))
			wrong = append(wrong, w.around(k)...)
		}
	}
	return r.Verdict, wrong
}

// around are the operations before and at the one at which a key went wrong.
func (w *witness) around(k history.KeyVerdict) (lines []string) {
	for _, op := range w.hist.List(0).Ops {
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

// lost are the acknowledged writes that no other write can have followed and
// that are there no more, neither as the value nor as a sibling.
func (w *witness) lost() (lost []string) {
	byKey := map[string][]history.Op{}
	for _, op := range w.hist.List(0).Ops {
		if op.Kind == cluster.OpWrite && op.Outcome() != history.Refused {
			byKey[op.Key] = append(byKey[op.Key], op)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(byKey)) {
		writes := byKey[key]
		var there []string
		for _, o := range writes {
			followed := slices.ContainsFunc(writes, func(other history.Op) bool {
				return other.ID != o.ID && (other.Outcome() != history.Accepted || other.Return > o.Invoke)
			})
			if followed || o.Outcome() != history.Accepted {
				continue
			}
			w.checked++
			if there == nil {
				status, got, err := w.do(http.MethodGet, w.p.nodes[0]+"/database/"+key)
				if err != nil || status/100 == 5 {
					lost = append(lost, fmt.Sprintf("%s cannot be read at rest: %d %v", key, status, err))
					break
				}
				there = []string{got.Val}
				for _, s := range got.Siblings {
					there = append(there, s.Val)
				}
			}
			if !slices.Contains(there, o.Val) {
				lost = append(lost, fmt.Sprintf("%s: the acknowledged write of %s is lost; there are %v", key, o.Val, there))
			}
		}
	}
	return lost
}
