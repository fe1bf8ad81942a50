package scenario

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"capplayground/cluster"
	"capplayground/server/history"
)

// fake is a Cluster of function fields. If a field is nil, its call does nothing and
// returns at once. Each call is added to the log.
type fake struct {
	begin func(context.Context, Start) error
	do    func(context.Context, Action, string) error
	call  func(context.Context, Action, string) Answer
	judge func() history.Report

	mu      sync.Mutex
	log     []string
	changes []Change
}

func (f *fake) note(text string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.log = append(f.log, text)
}

// done returns the calls in the log since the last done.
func (f *fake) done() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	log := f.log
	f.log = nil
	return log
}

func (f *fake) Begin(ctx context.Context, s Start) error {
	f.note("begin " + string(s.Mode))
	if f.begin != nil {
		return f.begin(ctx, s)
	}
	return nil
}

func (f *fake) Do(ctx context.Context, a Action, found string) error {
	text := a.String()
	if found != "" {
		text += " [" + found + "]"
	}
	f.note(text)
	if f.do != nil {
		return f.do(ctx, a, found)
	}
	return nil
}

func (f *fake) Call(ctx context.Context, a Action, ifMatch string) Answer {
	text := a.String()
	if ifMatch != "" {
		text += " if " + ifMatch
	}
	f.note(text)
	if f.call != nil {
		return f.call(ctx, a, ifMatch)
	}
	if a.Verb == "read" {
		return Answer{Status: 200, Val: "Lisboa", Version: "v1"}
	}
	return Answer{Status: 201}
}

func (f *fake) Elapse(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (f *fake) Judge(context.Context) history.Report {
	if f.judge != nil {
		return f.judge()
	}
	return history.Report{Verdict: history.Linearizable}
}

func (f *fake) Curl(a Action, _ bool) string { return "curl " + a.Verb }

func (f *fake) Tell(c Change) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.changes = append(f.changes, c)
}

// stage is a Runner on a fake, inside a synctest bubble.
type stage struct {
	*testing.T
	*Runner
	scenario *Scenario
	fake     *fake // of the first lane
	fakes    []*fake
}

// on runs a test with a scenario in a synctest bubble, in which time passes at once.
func on(t *testing.T, source string, test func(*stage)) {
	t.Helper()
	onLanes(t, head+source, []cluster.Mode{""}, test)
}

// onLanes is on with a whole scenario, and a lane in each of these modes.
func onLanes(t *testing.T, source string, modes []cluster.Mode, test func(*stage)) {
	t.Helper()
	s, err := Parse("test.yaml", []byte(source))
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		st := &stage{T: t, scenario: s}
		var lanes []*Lane
		for _, mode := range modes {
			f := &fake{}
			st.fakes = append(st.fakes, f)
			lanes = append(lanes, NewLane(mode, f))
		}
		st.fake, st.Runner = st.fakes[0], New(func() int64 { return time.Now().UnixMicro() }, lanes...)
		defer st.Stop()
		test(st)
	})
}

const head = "version: 1\ntitle: T\nsummary: S\nmode: CA\nduration: 1m\nsteps:\n"

// begin plays the scenario and waits until its first step is over.
func (s *stage) begin() {
	s.Helper()
	s.must(s.Start(s.scenario))
	synctest.Wait()
}

// must fails the test for an error.
func (s *stage) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// at fails the test unless the talk is at this step and phase.
func (s *stage) at(step int, phase string) {
	s.Helper()
	synctest.Wait()
	if t := s.Talk(); t.Step != step || t.Phase != phase {
		s.Fatalf("at step %d, %s; want step %d, %s", t.Step, t.Phase, step, phase)
	}
}

// did fails the test unless exactly these calls were made since the last did.
func (s *stage) did(want ...string) {
	s.Helper()
	synctest.Wait()
	if got := s.fake.done(); fmt.Sprint(got) != fmt.Sprint(want) {
		s.Fatalf("done: %q\nwant: %q", got, want)
	}
}

// happens sends events to the first lane.
func (s *stage) happens(events ...cluster.Event) {
	s.lanes[0].Take(events)
	synctest.Wait()
}
