package compare

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"capplayground/cluster"
	"capplayground/server/history"
	"capplayground/server/workload"
)

// slow is a cluster whose first change of mode takes until its context ends.
type slow struct {
	mu       sync.Mutex
	modes    []cluster.Mode // of all calls of SetMode
	asked    chan struct{}  // gets a value at each call of SetMode
	released chan struct{}
}

func newSlow() *slow { return &slow{asked: make(chan struct{}, 16), released: make(chan struct{})} }

func (s *slow) Mode() cluster.Mode { return "CP" }
func (s *slow) Release()           { close(s.released) }
func (s *slow) SetMode(ctx context.Context, mode cluster.Mode) error {
	s.mu.Lock()
	s.modes = append(s.modes, mode)
	first := len(s.modes) == 1
	s.mu.Unlock()
	s.asked <- struct{}{}
	if first {
		<-ctx.Done()
	}
	return ctx.Err()
}
func (s *slow) Fault(context.Context, Fault) error { return nil }
func (s *slow) StartLoad(workload.Load) error      { return nil }
func (s *slow) StopLoad(context.Context)           {}
func (s *slow) Recover(ctx context.Context) error  { return ctx.Err() }
func (s *slow) Seen(context.Context) (history.Listing, history.Report) {
	return history.Listing{}, history.Report{}
}

func (s *slow) runner(t *testing.T) *Runner {
	t.Helper()
	r := NewRunner(Config{
		Nodes: 5, Hold: func(func()) (Cluster, error) { return s, nil },
		Publish: func(...cluster.Event) {}, Clock: cluster.Steady(0),
	})
	t.Cleanup(r.Close)
	return r
}

// Close does not set the earlier mode again: the end of the playground must not wait for
// that.
func TestCloseBringsNothingBack(t *testing.T) {
	t.Parallel()
	s := newSlow()
	r := s.runner(t)
	if err := r.Start(Default(), func(Progress) {}); err != nil {
		t.Fatal(err)
	}
	<-s.asked
	r.Close()
	<-s.released
	if len(s.modes) != 1 {
		t.Errorf("the modes %v were set, want one", s.modes)
	}
	if err := r.Start(Default(), func(Progress) {}); !errors.Is(err, cluster.ErrStopping) {
		t.Errorf("a start after Close: %v", err)
	}
}

func TestStopBringsBackTheModeOfBefore(t *testing.T) {
	t.Parallel()
	s := newSlow()
	r := s.runner(t)
	if err := r.Start(Default(), func(Progress) {}); err != nil {
		t.Fatal(err)
	}
	<-s.asked
	r.Stop()
	<-s.released
	if len(s.modes) != 2 || s.modes[1] != "CP" {
		t.Errorf("the modes %v were set, want the old one last", s.modes)
	}
	if state := r.State(); state.Running || state.Error != "stopped" || state.Result != nil {
		t.Errorf("after Stop: %+v", state)
	}
}

// TestTheLanesOfARun: while a comparison runs, its lanes are those that have ended. A
// comparison that is stopped leaves the lanes of the last one that ended well.
func TestTheLanesOfARun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fake{began: time.Now()}
		r := NewRunner(Config{
			Nodes: 5, Hold: func(func()) (Cluster, error) { return f, nil },
			Publish: func(...cluster.Event) {}, Clock: cluster.Steady(0),
		})
		defer r.Close()
		lanes := func() []int { return []int{len(r.Lanes().Lanes), r.State().Ended} }
		script := Default()
		for _, want := range [][]int{{0, 0}, {3, 0}} { // before each comparison
			if got := lanes(); !slices.Equal(got, want) {
				t.Errorf("before a comparison there are the lanes %v, want %v", got, want)
			}
			if err := r.Start(script, func(Progress) {}); err != nil {
				t.Fatal(err)
			}
			for ended := range 3 {
				time.Sleep(script.Length.Duration() / 2)
				if got := lanes(); !slices.Equal(got, []int{ended, ended}) {
					t.Errorf("while lane %d plays there are %v", ended, got)
				}
				time.Sleep(script.Length.Duration() / 2)
				synctest.Wait()
			}
		}
		if err := r.Start(script, func(Progress) {}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(script.Length.Duration() * 3 / 2)
		r.Stop()
		if got := lanes(); !slices.Equal(got, []int{3, 0}) {
			t.Errorf("after a comparison that was stopped there are %v", got)
		}
	})
}
