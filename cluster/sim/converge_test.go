package sim_test

import (
	"slices"
	"testing"
	"time"

	"capplayground/cluster"
	"capplayground/cluster/modes"
	"capplayground/cluster/sim"
	"capplayground/cluster/sloppy"
)

// TestCopiesAreEqualSoon checks that all homes of all keys are equal within seconds after the
// faults have ended. They must not wait for their regular turn of anti-entropy. The sizes
// stay as they are: after a change of N, new homes do wait for their turn.
func TestCopiesAreEqualSoon(t *testing.T) {
	t.Parallel()
	const most = 10 * time.Second
	converge := func(bug string) []time.Duration {
		var took []time.Duration
		for seed := uint64(1); seed <= 12; seed++ {
			run, err := sim.Simulate(sim.Config{Mode: "AP", Seed: seed, Ops: 200, Bug: bug, New: withFixedSizes})
			if err != nil {
				t.Fatal(err)
			}
			took = append(took, run.Converged.Round(100*time.Millisecond))
		}
		slices.Sort(took)
		return took
	}
	took := converge("")
	t.Logf("12 runs: %v", took)
	if took[0] == 0 || took[len(took)-1] > most {
		t.Errorf("homes were equal after %v, want within %v", took, most)
	}
	late := converge(sloppy.BugExchangesInTurn)
	t.Logf("12 runs with %q planted: %v", sloppy.BugExchangesInTurn, late)
	if late[len(late)-1] <= most && late[0] > 0 {
		t.Errorf("with %q planted they were equal after %v: this test would not notice", sloppy.BugExchangesInTurn, late)
	}
}

// fixedSizes is a machine whose quorum sizes do not change.
type fixedSizes struct{ cluster.Machine }

func withFixedSizes(mode cluster.Mode, cfg cluster.Config) (cluster.Machine, error) {
	m, err := modes.New(mode, cfg)
	return fixedSizes{m}, err
}

func (m fixedSizes) Step(in cluster.Input) cluster.Output {
	if in.Kind == cluster.InputQuorum {
		return cluster.Output{}
	}
	return m.Machine.Step(in)
}
