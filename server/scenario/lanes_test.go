package scenario

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"capplayground/cluster"
	"capplayground/server/history"
)

const lanesHead = "version: 1\ntitle: T\nsummary: S\nmodes: [CA, AP, CP]\nduration: 1m\nsteps:\n"

var threeModes = []cluster.Mode{"CA", "AP", "CP"}

// refuse answers the write at node 1 with 503 in the lane i.
func (s *stage) refuse(i int) {
	s.fakes[i].call = func(_ context.Context, a Action, _ string) Answer { return Answer{Status: 503, Error: "no quorum"} }
}

// rows lists the rows of the step, as in "CA ok 201".
func (s *stage) rows() (all []string) {
	for _, row := range s.View().Rows {
		word := "ok"
		if !row.OK {
			word = "differs"
		}
		all = append(all, fmt.Sprintf("%s %s %s", row.Lane, word, row.Came))
	}
	return all
}

func TestAScenarioInLanesActsInEachLane(t *testing.T) {
	t.Parallel()
	onLanes(t, lanesHead+`
  - id: a
    say: A.
    do: [{partition: {groups: [[1, 2], [3, 4, 5]]}}, {write: {node: 1, key: k, val: v}}]
    expect: [{lane: AP, answer: {status: 201}}, {lane: [CA, CP], answer: {status: 503}}]
`, threeModes, func(s *stage) {
		s.refuse(0)
		s.begin()
		s.at(1, Ready)
		for i, f := range s.fakes {
			want := []string{"begin " + string(threeModes[i]), "partition 1 2 | 3 4 5", "write k=v at node 1"}
			if got := f.done(); !slices.Equal(got, want) {
				t.Errorf("lane %s did %q", threeModes[i], got)
			}
		}
		want := []string{"CA ok write k=v at node 1: 503", "AP ok write k=v at node 1: 201", "CP differs write k=v at node 1: 201"}
		if got := s.rows(); !slices.Equal(got, want) {
			t.Errorf("%q", got)
		}
		v := s.View()
		if !v.Failed || len(v.Done[1].Lanes) != 3 || v.Done[1].Lanes[0].Answer.Status != 503 || v.Done[1].Answer != nil {
			t.Errorf("%+v", v.Done)
		}
	})
}

// If a lane is slow with the first action, it must not get the second action later than the
// others. So no lane begins the second action before every lane has finished the first.
func TestNoLaneBeginsAnActionBeforeAllAreDoneWithTheLast(t *testing.T) {
	t.Parallel()
	onLanes(t, lanesHead+`
  - {id: a, say: A., do: [{freeze: {node: 4}}, {write: {node: 1, key: k, val: v}}]}
`, threeModes, func(s *stage) {
		frozen := make(chan struct{})
		s.fakes[1].do = func(context.Context, Action, string) error {
			<-frozen
			return nil
		}
		s.begin()
		s.at(1, Running)
		for i, f := range s.fakes {
			if got, want := f.done(), []string{"begin " + string(threeModes[i]), "freeze node 4"}; !slices.Equal(got, want) {
				t.Errorf("lane %s did %q", threeModes[i], got)
			}
		}
		close(frozen)
		s.at(1, Ready)
		for i, f := range s.fakes {
			if got := f.done(); !slices.Equal(got, []string{"write k=v at node 1"}) {
				t.Errorf("lane %s did %q", threeModes[i], got)
			}
		}
	})
}

// An event of one lane is not seen in another lane.
func TestEachLaneHasItsOwnEventsAndVersions(t *testing.T) {
	t.Parallel()
	onLanes(t, lanesHead+`
  - {id: a, say: A., do: [{read: {node: 2, key: k}}], wait_for: {until: [{locked: {key: k, node: [2]}}], timeout: 1s}, expect: [{lane: [AP, CA], locked: {key: k, node: [2]}}]}
  - {id: b, say: B., do: [{write: {node: 1, key: k, val: v, replaces: {step: a}}}]}
`, threeModes, func(s *stage) {
		for i, f := range s.fakes {
			f.call = func(_ context.Context, a Action, ifMatch string) Answer {
				return Answer{Status: 200, Version: fmt.Sprint("v", i)}
			}
		}
		s.begin()
		s.lanes[1].Take([]cluster.Event{{Node: 2, Body: &cluster.KeyChanged{Key: "k", LockedBy: "tx"}}})
		s.at(1, Running)
		s.Sleep()
		s.at(1, Ready)
		if got := s.rows(); len(got) != 2 || !strings.HasPrefix(got[0], "CA differs") || !strings.HasPrefix(got[1], "AP ok") {
			t.Errorf("%q", got)
		}
		s.must(s.Next())
		s.at(2, Ready)
		for i, f := range s.fakes {
			if log := f.done(); log[len(log)-1] != fmt.Sprintf("write k=v at node 1 if v%d", i) {
				t.Errorf("lane %d did %q", i, log)
			}
		}
	})
}

// Beside the bars of the votes stand the answers and the figures of each lane.
func TestTheRoomSeesWhatWasMeasuredInEachLane(t *testing.T) {
	t.Parallel()
	onLanes(t, lanesHead+`
  - {id: a, ask: {question: Q?, choices: [x, y], answer: 1}}
  - {id: b, say: B., do: [{write: {node: 1, key: k, val: v}}], expect: [{lane: AP, answer: {status: 201}}]}
`, threeModes, func(s *stage) {
		s.refuse(2)
		half := 0.5
		s.fakes[2].judge = func() history.Report {
			return history.Report{Verdict: "not linearizable", Total: history.Figures{Availability: &half, Stale: 3}}
		}
		s.begin()
		s.must(s.Vote("me", 2))
		s.must(s.Next())
		s.at(2, Ready)
		q := s.Talk().Question
		if q == nil || !q.Revealed || len(q.Happened) != 3 || !reflect.DeepEqual(q.Happened[2], Happened{Lane: "CP", Text: "write k=v at node 1", Status: 503}) {
			t.Fatalf("%+v", q)
		}
		if len(q.Measured) != 3 || q.Measured[2] != (Measured{Lane: "CP", Answered: 0.5, Stale: 3, Verdict: "not linearizable"}) {
			t.Errorf("%+v", q.Measured)
		}
		for _, f := range s.fakes {
			if last := f.changes[len(f.changes)-1]; last.Talk.Step != 2 {
				t.Errorf("the last change that a lane got is %+v", last)
			}
		}
	})
}

// A fourth lane does the same actions as the three lanes. The scenario has no expectation
// for it.
func TestALaneThatTheScenarioDoesNotNamePlaysToo(t *testing.T) {
	t.Parallel()
	onLanes(t, lanesHead+`
  - {id: a, say: A., do: [{write: {node: 1, key: k, val: v}}], expect: [{answer: {status: 201}}]}
`, append(slices.Clone(threeModes), "RAFT"), func(s *stage) {
		s.refuse(3)
		s.begin()
		s.at(1, Ready)
		if rows := s.rows(); len(rows) != 3 || s.View().Failed {
			t.Errorf("%q", rows)
		}
		if log := s.fakes[3].done(); len(log) != 2 {
			t.Errorf("the fourth lane did %q", log)
		}
	})
}

func TestAScenarioOfOneModeIsPlayedInItsLaneAlone(t *testing.T) {
	t.Parallel()
	onLanes(t, head+`
  - {id: a, say: A., do: [{write: {node: 1, key: k, val: v}}], expect: [{answer: {status: 201}}]}
`, []cluster.Mode{"AP", "CA"}, func(s *stage) {
		s.begin()
		s.at(1, Ready)
		if first, second := s.fakes[0].done(), s.fakes[1].done(); len(first) != 0 || len(second) != 2 {
			t.Errorf("AP did %q, CA did %q", first, second)
		}
		if rows := s.rows(); len(rows) != 1 || !strings.HasPrefix(rows[0], " ok") {
			t.Errorf("%q", rows)
		}
	})
}

func TestAScenarioForOtherLanesSaysWhatItNeeds(t *testing.T) {
	t.Parallel()
	const step = "  - {id: a, say: A.}\n"
	for _, c := range []struct {
		source string
		lanes  []cluster.Mode
		want   string
	}{
		{lanesHead + step, []cluster.Mode{""}, "start playground lanes --modes CA,AP,CP"},
		{lanesHead + step, []cluster.Mode{"CA", "AP"}, "it needs 3 clusters side by side"},
		{head + step, []cluster.Mode{"AP", "CP"}, "it needs a cluster in mode CA"},
	} {
		onLanes(t, c.source, c.lanes, func(s *stage) {
			if err := s.Start(s.scenario); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v: %v", c.lanes, err)
			}
			if s.Talk().Running {
				t.Error("the scenario is played, but must not be")
			}
		})
	}
}

// If one cluster does not reach its known state, no lane begins the scenario.
func TestALaneThatDoesNotBeginIsSaid(t *testing.T) {
	t.Parallel()
	onLanes(t, lanesHead+`
  - {id: a, say: A., do: [{write: {node: 1, key: k, val: v}}]}
`, threeModes, func(s *stage) {
		s.fakes[2].begin = func(context.Context, Start) error { return fmt.Errorf("node 3 did not start") }
		s.begin()
		s.at(1, Broken)
		if v := s.View(); !strings.Contains(v.Trouble, "node 3 did not start") {
			t.Errorf("%q", v.Trouble)
		}
		s.fakes[2].begin = nil
		s.must(s.Again())
		s.at(1, Ready)
	})
}

// Sleep lets as much time of the bubble pass as a step waits.
func (s *stage) Sleep() {
	s.Helper()
	for range 10 {
		synctest.Wait()
		if s.Talk().Phase == Ready {
			return
		}
		s.fakes[0].Elapse(s.Context(), defaultWait)
	}
}
