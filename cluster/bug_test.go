package cluster_test

import (
	"slices"
	"testing"

	"capplayground/cluster"
)

// counter returns n records in its n-th Step.
type counter struct{ steps int }

func (c *counter) Step(cluster.Input) cluster.Output {
	c.steps++
	return cluster.Output{Records: make([]cluster.Record, c.steps)}
}

func (c *counter) Snapshot() cluster.Snapshot { return cluster.Snapshot{Term: uint64(c.steps)} }

func TestABugTakesThePlaceOfStep(t *testing.T) {
	t.Parallel()
	bugs := cluster.Bugs[*counter]{
		"forgets": func(c *counter, in cluster.Input) cluster.Output {
			out := c.Step(in)
			out.Records = nil
			return out
		},
		"adds": nil,
	}
	if got := bugs.Names(); !slices.Equal(got, []string{"adds", "forgets"}) {
		t.Errorf("the bugs are %q", got)
	}
	for name, want := range map[string]int{"": 1, "forgets": 0} {
		m := bugs.Plant(&counter{}, name)
		if out := m.Step(cluster.Input{}); len(out.Records) != want || m.Snapshot().Term != 1 {
			t.Errorf("with bug %q: %d records, snapshot %+v", name, len(out.Records), m.Snapshot())
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("a bug that does not exist was planted")
		}
	}()
	bugs.Plant(&counter{}, "nonsense")
}
