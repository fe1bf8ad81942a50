package main_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"capplayground/cluster"
	"capplayground/cluster/loopback"
	"capplayground/server/history"
)

var (
	huntFor  = flag.Duration("hunt", 10*time.Second, "how long to put faults on five real processes, per mode")
	huntSeed = flag.Uint64("hunt-seed", 0, "the seed of the faults and the load; 0 takes one from the clock")
)

// TestHunt puts load and faults on five real processes, through nothing but
// the REST APIs, and judges what the clients saw. The clock of the intervals is
// the clients' own.
func TestHunt(t *testing.T) {
	if testing.Short() {
		t.Skip("a hunt takes its time")
	}
	binary := build(t)
	seed := *huntSeed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	for _, mode := range []cluster.Mode{"CA", "AP", "CP"} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			t.Logf("seed %d (repeat the faults and the load with -hunt-seed)", seed)
			h := startHunt(t, binary, mode, seed)
			h.settle()
			h.run(*huntFor, h.fault)
			h.recover()
			h.judge()
		})
	}
}

// build makes the program.
func build(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "playground")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return binary
}

type hunt struct {
	t     *testing.T
	mode  cluster.Mode
	seed  uint64
	api   string   // http://host:port of the playground
	nodes []string // http://host:port of each
	http  *http.Client
	pid   int // of the playground

	mu   sync.Mutex // history.Add sees events in the order of their times
	hist *history.History
	ops  atomic.Int64
	good atomic.Int64
}

// startHunt starts a playground of the binary and waits until its nodes serve.
func startHunt(t *testing.T, binary string, mode cluster.Mode, seed uint64) *hunt {
	t.Helper()
	block := loopback.Test(t, 5)
	h := &hunt{
		t: t, mode: mode, seed: seed, api: "http://" + block.Playground, hist: history.New(history.Config{MaxOps: 1 << 20}),
		http: &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 32}},
	}
	for _, addr := range block.Addrs {
		h.nodes = append(h.nodes, "http://"+addr)
	}
	var log bytes.Buffer
	cmd := exec.Command(binary, "--listen", block.Playground, "--peers", strings.Join(block.Addrs, ","), "--mode", string(mode))
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	h.pid = cmd.Process.Pid
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		err := cmd.Wait()
		if t.Failed() {
			t.Logf("the playground ended with %v and said:\n%s", err, log.String())
		}
	})
	h.await("five nodes up", 20*time.Second, h.allUp)
	return h
}

// clients and keys make the load: few keys, so that operations meet.
const (
	clients = 6
	keys    = 3
)

// settle writes every key once before anything goes wrong: a value can be lost
// only where there is one.
func (h *hunt) settle() {
	for key := range keys {
		tries := 0
		h.await("a write before the faults", 20*time.Second, func() error {
			tries++
			h.call(cluster.OpID(fmt.Sprintf("first-%d-%d", key, tries)), 1, cluster.OpWrite, fmt.Sprintf("key%d", key), fmt.Sprintf("first%d", tries))
			if h.good.Load() <= int64(key) {
				return fmt.Errorf("key%d is not written", key)
			}
			return nil
		})
	}
}

// A hunt shows something when at least so many operations succeeded. Where a
// machine is busy, or a fault that stays stops a mode for long, that takes more
// than the span; overtime bounds it.
const (
	enough   = 100
	overtime = time.Minute
)

// run lets clients and faults loose for a while, and until enough succeeded.
func (h *hunt) run(span time.Duration, fault func(context.Context, *rand.Rand)) {
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

// pause is the think time of a client or the length of a fault: load, not
// waiting for anything.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// operation makes one random call and records what its client saw.
func (h *hunt) operation(rnd *rand.Rand, client, n int) {
	op := cluster.OpID(fmt.Sprintf("%d-%d", client, n))
	node, key := cluster.NodeID(rnd.IntN(5)+1), fmt.Sprintf("key%d", rnd.IntN(keys))
	if rnd.IntN(2) == 0 {
		h.call(op, node, cluster.OpWrite, key, fmt.Sprintf("v%d-%d", client, n))
	} else {
		h.call(op, node, cluster.OpRead, key, "")
	}
}

func (h *hunt) call(op cluster.OpID, node cluster.NodeID, kind cluster.RequestKind, key, val string) {
	h.ops.Add(1)
	method, url := http.MethodGet, h.nodes[node-1]+"/database/"+key
	began := cluster.Event{Kind: cluster.KindInvoke, Node: node, Op: op, OpKind: kind, Key: key}
	if kind == cluster.OpWrite {
		method, url = http.MethodPost, url+"/"+val
		began.SetVal(val)
	}
	h.record(began)
	ended := cluster.Event{Kind: cluster.KindReturn, Node: node, Op: op}
	status, answer, err := h.do(method, url, "")
	switch {
	case err == nil:
		ended.Status = cluster.HTTPStatus(status)
	case errors.Is(err, syscall.ECONNREFUSED) || kind == cluster.OpRead:
		ended.Status = cluster.HTTPStatus(503) // nobody took it
	default:
		ended.Status = cluster.HTTPStatus(504) // the node may have died with it
	}
	if kind == cluster.OpRead && status == 200 {
		ended.SetVal(answer.Val)
	}
	if err == nil && status/100 == 2 {
		h.good.Add(1)
	}
	h.record(ended)
}

func (h *hunt) record(ev cluster.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	ev.T = time.Now().UnixMicro()
	h.hist.Add(ev)
}

type answer struct {
	Val      string            `json:"val"`
	Version  string            `json:"version"`
	Siblings []cluster.Sibling `json:"siblings"`
}

func (h *hunt) do(method, url, body string) (int, answer, error) {
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		return 0, answer{}, err
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := h.http.Do(req)
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
	return resp.StatusCode, a, err
}

// control calls the playground and fails the test on any other status than
// those wanted.
func (h *hunt) control(method, path, body string, want ...int) {
	h.t.Helper()
	status, _, err := h.do(method, h.api+path, body)
	if err != nil || !slices.Contains(append(want, 200), status) {
		h.t.Errorf("%s %s %s: status %d, error %v", method, path, body, status, err)
	}
}

// fault puts one random fault on the cluster for a moment, and sometimes
// leaves it there for the next to come on top.
func (h *hunt) fault(ctx context.Context, rnd *rand.Rand) {
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
		h.control("POST", at+"restart", "", 409)
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

// recover takes every fault away and waits until the cluster has come to rest.
func (h *hunt) recover() {
	h.control("POST", "/api/heal", "")
	for node := 1; node <= 5; node++ {
		h.control("POST", fmt.Sprintf("/api/nodes/%d/restart", node), "", 409)
	}
	h.await("five nodes up", 20*time.Second, h.allUp)
	switch h.mode {
	case "CA":
		h.await("no lock left and five equal", 60*time.Second, h.equalAt(func(cluster.KeyState) []cluster.NodeID { return []cluster.NodeID{1, 2, 3, 4, 5} }))
	case "AP":
		h.await("the homes of each key equal", 60*time.Second, h.equalAt(func(k cluster.KeyState) []cluster.NodeID { return k.Homes }))
	}
}

// await polls until the condition holds, and fails the test with the reason
// that it gave last.
func (h *hunt) await(what string, patience time.Duration, holds func() error) {
	h.t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := holds()
		if err == nil {
			return
		}
		select {
		case <-deadline:
			h.t.Fatalf("%s: not within %v: %v", what, patience, err)
		case <-tick.C:
		}
	}
}

func (h *hunt) get(url string, into any) error {
	resp, err := h.http.Get(url)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return errors.New(resp.Status)
	}
	return json.NewDecoder(resp.Body).Decode(into)
}

func (h *hunt) allUp() error {
	var c struct {
		Nodes []struct {
			ID     cluster.NodeID `json:"id"`
			Status string         `json:"status"`
			Silent bool           `json:"silent"`
		} `json:"nodes"`
	}
	if err := h.get(h.api+"/api/cluster", &c); err != nil {
		return err
	}
	if len(c.Nodes) != 5 {
		return fmt.Errorf("%d nodes", len(c.Nodes))
	}
	for _, n := range c.Nodes {
		if n.Status != cluster.StatusUp || n.Silent {
			return fmt.Errorf("node %d is %s, silent %v", n.ID, n.Status, n.Silent)
		}
	}
	return nil
}

// equalAt says that no transaction is undecided, no hint is held, and that the
// nodes named for each key hold the same of it.
func (h *hunt) equalAt(where func(cluster.KeyState) []cluster.NodeID) func() error {
	return func() error {
		held := map[string]map[cluster.NodeID]string{}
		homes := map[string][]cluster.NodeID{}
		for i, url := range h.nodes {
			var s cluster.Snapshot
			if err := h.get(url+"/admin/state", &s); err != nil {
				return err
			}
			if len(s.Undecided) > 0 || len(s.Hints) > 0 {
				return fmt.Errorf("node %d: undecided %v, hints %v", i+1, s.Undecided, s.Hints)
			}
			for _, k := range s.Keys {
				if k.LockedBy != "" {
					return fmt.Errorf("node %d: %s is locked by %s", i+1, k.Key, k.LockedBy)
				}
				if held[k.Key] == nil {
					held[k.Key] = map[cluster.NodeID]string{}
				}
				held[k.Key][cluster.NodeID(i+1)] = fmt.Sprint(k.Val, k.Version, k.Siblings)
				if len(where(k)) > 0 {
					homes[k.Key] = where(k)
				}
			}
		}
		for key, at := range homes {
			for _, node := range at[1:] {
				if held[key][node] != held[key][at[0]] {
					return fmt.Errorf("%s: node %d holds %q, node %d %q", key, at[0], held[key][at[0]], node, held[key][node])
				}
			}
		}
		return nil
	}
}

// judge reads every key at every node once more and looks at the whole.
func (h *hunt) judge() {
	for key := range keys {
		for node := cluster.NodeID(1); node <= 5; node++ {
			h.call(cluster.OpID(fmt.Sprintf("last-%d-%d", key, node)), node, cluster.OpRead, fmt.Sprintf("key%d", key), "")
		}
	}
	h.t.Logf("%d operations, %d of them answered 2xx", h.ops.Load(), h.good.Load())
	if h.good.Load() < enough {
		h.t.Errorf("hardly anything succeeded: this hunt shows nothing")
	}
	if h.mode == "AP" {
		h.nothingAcknowledgedIsLost()
		return
	}
	if r := h.hist.Report(); r.Verdict != history.Linearizable {
		h.t.Errorf("what the clients saw is %s: %+v", r.Verdict, r.Keys)
		for _, k := range r.Keys {
			if k.Verdict == history.NotLinearizable {
				h.explain(k)
			}
		}
	}
}

// explain prints the operations around the one at which a key went wrong.
func (h *hunt) explain(k history.KeyVerdict) {
	var of []history.Op
	at := 0
	for _, op := range h.hist.List(0).Ops {
		if op.Key == k.Key {
			if op.ID == k.Since {
				at = len(of)
			}
			of = append(of, op)
		}
	}
	for _, op := range of[max(0, at-20):min(len(of), at+5)] {
		h.t.Logf("%d-%d n%d %s %s %s = %d", op.Invoke, op.Return, op.Node, op.Kind, op.Key, op.Val, op.Status)
	}
}

// nothingAcknowledgedIsLost checks that every acknowledged write which no other
// write can have followed is still there, as the value or as a sibling.
func (h *hunt) nothingAcknowledgedIsLost() {
	byKey := map[string][]history.Op{}
	for _, op := range h.hist.List(0).Ops {
		if op.Kind == cluster.OpWrite && op.Outcome() != history.Refused {
			byKey[op.Key] = append(byKey[op.Key], op)
		}
	}
	for key, writes := range byKey {
		_, got, err := h.do(http.MethodGet, h.nodes[0]+"/database/"+key, "")
		if err != nil {
			h.t.Errorf("%s: %v", key, err)
			continue
		}
		there := []string{got.Val}
		for _, s := range got.Siblings {
			there = append(there, s.Val)
		}
		for _, w := range writes {
			followed := slices.ContainsFunc(writes, func(o history.Op) bool {
				return o.ID != w.ID && (o.Outcome() != history.Accepted || o.Return > w.Invoke)
			})
			if w.Outcome() == history.Accepted && !followed && !slices.Contains(there, w.Val) {
				h.t.Errorf("%s: the acknowledged write of %s is lost; there are %v", key, w.Val, there)
			}
		}
	}
}
