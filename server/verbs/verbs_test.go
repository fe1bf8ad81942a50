package verbs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"capplayground/cluster"
	"capplayground/server/client"
	"capplayground/server/faults"
	"capplayground/server/workload"
)

// fake is a cluster of five nodes that keeps a list of the calls.
type fake struct {
	mu       sync.Mutex
	did      []string
	epoch    cluster.Epoch
	switched chan struct{} // if it is not nil, Switch waits until it is closed, or until ctx ends
}

func (f *fake) note(format string, args ...any) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.did = append(f.did, fmt.Sprintf(format, args...))
	return nil
}

func (f *fake) notes() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.did)
}

func (f *fake) Kill(_ context.Context, id cluster.NodeID) error    { return f.note("kill %d", id) }
func (f *fake) Restart(_ context.Context, id cluster.NodeID) error { return f.note("restart %d", id) }
func (f *fake) Freeze(_ context.Context, id cluster.NodeID) error  { return f.note("freeze %d", id) }
func (f *fake) Thaw(_ context.Context, id cluster.NodeID) error    { return f.note("thaw %d", id) }
func (f *fake) Wipe(_ context.Context, id cluster.NodeID, between func()) error {
	between()
	return f.note("wipe %d", id)
}

func (f *fake) Handle(_ context.Context, id cluster.NodeID, do, msg string) error {
	return f.note("%s %s at %d", do, msg, id)
}

func (f *fake) Fire(_ context.Context, id cluster.NodeID, timer string) error {
	return f.note("fire %s at %d", timer, id)
}
func (f *fake) Apply(context.Context) {}
func (f *fake) CanSwitch() error      { return nil }

func (f *fake) Epoch() cluster.Epoch {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.epoch
}

func (f *fake) Switch(ctx context.Context, e cluster.Epoch, between func()) error {
	if f.switched != nil {
		select {
		case <-f.switched:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	f.mu.Lock()
	f.epoch = e
	f.mu.Unlock()
	between()
	return f.note("switch to %s", e.Mode)
}

// stage has every message on its way to node 2, and every node up.
type stage struct{ *fake }

func (stage) Message(string) (cluster.Transit, bool)                          { return cluster.Transit{To: 2}, true }
func (stage) Status(cluster.NodeID) cluster.Status                            { return cluster.StatusUp }
func (stage) Publish(...cluster.Event)                                        {}
func (stage) Operation(cluster.NodeID, cluster.OpID) (invoked, returned bool) { return true, true }
func (s stage) Epoch(n int, mode cluster.Mode, reset bool) {
	_ = s.note("epoch %d %s %v", n, mode, reset)
}
func (s stage) Wiped(id cluster.NodeID) { _ = s.note("wiped %d", id) }

// traffic is a load without calls.
type traffic struct{ *fake }

func (t traffic) Start(l workload.Load) error { return t.note("load %v, seed %d", l.Rate, l.Seed) }
func (t traffic) Stop()                       { _ = t.note("no load") }

func newFake(t *testing.T) (*Verbs, *fake) {
	t.Helper()
	v, f, _ := newFakeWithFaults(t)
	return v, f
}

func newFakeWithFaults(t *testing.T) (*Verbs, *fake, *faults.Faults) {
	t.Helper()
	f := &fake{epoch: cluster.Epoch{N: 1, Mode: "AP"}}
	all := faults.New(5, cluster.Steady(0), func(...cluster.Event) {})
	c := client.New(client.Config{Caller: client.Connections(), URLs: make([]string, 5), Stage: stage{f}, Time: all, Clock: cluster.Steady(0)})
	v := New(Config{Count: 5, Nodes: f, Stage: stage{f}, Faults: all, Client: c, Load: traffic{f}})
	t.Cleanup(func() {
		v.Close()
		c.Close()
	})
	return v, f, all
}

func TestDoCarriesOutEachVerb(t *testing.T) {
	t.Parallel()
	v, f, all := newFakeWithFaults(t)
	for _, test := range []struct {
		action Action
		did    []string
	}{
		{Action{Freeze, Args{Node: 4}}, []string{"freeze 4"}},
		{Action{Thaw, Args{Node: 4}}, []string{"thaw 4"}},
		{Action{"unfreeze", Args{Node: 4}}, []string{"thaw 4"}},
		{Action{Kill, Args{Node: 3}}, []string{"kill 3"}},
		{Action{Restart, Args{Node: 3}}, []string{"restart 3"}},
		{Action{Wipe, Args{Node: 3}}, []string{"wiped 3", "wipe 3"}},
		{Action{Deliver, Args{Msg: "m"}}, []string{"deliver m at 2"}},
		{Action{Drop, Args{Msg: "m"}}, []string{"drop m at 2"}},
		{Action{Duplicate, Args{Msg: "m"}}, []string{"duplicate m at 2"}},
		{Action{Fire, Args{Node: 1, Timer: "votes:7"}}, []string{"fire votes:7 at 1"}},
		{Action{SetMode, Args{Mode: "CP"}}, []string{"epoch 2 CP false", "switch to CP"}},
		{Action{Reset, Args{}}, []string{"no load", "epoch 3 CP true", "switch to CP"}},
		{Action{Workload, Args{Rate: 20}}, []string{"load 20, seed 0"}},
		{Action{Workload, Args{Rate: 20, Seed: 7}}, []string{"load 20, seed 7"}},
		{Action{Workload, Args{}}, []string{"no load"}},
		{Action{Pause, Args{For: time.Millisecond}}, nil},
		{Action{Heal, Args{}}, []string{"thaw 1", "thaw 2", "thaw 3", "thaw 4", "thaw 5"}},
	} {
		f.did = nil
		if _, err := v.Do(t.Context(), test.action); err != nil {
			t.Errorf("%+v: %v", test.action, err)
		}
		got := f.notes()
		if test.action.Verb == Heal { // it thaws all at the same time
			slices.Sort(got)
		}
		if !slices.Equal(got, test.did) {
			t.Errorf("%+v did %q; want %q", test.action, got, test.did)
		}
	}
	for _, a := range []Action{
		{Isolate, Args{Node: 2}}, {Rejoin, Args{Node: 2}}, {Partition, Args{Groups: [][]cluster.NodeID{{1}, {2}}}},
		{SetLink, Args{From: 1, To: 3, Loss: 0.5}}, {Rule, Args{Type: "*", Do: "drop"}}, {Unrule, Args{Rule: "1"}},
		{SetPace, Args{Pace: "step"}}, {SetQuorum, Args{N: 3, R: 1, W: 1}},
	} {
		if _, err := v.Do(t.Context(), a); err != nil {
			t.Errorf("%+v: %v", a, err)
		}
	}
	if pace, q := all.Pace(), all.Quorum(); pace.Name != "step" || q.R != 1 || len(v.Rules()) != 0 {
		t.Errorf("pace %v, sizes %v, rules %v", pace, q, v.Rules())
	}
	if _, err := v.Do(t.Context(), Action{Reset, Args{}}); err != nil || all.Quorum() != cluster.DefaultQuorum() || all.Pace().Name != "live" {
		t.Errorf("after a reset: %v, sizes %v, pace %v", err, all.Quorum(), all.Pace())
	}
	for _, bad := range []Action{{"melt", Args{}}, {Commit, Args{Node: 1}}, {Read, Args{Node: 9, Key: "k"}}, {SetMode, Args{Mode: "XY"}}} {
		if _, err := v.Do(t.Context(), bad); err == nil {
			t.Errorf("%+v was done", bad)
		}
	}
}

func TestWipeIsRefusedWherePromisesRestOnTheDisk(t *testing.T) {
	t.Parallel()
	v, f := newFake(t)
	f.epoch.Mode = "CP"
	if err := v.Wipe(t.Context(), 1); !errors.Is(err, cluster.ErrNotNow) || len(f.notes()) > 0 {
		t.Errorf("wipe: %v, did %q", err, f.notes())
	}
}

// A change of mode and a comparison that begin at the same time never overlap: one
// is refused, or comes after the other.
func TestNothingChangesTheModeOfAHeldCluster(t *testing.T) {
	t.Parallel()
	for range 200 {
		v, _ := newFake(t)
		var holding sync.WaitGroup
		begin := make(chan struct{})
		holding.Go(func() {
			<-begin
			h, err := v.Hold("a test holds it", func() {})
			if errors.Is(err, cluster.ErrNotNow) {
				return // the change of mode came first
			}
			if err != nil {
				t.Error(err)
				return
			}
			before := v.cfg.Nodes.Epoch()
			for range 10 {
				if now := v.cfg.Nodes.Epoch(); now != before {
					t.Errorf("the mode changed from %v to %v during a hold", before, now)
				}
			}
			h.Release()
		})
		holding.Go(func() {
			<-begin
			if err := v.SetMode(t.Context(), "CP"); err != nil && !errors.Is(err, cluster.ErrNotNow) {
				t.Error(err)
			}
		})
		close(begin)
		holding.Wait()
	}
}

func TestAHeldClusterRefusesAChangeOfModeALoadAndAnotherHold(t *testing.T) {
	t.Parallel()
	v, f := newFake(t)
	h, err := v.Hold("a test holds it", func() {})
	if err != nil {
		t.Fatal(err)
	}
	for what, err := range map[string]error{
		"mode": v.SetMode(t.Context(), "CP"),
		"load": v.StartLoad(workload.Load{Rate: 1}),
		"hold": func() error { _, err := v.Hold("another", func() {}); return err }(),
	} {
		if !errors.Is(err, cluster.ErrNotNow) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if len(f.notes()) > 0 {
		t.Errorf("it did %q", f.notes())
	}
	if err := h.SetMode(t.Context(), "CP"); err != nil || v.Mode() != "CP" {
		t.Errorf("the holder: %v, mode %s", err, v.Mode())
	}
	h.Release()
	if err := v.SetMode(t.Context(), "AP"); err != nil {
		t.Errorf("after Release: %v", err)
	}
}

func TestResetEndsWhatHoldsTheCluster(t *testing.T) {
	t.Parallel()
	v, _ := newFake(t)
	var h *Hold
	ended := make(chan struct{})
	h, err := v.Hold("a test holds it", func() {
		h.Release()
		close(ended)
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := v.Reset(t.Context()); err != nil {
		t.Fatal(err)
	}
	<-ended
}

// TestResettingIsTrueUntilAllNodesServe: callers are told that a reset is under way from its
// beginning to its end, and not during a change of mode.
func TestResettingIsTrueUntilAllNodesServe(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v, f := newFake(t)
		for _, change := range []struct {
			name  string
			do    func() error
			tells bool
		}{
			{"reset", func() error { return v.Reset(t.Context()) }, true},
			{"mode", func() error { return v.SetMode(t.Context(), "CP") }, false},
		} {
			f.switched = make(chan struct{})
			ended := make(chan error, 1)
			go func() { ended <- change.do() }()
			synctest.Wait()
			if err := v.Resetting(); errors.Is(err, cluster.ErrNotNow) != change.tells {
				t.Errorf("during a change by %s: %v", change.name, err)
			}
			close(f.switched)
			if err := <-ended; err != nil {
				t.Error(err)
			}
			if err := v.Resetting(); err != nil {
				t.Errorf("after the change by %s: %v", change.name, err)
			}
		}
	})
}

// A change that waits for nodes ends when the playground ends.
func TestCloseEndsAChangeThatIsUnderWay(t *testing.T) {
	t.Parallel()
	v, f := newFake(t)
	f.switched = make(chan struct{})
	ended := make(chan error, 1)
	go func() { ended <- v.SetMode(context.Background(), "CP") }()
	v.Close()
	if err := <-ended; err == nil {
		t.Error("the mode was changed")
	}
	if err := v.SetMode(t.Context(), "CP"); err == nil {
		t.Error("the mode was changed after Close")
	}
}
