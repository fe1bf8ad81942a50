package verbs

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"

	"capplayground/cluster"
)

// reached is the event of node at the point of a rule.
func reached(node cluster.NodeID, rule string) []cluster.Event {
	return []cluster.Event{{Node: node, Body: &cluster.PointChanged{Rule: rule, State: cluster.PointReached}}}
}

// pointRule puts a rule in force that acts at the second stored of an operation.
func pointRule(t *testing.T, v *Verbs, then string) string {
	t.Helper()
	r, err := v.AddRule(t.Context(), cluster.Rule{When: cluster.Point{Type: "stored", Count: 2}, Then: then})
	if err != nil {
		t.Fatal(err)
	}
	return r.ID
}

func TestARuleStrikesOnceAtItsPoint(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v, f, all := newFakeWithFaults(t)
		kill, freeze := pointRule(t, v, cluster.ThenKill), pointRule(t, v, cluster.ThenFreeze)
		v.Take(reached(3, kill))
		v.Take(reached(4, kill)) // the point of a rule for any node
		v.Take(reached(5, "no such rule"))
		synctest.Wait()
		if did := f.notes(); len(did) != 1 || did[0] != "kill 3" && did[0] != "kill 4" {
			t.Errorf("it did %q, want one kill", did)
		}
		if rules := v.Rules(); len(rules) != 1 || rules[0].ID != freeze {
			t.Errorf("left are %+v", rules)
		}
		v.Take(reached(2, freeze))
		synctest.Wait()
		if did := f.notes(); !slices.Contains(did, "freeze 2") || len(v.Rules()) != 0 {
			t.Errorf("it did %q, left are %+v", did, v.Rules())
		}
		v.Take(reached(1, pointRule(t, v, cluster.ThenIsolate)))
		synctest.Wait()
		if links := all.For(1).Links; len(links) != 8 || !links[0].Cut || len(v.Rules()) != 0 {
			t.Errorf("links of the isolated node: %+v, left are %+v", links, v.Rules())
		}
	})
}

// brittle is a cluster whose nodes cannot be killed.
type brittle struct{ *fake }

var errByHand = errors.New("started by hand")

func (brittle) Kill(context.Context, cluster.NodeID) error { return errByHand }

// telling are faults that report why a rule failed.
type telling struct {
	Faults
	tell func(*cluster.PointChanged)
}

func (f telling) PointFailed(r cluster.Rule, _ cluster.NodeID, err error) {
	f.tell(&cluster.PointChanged{Rule: r.ID, State: cluster.PointFailed, Text: err.Error()})
}

// If the node cannot be killed, viewers get the reason. The rule ends, so that the node
// goes on.
func TestARuleThatCannotStrikeEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v, f, all := newFakeWithFaults(t)
		var failed []*cluster.PointChanged
		v.cfg.Nodes = brittle{f}
		v.cfg.Faults = telling{all, func(e *cluster.PointChanged) { failed = append(failed, e) }}
		v.Take(reached(3, pointRule(t, v, cluster.ThenKill)))
		synctest.Wait()
		if len(failed) != 1 || failed[0].Text != errByHand.Error() || len(v.Rules()) != 0 {
			t.Errorf("viewers got %+v, left are %+v", failed, v.Rules())
		}
	})
}

func TestTypesOfPointsAreThoseOfTheMode(t *testing.T) {
	t.Parallel()
	v, _ := newFake(t)
	_, err := v.AddRule(t.Context(), cluster.Rule{When: cluster.Point{Type: "yes"}, Then: cluster.ThenKill})
	if !errors.Is(err, cluster.ErrBadFault) || len(v.Rules()) != 0 {
		t.Errorf("a vote in AP: %v, rules %+v", err, v.Rules())
	}
}
