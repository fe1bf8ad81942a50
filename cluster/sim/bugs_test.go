package sim_test

import (
	"testing"

	"capplayground/cluster"
	"capplayground/cluster/majority"
	"capplayground/cluster/sim"
	"capplayground/cluster/sloppy"
	"capplayground/cluster/twophase"
)

// scripted are the bugs that the random run is not expected to find in a
// moment: so rare is their interleaving. Each has a script of its own, under
// its package's testdata, as all of them have.
var scripted = map[string]bool{
	twophase.BugNoTombstone: true,
}

// TestBugsAreCaught plants every mistake of every mode, and looks for a seed
// that shows it.
func TestBugsAreCaught(t *testing.T) {
	t.Parallel()
	const most = 150
	for mode, bugs := range map[cluster.Mode][]string{
		cluster.CA: append([]string{sim.BugEarlyReply}, twophase.Bugs...),
		cluster.AP: sloppy.Bugs,
		cluster.CP: append([]string{sim.BugEarlyReply}, majority.Bugs...),
	} {
		for _, bug := range bugs {
			t.Run(string(mode)+"/"+bug, func(t *testing.T) {
				t.Parallel()
				_, bad, err := sim.Sweep(t.Context(), sim.Config{Mode: mode, Bug: bug}, 1, most, 1)
				if err != nil {
					t.Fatal(err)
				}
				switch {
				case bad != nil:
					t.Logf("caught after %d seeds", bad.Seed)
				case scripted[bug]:
					t.Logf("not caught in %d seeds: its script catches it", most)
				default:
					t.Errorf("not caught in %d seeds", most)
				}
			})
		}
	}
}
