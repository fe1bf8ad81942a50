package sim_test

import (
	"flag"
	"reflect"
	"testing"
	"time"

	"capplayground/cluster"
	"capplayground/cluster/modes"
	"capplayground/cluster/sim"
)

// simFor makes TestSample run for hours in the nightly run:
// go test ./cluster/sim -run Sample -timeout 0 -sim.for 1h.
var simFor = flag.Duration("sim.for", 0, "how long TestSample simulates each mode; 0 for a few seeds")

// TestSample runs some seeds of every mode.
func TestSample(t *testing.T) {
	t.Parallel()
	for _, mode := range modes.Names() {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			deadline := time.Now().Add(*simFor)
			for first := uint64(1); first == 1 || time.Now().Before(deadline); first += sampled {
				sum, bad, err := sim.Sweep(t.Context(), sim.Config{Mode: mode}, first, sampled, 1)
				if err != nil {
					t.Fatal(err)
				}
				if bad != nil {
					run, err := sim.Simulate(*bad)
					t.Fatalf("playground sim --mode %s --seed %d: %v, %v", mode, bad.Seed, run.Check(), err)
				}
				t.Log(sum)
			}
		})
	}
}

// TestSameSeedSameRun checks that the same seed gives the same run, so that a failure can
// be replayed.
func TestSameSeedSameRun(t *testing.T) {
	t.Parallel()
	for _, mode := range modes.Names() {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			for seed := uint64(1); seed <= 3; seed++ {
				cfg := sim.Config{Mode: mode, Seed: seed, Ops: 150, Trace: func(string) {}}
				one, err := sim.Simulate(cfg)
				if err != nil {
					t.Fatal(err)
				}
				two, err := sim.Simulate(cfg)
				if err != nil {
					t.Fatal(err)
				}
				if one.Hash != two.Hash || one.Hash == 0 {
					t.Errorf("seed %d: transcripts %x and %x", seed, one.Hash, two.Hash)
				}
			}
		})
	}
}

// TestATranscriptChangesNothing checks that a run is the same with a transcript, with
// events, and without both. Without both, the machines do not make the parts of their
// Output that are only for display.
func TestATranscriptChangesNothing(t *testing.T) {
	t.Parallel()
	for _, mode := range modes.Names() {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			for seed := uint64(1); seed <= 3; seed++ {
				plain := outcome(t, sim.Config{Mode: mode, Seed: seed, Ops: 150})
				traced := outcome(t, sim.Config{Mode: mode, Seed: seed, Ops: 150, Trace: func(string) {}})
				told := outcome(t, sim.Config{Mode: mode, Seed: seed, Ops: 150, Events: func(cluster.Event) {}})
				if !reflect.DeepEqual(plain, traced) || !reflect.DeepEqual(plain, told) {
					t.Errorf("seed %d: the run differs with a transcript or with events", seed)
				}
			}
		})
	}
}

// outcome returns the parts of a run that must not depend on a transcript or on events.
func outcome(t *testing.T, cfg sim.Config) []any {
	t.Helper()
	run, err := sim.Simulate(cfg)
	if err != nil || run.Check() != nil {
		t.Fatal(err, run.Check())
	}
	return []any{run.History, run.Settled, run.Disks, run.Messages, run.Virtual, run.Converged}
}
