package store

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"capplayground/cluster"
	"capplayground/cluster/disk"
	"capplayground/cluster/modes"
	"capplayground/cluster/script"
	"capplayground/cluster/sim"
)

// simulatedDisk is the disk of a node of the simulator, or of a script: a Store, in a directory
// of its own. It implements disk.Files.
type simulatedDisk struct {
	t    *testing.T
	dir  string
	opts Options
	open func(string, Options) (*Store, error)
	s    *Store // nil: the node is down
	last int64  // where the newest acknowledged frame begins in the log
}

// disksOf returns a function that makes the disks of a mode's nodes. A bug replaces Open.
func disksOf(t *testing.T, mode cluster.Mode, bug string) func(cluster.NodeID) disk.Files {
	open := Open
	if bug != "" {
		open = planted[bug]
	}
	return func(id cluster.NodeID) disk.Files {
		opts := Options{Node: id, Mode: mode, Durability: Process, LogSize: 64 << 10}
		return &simulatedDisk{t: t, dir: t.TempDir(), opts: opts, open: open, last: sector}
	}
}

func (d *simulatedDisk) Start(members []cluster.NodeID) ([]cluster.Record, error) {
	d.opts.Members = members
	s, err := d.open(d.dir, d.opts)
	if err != nil { // without the directory: transcripts must not differ from run to run
		return nil, errors.New(strings.ReplaceAll(err.Error(), d.dir+string(filepath.Separator), ""))
	}
	d.s = s
	if d.last >= s.log.end { // the log is another one, or a planted bug has cut it
		d.last = sector
	}
	return d.Records(), nil
}

func (d *simulatedDisk) Records() []cluster.Record {
	records, err := d.s.Load()
	if err != nil {
		d.t.Error(err)
	}
	return records
}

func (d *simulatedDisk) Write(records []cluster.Record) {
	if len(records) > 0 {
		d.last = d.write(records)
	}
}

// write appends a frame to the log, and returns the place of the frame. It does not wait for a
// fold as Apply does: the waiting is real time, and the simulator has none.
func (d *simulatedDisk) write(records []cluster.Record) (place int64) {
	log := d.s.log
	place = log.end
	if _, err := d.s.applyLocked(records); err != nil {
		d.t.Error(err)
	}
	if d.s.log != log {
		return sector
	}
	return place
}

func (d *simulatedDisk) Stop() {
	if d.s == nil {
		return
	}
	if err := d.s.Close(); err != nil {
		d.t.Error(err)
	}
	d.s = nil
}

func (d *simulatedDisk) Tear(records []cluster.Record, random func(n int) int) {
	from, end := d.write(records), d.s.log.end
	if from == sector {
		d.last = sector // it may be a new log, without an acknowledged frame
	}
	d.Stop()
	d.changeLog(func(log []byte) {
		first, count := from/sector, int((end-1)/sector-from/sector+1)
		absent := random(count) // at least one sector is absent
		for i := range count {
			if i == absent || random(2) == 0 {
				at := (first + int64(i)) * sector
				clear(log[max(at, from):min(at+sector, end)])
			}
		}
	})
}

func (d *simulatedDisk) Sectors() int { return int(d.last / sector) }

func (d *simulatedDisk) Damage(at int, with byte) (repair func()) {
	var good [sector]byte
	d.changeLog(func(log []byte) {
		bad := log[at*sector:][:sector]
		copy(good[:], bad)
		for i := range bad {
			bad[i] = with
		}
	})
	return func() {
		d.changeLog(func(log []byte) { copy(log[at*sector:], good[:]) })
	}
}

// changeLog changes the log of a node that is down.
func (d *simulatedDisk) changeLog(change func(log []byte)) {
	changeLog(d.t, d.dir, d.opts.Node, change)
}

func changeLog(t *testing.T, dir string, node cluster.NodeID, change func(log []byte)) {
	t.Helper()
	path := (&Store{dir: dir, opts: Options{Node: node}}).logPath()
	log, err := os.ReadFile(path)
	if err != nil {
		t.Error(err)
		return
	}
	change(log)
	if err := os.WriteFile(path, log, 0o600); err != nil {
		t.Error(err)
	}
}

// The mistakes that are planted into the store. As in the protocols, a bug is a function that
// takes the place of the real one, and calls it.
const (
	// bugCutsAtDamage takes the first frame that cannot be read for the end of the log. It
	// erases the acknowledged frames behind it.
	bugCutsAtDamage = "cuts-at-damage"
	// bugAnyMembers opens a disk for another cluster than its own.
	bugAnyMembers = "any-members"
)

var planted = map[string]func(string, Options) (*Store, error){
	bugCutsAtDamage: func(dir string, opts Options) (*Store, error) {
		path := (&Store{dir: dir, opts: opts}).logPath()
		if log, err := os.ReadFile(path); err == nil {
			if h, err := decodeHead(log); err == nil {
				clear(log[endOfReadable(log, h.gen):])
				if err := os.WriteFile(path, log, 0o600); err != nil {
					return nil, err
				}
			}
		}
		return Open(dir, opts)
	},
	bugAnyMembers: func(dir string, opts Options) (*Store, error) {
		opts.Mode = ""
		return Open(dir, opts)
	},
}

// endOfReadable returns the end of the frames that can be read from the beginning of a log.
func endOfReadable(log []byte, gen uint64) int64 {
	for at := int64(sector); ; {
		kind, _, next, err := readFrame(log, at, gen)
		if kind == 0 || err != nil {
			return at
		}
		at = next
	}
}

// caught has, for each planted bug and mode, the first seed whose random run showed it.
var caught = map[string]map[cluster.Mode]uint64{
	bugCutsAtDamage: {"CA": 3, "AP": 5, "CP": 17, "RAFT": 6},
	bugAnyMembers:   {"CA": 1, "CP": 13, "RAFT": 11}, // AP promises nothing that other members break
}

// TestSimulatedNodesOnRealDisks runs the simulator with the nodes' real disks. Power failures
// leave writes unfinished, sectors become unreadable, and nodes are started with other members.
func TestSimulatedNodesOnRealDisks(t *testing.T) {
	t.Parallel()
	for _, mode := range modes.Names() {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			refused := 0
			for seed := uint64(1); seed <= 3; seed++ {
				run := simulate(t, mode, "", seed)
				if err := run.Check(); err != nil {
					t.Error(err)
				}
				refused += run.Refused
			}
			if refused == 0 {
				t.Error("no disk refused its node: nothing is tested")
			}
		})
	}
}

// TestRandomRunsCatchPlantedBugs plants each bug and runs the seed that shows it. If that seed
// no longer shows the bug, it looks for another seed.
func TestRandomRunsCatchPlantedBugs(t *testing.T) {
	t.Parallel()
	const most = 200
	for bug := range planted {
		for mode, seed := range caught[bug] {
			t.Run(bug+"/"+string(mode), func(t *testing.T) {
				t.Parallel()
				err := simulate(t, mode, bug, seed).Check()
				for other := uint64(1); err == nil && other <= most; other++ {
					seed = other
					err = simulate(t, mode, bug, seed).Check()
				}
				if err == nil {
					t.Fatalf("not caught in %d seeds", most)
				}
				t.Logf("seed %d: %v", seed, err)
				if err := simulate(t, mode, "", seed).Check(); err != nil {
					t.Errorf("the same seed fails without the bug: %v", err)
				}
			})
		}
	}
}

func simulate(t *testing.T, mode cluster.Mode, bug string, seed uint64) *sim.Run {
	t.Helper()
	run, err := sim.Simulate(sim.Config{Mode: mode, Nodes: 3, Seed: seed, Ops: 200, Disk: disksOf(t, mode, bug)})
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// scripted has the mode of the script of each planted bug.
var scripted = map[string]cluster.Mode{bugCutsAtDamage: "CA", bugAnyMembers: "CP"}

// TestScriptsCatchPlantedBugs runs the script of each bug, without the bug and with it.
func TestScriptsCatchPlantedBugs(t *testing.T) {
	t.Parallel()
	for bug := range planted {
		path := "testdata/bug-" + bug + ".txt"
		mode := scripted[bug]
		script.Files(t, path, script.Config{New: modes.Of(mode).New, Disk: disksOf(t, mode, "")})
		script.Violated(t, path, "", script.Config{New: modes.Of(mode).New, Disk: disksOf(t, mode, bug)})
	}
}
