package simnodes_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"

	"capplayground/cluster"
	"capplayground/cluster/modes"
	"capplayground/server/scenario"
	"capplayground/server/simnodes"
	"capplayground/server/stage"
)

// rehearse plays a scenario on simulated nodes: five, or five for each lane.
func rehearse(t *testing.T, sc *scenario.Scenario, tell func(scenario.Played)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		var stages []*stage.Stage
		ended := make(chan error, len(sc.Modes)+1)
		for _, mode := range clustersOf(sc) {
			e, err := simnodes.Open(simnodes.EditionConfig{Mode: mode, Seed: 7, Boot: "boot", Version: "test", Lane: len(sc.Modes) > 0, Clock: cluster.Steady(0)})
			if err != nil {
				t.Fatal(err)
			}
			go func() { ended <- e.Run(ctx) }()
			if err := e.Start(ctx); err != nil {
				t.Fatal(err)
			}
			stages = append(stages, e.Stage)
		}
		if len(sc.Modes) > 0 {
			stage.Join(stages...)
		}
		if err := stages[0].Talk.Rehearse(ctx, sc, tell); err != nil {
			t.Error(err)
		}
		for _, s := range stages {
			s.Close()
		}
		stop()
		for range stages {
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
	})
}

// clustersOf returns the modes of the clusters that a scenario needs.
func clustersOf(sc *scenario.Scenario) []cluster.Mode {
	if len(sc.Modes) > 0 {
		return sc.Modes
	}
	return []cluster.Mode{modes.Default()}
}

// TestEveryScenarioGoesAsExpected: simulated nodes satisfy what the built-in scenarios
// expect of real ones.
func TestEveryScenarioGoesAsExpected(t *testing.T) {
	t.Parallel()
	for _, sc := range scenario.Builtin() {
		t.Run(sc.Name, func(t *testing.T) {
			t.Parallel()
			rehearse(t, sc, func(p scenario.Played) {
				for _, row := range p.Rows {
					if !row.OK {
						t.Errorf("step %d: %s expected %s; got %s", p.Step, row.Lane, row.Expected, row.Came)
					}
				}
			})
		})
	}
}

// TestAScenarioBeginsWithItsSizes: the sizes in the head of a scenario are in force from its
// first step on. With N=1 the coordinator, which is the only home, sends no message.
func TestAScenarioBeginsWithItsSizes(t *testing.T) {
	t.Parallel()
	for sizes, sent := range map[string]string{"{n: 1, r: 1, w: 1}": "at_most: 0", "{n: 3, r: 2, w: 2}": "at_least: 2"} {
		sc, err := scenario.Parse("sizes.yaml", []byte(`
version: 1
title: Sizes
summary: The sizes of the head.
mode: AP
duration: 1m
quorum: `+sizes+`
steps:
  - id: write
    say: A write at a home.
    do:
      - write: {node: 5, key: city, val: Lisboa}
    expect:
      - answer: {status: 201}
      - sent: {type: store, `+sent+`}
`))
		if err != nil {
			t.Fatal(err)
		}
		rehearse(t, sc, func(p scenario.Played) {
			for _, row := range p.Rows {
				if !row.OK {
					t.Errorf("sizes %s: expected %s; got %s", sizes, row.Expected, row.Came)
				}
			}
		})
	}
}

// TestEveryWrongExpectationIsSaid plants mistakes into the expectations of each built-in
// scenario, one step at a time: the step then expects the opposite. The step must fail, and
// say of each expectation what was expected and what came. playground run --check prints
// that.
func TestEveryWrongExpectationIsSaid(t *testing.T) {
	t.Parallel()
	for _, sc := range scenario.Builtin() {
		t.Run(sc.Name, func(t *testing.T) {
			t.Parallel()
			planted := 0
			for i := range sc.Steps {
				wrongs, n := opposite(sc.Steps[i].Expect)
				planted += n
				for _, wrong := range wrongs {
					saysWhatDiffers(t, sc, i, wrong)
				}
			}
			if planted == 0 {
				t.Error("it expects nothing")
			}
			t.Logf("%d mistakes", planted)
		})
	}
}

// opposite returns lists of conditions none of which holds if all of the given ones hold,
// and how many different conditions they have. Every opposite of each condition is in one
// of the lists.
func opposite(expect []scenario.Condition) (lists [][]scenario.Condition, n int) {
	for j, is := range expect {
		all := opposites(is)
		n += len(all)
		for len(lists) < len(all) {
			list := make([]scenario.Condition, len(expect))
			for i, before := range expect[:j] {
				list[i] = opposites(before)[0]
			}
			lists = append(lists, list)
		}
		for k := range lists {
			lists[k][j] = all[min(k, len(all)-1)]
		}
	}
	return lists, n
}

// saysWhatDiffers plays a scenario up to a step, whose expectations are wrong.
func saysWhatDiffers(t *testing.T, sc *scenario.Scenario, at int, wrong []scenario.Condition) {
	t.Helper()
	other := *sc
	other.Steps = slices.Clone(sc.Steps[:at+1])
	other.Steps[at].Expect = wrong
	played := false
	rehearse(t, &other, func(p scenario.Played) {
		if p.Step != at+1 {
			return
		}
		played = true
		if !p.Failed || len(p.Rows) < len(wrong) {
			t.Errorf("step %d (%s): failed %v, %d rows for %d expectations", at+1, sc.Steps[at].ID, p.Failed, len(p.Rows), len(wrong))
		}
		for _, row := range p.Rows {
			if row.OK || row.Expected == "" || row.Came == "" || row.Expected == row.Came {
				t.Errorf("step %d (%s) does not say what differs: %+v", at+1, sc.Steps[at].ID, row)
			}
		}
	})
	if !played {
		t.Errorf("step %d (%s) was not played", at+1, sc.Steps[at].ID)
	}
}

const other = "Nowhere" // a value and a role that no scenario has

// opposites returns the conditions that do not hold if the condition holds: one for each
// field that it sets.
func opposites(is scenario.Condition) (all []scenario.Condition) {
	plant := func(change func(*scenario.Condition)) {
		wrong := is
		change(&wrong)
		all = append(all, wrong)
	}
	amount := func(set func(*scenario.Condition, scenario.Amount), of scenario.Amount, atom float64) {
		for _, wrong := range beside(of, atom) {
			plant(func(c *scenario.Condition) { set(c, wrong) })
		}
	}
	count := func(of *scenario.Count, set func(*scenario.Condition, *scenario.Count)) {
		amount(func(c *scenario.Condition, wrong scenario.Amount) {
			n := *of
			n.Amount = wrong
			set(c, &n)
		}, of.Amount, 1)
	}
	switch {
	case is.Answer != nil:
		answer := *is.Answer
		plant(func(c *scenario.Condition) { a := answer; a.Status = 299; c.Answer = &a })
		if answer.Val != "" {
			plant(func(c *scenario.Condition) { a := answer; a.Val = other; c.Answer = &a })
		}
		if answer.Siblings != nil {
			plant(func(c *scenario.Condition) { a := answer; a.Siblings = []string{other}; c.Answer = &a })
		}
	case is.Value != nil:
		plant(func(c *scenario.Condition) { v := *is.Value; v.Val, v.Absent = other, false; c.Value = &v })
	case is.Sent != nil:
		count(is.Sent, func(c *scenario.Condition, n *scenario.Count) { c.Sent = n })
	case is.Delivered != nil:
		count(is.Delivered, func(c *scenario.Condition, n *scenario.Count) { c.Delivered = n })
	case is.Lost != nil:
		count(is.Lost, func(c *scenario.Condition, n *scenario.Count) { c.Lost = n })
	case is.Locked != nil:
		plant(func(c *scenario.Condition) { l := *is.Locked; l.Nodes = missing(l.Nodes); c.Locked = &l })
	case is.Siblings != nil:
		plant(func(c *scenario.Condition) {
			s := *is.Siblings
			s.Vals = append([]string{other}, s.Vals...)
			c.Siblings = &s
		})
	case is.Hints != nil:
		amount(func(c *scenario.Condition, wrong scenario.Amount) { h := *is.Hints; h.Amount = wrong; c.Hints = &h }, is.Hints.Amount, 1)
	case is.Role != nil:
		plant(func(c *scenario.Condition) { r := *is.Role; r.Role = other; c.Role = &r })
	case is.Verdict == scenario.Linearizable:
		plant(func(c *scenario.Condition) { c.Verdict = scenario.NotLinearizable })
	case is.Verdict == scenario.NotLinearizable:
		plant(func(c *scenario.Condition) { c.Verdict = scenario.Linearizable })
	case is.Stale != nil:
		amount(func(c *scenario.Condition, wrong scenario.Amount) { c.Stale = &wrong }, *is.Stale, 1)
	case is.Availability != nil:
		amount(func(c *scenario.Condition, wrong scenario.Amount) { c.Availability = &wrong }, *is.Availability, 0.0001)
	}
	return all
}

// beside returns amounts that are never reached: one above each bound. A count grows while
// the step runs, and the step has succeeded as soon as all expectations hold. So the
// opposite of a lower bound is a bound that is never reached.
func beside(of scenario.Amount, atom float64) (all []scenario.Amount) {
	never := 1e6
	if of.AtMost == nil {
		return []scenario.Amount{{AtLeast: &never}}
	}
	above := *of.AtMost + atom
	all = append(all, scenario.Amount{AtLeast: &above})
	if of.AtLeast != nil {
		all = append(all, scenario.Amount{AtLeast: &above, AtMost: &above})
	}
	return all
}

// missing returns those of the five nodes that are not in the list. A list that is nil
// means all nodes.
func missing(nodes scenario.Nodes) scenario.Nodes {
	rest := scenario.Nodes{}
	for id := cluster.NodeID(1); id <= simnodes.Count; id++ {
		if nodes != nil && !slices.Contains(nodes, id) {
			rest = append(rest, id)
		}
	}
	return rest
}
