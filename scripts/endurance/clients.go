package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"capplayground/cluster"
	"capplayground/cluster/modes"
	"capplayground/server/history"
	"capplayground/server/servertest"
)

// Clients share a few busy keys, so that their operations overlap. All other keys are
// quiet: they are written twice and then left alone. At the end of a round the quiet
// keys show whether acknowledged writes are still there.
const (
	busy       = 3
	quiet      = 400     // quiet keys of one round
	quietShare = 1.0 / 8 // the part of the writes that go to quiet keys
)

// clientPatience is how long a client waits for an answer, in real time. A node that
// runs answers within two virtual seconds.
const clientPatience = 3 * time.Second

// witness records the operations of the clients of one round. The times are those of
// the clients' clock.
type witness struct {
	*servertest.Witness
	tally *tally
	round int

	quiet   atomic.Int64 // writes to quiet keys
	checked int          // acknowledged writes that were read again at the end
}

func newWitness(p *servertest.Playground, t *tally, round int) *witness {
	return &witness{Witness: servertest.NewWitness(p, clientPatience), tally: t, round: round}
}

func keyName(i int) string { return fmt.Sprintf("soak%d", i) }

// client runs one client until ctx ends, with a pause between two calls.
func (w *witness) client(ctx context.Context, rnd *rand.Rand, client int) {
	for n := 0; ctx.Err() == nil; n++ {
		op := cluster.OpID(fmt.Sprintf("%d-%d-%d", w.round, client, n))
		at, key := rnd.IntN(size), keyName(rnd.IntN(busy))
		if rnd.IntN(2) == 0 {
			if n := w.quiet.Load(); n < 2*quiet && rnd.Float64() < quietShare {
				key = fmt.Sprintf("quiet%d", w.quiet.Add(1)/2)
			}
			w.call(op, at, cluster.OpWrite, key, fmt.Sprintf("v%d-%d-%d", w.round, client, n))
		} else {
			w.call(op, at, cluster.OpRead, key, "")
		}
		pause(ctx, time.Duration(rnd.IntN(60))*time.Millisecond)
	}
}

// pause waits for the time d, or until ctx ends. It is the pause of a client or the
// length of a fault. It does not wait for a condition.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// call makes one call at a node.
func (w *witness) call(op cluster.OpID, at int, kind cluster.RequestKind, key, val string) {
	w.tally.answered(w.Call(op, at+1, kind, key, val))
}

// judge reads every busy key at every node once more, and looks for the acknowledged
// writes of all keys. It returns the verdict, and lines that describe each mistake.
func (w *witness) judge(mode cluster.Mode) (verdict string, wrong []string) {
	for key := range busy {
		for at := range size {
			w.call(cluster.OpID(fmt.Sprintf("%d-last-%d-%d", w.round, key, at)), at, cluster.OpRead, keyName(key), "")
		}
	}
	wrong, w.checked = w.Lost()
	if !modes.Of(mode).Linearizable {
		if len(wrong) == 0 {
			return "nothing lost", nil
		}
		return "lost", wrong
	}
	r := w.Report()
	for _, k := range r.Keys {
		if k.Verdict == history.NotLinearizable {
			wrong = append(wrong, fmt.Sprintf("%s is not linearizable since %s: %s", k.Key, k.Since, k.Why))
			wrong = append(wrong, w.Before(k)...)
		}
	}
	return r.Verdict, wrong
}
