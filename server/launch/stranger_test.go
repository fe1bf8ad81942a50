//go:build linux

package launch

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"capplayground/cluster"
)

// TestStrangersWithTheNumbersOfDeadNodesGetNoSignal kills nodes from outside, and
// gives their process numbers to strangers: processes that belong to no
// playground. Verbs on those nodes must not send signals to the strangers. The
// launcher knows that node 1 is dead. The pipes of nodes 2 and 3 are still open, so
// their slots still hold processes that were reaped. Node 3 was frozen.
//
// The test does not run in parallel with other tests of this package, because they
// would start processes while a number is free.
func TestStrangersWithTheNumbersOfDeadNodesGetNoSignal(t *testing.T) {
	const tries = 5
	for range tries {
		l, rec := start(t, "survived", 3)
		ctx := t.Context()
		must(t, l.Freeze(ctx, 3))
		strangers := map[cluster.NodeID]*stranger{}
		for id := cluster.NodeID(1); id <= 3; id++ {
			pid := cluster.BodyOf[cluster.StatusChanged](rec.last(id)).PID
			must(t, syscall.Kill(pid, syscall.SIGKILL))
			eventually(t, soon, "the node to be reaped", func() bool { return processState(pid) == 0 })
			if strangers[id] = strangerWith(t, pid); strangers[id] == nil {
				break
			}
		}
		if strangers[3] == nil {
			continue // another process took a number first
		}
		eventually(t, soon, "node 1 to be killed", func() bool { return cluster.BodyOf[cluster.StatusChanged](rec.last(1)).Status == cluster.StatusKilled })
		late := cluster.BodyOf[cluster.StatusChanged](rec.last(2)).Status == cluster.StatusKilled || cluster.BodyOf[cluster.StatusChanged](rec.last(3)).Status == cluster.StatusKilled

		for id := range strangers { // nodes 1 and 2 ran, node 3 was frozen
			if err := l.Freeze(ctx, id); !errors.Is(err, cluster.ErrNotNow) {
				t.Errorf("freeze %d: %v", id, err)
			}
			if err := l.Thaw(ctx, id); !errors.Is(err, cluster.ErrNotNow) {
				t.Errorf("thaw %d: %v", id, err)
			}
		}
		for id, s := range strangers {
			must(t, l.Kill(ctx, id))
			must(t, l.Restart(ctx, id))
			if e := rec.last(id); cluster.BodyOf[cluster.StatusChanged](e).Status != cluster.StatusUp || cluster.BodyOf[cluster.StatusChanged](e).PID == s.cmd.Process.Pid {
				t.Errorf("restarted: %+v", e)
			}
			must(t, l.Freeze(ctx, id))
			must(t, l.Thaw(ctx, id))
		}
		must(t, l.Switch(ctx, cluster.Epoch{N: 2, Mode: "CP"}, func() {}))
		must(t, l.Close())
		for _, s := range strangers {
			s.heardNothing()
		}
		if !late {
			return
		}
	}
	t.Skipf("%d times another process took a number first, or the machine was too slow", tries)
}

// stranger is a process that prints the signals that it got.
type stranger struct {
	t   *testing.T
	cmd *exec.Cmd
	in  io.Closer
	out io.Reader
}

// strangerWith starts a stranger with the process number pid. It returns nil if
// another process has that number. It skips the test if the kernel does not allow
// the test to choose a process number.
func strangerWith(t *testing.T, pid int) *stranger {
	t.Helper()
	const lastPid = "/proc/sys/kernel/ns_last_pid" // the next process gets the next free number after it
	const most = 20
	before, err := os.ReadFile(lastPid)
	if err != nil {
		t.Skipf("this kernel lets no process choose its number: %v", err)
	}
	defer func() { _ = os.WriteFile(lastPid, bytes.TrimSpace(before), 0) }()
	for range most {
		s := &stranger{t: t, cmd: exec.Command(os.Args[0])}
		s.cmd.Env = append(os.Environ(), fakeStranger+"=stranger")
		s.in, err = s.cmd.StdinPipe()
		must(t, err)
		s.out, err = s.cmd.StdoutPipe()
		must(t, err)
		if err := os.WriteFile(lastPid, []byte(strconv.Itoa(pid-1)), 0); err != nil {
			t.Skipf("this user may not choose a process number: %v", err)
		}
		must(t, s.cmd.Start())
		t.Cleanup(s.end)
		if s.cmd.Process.Pid == pid {
			s.hears("here")
			return s
		}
		s.end()
	}
	return nil
}

// hears reads the next line that the stranger prints. The test fails if it is not want.
func (s *stranger) hears(want string) {
	s.t.Helper()
	var line string
	if _, err := fmt.Fscanln(s.out, &line); err != nil || line != want {
		s.t.Fatalf("the stranger said %q (%v), not %q", line, err, want)
	}
}

// heardNothing checks that the stranger runs, got no signal, and ends when its
// stdin is closed.
func (s *stranger) heardNothing() {
	s.t.Helper()
	if state := processState(s.cmd.Process.Pid); state == 'T' || state == 'Z' || state == 0 {
		s.t.Fatalf("the stranger is in state %c", state)
	}
	must(s.t, s.in.Close())
	s.hears("bye")
	must(s.t, s.cmd.Wait())
}

// end kills the stranger if it still runs.
func (s *stranger) end() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
}

// beStranger prints the signals that it got, after its stdin is closed. If manner is
// "child", it is the child of a node: it keeps that node's stdout open until the
// reader closes the pipe.
func beStranger(manner string) int {
	if manner == "child" {
		_, _ = unix.Poll([]unix.PollFd{{Fd: 1}}, int(soon.Milliseconds()))
		return 0
	}
	got := make(chan os.Signal, 64)
	signal.Notify(got)
	fmt.Println("here")
	_, _ = io.Copy(io.Discard, os.Stdin)
	signal.Stop(got)
	close(got)
	for sig := range got {
		if sig != syscall.SIGURG { // the Go runtime sends it to itself
			fmt.Println(sig)
		}
	}
	fmt.Println("bye")
	return 0
}

// startChild starts a process that outlives this one and has the same stdout. The
// child has its own process group: while a group exists, the system does not give the
// number of that group to a new process. Only the first process of a node starts a
// child.
func startChild(args []string) {
	data := args[slices.Index(args, "--data")+1]
	if os.Mkdir(filepath.Join(data, "..", "..", "child"+args[0]), 0o700) != nil {
		return
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), fakeNode+"=", fakeStranger+"=child")
	cmd.Stdout = os.Stdout
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if cmd.Start() != nil {
		os.Exit(3)
	}
}
