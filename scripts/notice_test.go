package scripts_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

// TestNotice runs TestNoticeInside, with a whole playground, in a network of
// its own.
func TestNotice(t *testing.T) {
	t.Parallel()
	needTools(t)
	if runtime.GOOS != "linux" || os.Getuid() != 0 {
		t.Skip("needs root on Linux")
	}
	probe := exec.Command("unshare", "--net", "iptables", "--list", "INPUT")
	if out, err := probe.CombinedOutput(); err != nil {
		t.Skipf("no packet filter in a network of its own: %v %s", err, out)
	}
	binary := filepath.Join(t.TempDir(), "playground")
	if out, err := exec.Command("go", "build", "-o", binary, "../cmd/playground").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	cmd := exec.Command("unshare", "--net", "bash", "-c", `ip link set lo up && exec "$0" -test.run='^TestNoticeInside$' -test.v`, os.Args[0])
	cmd.Env = append(os.Environ(), "CAP_TEST_PLAYGROUND="+binary)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	} else {
		t.Logf("%s", out)
	}
}

// What a speaker does to a node from a terminal is shown within a second: a
// packet filter as silent, a stopped process as frozen.
func TestNoticeInside(t *testing.T) {
	binary := os.Getenv("CAP_TEST_PLAYGROUND")
	if binary == "" {
		t.Skip("only inside TestNotice")
	}
	playground := exec.Command(binary)
	playground.Stderr = t.Output()
	if err := playground.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = playground.Process.Signal(os.Interrupt); _ = playground.Wait() })
	type node struct {
		Status string
		PID    int
		Silent bool
	}
	look := func(id int) (n node) {
		resp, err := http.Get("http://127.0.0.1:8080/api/cluster")
		if err != nil {
			return n
		}
		defer resp.Body.Close()
		var c struct{ Nodes []node }
		if json.NewDecoder(resp.Body).Decode(&c) == nil && len(c.Nodes) >= id {
			n = c.Nodes[id-1]
		}
		return n
	}
	up := func(id int) func() bool {
		return func() bool { n := look(id); return n.Status == "up" && !n.Silent }
	}
	for id := 1; id <= 5; id++ {
		until(t, "all nodes up", up(id))
	}
	pid := fmt.Sprint(look(3).PID)
	run := func(name string, args ...string) {
		t.Helper()
		if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
			t.Fatalf("%s %q: %v %s", name, args, err, out)
		}
	}
	for _, c := range []struct {
		what     string
		do, undo []string
		noticed  func(node) bool
	}{
		{"a packet filter", []string{"./freeze.sh", "3003", "--iptables"}, []string{"./unfreeze.sh", "3003", "--iptables"}, func(n node) bool { return n.Status == "up" && n.Silent }},
		{"kill -STOP", []string{"kill", "-STOP", pid}, []string{"kill", "-CONT", pid}, func(n node) bool { return n.Status == "frozen" && !n.Silent }},
	} {
		const soon, tries = time.Second, 5 // a busy machine gets more than one try
		for try := 1; ; try++ {
			run(c.do[0], c.do[1:]...)
			began := time.Now()
			until(t, c.what+" is noticed", func() bool { return c.noticed(look(3)) })
			took := time.Since(began)
			until(t, "its neighbour is up", up(4))
			run(c.undo[0], c.undo[1:]...)
			began = time.Now()
			until(t, c.what+" is seen to be gone", up(3))
			t.Logf("%s: noticed after %v, gone after %v", c.what, took, time.Since(began))
			if took < soon {
				break
			}
			if try == tries {
				t.Errorf("%s was noticed after %v (want %v)", c.what, took, soon)
				break
			}
		}
	}
}
