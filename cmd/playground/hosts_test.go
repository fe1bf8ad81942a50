//go:build linux

package main_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"capplayground/cluster"
	"capplayground/cluster/modes"
	"capplayground/server/servertest"
)

// Settings of all hosts.
const (
	hostsEnv   = "CAP_TEST_HOSTS" // names the program for TestHostsInside
	hostsToken = "s3cret"
	hostsNet   = "10.77.0." // node i is .i, the playground is .254

	// hostsRoom hides the names of the hosts from all other programs.
	hostsRoom = "mkdir -p /run/netns; mount -t tmpfs tmpfs /run/netns; "
)

// TestHosts runs TestHostsInside in a network of its own: five hosts on a switch.
func TestHosts(t *testing.T) {
	if testing.Short() {
		t.Skip("this test takes long")
	}
	if os.Getuid() != 0 {
		t.Skip("needs root: it makes network namespaces")
	}
	probe := exec.Command("unshare", "--net", "--mount", "bash", "-ec", hostsRoom+`ip netns add probe; ip link add name veth0 type veth peer name eth0 netns probe; ip link add name switch type bridge`)
	if out, err := probe.CombinedOutput(); err != nil {
		t.Skipf("no network namespaces here: %v %s", err, out)
	}
	t.Parallel()
	binary := servertest.MustProgram(t)
	cmd := exec.Command("unshare", "--net", "--mount", "bash", "-ec", hostsRoom+`exec "$0" "$@"`,
		os.Args[0], "-test.run=^TestHostsInside$", "-test.v", "-faults", faultsFor.String(), "-faults-seed", fmt.Sprint(*faultsSeed))
	cmd.Env = append(os.Environ(), hostsEnv+"="+binary)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	} else {
		t.Logf("%s", out)
	}
}

// TestHostsInside starts a playground on one host and a node on each of five others. They
// join with a token. The test takes their links down and judges the answers that the
// clients got.
func TestHostsInside(t *testing.T) {
	binary := os.Getenv(hostsEnv)
	if binary == "" {
		t.Skip("only inside TestHosts")
	}
	ip(t, "link set lo up")
	ip(t, "link add name switch type bridge")
	ip(t, "addr add "+hostsNet+"254/24 dev switch")
	ip(t, "link set switch up")
	for i := 1; i <= 5; i++ {
		name := host(i)
		ip(t, "netns add "+name)
		ip(t, fmt.Sprintf("link add name port%d type veth peer name eth0 netns %s", i, name))
		ip(t, fmt.Sprintf("link set port%d master switch up", i))
		ip(t, fmt.Sprintf("-n %s addr add %s%d/24 dev eth0", name, hostsNet, i))
		ip(t, fmt.Sprintf("-n %s link set eth0 up", name))
		ip(t, fmt.Sprintf("-n %s link set lo up", name))
	}
	seed := *faultsSeed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	for _, mode := range modes.Names() {
		t.Run(string(mode), func(t *testing.T) {
			t.Logf("seed %d (repeat the faults and the load with -faults-seed)", seed)
			h := startHosts(t, binary, mode, seed)
			h.oneLinkDown()
			h.run(*faultsFor/2, h.unplug)
			h.recover()
			h.judge()
		})
	}
}

func host(i int) string { return fmt.Sprintf("host%d", i) }

func ip(t *testing.T, args string) {
	t.Helper()
	if out, err := exec.Command("ip", strings.Fields(args)...).CombinedOutput(); err != nil {
		t.Fatalf("ip %s: %v %s", args, err, out)
	}
}

// startHosts starts the playground here and each node on its host, and returns
// when all have joined.
func startHosts(t *testing.T, binary string, mode cluster.Mode, seed uint64) *faultRun {
	t.Helper()
	place := servertest.Place{Listen: hostsNet + "254:8080"}
	for i := 1; i <= 5; i++ {
		place.Nodes = append(place.Nodes, fmt.Sprintf("%s%d:3001", hostsNet, i))
	}
	p := servertest.At(place, hostsToken).Test(t)
	t.Cleanup(p.Stop)
	h := &faultRun{Test: p, t: t, mode: mode, seed: seed, clients: servertest.NewWitness(p.Playground, 4*time.Second)}
	start := func(name string, args ...string) {
		var log bytes.Buffer
		cmd := exec.Command(name, args...)
		cmd.Env = append(os.Environ(), "MODE=", "CAP_TOKEN="+hostsToken)
		cmd.Stderr = &log
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			_ = cmd.Process.Signal(syscall.SIGTERM)
			err := cmd.Wait()
			if t.Failed() {
				t.Logf("%v ended with %v and said:\n%s", args, err, log.String())
			}
		})
	}
	start(binary, "--attach", "--listen", place.Listen, "--peers", strings.Join(place.Nodes, ","), "--mode", string(mode))
	h.Await("the playground serves", servertest.Patience, func() error { _, err := h.ReadCluster(); return err })
	for i := range 5 {
		start("ip", "netns", "exec", host(i+1), binary, "node", fmt.Sprint(i+1), "--data", t.TempDir(), "--playground", h.URL)
	}
	h.Await("five nodes joined", servertest.Patience, h.AllUp)
	return h
}

// oneLinkDown writes once while the link of node 5 is down, and checks the answer.
func (h *faultRun) oneLinkDown() {
	ip(h.t, "link set port5 down")
	h.Await("node 5 is silent", servertest.Patience, func() error {
		c, err := h.ReadCluster()
		if err == nil && !c.Nodes[4].Silent {
			err = fmt.Errorf("%+v", c.Nodes)
		}
		return err
	})
	h.writeWithoutNode5()
	ip(h.t, "link set port5 up")
	began := time.Now()
	h.Await("five nodes up", servertest.Patience, h.AllUp)
	h.t.Logf("node 5 is back %v after its link", time.Since(began))
}

// writeWithoutNode5 writes at node 1 and checks the answer. In RAFT node 5 may have been
// the leader. Then the others must first elect a leader.
func (h *faultRun) writeWithoutNode5() {
	want := map[cluster.Mode]int{"CA": 503, "AP": 201, "CP": 201, "RAFT": 201}[h.mode]
	tries := 0
	write := func() error {
		tries++
		if status, answer := h.Write(1, "before", fmt.Sprint(tries)); status != want {
			return fmt.Errorf("a write without node 5: %d %s (want %d)", status, answer, want)
		}
		return nil
	}
	if h.mode == "RAFT" {
		h.Await("a leader without node 5", servertest.Patience, write)
	} else if err := write(); err != nil {
		h.t.Error(err)
	}
}

// unplug takes the links of one or two hosts down for a moment. Sometimes the
// playground freezes another node meanwhile.
func (h *faultRun) unplug(ctx context.Context, rnd *rand.Rand) {
	down := rnd.Perm(5)[:1+rnd.IntN(2)]
	for _, i := range down {
		ip(h.t, fmt.Sprintf("link set port%d down", i+1))
	}
	pause(ctx, time.Duration(100+rnd.IntN(1500))*time.Millisecond)
	if rnd.IntN(3) == 0 {
		at := fmt.Sprintf("/api/nodes/%d/", 1+rnd.IntN(5))
		h.control("POST", at+"freeze", "", 409)
		pause(ctx, time.Duration(100+rnd.IntN(500))*time.Millisecond)
		h.control("POST", at+"unfreeze", "", 409)
	}
	for _, i := range down {
		ip(h.t, fmt.Sprintf("link set port%d up", i+1))
	}
	pause(ctx, time.Duration(500+rnd.IntN(2000))*time.Millisecond)
}
