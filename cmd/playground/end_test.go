//go:build linux

package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"capplayground/cluster/loopback"
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
	binary := filepath.Join(t.TempDir(), "playground")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGKILL} {
		for _, frozen := range []int{0, 1, 5} {
			t.Run(fmt.Sprintf("%v with %d frozen", sig, frozen), func(t *testing.T) {
				times := 1
				if sig == syscall.SIGKILL {
					times = *ends
				}
				var longest time.Duration
				for range times {
					longest = max(longest, endsWell(t, binary, sig, frozen))
				}
				t.Logf("%d times; the last node was gone after %v at most", times, longest)
			})
		}
	}
}

// endsWell starts a playground, ends it, and returns after how long nothing was
// left of it.
func endsWell(t *testing.T, binary string, sig syscall.Signal, frozen int) time.Duration {
	t.Helper()
	block := loopback.Test(t, 5)
	defer block.Close()
	temp := t.TempDir()
	cmd := exec.Command(binary, "--listen", block.Playground, "--peers", strings.Join(block.Addrs, ","))
	cmd.Env = append(os.Environ(), "TMPDIR="+temp)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill()
	lines := bufio.NewScanner(out)
	for n := 0; n < 3; n++ {
		if !lines.Scan() {
			t.Fatal("it did not say where it is")
		}
	}
	api := "http://" + block.Playground + "/api/"
	var c struct{ Nodes []struct{ ID, PID int } }
	resp, err := http.Get(api + "cluster")
	if err != nil {
		t.Fatal(err)
	}
	err = json.NewDecoder(resp.Body).Decode(&c)
	resp.Body.Close()
	if err != nil || len(c.Nodes) != 5 {
		t.Fatalf("cluster: %v %+v", err, c)
	}
	for id := 1; id <= frozen; id++ {
		resp, err := http.Post(fmt.Sprintf("%snodes/%d/freeze", api, id), "", nil)
		if err != nil || resp.StatusCode != 200 {
			t.Fatalf("freeze: %v %v", err, resp)
		}
		resp.Body.Close()
	}
	http.DefaultClient.CloseIdleConnections()
	if err := cmd.Process.Signal(sig); err != nil {
		t.Fatal(err)
	}
	err = cmd.Wait()
	if sig != syscall.SIGKILL && err != nil {
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
