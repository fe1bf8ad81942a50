package sim_test

import (
	"flag"
	"maps"
	"slices"
	"testing"

	"capplayground/cluster"
	"capplayground/cluster/consensus"
	"capplayground/cluster/driver"
	"capplayground/cluster/majority"
	"capplayground/cluster/sim"
	"capplayground/cluster/sloppy"
	"capplayground/cluster/twophase"
)

var search = flag.Bool("sim.search", false, "count from seed 1 how many it takes to catch each planted bug")

// planted has every bug of every mode, with the first seed whose random run showed it. The
// seed is also the number of runs that it takes. Each bug also has its own script, which
// has the bug's name, in the testdata of its package.
var planted = map[cluster.Mode]map[string]uint64{
	"CA": {
		twophase.BugDecidesAlone:     4,
		twophase.BugNoTombstone:      1,
		twophase.BugLockLost:         4,
		twophase.BugDecisionUnlogged: 3,
		twophase.BugReadsThroughLock: 2,
		twophase.BugForgetsFinished:  1,
		twophase.BugCommitsOnce:      5,
		twophase.BugHandMadeAnswers:  29,
		twophase.BugRefusesDecided:   3,
		driver.BugRecordsAtPoint:     3,
		driver.BugMessagesAtPoint:    3,
	},
	"AP": {
		driver.BugEarlyReply:       1,
		sloppy.BugHintsForgotten:   5,
		sloppy.BugRepairOverwrites: 3,
		sloppy.BugComparesMaxima:   7,
		sloppy.BugDotReused:        1,
		sloppy.BugCountedTwice:     1,
		sloppy.BugNoAntiEntropy:    2,
		sloppy.BugStaleSums:        4,
		sloppy.BugSupersedesLater:  7,

		sloppy.BugAnswersFirstCaller: 2,
		sloppy.BugRepeatedAnew:       2,
		sloppy.BugExchangesInTurn:    83,
	},
	"CP": {
		majority.BugNoWriteBack: 19,
		majority.BugNoNodeID:    2,
		majority.BugNoOpID:      19,
		majority.BugCounterLost: 1,
		majority.BugMinority:    4,
		majority.BugNoBoot:      2,
	},
	"RAFT": {
		consensus.BugLeaseRead:     1,
		consensus.BugReadIDReused:  16,
		consensus.BugAppliesTwice:  5,
		consensus.BugVoteForgotten: 1,
		consensus.BugEarlyMessages: 49,
		consensus.BugDroppedIsDone: 10,
		consensus.BugPartOfAnother: 50,
	},
}

// TestBugsAreCaught plants each bug and runs the seed that shows it. If that seed no longer
// shows the bug, it looks for another seed.
func TestBugsAreCaught(t *testing.T) {
	t.Parallel()
	const most = 500
	for mode, bugs := range planted {
		for bug, seed := range bugs {
			t.Run(string(mode)+"/"+bug, func(t *testing.T) {
				t.Parallel()
				cfg := sim.Config{Mode: mode, Bug: bug, Seed: seed}
				if *search || check(t, cfg) == nil {
					_, bad, err := sim.Sweep(t.Context(), cfg, 1, most, 1)
					if err != nil {
						t.Fatal(err)
					}
					if bad == nil {
						t.Fatalf("%s: not caught in %d seeds", bug, most)
					}
					cfg = *bad
					t.Logf("%s: caught after %d seeds (the table says %d)", bug, cfg.Seed, seed)
				}
				cfg.Bug = ""
				if err := check(t, cfg); err != nil {
					t.Errorf("the same seed fails without the bug: %v", err)
				}
			})
		}
	}
}

// TestEveryBugIsInTheTable checks that every bug that can be planted is in the table, so
// that a random run must catch it.
func TestEveryBugIsInTheTable(t *testing.T) {
	t.Parallel()
	for mode, bugs := range map[cluster.Mode][]string{"CA": twophase.Bugs.Names(), "AP": sloppy.Bugs.Names(), "CP": majority.Bugs.Names(), "RAFT": consensus.Bugs.Names()} {
		for _, bug := range bugs {
			if _, there := planted[mode][bug]; !there {
				t.Errorf("%s: %q is not in the table", mode, bug)
			}
		}
	}
	for _, bug := range driver.Bugs {
		if !slices.ContainsFunc(slices.Collect(maps.Values(planted)), func(bugs map[string]uint64) bool { return bugs[bug] != 0 }) {
			t.Errorf("%q of the driver is not in the table", bug)
		}
	}
}

func check(t *testing.T, cfg sim.Config) error {
	t.Helper()
	run, err := sim.Simulate(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return run.Check()
}

// TestSeedsThatOnceFailed runs seeds that once reported a violation where there was none.
// The causes were:
//   - the answer to one request was given to another one with the same id at the same node;
//   - a node with a slow disk was late without a fault;
//   - a candidate that had been frozen became the leader of a term that was over (RAFT);
//   - a node that thawed got two changes of the quorum sizes in the wrong order (AP, 102542).
func TestSeedsThatOnceFailed(t *testing.T) {
	t.Parallel()
	for mode, seeds := range map[cluster.Mode][]uint64{"CA": {1796, 4866}, "AP": {269, 102542}, "CP": {1306, 2214}, "RAFT": {100578}} {
		for _, seed := range seeds {
			if err := check(t, sim.Config{Mode: mode, Seed: seed}); err != nil {
				t.Error(err)
			}
		}
	}
}
