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

// TestStrangersWithTheNumbersOfDeadNodes: nodes are killed from outside, and
// their numbers given to processes that are none of ours. Nothing that is done to
// those nodes after that is done to the strangers. Node 1 is known to be dead. Of
// nodes 2 and 3, which was frozen, the pipes are still open: their slots hold
// processes that were reaped.
//
// It does not run beside other tests of this package, who would start processes
// while a number is free.
func TestStrangersWithTheNumbersOfDeadNodes(t *testing.T) {
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
			continue // others have a number
		}
		eventually(t, soon, "node 1 to be killed", func() bool { return cluster.BodyOf[cluster.StatusChanged](rec.last(1)).Status == cluster.StatusKilled })
		late := cluster.BodyOf[cluster.StatusChanged](rec.last(2)).Status == cluster.StatusKilled || cluster.BodyOf[cluster.StatusChanged](rec.last(3)).Status == cluster.StatusKilled

		for verb, err := range map[string]error{"freeze 1": l.Freeze(ctx, 1), "freeze 2": l.Freeze(ctx, 2), "unfreeze 3": l.Thaw(ctx, 3)} {
			if !errors.Is(err, cluster.ErrNotNow) {
				t.Errorf("%s: %v", verb, err)
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
	t.Skipf("others had the numbers before the strangers could, or this machine was too slow, %d times", tries)
}

// stranger is a process that tells which signals it got.
type stranger struct {
	t   *testing.T
	cmd *exec.Cmd
	in  io.Closer
	out io.Reader
}

// strangerWith starts a stranger under that number. It returns nil where others
// have it, and skips the test where the kernel gives nobody what he asks for.
func strangerWith(t *testing.T, pid int) *stranger {
	t.Helper()
	const lastPid = "/proc/sys/kernel/ns_last_pid" // the next process gets the next free number after it
	const most = 20
	before, err := os.ReadFile(lastPid)
	if err != nil {
		t.Skipf("this kernel gives out no number that is asked for: %v", err)
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
			t.Skipf("we may not ask for a number: %v", err)
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

// hears waits for a line of the stranger's.
func (s *stranger) hears(want string) {
	s.t.Helper()
	var line string
	if _, err := fmt.Fscanln(s.out, &line); err != nil || line != want {
		s.t.Fatalf("the stranger said %q (%v), not %q", line, err, want)
	}
}

// heardNothing demands that the stranger runs, has got no signal, and ends as it
// wants to.
func (s *stranger) heardNothing() {
	s.t.Helper()
	if state := processState(s.cmd.Process.Pid); state == 'T' || state == 'Z' || state == 0 {
		s.t.Fatalf("the stranger is in state %c", state)
	}
	must(s.t, s.in.Close())
	s.hears("bye")
	must(s.t, s.cmd.Wait())
}

// end ends it, if it has not ended.
func (s *stranger) end() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
}

// beStranger says every signal that it gets, until its stdin is closed. As a
// node's "child" it keeps that node's stdout open instead, until nobody reads it.
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
		if sig != syscall.SIGURG { // Go's own
			fmt.Println(sig)
		}
	}
	fmt.Println("bye")
	return 0
}

// startChild starts a process that outlives this one, with its stdout, and in a
// group of its own: a group keeps its number from being given to others. Only the
// first life of a node has one.
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
