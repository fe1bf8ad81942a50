//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"syscall"
	"testing"

	"capplayground/cluster"
	"capplayground/server/servertest"
)

// TestNothingIsLeftOfLanes ends a playground of three lanes, one of which is frozen.
func TestNothingIsLeftOfLanes(t *testing.T) {
	if testing.Short() {
		t.Skip("starts real processes")
	}
	t.Parallel()
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGKILL} {
		t.Run(sig.String(), func(t *testing.T) {
			temp := t.TempDir()
			p, err := servertest.New(t.Context(), servertest.Options{Env: []string{"TMPDIR=" + temp}, Lanes: []cluster.Mode{"CA", "AP", "CP"}})
			if err != nil {
				t.Fatal(err)
			}
			defer p.Stop()
			for id := 1; id <= 5; id++ {
				if status, answer := p.Control("POST", fmt.Sprintf("/api/lanes/AP/nodes/%d/freeze", id), ""); status != 200 {
					t.Fatalf("freeze: %d %s", status, answer)
				}
			}
			pids := nodesOfLanes(t, p)
			if len(pids) != 15 {
				t.Errorf("%d nodes; it said:\n%s", len(pids), p.Log())
			}
			if err := p.Signal(sig); err != nil {
				t.Fatal(err)
			}
			if err := p.Err(); sig != syscall.SIGKILL && err != nil {
				t.Errorf("%v ended it with %v", sig, err)
			}
			allGone(t, pids)
			if left, _ := os.ReadDir(temp); sig != syscall.SIGKILL && len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// nodesOfLanes returns the start times of the node processes of all lanes, by process
// number.
func nodesOfLanes(t *testing.T, p *servertest.Playground) map[int]string {
	t.Helper()
	_, text := p.Control("GET", "/api/lanes/cluster", "")
	var answer struct {
		Lanes []struct {
			Body struct {
				Nodes []struct {
					PID int `json:"pid"`
				} `json:"nodes"`
			} `json:"body"`
		} `json:"lanes"`
	}
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	pids := map[int]string{}
	for _, lane := range answer.Lanes {
		for _, n := range lane.Body.Nodes {
			pids[n.PID] = running(n.PID)
		}
	}
	return pids
}
