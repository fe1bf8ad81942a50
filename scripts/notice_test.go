package scripts_test

import (
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"capplayground/cluster"
	"capplayground/cluster/loopback"
	"capplayground/server/collect"
	"capplayground/server/servertest"
)

// TestNotice runs TestNoticeInside, with a whole playground, in a network namespace of
// its own.
func TestNotice(t *testing.T) {
	t.Parallel()
	needTools(t)
	runInNetworkOfItsOwn(t, "TestNoticeInside", "CAP_TEST_PLAYGROUND="+servertest.MustProgram(t))
}

// TestNoticeInside stops a node by a command, outside the playground. The playground must show
// that within a second: a node behind a packet filter is silent, a stopped process is frozen.
func TestNoticeInside(t *testing.T) {
	binary := os.Getenv("CAP_TEST_PLAYGROUND")
	if binary == "" {
		t.Skip("only inside TestNotice")
	}
	addrs, _ := loopback.Default(5)
	p := servertest.Start(t, servertest.Options{Program: binary, Place: servertest.Place{Listen: "127.0.0.1:8080", Nodes: addrs}})
	look := func(id int) (n collect.Node) {
		if c, err := p.ReadCluster(); err == nil {
			n = c.Nodes[id-1]
		}
		return n
	}
	up := func(id int) func() bool {
		return func() bool { n := look(id); return n.Status == cluster.StatusUp && !n.Silent }
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
		noticed  func(collect.Node) bool
	}{
		{"a packet filter", []string{"./freeze.sh", "3003", "--iptables"}, []string{"./unfreeze.sh", "3003", "--iptables"}, func(n collect.Node) bool { return n.Status == cluster.StatusUp && n.Silent }},
		{"kill -STOP", []string{"kill", "-STOP", pid}, []string{"kill", "-CONT", pid}, func(n collect.Node) bool { return n.Status == cluster.StatusFrozen && !n.Silent }},
	} {
		const soon, tries = time.Second, 15 // a busy machine gets more than one try
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
