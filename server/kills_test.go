//go:build linux

package server

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"sync"
	"syscall"
	"testing"
	"time"

	"capplayground/cluster"
	"capplayground/cluster/modes"
)

var kills = flag.Int("kills", 4, "how many nodes are killed -9 under load, in all modes together")

// killsPerPlayground is so small that a playground retains all its events.
const killsPerPlayground = 10

// loadEvery is the time between two writes. It is long enough that nodes report most
// messages one by one, and not as sums.
const loadEvery = 25 * time.Millisecond

// An event is written before its message leaves. So no kill -9 hides the event of a
// message that another node took in, and none leaves half an event.
func TestNoKillHidesAnEvent(t *testing.T) {
	if testing.Short() {
		t.Skip("starts real processes")
	}
	t.Parallel()
	names := modes.Names()
	for done, n := 0, 0; done < *kills; n++ {
		times := min(killsPerPlayground, *kills-done, max(1, *kills/len(names)))
		mode := names[n%len(names)]
		t.Run(fmt.Sprintf("%d in %s", times, mode), func(t *testing.T) { killUnderLoad(t, mode, times) })
		done += times
	}
}

// killUnderLoad kills nodes at random moments and starts them again, and reads all
// events at the end.
func killUnderLoad(t *testing.T, mode cluster.Mode, times int) {
	r := newRig(t, mode)
	var writers sync.WaitGroup
	stop := make(chan struct{})
	endLoad := sync.OnceFunc(func() { close(stop); writers.Wait() })
	defer endLoad()
	r.Eventually("a write before the kills", func() bool { status, _ := r.Write(1, "key0", "first"); return status == 201 })
	for id := 1; id <= 5; id++ {
		writers.Go(func() { writeUntil(r, id, stop) })
	}
	for range times {
		r.pause(time.Duration(rand.IntN(300)) * time.Millisecond)
		victim := rand.IntN(5)
		node := r.Cluster().Nodes[victim]
		if err := syscall.Kill(node.PID, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		r.Eventually("the node is shown as killed", func() bool { return r.Cluster().Nodes[victim].Status == cluster.StatusKilled })
		r.Do("POST", fmt.Sprintf("/api/nodes/%d/restart", victim+1), "")
	}
	endLoad()
	// Every node answers Apply after all its earlier events. So after Apply the playground
	// has the sent event of each message that was delivered before.
	before := r.Events()
	r.s.play.launch.Apply(t.Context())
	sent := map[string]bool{}
	for _, e := range r.Events() {
		switch e.Kind() {
		case cluster.KindSent:
			sent[e.Message().Msg] = true
		case cluster.KindGap:
			t.Fatalf("%v lost events: %+v", e.Node, e.Body)
		}
	}
	delivered := 0
	for _, e := range before {
		if e.Kind() != cluster.KindDelivered {
			continue
		}
		delivered++
		if m := e.Message(); !sent[m.Msg] {
			t.Errorf("%s was delivered, and no event says that %v sent it", m.Msg, m.From)
		}
	}
	if delivered == 0 {
		t.Error("no message was delivered")
	}
	t.Logf("%d events, %d messages delivered", len(before), delivered)
}

// writeUntil writes at one node until stop is closed. Most of its writes fail while a
// node is dead.
func writeUntil(r *rig, id int, stop <-chan struct{}) {
	tick := time.NewTicker(5 * loadEvery)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-stop:
			return
		case <-tick.C:
			_, _ = r.Write(id, fmt.Sprintf("key%d", n%3), fmt.Sprint(n))
		}
	}
}

// pause lets the load go on for some time before the next kill.
func (r *rig) pause(d time.Duration) {
	select {
	case <-r.t.Context().Done():
	case <-time.After(d):
	}
}
