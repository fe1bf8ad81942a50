package server

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"capplayground/cluster"
)

// A node started by hand takes the place of a killed one, with all but signals.
func TestNodeByHandTakesThePlaceOfAKilledOne(t *testing.T) {
	t.Parallel()
	r := newRig(t, cluster.CP)
	r.do("POST", "/api/nodes/3/kill", "")
	var peers []string
	for _, url := range r.nodes[1:] {
		peers = append(peers, strings.TrimPrefix(url, "http://"))
	}
	cmd := exec.Command(os.Args[0], "node", "3", "--mode", "CP", "--peers", strings.Join(peers, ","),
		"--data", t.TempDir(), "--durability", "process", "--playground", "http://"+r.s.ln.Addr().String())
	cmd.Stderr = t.Output()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	status := func(want cluster.Status) func() bool {
		return func() bool { return r.cluster().Nodes[2].Status == want }
	}
	r.eventually("it is up", status(cluster.StatusUp))
	if pid := r.cluster().Nodes[2].PID; pid != cmd.Process.Pid {
		t.Errorf("its pid is %d (want %d)", pid, cmd.Process.Pid)
	}
	r.eventually("a write by it", func() bool { s, _ := r.write(3, "city", "Graz"); return s == 201 })
	seen := false
	for _, e := range r.settled() {
		seen = seen || e.Kind == cluster.KindSent && e.From == 3
	}
	if !seen {
		t.Error("its messages are not seen")
	}
	r.do("POST", "/api/nodes/3/freeze", "")
	if n := r.cluster().Nodes[2]; n.Status != cluster.StatusFrozen || n.Freeze != "self" {
		t.Errorf("frozen by itself: %+v", n)
	}
	r.do("POST", "/api/nodes/3/unfreeze", "")
	for _, verb := range []string{"kill", "restart"} {
		if s, body := r.call("POST", r.url+"/api/nodes/3/"+verb, ""); s != 409 {
			t.Errorf("%s: %d %s (want 409)", verb, s, body)
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	r.eventually("it is killed", status(cluster.StatusKilled))
	r.do("POST", "/api/nodes/3/restart", "") // and one of ours takes its place again
}
