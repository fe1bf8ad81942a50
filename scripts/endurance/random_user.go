package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/chromedp/chromedp"

	"capplayground/cluster"
	"capplayground/cluster/modes"
	"capplayground/server/history"
	"capplayground/server/servertest"
)

// randomUser acts at random, as a tired speaker may. It has rounds of its own. In such a
// round:
//   - processes are stopped and continued, and the terminal stops reading;
//   - windows are reloaded, hidden, duplicated and closed, and random keys are pressed;
//   - the commands of the README are pasted twice and in the wrong order, and scripts
//     are called without arguments.
//
// After the round one press on reset must bring a known state, and the page must agree
// with the nodes.
type randomUser struct {
	*soak
	ctx     context.Context
	seed    uint64
	windows *windows // nil without a browser
	source  string   // the directory of the README and the scripts
}

// keysOfARound is how many keys are pressed in a round at most.
const keysOfARound = 2000

// randomUserRound plays one round. The round takes the time span, and then the time until
// the cluster is in a known state again.
func (s *soak) randomUserRound(ctx context.Context, n int, span time.Duration) {
	windows, err := openBrowser(s.p.URL + "/")
	if err != nil {
		s.say("round %d of the random user goes without windows: %v", n, err)
		windows = nil
	}
	active, cancel := context.WithTimeout(ctx, span) // a browser may need longer than span to start
	defer cancel()
	c := &randomUser{soak: s, ctx: active, seed: s.o.seed ^ uint64(n)<<20, windows: windows, source: sourceDir(s.o.source)}
	s.disturbed.Store(true)
	var hands sync.WaitGroup
	for i, do := range []func(*rand.Rand){c.signals, c.terminal, c.paste, c.keys, c.handleWindows} {
		hands.Go(func() { do(rand.New(rand.NewPCG(c.seed, uint64(i)))) })
	}
	hands.Wait()
	s.disturbed.Store(false)
	began := time.Now()
	if err := c.knownState(); err != nil {
		s.violation("round %d of the random user: a reset brings no known state: %v", n, err)
	} else if err := c.agree(); err != nil {
		s.violation("round %d of the random user: the page and the nodes do not agree: %v", n, err)
	}
	if c.windows != nil {
		c.windows.stop()
	}
	s.say("round %d of the random user: a known state after %.1f s", n, time.Since(began).Seconds())
}

// loop calls a function again and again until the round is over.
func (c *randomUser) loop(rnd *rand.Rand, pauseMost time.Duration, do func()) {
	for c.ctx.Err() == nil {
		do()
		pause(c.ctx, time.Duration(rnd.Int64N(int64(pauseMost))))
	}
}

// signals stops and continues the playground and its nodes, as Ctrl-Z, fg and kill
// do. At the end it continues all of them.
func (c *randomUser) signals(rnd *rand.Rand) {
	c.loop(rnd, 2*time.Second, func() {
		pids := []int{c.p.PID}
		if rnd.IntN(3) > 0 {
			if now, err := c.p.ReadCluster(); err == nil {
				pids = []int{now.Nodes[rnd.IntN(size)].PID}
			}
		}
		stop := []string{"STOP", "TSTP"}[rnd.IntN(2)]
		c.tally.did("random user: SIG" + stop)
		c.send(stop, pids)
		pause(c.ctx, time.Duration(rnd.IntN(3000))*time.Millisecond)
		c.send("CONT", pids)
	})
	for pid := range running(c.p.Program) {
		c.send("CONT", []int{pid})
	}
}

// send sends a signal to processes of this soak.
func (c *randomUser) send(name string, pids []int) {
	ours := running(c.p.Program)
	for _, pid := range pids {
		if _, is := ours[pid]; is {
			_ = exec.Command("kill", "-"+name, strconv.Itoa(pid)).Run() // the process may have ended meanwhile
		}
	}
}

// terminal stops reading the output of the playground for some seconds.
func (c *randomUser) terminal(rnd *rand.Rand) {
	c.loop(rnd, 4*time.Second, func() {
		c.tally.did("random user: a terminal that does not read")
		resume := c.p.StopReading()
		pause(c.ctx, time.Duration(1000+rnd.IntN(6000))*time.Millisecond)
		resume()
	})
}

// paste runs blocks of the README, twice and in any order, and scripts without
// arguments. They may fail, but they must end.
func (c *randomUser) paste(rnd *rand.Rand) {
	readme, err := os.ReadFile(filepath.Join(c.source, "README.md"))
	blocks := servertest.ReadmeBlocks(string(readme))
	if err != nil || len(blocks) == 0 {
		c.say("no README below %q: nothing is pasted (name the source with --source)", c.source)
		return
	}
	scripts, _ := filepath.Glob(filepath.Join(c.source, "scripts", "*.sh"))
	c.loop(rnd, time.Second, func() {
		if rnd.IntN(3) == 0 {
			script := scripts[rnd.IntN(len(scripts))]
			c.tally.did("random user: a script without arguments")
			c.ends(exec.Command(script))
			return
		}
		c.tally.did("random user: README pasted")
		order := rnd.Perm(len(blocks))
		text := blocks[0] + "\n" // the function that the other blocks call
		for _, i := range slices.Concat(order, order)[:1+rnd.IntN(2*len(order))] {
			text += blocks[i] + "\n"
		}
		c.ends(exec.Command("sh", "-c", c.p.Here(text)))
	})
}

// endPatience is longer than any pasted command takes after the end of a round, and than
// a busy machine needs for a reset.
const endPatience = 3 * time.Minute

// ends runs a command and reports it if it does not end. During the round it may wait
// as long as it likes: random keys may have stopped or slowed virtual time, and then a
// write waits. After the round release ends such waits, and so the command must end.
func (c *randomUser) ends(cmd *exec.Cmd) {
	cmd.Env = append(os.Environ(), "PLAYGROUND="+c.p.URL, "CAP_TOKEN=", "CAP_TIMEOUT=20")
	ownGroup(cmd)
	if err := cmd.Start(); err != nil {
		c.violation("%v: %v", cmd.Args, err)
		return
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait() // it may fail: random keys have changed the cluster
	}()
	select {
	case <-ended:
		return
	case <-c.ctx.Done():
	}
	for end := time.Now().Add(endPatience); time.Now().Before(end); {
		c.release()
		select {
		case <-ended:
			return
		case <-time.After(time.Second): // the command may itself slow the cluster down once more
		}
	}
	c.violation("a command hangs: %.200q", strings.Join(cmd.Args, " "))
	killGroup(cmd)
	<-ended
}

// release ends all that a call at a node may wait for: a comparison, virtual time that
// stands still or is slow, frozen nodes, and messages that a rule holds.
func (c *randomUser) release() {
	_, _ = c.p.Control(http.MethodDelete, "/api/compare", "")
	_, _ = c.p.Control(http.MethodPut, "/api/pace", `{"pace":"live"}`)
	_, _ = c.p.Control(http.MethodPost, "/api/heal", "")
}

// keyboard lists the keys that are pressed: all keys that the page knows, and many
// that it does not know.
var keyboard = []rune("abcdefghijklmnopqrstuvwxyz0123456789 ,.?-+HZRP\r\t\x1b\b")

// keys presses random keys in random windows.
func (c *randomUser) keys(rnd *rand.Rand) {
	if c.windows == nil {
		return
	}
	for n := 0; n < keysOfARound && c.ctx.Err() == nil; n++ {
		if err := c.windows.any(rnd).press(keyboard[rnd.IntN(len(keyboard))]); err == nil {
			c.tally.did("random user: key")
		}
	}
}

// handleWindows reloads, hides, duplicates and closes windows.
func (c *randomUser) handleWindows(rnd *rand.Rand) {
	if c.windows == nil {
		return
	}
	c.loop(rnd, 2*time.Second, func() {
		w := c.windows.any(rnd)
		switch rnd.IntN(4) {
		case 0:
			c.tally.did("random user: window reloaded")
			_ = w.do(chromedp.Reload())
		case 1:
			c.tally.did("random user: window hidden")
			_ = w.hide(true)
			pause(c.ctx, time.Duration(rnd.IntN(3000))*time.Millisecond)
			_ = w.hide(false)
		case 2:
			c.tally.did("random user: window duplicated")
			if err := c.windows.add(); err != nil && c.ctx.Err() == nil {
				c.violation("no further window: %v", err)
			}
		default:
			c.tally.did("random user: window closed")
			c.windows.shut(rnd)
		}
	})
}

// knownState presses reset once and waits until the cluster is as after a start.
func (c *randomUser) knownState() error {
	// A comparison may still run. It has a button of its own, so end it before the reset.
	_, _ = c.p.Control(http.MethodDelete, "/api/compare", "")
	var last string
	err := c.within(func() error {
		status, answer := c.p.Control(http.MethodPost, "/api/reset", "")
		if status != http.StatusOK {
			last = answer
			return fmt.Errorf("reset: %d %s", status, last)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return c.within(func() error {
		if err := c.p.AllUp(); err != nil {
			return err
		}
		now, err := c.p.ReadCluster()
		switch {
		case err != nil:
			return err
		case now.Pace.Name != cluster.PaceLive:
			return fmt.Errorf("the pace is %s", now.Pace.Name)
		case len(now.Links) > 0:
			return fmt.Errorf("links are not perfect: %v", now.Links)
		}
		if messages, _, err := c.p.ReadInflight(); err != nil || len(messages) > 0 {
			return fmt.Errorf("in the air: %v %v", messages, err)
		}
		for i := range size {
			if s, err := c.p.ReadState(i + 1); err != nil || len(s.Keys) > 0 || len(s.Undecided) > 0 {
				return fmt.Errorf("node %d holds %v %v %v", i+1, s.Keys, s.Undecided, err)
			}
		}
		return nil
	})
}

// within calls condition until it returns nil. After endPatience, it returns the last
// error of condition.
func (c *randomUser) within(condition func() error) (err error) {
	for end := time.Now().Add(endPatience); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if err = condition(); err == nil {
			return nil
		}
	}
	return err
}

// agree writes a value and waits until the page shows for each node what the node
// itself holds. The verdict must not be red then: nothing wrong has happened.
func (c *randomUser) agree() error {
	if err := c.within(func() error {
		if status, answer := c.p.Write(1, "city", "Evora"); status != http.StatusCreated {
			return fmt.Errorf("a write after the reset: %d %s", status, answer)
		}
		return nil
	}); err != nil {
		return err
	}
	now, err := c.p.ReadCluster()
	if err != nil {
		return err
	}
	if c.windows != nil {
		if err := c.pageAgrees(now); err != nil {
			return err
		}
	}
	var r history.Report
	if err := c.within(func() error { return c.p.Get(c.p.URL+"/api/verdict", &r) }); err != nil {
		return err
	}
	for _, k := range r.Keys {
		if k.Verdict == history.NotLinearizable && modes.Of(now.Mode).Linearizable {
			return fmt.Errorf("a false red: %s since %s: %s", k.Key, k.Since, k.Why)
		}
	}
	return nil
}

// shownNode is a node as the page shows it.
type shownNode struct{ Status, Value string }

// pageAgrees compares each window with the nodes. It reloads only a window whose page did
// not load: the playground was stopped, or the network changed meanwhile. The random keys
// may have chosen an earlier moment in a window. The window then shows the past until a
// click on its badge. The keys may also have left the stage for the page that compares
// modes. That window goes back to the stage.
func (c *randomUser) pageAgrees(now servertest.Cluster) error {
	const expression = "JSON.parse(JSON.stringify([...document.querySelectorAll('[data-testid=node]')].map((n) => ({Status: n.dataset.status ?? '', Value: n.dataset.value ?? ''}))))"
	stage := fmt.Sprintf("location.origin + location.pathname === %[1]q || (location.assign(%[1]q), false)", c.p.URL+"/")
	for i, w := range c.windows.open {
		loading := time.Now()
		err := c.within(func() error {
			if hidden, err := shows[bool](w, "document.hidden"); err != nil || hidden {
				return fmt.Errorf("it stays hidden: %w", errors.Join(err, w.hide(false)))
			}
			if there, err := shows[bool](w, stage); err != nil || !there {
				return fmt.Errorf("it does not show the stage: %v", err)
			}
			if loaded, err := shows[bool](w, "Boolean(window.__frames)"); err == nil && !loaded && time.Since(loading) > 20*time.Second {
				_ = w.do(chromedp.Reload())
				loading = time.Now()
			}
			mode, err := shows[string](w, "document.querySelector('#badge[data-pace=replay]')?.click(), document.documentElement.dataset.mode ?? ''")
			if err != nil {
				return err
			}
			if mode != string(now.Mode) {
				return fmt.Errorf("it shows mode %q, the nodes run %q", mode, now.Mode)
			}
			nodes, err := shows[[]shownNode](w, expression)
			if err != nil || len(nodes) != size {
				return fmt.Errorf("it shows %d nodes, %v", len(nodes), err)
			}
			for j, n := range nodes {
				state, err := c.p.ReadState(j + 1)
				if err != nil {
					return err
				}
				if want := cityOf(state); n.Status != string(cluster.StatusUp) || n.Value != want {
					return fmt.Errorf("it shows node %d %s with %q, and the node holds %q", j+1, n.Status, n.Value, want)
				}
			}
			return nil
		})
		if err != nil {
			state, _ := shows[string](w, "`${document.visibilityState}, badge ${document.querySelector('#badge')?.textContent}, ${location.href}`")
			return fmt.Errorf("window %d (%s): %w", i+1, state, err)
		}
	}
	return nil
}

func cityOf(s cluster.Snapshot) string {
	for _, k := range s.Keys {
		if k.Key == "city" {
			return k.Val
		}
	}
	return ""
}

// sourceDir is the directory of the project's source: the named directory, or else the
// first one above the working directory that has a go.mod.
func sourceDir(named string) string {
	if named != "" {
		return named
	}
	dir, err := os.Getwd()
	for err == nil && dir != filepath.Dir(dir) {
		if _, missing := os.Stat(filepath.Join(dir, "go.mod")); missing == nil {
			return dir
		}
		dir = filepath.Dir(dir)
	}
	return ""
}
