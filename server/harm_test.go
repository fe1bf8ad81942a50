//go:build linux

package server

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"capplayground/cluster"
)

// The data directory of a running node is deleted. The node acknowledges nothing
// more, says why, and ends. It does not start again with an empty disk: in CP that
// would break its promises. Nothing acknowledged is lost. After a reset the node
// serves again.
func TestADataDirectoryIsDeleted(t *testing.T) {
	t.Parallel()
	r := newRig(t, "CP")
	r.MustWrite(3, "city", "Wien")
	if err := os.RemoveAll(filepath.Join(r.s.data.dir, "cp", "3")); err != nil {
		t.Fatal(err)
	}
	r.MustWrite(1, "city", "Graz") // node 3 gets this write, too
	r.Eventually("node 3 ends", func() bool { return r.Cluster().Nodes[2].Status == cluster.StatusKilled })
	if !slices.ContainsFunc(r.Events(), func(e cluster.Event) bool {
		return e.Kind() == cluster.KindScreen && e.Node == 3 && strings.Contains(cluster.BodyOf[cluster.ScreenLine](e).Text, "the disk of n3 failed")
	}) {
		t.Error("its screen does not say why")
	}
	if status, body := r.Call("POST", r.URL+"/api/nodes/3/restart", ""); status != 409 || !strings.Contains(body, "was deleted") {
		t.Errorf("restart: %d %s", status, body)
	}
	for _, node := range []int{1, 2, 4, 5} {
		if status, val := r.Read(node, "city"); status != 200 || val != "Graz" {
			t.Errorf("node %d: %d %q", node, status, val)
		}
	}
	r.Do("POST", "/api/reset", "")
	r.MustWrite(3, "city", "Linz")
}

// A node that has no file descriptor left takes no new connection. It still serves
// the connections that it has, and serves all again when it has descriptors.
func TestFileDescriptorsRunOut(t *testing.T) {
	t.Parallel()
	r := newRig(t, "CA")
	r.MustWrite(1, "city", "Wien")
	pid := r.Cluster().Nodes[2].PID
	var before unix.Rlimit
	if err := unix.Prlimit(pid, unix.RLIMIT_NOFILE, nil, &before); err != nil {
		t.Fatal(err)
	}
	few := unix.Rlimit{Cur: 3, Max: before.Max} // these three are in use
	if err := unix.Prlimit(pid, unix.RLIMIT_NOFILE, &few, nil); err != nil {
		t.Fatal(err)
	}
	asked := r.Later(3, "city", "Graz") // on a connection that the node does not accept
	r.Eventually("a write elsewhere", func() bool { status, _ := r.Write(1, "city", "Linz"); return status == 201 })
	select {
	case status := <-asked:
		t.Errorf("it had no descriptor, but answered %d", status)
	default:
	}
	if n := r.Cluster().Nodes[2]; n.Status != cluster.StatusUp || n.PID != pid {
		t.Errorf("it is %+v", n)
	}
	if err := unix.Prlimit(pid, unix.RLIMIT_NOFILE, &before, nil); err != nil {
		t.Fatal(err)
	}
	if status := <-asked; status == 0 { // any answer is correct: the key may be locked, or the write may have timed out
		t.Error("with descriptors again it does not answer")
	}
	r.Eventually("all nodes agree", func() bool {
		want, _ := r.Holds(1, "city")
		for node := 2; node <= 5; node++ {
			if val, lock := r.Holds(node, "city"); val != want || lock != "" {
				return false
			}
		}
		return want != "Wien"
	})
}

// A playground without a free descriptor starts no node, answers with the reason,
// and kills no node.
func TestAPlaygroundWithoutDescriptorsStartsNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("starts real processes")
	}
	// It does not run beside other tests, which need descriptors of this process.
	r := newRig(t, "CP")
	r.Do("POST", "/api/nodes/2/kill", "")
	var before unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &before); err != nil {
		t.Fatal(err)
	}
	few := unix.Rlimit{Cur: 3, Max: before.Max} // these three are in use
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &few); err != nil {
		t.Fatal(err)
	}
	err := r.s.play.Verbs.Restart(t.Context(), 2)
	if again := unix.Setrlimit(unix.RLIMIT_NOFILE, &before); again != nil {
		t.Fatal(again)
	}
	if err == nil {
		t.Error("it started a node without a descriptor")
	}
	var c struct{ Nodes []struct{ Status string } }
	if err := json.Unmarshal([]byte(r.Do("GET", "/api/cluster", "")), &c); err != nil {
		t.Fatal(err)
	}
	for i, n := range c.Nodes {
		if want := map[bool]string{true: "killed", false: "up"}[i == 1]; n.Status != want {
			t.Errorf("node %d is %s", i+1, n.Status)
		}
	}
	r.Do("POST", "/api/nodes/2/restart", "")
	r.MustWrite(2, "city", "Wien")
}

// A node that was killed from outside is shown as killed. The process that gets
// its number next belongs to another program and gets no signal.
func TestTheNumberOfADeadNodeGetsNoSignal(t *testing.T) {
	t.Parallel()
	r := newRig(t, "CP")
	pid := r.Cluster().Nodes[3].PID
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	r.Eventually("node 4 is killed", func() bool { return r.Cluster().Nodes[3].Status == cluster.StatusKilled })
	for verb, want := range map[string]int{"freeze": 409, "unfreeze": 409, "kill": 200} {
		if status, body := r.Call("POST", r.URL+"/api/nodes/4/"+verb, ""); status != want {
			t.Errorf("%s of a node that was killed from outside: %d %s", verb, status, body)
		}
	}
	r.MustWrite(1, "city", "Wien")
	r.Do("POST", "/api/nodes/4/restart", "")
	if n := r.Cluster().Nodes[3]; n.PID == pid || n.Status != cluster.StatusUp {
		t.Errorf("restarted: %+v", n)
	}
	if status, val := r.Read(4, "city"); status != 200 || val != "Wien" {
		t.Errorf("read: %d %q", status, val)
	}
}
