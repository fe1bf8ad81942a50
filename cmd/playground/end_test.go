//go:build linux

package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"capplayground/server/servertest"
)

var ends = flag.Int("ends", 3, "how often the playground is killed -9, with none, one and five nodes frozen each")

// outlive is how long a node may live on without its playground.
const outlive = 2 * time.Second

// TestNothingIsLeftHoweverThePlaygroundEnds holds with frozen nodes too.
func TestNothingIsLeftHoweverThePlaygroundEnds(t *testing.T) {
	if testing.Short() {
		t.Skip("starts real processes")
	}
	t.Parallel()
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGKILL} {
		for _, frozen := range []int{0, 1, 5} {
			t.Run(fmt.Sprintf("%v with %d frozen", sig, frozen), func(t *testing.T) {
				times := 1
				if sig == syscall.SIGKILL {
					times = *ends
				}
				var longest time.Duration
				for range times {
					longest = max(longest, endsWell(t, sig, frozen))
				}
				t.Logf("%d times; the last node was gone after %v at most", times, longest)
			})
		}
	}
}

// endsWell starts a playground, ends it, and returns after how long nothing was
// left of it.
func endsWell(t *testing.T, sig syscall.Signal, frozen int) time.Duration {
	t.Helper()
	temp := t.TempDir()
	p, err := servertest.New(t.Context(), servertest.Options{Env: []string{"TMPDIR=" + temp}})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Stop()
	c, err := p.ReadCluster()
	if err != nil {
		t.Fatal(err)
	}
	for id := 1; id <= frozen; id++ {
		if status, answer := p.Control("POST", fmt.Sprintf("/api/nodes/%d/freeze", id), ""); status != 200 {
			t.Fatalf("freeze: %d %s", status, answer)
		}
	}
	if err := p.Signal(sig); err != nil {
		t.Fatal(err)
	}
	if err := p.Err(); sig != syscall.SIGKILL && err != nil {
		t.Errorf("%v ended it with %v", sig, err)
	}
	ended := time.Now()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for _, n := range c.Nodes {
		for alive(n.PID) {
			if <-tick.C; time.Since(ended) > outlive {
				t.Fatalf("node %d outlives its playground", n.ID)
			}
		}
	}
	took := time.Since(ended)
	if left, _ := os.ReadDir(temp); sig != syscall.SIGKILL && len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	return took
}

// alive says whether a process is there and no zombie.
func alive(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && stat[strings.LastIndexByte(string(stat), ')')+2] != 'Z'
}
