//go:build linux

package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"capplayground/cluster/loopback"
	"capplayground/server/recording"
	"capplayground/server/servertest"
)

var ends = flag.Int("ends", 3, "how often the playground is killed -9, with none, one and five nodes frozen each")

// outlive is how long a node may live on without its playground. On an idle machine the
// nodes end after some milliseconds. A busy machine needs longer to end five processes.
const outlive = time.Minute

// TestNothingIsLeftHoweverThePlaygroundEnds ends the playground by each signal, with
// none, one and all of its nodes frozen.
func TestNothingIsLeftHoweverThePlaygroundEnds(t *testing.T) {
	if testing.Short() {
		t.Skip("starts real processes")
	}
	t.Parallel()
	// Under nohup this process ignores SIGHUP, and a playground that it starts would ignore
	// it, too. A signal that this process catches has its default effect in the playground.
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	t.Cleanup(func() { signal.Stop(hangups) })
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGKILL} {
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

// endsWell starts a playground and ends it. No process and no file may be left. It
// returns how long the last node lived after the playground.
func endsWell(t *testing.T, sig syscall.Signal, frozen int) time.Duration {
	t.Helper()
	temp, file := t.TempDir(), filepath.Join(t.TempDir(), "run.jsonl")
	p, err := servertest.New(t.Context(), servertest.Options{Env: []string{"TMPDIR=" + temp}, Flags: []string{"--record", file}})
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
	nodes := map[int]string{} // by process number, when it started
	for _, n := range c.Nodes {
		nodes[n.PID] = running(n.PID)
	}
	if err := p.Signal(sig); err != nil {
		t.Fatal(err)
	}
	if err := p.Err(); sig != syscall.SIGKILL && err != nil {
		t.Errorf("%v ended it with %v", sig, err)
	}
	took := allGone(t, nodes)
	if left, _ := os.ReadDir(temp); sig != syscall.SIGKILL && len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	checkRecording(t, file)
	return took
}

// allGone waits until none of these processes runs, and returns how long that took.
// nodes says when each started, by its number.
func allGone(t *testing.T, nodes map[int]string) time.Duration {
	t.Helper()
	ended := time.Now()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for pid, started := range nodes {
		if started == "" {
			t.Errorf("node process %d did not run", pid)
			continue
		}
		for running(pid) == started {
			if <-tick.C; time.Since(ended) > outlive {
				t.Fatalf("process %d outlives its playground", pid)
			}
		}
	}
	return time.Since(ended)
}

// checkRecording checks that the file has a hello and events, and can be read to its end,
// however the playground ended.
func checkRecording(t *testing.T, name string) {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	r, err := recording.Read(file)
	if err != nil || r.Hello == nil || len(r.Events) < 5 {
		t.Errorf("the recording: %v; %d events", err, len(r.Events))
	}
}

// running returns when a process started, in clock ticks since the machine booted. It
// returns "" if there is no such process, or a zombie. A process that gets the number
// of a dead one has another start time. See proc_pid_stat(5).
func running(pid int) (started string) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return ""
	}
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:])) // the third field and all later ones
	if fields[0] == "Z" {
		return ""
	}
	return fields[19]
}

// TestATerminalThatIsNotReadStopsNothing fills the pipes that are the program's
// standard output and standard error, as Ctrl-S does with a terminal.
func TestATerminalThatIsNotReadStopsNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("starts real processes")
	}
	t.Parallel()
	cmd, p, ended := startUnread(t)
	for range 3 {
		for _, verb := range []string{"kill", "restart"} {
			if status, answer := p.Control("POST", "/api/nodes/2/"+verb, ""); status != 200 {
				t.Errorf("%s: %d %s", verb, status, answer)
			}
		}
	}
	_ = cmd.Process.Signal(syscall.SIGTERM)
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("it ended with %v", err)
		}
	case <-time.After(servertest.Patience):
		t.Error("SIGTERM does not end it")
	}
}

// TestASecondInterruptEndsAtOnce interrupts a playground that has begun to end. It waits,
// because its terminal is not read. A second interrupt has its default effect: the process
// ends at once, and its nodes end with it.
func TestASecondInterruptEndsAtOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("starts real processes")
	}
	t.Parallel()
	cmd, p, ended := startUnread(t)
	c, err := p.ReadCluster()
	if err != nil {
		t.Fatal(err)
	}
	nodes := map[int]string{} // by process number, when it started
	for _, n := range c.Nodes {
		nodes[n.PID] = running(n.PID)
	}
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	deadline := time.After(servertest.Patience)
	for {
		_ = cmd.Process.Signal(syscall.SIGINT)
		select {
		case err := <-ended:
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGINT {
				t.Errorf("it ended with %v, not by the second interrupt", err)
			}
			allGone(t, nodes)
			return
		case <-again.C:
		case <-deadline:
			t.Fatal("interrupts do not end it")
		}
	}
}

// startUnread starts a playground whose output is two full pipes that are not read. When
// the playground ends, the channel gets the error of its end.
func startUnread(t *testing.T) (*exec.Cmd, *servertest.Playground, <-chan error) {
	t.Helper()
	block := loopback.Test(t, 5)
	program, err := servertest.Program(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "--listen", block.Playground, "--peers", strings.Join(block.Addrs, ","), "--durability", "process")
	cmd.Env = append(os.Environ(), "TMPDIR="+t.TempDir())
	cmd.Stdout, cmd.Stderr = fullPipe(t), fullPipe(t)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	p := servertest.At(servertest.Place{Listen: block.Playground, Nodes: block.Addrs}, "")
	t.Cleanup(func() { p.Stop() })
	deadline := time.Now().Add(servertest.Patience)
	for p.AllUp() != nil {
		if time.Now().After(deadline) {
			t.Fatal("the nodes do not start")
		}
		time.Sleep(20 * time.Millisecond)
	}
	return cmd, p, ended
}

// fullPipe returns a pipe into which nothing more can be written.
func fullPipe(t *testing.T) *os.File {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = errors.Join(r.Close(), w.Close()) })
	fd := int(w.Fd()) // called once, because each call of Fd makes the pipe block again
	if err := syscall.SetNonblock(fd, true); err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = syscall.Write(fd, make([]byte, 4096))
	}
	if err := syscall.SetNonblock(fd, false); err != nil {
		t.Fatal(err)
	}
	return w
}

// TestNodesStartAgainWithoutTheirProgram deletes the program of a running
// playground, then puts another in its place. The playground still starts nodes of
// its own version.
func TestNodesStartAgainWithoutTheirProgram(t *testing.T) {
	if testing.Short() {
		t.Skip("starts real processes")
	}
	t.Parallel()
	built, err := servertest.Program(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(built)
	if err != nil {
		t.Fatal(err)
	}
	program := t.TempDir() + "/playground"
	if err := os.WriteFile(program, text, 0o755); err != nil {
		t.Fatal(err)
	}
	p := servertest.Start(t, servertest.Options{Program: program})
	again := func(how string) {
		t.Helper()
		p.Do("POST", "/api/nodes/2/restart", "")
		p.MustWrite(2, "city", how)
	}
	if err := os.Remove(program); err != nil {
		t.Fatal(err)
	}
	again("deleted")
	if err := os.WriteFile(program, []byte("#!/bin/false\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	again("replaced")
	p.Do("PUT", "/api/mode", `{"mode":"AP"}`)
}

// TestTwoPlaygroundsDoNotShareADirectory starts a second playground on the data directory
// of the first. The second one ends with an error message. The databases of the first are
// not changed.
func TestTwoPlaygroundsDoNotShareADirectory(t *testing.T) {
	if testing.Short() {
		t.Skip("starts real processes")
	}
	t.Parallel()
	dir := t.TempDir()
	p := servertest.Start(t, servertest.Options{Data: dir})
	p.MustWrite(1, "city", "Lisboa")
	block := loopback.Test(t, 3)
	out, err := exec.CommandContext(t.Context(), p.Program, "--mode", "AP", "--data-dir", dir,
		"--listen", block.Playground, "--peers", strings.Join(block.Addrs, ",")).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "another playground uses the data directory "+dir) {
		t.Errorf("the second ended with %v: %s", err, out)
	}
	p.Do("POST", "/api/nodes/1/restart", "")
	if status, answer := p.Read(1, "city"); status != 200 || answer != "Lisboa" {
		t.Errorf("read: %d %s", status, answer)
	}
}
