//go:build linux

package launch

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"capplayground/cluster"
	"capplayground/cluster/link"
)

// soon is the longest time that a test waits. It is long, because the machine may be
// busy. A test of a promised time measures that time itself.
const soon = time.Minute

func start(t *testing.T, manner string, n int) (*Launcher, *recorder) {
	t.Helper()
	rec := new(recorder)
	l, err := New(Config{
		Env: []string{fakeNode + "=" + manner}, Peers: peers(n), Dir: t.TempDir(),
		Settings: settings, Publish: rec.publish,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := l.Start(t.Context(), cluster.Epoch{N: 1, Mode: "CA"}); err != nil {
		t.Fatal(err)
	}
	return l, rec
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// processState returns the state letter of proc_pid_stat(5). It returns 0 if there is
// no such process.
func processState(pid int) byte {
	state, _ := processStat(pid)
	return state
}

// processStat returns the state letter of proc_pid_stat(5), and the time at which the
// process started, in clock ticks since the machine booted. A process that gets the
// number of a dead one has another start time.
func processStat(pid int) (state byte, started string) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, ""
	}
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:])) // the third field and all later ones
	return fields[0][0], fields[19]
}

func TestVerbsReturnWhenTheirEffectHolds(t *testing.T) {
	t.Parallel()
	l, rec := start(t, "good", 3)
	ctx := t.Context()
	first := rec.last(2)
	if cluster.BodyOf[cluster.StatusChanged](first).Status != cluster.StatusUp || cluster.BodyOf[cluster.StatusChanged](first).Incarnation != strconv.Itoa(cluster.BodyOf[cluster.StatusChanged](first).PID) {
		t.Fatalf("after Start: %+v", first)
	}

	must(t, l.Freeze(ctx, 2))
	must(t, l.Freeze(ctx, 2))
	if s := processState(cluster.BodyOf[cluster.StatusChanged](first).PID); s != 'T' {
		t.Errorf("frozen process is in state %c", s)
	}
	if e := rec.last(2); cluster.BodyOf[cluster.StatusChanged](e).Status != cluster.StatusFrozen || cluster.BodyOf[cluster.StatusChanged](e).Freeze != "signal" {
		t.Errorf("after Freeze: %+v", e)
	}
	if err := l.command(ctx, 2, link.Command{Do: link.DoDeliver, Msg: "x"}); !errors.Is(err, cluster.ErrNotNow) {
		t.Errorf("command to a frozen node: %v", err)
	}
	must(t, l.Thaw(ctx, 2))
	must(t, l.Thaw(ctx, 2))
	if e := rec.last(2); cluster.BodyOf[cluster.StatusChanged](e).Status != cluster.StatusUp || cluster.BodyOf[cluster.StatusChanged](e).PID != cluster.BodyOf[cluster.StatusChanged](first).PID {
		t.Errorf("after Thaw: %+v", e)
	}

	must(t, l.Freeze(ctx, 2))
	_, started := processStat(cluster.BodyOf[cluster.StatusChanged](first).PID)
	must(t, l.Kill(ctx, 2)) // while it is frozen
	must(t, l.Kill(ctx, 2))
	if s, at := processStat(cluster.BodyOf[cluster.StatusChanged](first).PID); at == started {
		t.Errorf("killed process is in state %c", s)
	}
	if e := rec.last(2); cluster.BodyOf[cluster.StatusChanged](e).Status != cluster.StatusKilled {
		t.Errorf("after Kill: %+v", e)
	}
	for verb, err := range map[string]error{
		"freeze": l.Freeze(ctx, 2), "thaw": l.Thaw(ctx, 2),
		"command": l.command(ctx, 2, link.Command{Do: link.DoFire, Timer: "x"}),
	} {
		if !errors.Is(err, cluster.ErrNotNow) {
			t.Errorf("%s of a killed node: %v", verb, err)
		}
	}
	must(t, l.Restart(ctx, 2))
	if e := rec.last(2); cluster.BodyOf[cluster.StatusChanged](e).Status != cluster.StatusUp || cluster.BodyOf[cluster.StatusChanged](e).PID == cluster.BodyOf[cluster.StatusChanged](first).PID {
		t.Errorf("after Restart: %+v", e)
	}
	if err := l.Kill(ctx, 4); !errors.Is(err, cluster.ErrNoSuchNode) {
		t.Errorf("kill of node 4 of three nodes: %v", err)
	}
}

// waiting is a context that reports when a verb begins to wait.
type waiting struct {
	context.Context
	begins chan struct{}
	once   *sync.Once
}

func (w waiting) Done() <-chan struct{} {
	w.once.Do(func() { close(w.begins) })
	return w.Context.Done()
}

// A kill that waits for its turn while all nodes are started again must not kill a new node.
func TestAVerbFromBeforeASwitchIsRefused(t *testing.T) {
	t.Parallel()
	l, rec := start(t, "good", 2)
	ctx := waiting{t.Context(), make(chan struct{}), new(sync.Once)}
	must(t, l.slots[2].lock(t.Context())) // as Switch does
	killed := make(chan error, 1)
	go func() { killed <- l.Kill(ctx, 2) }()
	<-ctx.begins
	l.setEpoch(cluster.Epoch{N: 2, Mode: "CA"})
	l.slots[2].unlock()
	if err := <-killed; !errors.Is(err, cluster.ErrNotNow) {
		t.Errorf("the kill ended with %v", err)
	}
	if e := rec.last(2); cluster.BodyOf[cluster.StatusChanged](e).Status != cluster.StatusUp {
		t.Errorf("node 2: %+v", e)
	}
	must(t, l.Kill(t.Context(), 2))
}

func TestVerbsReturnWhenTheirEffectIsShown(t *testing.T) {
	t.Parallel()
	asked, shown := make(chan cluster.NodeID), make(chan struct{})
	l, err := New(Config{
		Env: []string{fakeNode + "=good"}, Peers: peers(1), Dir: t.TempDir(),
		Settings: settings, Publish: new(recorder).publish,
		Ordered: func(id cluster.NodeID) <-chan struct{} { asked <- id; return shown },
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	t.Cleanup(func() {
		go func() { <-asked }()
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, verb := range []struct {
		name string
		do   func() error
	}{
		{"start", func() error { return l.Start(ctx, cluster.Epoch{N: 1, Mode: "CA"}) }},
		{"freeze", func() error { return l.Freeze(ctx, 1) }},
		{"thaw", func() error { return l.Thaw(ctx, 1) }},
		{"kill", func() error { return l.Kill(ctx, 1) }},
		{"restart", func() error { return l.Restart(ctx, 1) }},
	} {
		done := make(chan error, 1)
		go func() { done <- verb.do() }()
		select {
		case <-asked:
		case err := <-done:
			t.Fatalf("%s did not wait until its effect is shown: %v", verb.name, err)
		}
		select {
		case shown <- struct{}{}:
		case err := <-done:
			t.Fatalf("%s did not wait until its effect is shown: %v", verb.name, err)
		}
		must(t, <-done)
	}
	close(shown)
}

// TestSignalsFromOutsideAreNoticed sends signals as kill(1) does. Each is noticed
// within a second. The best of three measurements counts, because other tests
// run on the same machine.
func TestSignalsFromOutsideAreNoticed(t *testing.T) {
	t.Parallel()
	l, rec := start(t, "good", 3)
	best := map[cluster.Status]time.Duration{}
	send := func(sig syscall.Signal, want cluster.Status) {
		t.Helper()
		began := time.Now()
		must(t, syscall.Kill(cluster.BodyOf[cluster.StatusChanged](rec.last(1)).PID, sig))
		eventually(t, soon, string(want), func() bool { return cluster.BodyOf[cluster.StatusChanged](rec.last(1)).Status == want })
		if took, known := time.Since(began), best[want]; known == 0 || took < known {
			best[want] = took
		}
	}
	for range 3 {
		send(syscall.SIGSTOP, cluster.StatusFrozen)
		send(syscall.SIGCONT, cluster.StatusUp)
		send(syscall.SIGSTOP, cluster.StatusFrozen)
		must(t, l.Thaw(t.Context(), 1)) // Thaw also ends a freeze from outside
		send(syscall.SIGKILL, cluster.StatusKilled)
		must(t, l.Restart(t.Context(), 1))
	}
	for status, took := range best {
		if took > time.Second {
			t.Errorf("%s was noticed after %v at best", status, took)
		}
	}
}

func TestNodeThatDoesNotAnswerIsSilent(t *testing.T) {
	t.Parallel()
	l, rec := start(t, "mute", 1)
	eventually(t, soon, "silent", func() bool { return cluster.BodyOf[cluster.StatusChanged](rec.last(1)).Silent })
	if e := rec.last(1); cluster.BodyOf[cluster.StatusChanged](e).Status != cluster.StatusUp {
		t.Errorf("a silent node is not shown as up: %+v", e)
	}
	l.Apply(t.Context()) // Apply does not wait for a silent node
	must(t, l.Freeze(t.Context(), 1))
	if cluster.BodyOf[cluster.StatusChanged](rec.last(1)).Silent {
		t.Error("a frozen node is shown as silent, though a frozen node cannot answer")
	}
}

// TestNodeThatSendsManyEventsIsNotSilent: the answer of such a node to a ping waits
// behind its events.
func TestNodeThatSendsManyEventsIsNotSilent(t *testing.T) {
	t.Parallel()
	_, rec := start(t, "busy", 1)
	last := fmt.Sprintf("busy %d", busyFor)
	eventually(t, soon, "all events came", func() bool {
		all := rec.all()
		return len(all) > 0 && cluster.BodyOf[cluster.ScreenLine](all[len(all)-1]).Text == last
	})
	for _, e := range rec.all() {
		if cluster.BodyOf[cluster.StatusChanged](e).Silent {
			t.Errorf("shown as silent while it sent events: %+v", e)
		}
	}
}

func TestPatienceGrowsWhereTheWatchIsLate(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		ticks  []time.Duration // the times between two turns of the watch
		heard  time.Duration   // when an event came, after the first turn and the ping; 0: never
		silent time.Duration   // when the node counts as silent, after the ping; 0: never
	}{
		{"a machine at rest", slices.Repeat([]time.Duration{lookEvery}, 20), 0, 800 * time.Millisecond},
		{"a node that sent an event", slices.Repeat([]time.Duration{lookEvery}, 20), 500 * time.Millisecond, 1300 * time.Millisecond},
		{"turns that come 150 ms late", slices.Repeat([]time.Duration{lookEvery + 150*time.Millisecond}, 8), 0, 1500 * time.Millisecond},
		{"one late turn is soon forgotten", append([]time.Duration{300 * time.Millisecond}, slices.Repeat([]time.Duration{lookEvery}, 20)...), 0, 1100 * time.Millisecond},
		{"the watch itself stood still", []time.Duration{lookEvery, time.Second, lookEvery}, 0, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			began := time.Unix(1e9, 0)
			w := patience{lastTurn: began}
			now, asked, heard := began, began, time.Time{}
			for _, d := range row.ticks {
				now = now.Add(d)
				if row.heard > 0 && now.Sub(began) >= row.heard && heard.IsZero() {
					heard = began.Add(row.heard)
				}
				if w.recordTurn(now) {
					asked = now
				}
				if w.isOver(now, asked, heard) {
					if got := now.Sub(began); got != row.silent {
						t.Errorf("silent after %v, want %v", got, row.silent)
					}
					return
				}
			}
			if row.silent != 0 {
				t.Errorf("never silent, want it after %v", row.silent)
			}
		})
	}
}

func TestNodeThatEndsAtOnceSaysWhy(t *testing.T) {
	t.Parallel()
	l, err := New(Config{
		Env: []string{fakeNode + "=broken"}, Peers: peers(1), Dir: t.TempDir(),
		Settings: settings, Publish: new(recorder).publish,
	})
	must(t, err)
	defer l.Close()
	if err := l.Start(t.Context(), cluster.Epoch{N: 1, Mode: "CA"}); err == nil || !strings.Contains(err.Error(), "my database is damaged") {
		t.Errorf("Start: %v", err)
	}
}

func TestPipeIsReadToItsEndBeforeTheNodeIsCalledKilled(t *testing.T) {
	t.Parallel()
	l, rec := start(t, "good", 1)
	_ = l.command(t.Context(), 1, link.Command{Do: "farewell"}) // the node ends before it answers
	eventually(t, soon, "killed", func() bool { return cluster.BodyOf[cluster.StatusChanged](rec.last(1)).Status == cluster.StatusKilled })
	words, killed := 0, false
	for _, e := range rec.all() {
		killed = killed || cluster.BodyOf[cluster.StatusChanged](e).Status == cluster.StatusKilled
		if strings.HasPrefix(cluster.BodyOf[cluster.ScreenLine](e).Text, "last words") {
			words++
			if killed {
				t.Fatal("an event came after the node was shown as killed")
			}
		}
	}
	if words != 1000 {
		t.Errorf("%d of the last 1000 events came", words)
	}
}

func TestNodeGetsTheLatestSettingsAndAnswersCommands(t *testing.T) {
	t.Parallel()
	l, rec := start(t, "good", 1)
	ctx := t.Context()
	heard := func(text string) func() bool {
		return func() bool {
			for _, e := range rec.all() {
				if cluster.BodyOf[cluster.ScreenLine](e).Text == text {
					return true
				}
			}
			return false
		}
	}
	eventually(t, soon, "settings", heard("pace live"))
	eventually(t, soon, "an answer to its sync", heard("synced 7"))
	must(t, l.command(ctx, 1, link.Command{Do: link.DoDrop, Msg: "m"}))
	if err := l.command(ctx, 1, link.Command{Do: link.DoDrop, Msg: "gone"}); !errors.Is(err, cluster.ErrNoSuchMessage) {
		t.Errorf("a message that does not exist any more: %v", err)
	}
}

// TestOlderSettingsNeverFollowNewerOnes makes several changes of the settings at the
// same time. When all calls of Apply have returned, the newest settings must hold.
func TestOlderSettingsNeverFollowNewerOnes(t *testing.T) {
	t.Parallel()
	rec := new(recorder)
	var version atomic.Int64
	l, err := New(Config{
		Env: []string{fakeNode + "=good"}, Peers: peers(1), Dir: t.TempDir(), Publish: rec.publish,
		Settings: func(cluster.NodeID) link.Settings {
			s := link.Settings{Pace: cluster.Pace{Name: strconv.FormatInt(version.Load(), 10)}}
			runtime.Gosched()
			return s
		},
	})
	must(t, err)
	defer l.Close()
	must(t, l.Start(t.Context(), cluster.Epoch{N: 1, Mode: "CA"}))
	const changes = 200
	for range changes {
		var both sync.WaitGroup
		for range 3 {
			both.Go(func() {
				version.Add(1)
				l.Apply(t.Context())
			})
		}
		both.Wait()
		var holds string
		for _, e := range rec.all() {
			if pace, ok := strings.CutPrefix(cluster.BodyOf[cluster.ScreenLine](e).Text, "pace "); ok {
				holds = pace
			}
		}
		if want := strconv.FormatInt(version.Load(), 10); holds != want {
			t.Fatalf("change %s was answered, but %s holds", want, holds)
		}
	}
}

func TestSwitchEmptiesTheDatabasesWhileNoNodeRuns(t *testing.T) {
	t.Parallel()
	l, rec := start(t, "good", 3)
	old := filepath.Join(l.cfg.Dir, "ap", "2", "node2.db")
	dir, err := l.databases.make("AP", 2)
	must(t, err)
	if dir != filepath.Dir(old) {
		t.Errorf("node 2 has its database in %s, want %s", dir, filepath.Dir(old))
	}
	must(t, os.WriteFile(old, []byte("old"), 0o600))
	began := time.Now()
	must(t, l.Switch(t.Context(), cluster.Epoch{N: 2, Mode: "AP"}, func() {
		for id := cluster.NodeID(1); id <= 3; id++ {
			if e := rec.last(id); cluster.BodyOf[cluster.StatusChanged](e).Status != cluster.StatusKilled {
				t.Errorf("between the epochs node %d is %s", id, cluster.BodyOf[cluster.StatusChanged](e).Status)
			}
		}
	}))
	t.Logf("switched in %v", time.Since(began))
	if _, err := os.Stat(old); !os.IsNotExist(err) {
		t.Errorf("the old database is still there: %v", err)
	}
	info, err := os.Stat(filepath.Dir(old))
	must(t, err)
	if info.Mode().Perm() != 0o700 {
		t.Errorf("the directory has mode %v", info.Mode())
	}
	if l.Epoch() != (cluster.Epoch{N: 2, Mode: "AP"}) {
		t.Errorf("epoch %+v", l.Epoch())
	}
}

func TestDatabasesStayWithinTheirDirectory(t *testing.T) {
	t.Parallel()
	outside := t.TempDir()
	dir := t.TempDir()
	must(t, os.Symlink(outside, filepath.Join(dir, "ca")))
	config := Config{
		Env: []string{fakeNode + "=good"}, Peers: peers(1), Dir: dir,
		Settings: settings, Publish: new(recorder).publish,
	}
	if _, err := New(config); !errors.Is(err, ErrForeign) {
		t.Errorf("a symlink in the place of a mode's directory: %v", err)
	}
	must(t, os.Remove(filepath.Join(dir, "ca")))
	l, err := New(config)
	must(t, err)
	defer l.Close()
	must(t, os.Symlink(outside, filepath.Join(dir, "ca")))
	if err := l.Start(t.Context(), cluster.Epoch{N: 1, Mode: "CA"}); err == nil {
		t.Error("a node was started on a directory behind a symlink")
	}
	if left, _ := os.ReadDir(outside); len(left) > 0 {
		t.Errorf("something was written outside: %v", left)
	}
}

// TestNoNodeOutlivesAPlaygroundThatIsKilled includes frozen nodes, which cannot
// notice that their stdin was closed.
func TestNoNodeOutlivesAPlaygroundThatIsKilled(t *testing.T) {
	t.Parallel()
	for _, frozen := range []int{0, 1, 5} {
		t.Run(fmt.Sprintf("%d frozen", frozen), func(t *testing.T) {
			t.Parallel()
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), fakePlayground+"="+strconv.Itoa(frozen))
			in, err := cmd.StdinPipe()
			must(t, err)
			defer in.Close()
			out, err := cmd.StdoutPipe()
			must(t, err)
			must(t, cmd.Start())
			defer cmd.Wait()
			defer cmd.Process.Kill()
			nodes := map[int]string{} // the start time of each node, by its process number
			lines := bufio.NewScanner(out)
			for len(nodes) < 5 && lines.Scan() {
				pid, err := strconv.Atoi(lines.Text())
				_, started := processStat(pid)
				if err != nil || started == "" {
					t.Fatalf("%q is no node", lines.Text())
				}
				nodes[pid] = started
			}
			if len(nodes) < 5 {
				t.Fatal("it did not start")
			}
			must(t, cmd.Process.Kill())
			eventually(t, soon, "all nodes gone", func() bool {
				for pid, started := range nodes {
					if s, at := processStat(pid); at == started && s != 'Z' {
						return false
					}
				}
				return true
			})
		})
	}
}
