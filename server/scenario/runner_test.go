package scenario

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"capplayground/cluster"
	"capplayground/server/history"
)

const threeSteps = `
  - {id: a, say: A., do: [{write: {node: 1, key: k, val: a}}]}
  - {id: b, say: B., do: [{freeze: {node: 4}}]}
  - {id: c, say: C., do: [{thaw: {node: 4}}]}
`

func TestEachPressPlaysOneStep(t *testing.T) {
	t.Parallel()
	on(t, threeSteps, func(s *stage) {
		s.begin()
		s.at(1, Ready)
		s.did("begin CA", "write k=a at node 1")
		s.must(s.Next())
		s.at(2, Ready)
		s.did("freeze node 4")
		s.must(s.Next())
		s.at(3, Ready)
		s.did("thaw node 4")
		s.must(s.Next())
		s.at(3, Ready) // it was the last one
		s.did()
	})
}

func TestTwoPressesInARowPlayTwoSteps(t *testing.T) {
	t.Parallel()
	on(t, threeSteps, func(s *stage) {
		s.begin()
		s.did("begin CA", "write k=a at node 1")
		s.must(s.Next())
		s.must(s.Next()) // before the first one had a chance to run
		s.at(3, Ready)
		s.did("freeze node 4", "thaw node 4")
	})
}

const blocked = `
  - {id: a, say: A.}
  - {id: b, say: B., do: [{freeze: {node: 4}}]}
  - {id: c, say: C., do: [{thaw: {node: 4}}]}
  - {id: d, say: D., do: [{kill: {node: 4}}]}
`

func TestAPressWhileAStepRunsIsKeptOnce(t *testing.T) {
	t.Parallel()
	on(t, blocked, func(s *stage) {
		frozen := make(chan struct{})
		s.fake.do = func(ctx context.Context, a Action, _ string) error {
			if a.Verb == "freeze" {
				<-frozen
			}
			return nil
		}
		s.begin()
		s.must(s.Next())
		s.at(2, Running)
		for range 3 {
			s.must(s.Next())
		}
		s.at(2, Running)
		if !s.Talk().Queued {
			t.Error("the press is not shown as kept")
		}
		close(frozen)
		s.at(3, Ready) // one more step, and not three
		s.did("begin CA", "freeze node 4", "thaw node 4")
	})
}

func TestAPressWhileAStepWaitsForATimeoutIsKeptOnce(t *testing.T) {
	t.Parallel()
	on(t, `
  - {id: a, say: A.}
  - {id: b, say: B., wait_for: {timeout: 4s, until: [{locked: {key: k, node: [2]}}]}}
  - {id: c, say: C., do: [{thaw: {node: 4}}]}
  - {id: d, say: D., do: [{kill: {node: 4}}]}
`, func(s *stage) {
		s.begin()
		s.must(s.Next())
		s.at(2, Running)
		time.Sleep(time.Second)
		s.must(s.Next())
		s.must(s.Next())
		time.Sleep(2900 * time.Millisecond)
		s.at(2, Running)
		time.Sleep(200 * time.Millisecond)
		s.at(3, Ready)
		s.did("begin CA", "thaw node 4")
	})
}

func TestAWaitEndsWhenItsConditionHolds(t *testing.T) {
	t.Parallel()
	on(t, `
  - {id: a, say: A., wait_for: {timeout: 50s, until: [{locked: {key: k, node: [2]}}]}}
`, func(s *stage) {
		s.begin()
		s.at(1, Running)
		s.happens(cluster.Event{Node: 2, Body: &cluster.KeyChanged{Key: "k", LockedBy: "tx"}})
		s.at(1, Ready)
	})
}

func TestBackPlaysTheStepBeforeFromTheKnownState(t *testing.T) {
	t.Parallel()
	on(t, threeSteps, func(s *stage) {
		s.begin()
		s.must(s.Next())
		s.must(s.Next())
		s.at(3, Ready)
		s.fake.done()
		s.must(s.Back())
		s.at(2, Ready)
		s.did("begin CA", "write k=a at node 1", "freeze node 4")
		s.must(s.Back())
		s.must(s.Back())
		s.at(1, Ready) // there is nothing before
	})
}

func TestAgainEndsWhatRunsAndForgetsWhatWasKept(t *testing.T) {
	t.Parallel()
	on(t, blocked, func(s *stage) {
		first := true
		s.fake.do = func(ctx context.Context, a Action, _ string) error {
			if a.Verb == "freeze" && first {
				first = false
				<-ctx.Done()
				return ctx.Err()
			}
			return nil
		}
		s.begin()
		s.must(s.Next())
		s.must(s.Next())
		s.at(2, Running)
		s.fake.done()
		s.must(s.Again())
		s.at(2, Ready)
		s.did("begin CA", "freeze node 4")
	})
}

func TestAgainGivesUpOperationsThatWait(t *testing.T) {
	t.Parallel()
	on(t, `
  - {id: a, say: A., do: [{write: {node: 1, key: k, val: a, wait: false}}], wait_for: {answers: none}}
`, func(s *stage) {
		calls := 0
		s.fake.call = func(ctx context.Context, _ Action, _ string) Answer {
			calls++
			<-ctx.Done()
			return Answer{Status: 504}
		}
		s.begin()
		time.Sleep(2 * time.Second)
		s.at(1, Ready)
		s.must(s.Again())
		time.Sleep(2 * time.Second)
		s.at(1, Ready)
		if calls != 2 {
			t.Errorf("%d calls, want 2", calls)
		}
	})
}

func TestAStepThatFailsSaysWhatCameAndTheTalkGoesOn(t *testing.T) {
	t.Parallel()
	on(t, `
  - id: a
    say: A.
    do: [{freeze: {node: 4}}, {write: {node: 1, key: k, val: v}}]
    expect: [{answer: {status: 201}}, {value: {node: 2, key: k, val: v}}]
  - {id: b, say: B.}
`, func(s *stage) {
		killed := true // by a person, not by the scenario
		s.fake.do = func(context.Context, Action, string) error {
			if killed {
				return fmt.Errorf("%w: node 4 is killed", cluster.ErrNotNow)
			}
			return nil
		}
		s.fake.call = func(context.Context, Action, string) Answer {
			if killed {
				return Answer{Status: 503, Error: "no quorum"}
			}
			s.lanes[0].Take([]cluster.Event{{Node: 2, Body: &cluster.KeyChanged{Value: cluster.Value{Val: "v"}, Key: "k"}}})
			return Answer{Status: 201}
		}
		s.begin()
		s.at(1, Ready) // at once: an answer does not change any more
		v := s.View()
		want := []Row{
			{Expected: "freeze node 4", Came: "makes no sense now: node 4 is killed"},
			{Expected: "write k=v at node 1: 201", Came: "write k=v at node 1: 503 (no quorum)", final: true},
			{Expected: "k=v at 2", Came: "node 2 holds nothing"},
		}
		if !v.Failed || !slices.Equal(v.Rows, want) {
			t.Errorf("got %v\nwant %v", v.Rows, want)
		}
		killed = false
		s.must(s.Again()) // begins from the known state
		s.at(1, Ready)
		if v := s.View(); v.Failed || len(v.Rows) != 2 {
			t.Errorf("again: %v", v.Rows)
		}
		s.must(s.Next())
		s.at(2, Ready)
	})
}

func TestAMessageIsNamedByWhatItIs(t *testing.T) {
	t.Parallel()
	on(t, `
  - {id: a, say: A., do: [{deliver: {from: 3, to: 1, type: yes}}, {fire: {node: 1, timer: votes}}]}
`, func(s *stage) {
		s.begin()
		s.at(1, Running) // there is no such message yet
		sent := func(id string, from cluster.NodeID, kind string) cluster.Event {
			return cluster.Event{Body: &cluster.Sent{Transit: cluster.Transit{Msg: id, From: from, To: 1, Type: kind}}}
		}
		s.happens(sent("m1", 2, "yes"), sent("m2", 3, "no"))
		s.at(1, Running)
		s.happens(sent("m3", 3, "yes"), sent("m4", 3, "yes"))
		s.did("begin CA", "deliver the yes from node 3 to node 1 [m3]")
		s.happens(cluster.Event{Node: 1, Body: &cluster.TimerChanged{Name: "votes", Op: "tx", State: cluster.TimerSet}})
		s.at(1, Ready)
		s.did("fire the timer votes at node 1 [" + cluster.Timer{Name: "votes", Op: "tx"}.ID() + "]")
	})
}

func TestAWriteCanReplaceWhatAReadReturned(t *testing.T) {
	t.Parallel()
	on(t, `
  - {id: a, say: A., do: [{read: {node: 2, key: k}}]}
  - {id: b, say: B., do: [{write: {node: 2, key: k, val: w, replaces: {step: a}}}]}
`, func(s *stage) {
		s.begin()
		s.must(s.Next())
		s.did("begin CA", "read k at node 2", "write k=w at node 2 if v1")
	})
}

func TestAfterGoesOnByItself(t *testing.T) {
	t.Parallel()
	on(t, `
  - {id: a, say: A., after: 2s}
  - {id: b, say: B., do: [{freeze: {node: 4}}], after: 1h}
  - {id: c, say: C., do: [{thaw: {node: 4}}]}
`, func(s *stage) {
		s.begin()
		s.at(1, Ready)
		time.Sleep(2100 * time.Millisecond)
		s.at(2, Ready)
		s.must(s.Next()) // the press comes before the time is over
		s.at(3, Ready)
		time.Sleep(2 * time.Hour)
		s.did("begin CA", "freeze node 4", "thaw node 4")
	})
}

func TestAKnownStateThatDoesNotComeIsSaid(t *testing.T) {
	t.Parallel()
	on(t, threeSteps, func(s *stage) {
		broken := true
		s.fake.begin = func(context.Context, Start) error {
			if broken {
				return fmt.Errorf("node 3 does not start")
			}
			return nil
		}
		s.begin()
		s.at(1, Broken)
		if v := s.View(); !v.Failed || v.Trouble != "node 3 does not start" {
			t.Errorf("got %+v", v)
		}
		broken = false
		s.must(s.Again())
		s.at(1, Ready)
	})
}

func TestStopEndsEverything(t *testing.T) {
	t.Parallel()
	on(t, blocked, func(s *stage) {
		s.fake.do = func(ctx context.Context, _ Action, _ string) error {
			<-ctx.Done()
			return ctx.Err()
		}
		s.begin()
		s.must(s.Next())
		s.at(2, Running)
		s.Stop()
		if s.Talk().Running || s.Next() == nil || s.Back() == nil {
			t.Error("it still runs")
		}
		s.fake.done()
		time.Sleep(time.Minute)
		s.did()
	})
}

// TestRandomPresses presses everything in any order. The talk must stay at a step that
// exists, and must never do two steps at once. One Restart must bring it back to its
// beginning.
func TestRandomPresses(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		on(t, asking, func(s *stage) {
			r := rand.New(rand.NewPCG(seed, 1))
			s.fake.call = func(ctx context.Context, _ Action, _ string) Answer {
				time.Sleep(20 * time.Millisecond)
				return Answer{Status: 201}
			}
			s.begin()
			presses := []func() error{
				s.Next, s.Next, s.Next, s.Back, s.Again, s.Reveal, s.Restart,
				func() error { s.Black(); return nil },
				func() error { return s.Vote(fmt.Sprint(r.IntN(5)), 1+r.IntN(3)) },
				func() error { time.Sleep(time.Duration(r.IntN(100)) * time.Millisecond); return nil },
			}
			for range 2000 {
				_ = presses[r.IntN(len(presses))]()
				if talk := s.Talk(); talk.Step < 1 || talk.Step > 3 {
					t.Fatalf("seed %d: step %d", seed, talk.Step)
				}
			}
			if s.Talk().Black {
				s.Black()
			}
			s.must(s.Restart())
			time.Sleep(time.Minute)
			s.at(1, Ready)
			s.fake.done()
			s.must(s.Next())
			time.Sleep(time.Minute)
			s.at(2, Ready)
			s.did("write k=v at node 1")
		})
	}
}

func TestOnePageDrivesAtATime(t *testing.T) {
	t.Parallel()
	on(t, threeSteps, func(s *stage) {
		s.must(s.MayDrive("stage"))
		s.must(s.MayDrive("stage"))
		if s.MayDrive("phone") == nil {
			t.Error("two pages drive")
		}
		s.must(s.MayDrive("")) // curl
		s.Drive("phone")
		s.must(s.MayDrive("phone"))
		if s.MayDrive("stage") == nil {
			t.Error("two pages drive")
		}
	})
}

func TestConditions(t *testing.T) {
	t.Parallel()
	on(t, `
  - id: a
    say: A.
    do: [{write: {node: 1, key: k, val: v}}]
    expect:
      - answer: {status: 201}
      - value: {node: [1, 2], key: k, val: v}
      - value: {node: 3, key: k, absent: true}
      - sent: {from: 1, type: prepare, at_least: 2, at_most: 2}
      - lost: {to: 4, why: cut}
      - locked: {key: k, node: [2]}
      - siblings: {node: 5, key: k, vals: [b, a]}
      - hints: {node: 2, for: 4, at_least: 1}
      - role: {node: 1, role: coordinator}
      - stale: {at_most: 0}
      - availability: {at_least: 0.5}
      - verdict: not linearizable
`, func(s *stage) {
		half := 0.75
		s.fake.judge = func() history.Report {
			return history.Report{
				Verdict: history.NotLinearizable, Total: history.Figures{Availability: &half},
				Keys: []history.KeyVerdict{{Key: "k", Verdict: history.NotLinearizable}},
			}
		}
		s.begin()
		s.happens(
			cluster.Event{Node: 1, Body: &cluster.KeyChanged{Value: cluster.Value{Val: "v"}, Key: "k"}},
			cluster.Event{Node: 2, Body: &cluster.KeyChanged{Value: cluster.Value{Val: "v"}, Key: "k", LockedBy: "tx"}},
			cluster.Event{Node: 5, Body: &cluster.KeyChanged{Value: cluster.Value{Val: "a"}, Key: "k", Siblings: []cluster.Sibling{{Val: "b"}}}},
			cluster.Event{Node: 2, Body: &cluster.KeyChanged{Value: cluster.Value{Val: "v"}, Key: "k", HintFor: 4}},
			cluster.Event{Node: 1, Body: &cluster.RoleChanged{Role: "coordinator"}},
			cluster.Event{Body: &cluster.Sent{Transit: cluster.Transit{Msg: "1", From: 1, To: 2, Type: "prepare"}}},
			cluster.Event{Body: &cluster.Sent{Transit: cluster.Transit{Msg: "2", From: 1, To: 4, Type: "prepare"}}},
		)
		s.at(1, Running)
		s.happens(cluster.Event{Body: &cluster.Lost{Transit: cluster.Transit{Msg: "2", From: 1, To: 4, Type: "prepare"}, Why: "cut"}})
		s.at(1, Ready)
		for _, row := range s.View().Rows {
			if !row.OK {
				t.Errorf("%+v", row)
			}
		}
	})
}
