package history

import (
	"errors"
	"flag"
	"fmt"
	"testing"
	"time"

	"capplayground/cluster"
	"capplayground/cluster/modes"
	"capplayground/cluster/script"
	"capplayground/cluster/sim"
)

var seeds = flag.Uint64("history.seeds", 4, "how many seeds of each mode are judged as playgrounds on old disks")

// playgrounds judges a simulated cluster as several playgrounds would, one after the other.
// When all nodes are down, a new playground begins with a new History. The disks stay.
type playgrounds struct {
	nodes int
	// beginsEmpty is a planted bug: the history does not begin with the values that disks
	// hold, but without any value.
	beginsEmpty bool

	history *History
	now     time.Time
	down    map[cluster.NodeID]bool
	begun   int                  // the playgrounds after the first one
	written map[cluster.OpID]int // by write: the playground in which it was tried first
	old     map[string]bool      // keys for which a write of an earlier playground was repeated
	red     []error              // the wrong verdicts
}

func newPlaygrounds(nodes int, beginsEmpty bool) *playgrounds {
	p := &playgrounds{nodes: nodes, beginsEmpty: beginsEmpty, down: map[cluster.NodeID]bool{}, written: map[cluster.OpID]int{}}
	p.begin()
	return p
}

func (p *playgrounds) begin() {
	p.old = map[string]bool{}
	p.history = New(Config{Now: func() time.Time { return p.now }})
}

// since1970 is added to virtual times, which may begin at 0.
const since1970 = 1_800_000_000_000_000

// add takes in an event. All nodes have the clock of one machine, even if the simulator gives
// each node a clock of its own.
func (p *playgrounds) add(ev cluster.Event) {
	ev.T = since1970 + int64(ev.V)
	p.now = time.UnixMicro(ev.T)
	switch b := ev.Body.(type) {
	case *cluster.StatusChanged:
		p.down[ev.Node] = b.Status == cluster.StatusKilled
		defer p.restart()
	case *cluster.Invoked:
		if first, known := p.written[b.Op]; !known {
			p.written[b.Op] = p.begun
		} else if first < p.begun {
			p.old[b.Key] = true
		}
	case *cluster.KeyChanged:
		if p.beginsEmpty {
			without := *b
			without.Hash = ""
			ev.Body = &without
		}
	}
	p.history.Add(ev)
}

// restart begins a new playground if all nodes are down.
func (p *playgrounds) restart() {
	for id := range cluster.NodeID(p.nodes) {
		if !p.down[id+1] {
			return
		}
	}
	p.judge()
	p.begin()
	p.begun++
}

// judge keeps the verdict of the present playground if it is red. It leaves out the keys for
// which a write of an earlier playground was repeated: the answer to it may be from then, and
// the history cannot know.
func (p *playgrounds) judge() {
	r := p.history.Report()
	for _, k := range r.Keys {
		if k.Verdict == NotLinearizable && !p.old[k.Key] {
			p.red = append(p.red, fmt.Errorf("playground %d: key %s is %s since op=%s", p.begun+1, k.Key, k.Verdict, k.Since))
		}
	}
}

// simulated runs a seed of the simulator, and returns its playgrounds.
func simulated(t *testing.T, mode cluster.Mode, seed uint64, beginsEmpty bool) *playgrounds {
	t.Helper()
	p := newPlaygrounds(3, beginsEmpty)
	run, err := sim.Simulate(sim.Config{Mode: mode, Nodes: p.nodes, Seed: seed, Ops: 300, Events: p.add})
	if err != nil || run.Check() != nil {
		t.Fatal(err, run.Check())
	}
	p.judge()
	return p
}

// TestNewPlaygroundsOnOldDisks runs the simulator with power failures, after which a new
// playground starts on the old disks. The simulator's check shows that no answer was wrong, so
// no verdict may be red. Clients also repeat writes, at the same node and at another one.
func TestNewPlaygroundsOnOldDisks(t *testing.T) {
	t.Parallel()
	for _, mode := range modes.All() {
		if !mode.Linearizable {
			continue
		}
		t.Run(string(mode.Name), func(t *testing.T) {
			t.Parallel()
			begun := 0
			for seed := uint64(1); seed <= *seeds || begun == 0 && seed <= 20; seed++ {
				p := simulated(t, mode.Name, seed, false)
				for _, err := range p.red {
					t.Errorf("seed %d: %v", seed, err)
				}
				begun += p.begun
			}
			if begun == 0 {
				t.Error("no playground began on old disks: nothing is tested")
			}
		})
	}
}

// TestAHistoryThatBeginsEmptyIsRed plants the bug and runs the seed that shows it. If that seed
// no longer shows the bug, it looks for another seed.
func TestAHistoryThatBeginsEmptyIsRed(t *testing.T) {
	t.Parallel()
	const most = 100
	for mode, seed := range map[cluster.Mode]uint64{"CA": 9, "CP": 1, "RAFT": 13} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			red := simulated(t, mode, seed, true).red
			for other := uint64(1); len(red) == 0 && other <= most; other++ {
				seed = other
				red = simulated(t, mode, seed, true).red
			}
			if len(red) == 0 {
				t.Fatalf("not caught in %d seeds", most)
			}
			t.Logf("%s: seed %d: %v", mode, seed, red[0])
			if red := simulated(t, mode, seed, false).red; len(red) > 0 {
				t.Errorf("the same seed is red without the bug: %v", red)
			}
		})
	}
}

// verdictOf returns the config of a script that judges its events with "check verdict".
func verdictOf(mode cluster.Mode, beginsEmpty bool) script.Config {
	p := newPlaygrounds(3, beginsEmpty)
	verdict := func(*script.World) error {
		p.judge()
		return errors.Join(p.red...)
	}
	return script.Config{New: modes.Of(mode).New, Record: p.add, Checks: map[string]func(*script.World) error{"verdict": verdict}}
}

// TestTheScriptOfAnOldDisk runs a script in which a playground starts on old disks, without the
// planted bug and with it.
func TestTheScriptOfAnOldDisk(t *testing.T) {
	t.Parallel()
	const path = "testdata/bug-begins-empty.txt"
	script.Files(t, path, verdictOf("CP", false))
	script.Violated(t, path, "", verdictOf("CP", true))
}

// TestTheScriptOfARepeatedWrite runs a script in which a client repeats a write at another
// node, after the value was overwritten. The node knows that the write was done, and answers
// 201. That answer is not a second write.
func TestTheScriptOfARepeatedWrite(t *testing.T) {
	t.Parallel()
	script.Files(t, "testdata/repeated-elsewhere.txt", verdictOf("CA", false))
}
