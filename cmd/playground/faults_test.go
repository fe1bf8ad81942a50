package main_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"capplayground/cluster"
	"capplayground/cluster/modes"
	"capplayground/server/history"
	"capplayground/server/servertest"
)

var (
	faultsFor  = flag.Duration("faults", 10*time.Second, "how long to put faults on five real processes, per mode")
	faultsSeed = flag.Uint64("faults-seed", 0, "the seed of the faults and the load; 0 takes one from the clock")
)

// TestFaultsOnRealProcesses puts load and faults on five real processes, by the REST APIs
// alone. It judges the answers that the clients got. The clients measure the times of the
// operations.
func TestFaultsOnRealProcesses(t *testing.T) {
	if testing.Short() {
		t.Skip("this test takes long")
	}
	t.Parallel()
	seed := *faultsSeed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	for _, mode := range modes.Names() {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			t.Logf("seed %d (repeat the faults and the load with -faults-seed)", seed)
			h := startFaultRun(t, mode, seed)
			h.settle()
			h.run(*faultsFor, h.fault)
			h.recover()
			h.judge()
		})
	}
}

// faultRun is a playground with clients and faults on it.
type faultRun struct {
	*servertest.Test
	t       *testing.T
	mode    cluster.Mode
	seed    uint64
	clients *servertest.Witness
	ops     atomic.Int64
	good    atomic.Int64
}

// startFaultRun starts a playground and waits until its nodes serve.
func startFaultRun(t *testing.T, mode cluster.Mode, seed uint64) *faultRun {
	t.Helper()
	p := servertest.Start(t, servertest.Options{Flags: []string{"--mode", string(mode)}, Durability: "disk", KeepAlive: true})
	return &faultRun{Test: p, t: t, mode: mode, seed: seed, clients: servertest.NewWitness(p.Playground, 10*time.Second)}
}

// clients and keys make the load: there are few keys, so that operations on the same key
// overlap.
const (
	clients = 6
	keys    = 3
)

// settle writes every key once before the first fault. A key without a value could
// not lose one.
func (h *faultRun) settle() {
	for key := range keys {
		tries := 0
		h.Await("a write before the faults", servertest.Patience, func() error {
			tries++
			h.call(cluster.OpID(fmt.Sprintf("first-%d-%d", key, tries)), 1, cluster.OpWrite, fmt.Sprintf("key%d", key), fmt.Sprintf("first%d", tries))
			if h.good.Load() <= int64(key) {
				return fmt.Errorf("key%d is not written", key)
			}
			return nil
		})
	}
}

// A run proves something only if enough operations succeeded. On a busy machine, or where a
// fault stops a mode for long, that takes longer than the span. overtime bounds the time
// that is added.
const (
	enough   = 100
	overtime = time.Minute
)

// run makes load and faults for the span, and goes on until enough operations succeeded.
func (h *faultRun) run(span time.Duration, fault func(context.Context, *rand.Rand)) {
	ctx, cancel := context.WithTimeout(context.Background(), span+overtime)
	defer cancel()
	var wg sync.WaitGroup
	wg.Go(func() {
		defer cancel()
		pause(ctx, span)
		for ctx.Err() == nil && h.good.Load() < enough {
			pause(ctx, 20*time.Millisecond)
		}
	})
	for c := range clients {
		wg.Go(func() {
			rnd := rand.New(rand.NewPCG(h.seed, uint64(c)))
			for n := 0; ctx.Err() == nil; n++ {
				h.operation(rnd, c, n)
				pause(ctx, time.Duration(rnd.IntN(8))*time.Millisecond)
			}
		})
	}
	wg.Go(func() {
		rnd := rand.New(rand.NewPCG(h.seed, 1<<32))
		for ctx.Err() == nil {
			fault(ctx, rnd)
		}
	})
	wg.Wait()
}

// pause is the think time of a client or the length of a fault. It waits for no
// condition: it is part of the load.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// operation makes one random call and records its answer.
func (h *faultRun) operation(rnd *rand.Rand, client, n int) {
	op := cluster.OpID(fmt.Sprintf("%d-%d", client, n))
	node, key := 1+rnd.IntN(5), fmt.Sprintf("key%d", rnd.IntN(keys))
	if rnd.IntN(2) == 0 {
		h.call(op, node, cluster.OpWrite, key, fmt.Sprintf("v%d-%d", client, n))
	} else {
		h.call(op, node, cluster.OpRead, key, "")
	}
}

func (h *faultRun) call(op cluster.OpID, node int, kind cluster.RequestKind, key, val string) {
	h.ops.Add(1)
	if status := h.clients.Call(op, node, kind, key, val); status/100 == 2 {
		h.good.Add(1)
	}
}

// control calls the playground. The answer must be 200 or one of the statuses
// wanted.
func (h *faultRun) control(method, path, body string, want ...int) {
	h.t.Helper()
	status, answer := h.Control(method, path, body)
	if !slices.Contains(append(want, http.StatusOK), status) {
		h.t.Errorf("%s %s %s: %d %s", method, path, body, status, answer)
	}
}

// fault puts one random fault on the cluster for a moment. Some faults stay, and the
// next one is added to them.
func (h *faultRun) fault(ctx context.Context, rnd *rand.Rand) {
	node := 1 + rnd.IntN(5)
	at := fmt.Sprintf("/api/nodes/%d/", node)
	hold := time.Duration(50+rnd.IntN(600)) * time.Millisecond
	switch rnd.IntN(7) {
	case 0:
		h.control("POST", at+"freeze", "", 409)
		pause(ctx, 3*hold)
		h.control("POST", at+"unfreeze", "", 409)
	case 1:
		h.control("POST", at+"kill", "", 409)
		pause(ctx, hold)
		h.control("POST", at+"restart", "", 409, 503) // 503: a busy machine did not start it in time; recover waits for it
	case 2:
		shuffled := rnd.Perm(5)
		cut := 1 + rnd.IntN(2)
		h.control("POST", "/api/partition", fmt.Sprintf(`{"groups":[%s,%s]}`, group(shuffled[:cut]), group(shuffled[cut:])))
		pause(ctx, 3*hold)
		h.control("POST", "/api/heal", "")
	case 3:
		h.control("POST", at+"isolate", "", 409)
		pause(ctx, hold)
		h.control("POST", at+"rejoin", "", 409)
	case 4:
		other := 1 + (node+rnd.IntN(4))%5
		h.control("PUT", fmt.Sprintf("/api/links/%d/%d", node, other), fmt.Sprintf(`{"cut":false,"delay_ms":%d,"jitter_ms":%d,"loss":%.2f}`, rnd.IntN(50), rnd.IntN(100), rnd.Float64()/2))
		pause(ctx, hold)
	case 5:
		other := 1 + (node+rnd.IntN(4))%5
		h.control("PUT", fmt.Sprintf("/api/links/%d/%d", node, other), `{"cut":true,"delay_ms":0,"jitter_ms":0,"loss":0}`)
		pause(ctx, hold)
	default:
		h.control("POST", "/api/heal", "")
		pause(ctx, hold)
	}
}

func group(nodes []int) string {
	var names []string
	for _, n := range nodes {
		names = append(names, fmt.Sprint(n+1))
	}
	return "[" + strings.Join(names, ",") + "]"
}

// recover ends all faults and waits until the cluster is at rest.
func (h *faultRun) recover() {
	h.control("POST", "/api/heal", "")
	for node := 1; node <= 5; node++ {
		h.control("POST", fmt.Sprintf("/api/nodes/%d/restart", node), "", 409, 503)
	}
	h.Await("five nodes up", servertest.Patience, h.AllUp)
	h.Await("the nodes at rest", 60*time.Second, func() error { return h.AtRest(h.mode) })
}

// judge reads every key at every node once more, then judges all operations.
func (h *faultRun) judge() {
	for key := range keys {
		for node := 1; node <= 5; node++ {
			h.call(cluster.OpID(fmt.Sprintf("last-%d-%d", key, node)), node, cluster.OpRead, fmt.Sprintf("key%d", key), "")
		}
	}
	h.t.Logf("%d operations, %d of them answered 2xx", h.ops.Load(), h.good.Load())
	if h.good.Load() < enough {
		h.t.Errorf("too few operations succeeded: this run proves nothing")
	}
	if h.mode == "AP" {
		if lost, _ := h.clients.Lost(); len(lost) > 0 {
			h.t.Errorf("acknowledged writes are lost:\n%s", strings.Join(lost, "\n"))
		}
		return
	}
	r := h.clients.Report()
	for end := time.Now().Add(servertest.Patience); r.Verdict == history.TooMany && time.Now().Before(end); r = h.clients.Report() {
		pause(h.t.Context(), 100*time.Millisecond) // on a busy machine the search needs longer
	}
	switch r.Verdict {
	case history.Linearizable:
	case history.TooMany:
		h.t.Logf("the search for an order of all operations took too long: %+v", r.Keys)
	default:
		h.t.Errorf("the history of the clients is %s: %+v", r.Verdict, r.Keys)
		for _, k := range r.Keys {
			if k.Verdict == history.NotLinearizable {
				h.t.Logf("%s:\n%s", k.Key, strings.Join(h.clients.Before(k), "\n"))
			}
		}
	}
}
