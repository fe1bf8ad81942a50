package sim

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"time"

	"capplayground/cluster"
	"capplayground/cluster/disk"
	"capplayground/cluster/modes"
)

// Config describes one simulation.
type Config struct {
	Mode  cluster.Mode
	Nodes int    // default 5
	Ops   int    // client operations before the faults end, default 500
	Seed  uint64 // all random choices of the run follow from it
	Bug   string // a planted mistake of the protocol or of the driver
	// Disk makes an empty disk for a node, in files. Then the disk has faults of its own
	// (see disks.go). nil: the disks are in memory, and have no faults.
	Disk func(cluster.NodeID) disk.Files
	// New builds a node's machine. The default is modes.New.
	New func(cluster.Mode, cluster.Config) (cluster.Machine, error)
	// Events receives the events of the nodes, and the events that a playground would
	// add. nil: no events are made. Events make a run slower.
	Events func(cluster.Event)
	// Trace receives the transcript, line by line. nil: no transcript is made. A
	// transcript makes a run slower.
	Trace func(line string)
}

func (c Config) validate() (Config, error) {
	if c.Nodes == 0 {
		c.Nodes = 5
	}
	if c.Nodes < 1 || c.Nodes > cluster.MaxNodes {
		return c, fmt.Errorf("%d nodes: want 1 to %d", c.Nodes, cluster.MaxNodes)
	}
	if c.Ops == 0 {
		c.Ops = 500
	}
	if c.Ops < 0 {
		return c, fmt.Errorf("%d operations", c.Ops)
	}
	if c.New == nil {
		c.New = modes.New
	}
	return c, nil
}

// conditions holds the load and the faults of one run. It is drawn from the seed.
type conditions struct {
	keys, clients int
	readRatio     float64
	think         time.Duration // the longest pause of a client between operations
	idle          float64       // the probability that a pause is 100 times as long
	affinity      float64       // the probability that a client calls its own node

	repeats         float64       // the probability that a client repeats an unknown write; below 0: never
	loss, dup, slow float64       // the probability that a message is lost, doubled, slow
	slowest         time.Duration // the slowest delivery
	sync            time.Duration // the longest synced write

	faults []fault       // the kinds of faults in this run
	atOnce int           // the largest number of faults at the same time
	every  time.Duration // the longest pause between two faults
	lasts  time.Duration // the longest fault
	wiping bool          // one node may lose its database, so W is at least 2
}

// draw draws the conditions of a run.
func draw(r *rand.Rand, mode cluster.Mode) conditions {
	c := conditions{
		keys:      pick(r, 1, 1, 2, 3, 5),
		clients:   3 + r.IntN(8),
		readRatio: pick(r, 0.3, 0.5, 0.7),
		think:     pick(r, time.Millisecond, 10*time.Millisecond, 100*time.Millisecond, time.Second),
		idle:      pick(r, 0, 0, 0.02),
		affinity:  pick(r, 0, 0.5, 0.9),
		loss:      pick(r, 0, 0, 0.01, 0.1),
		dup:       pick(r, 0, 0, 0.01, 0.1),
		slow:      pick(r, 0, 0.02, 0.1, 0.3),
		slowest:   pick(r, 20*time.Millisecond, 200*time.Millisecond, time.Second, 4*time.Second),
		sync:      pick(r, time.Millisecond, 5*time.Millisecond, 50*time.Millisecond, 400*time.Millisecond),
		atOnce:    pick(r, 1, 2, 4),
		every:     pick(r, 100*time.Millisecond, 500*time.Millisecond, 2*time.Second),
		lasts:     pick(r, 20*time.Millisecond, 200*time.Millisecond, time.Second, 10*time.Second),
	}
	c.repeats = -1 // never: modes with a leader test this in their own scripts
	if !slices.Contains(modes.Of(mode).Roles, "leader") {
		c.repeats = pick(r, 0, 0.1, 0.5)
	}
	c.wiping = !modes.Of(mode).Disk && r.IntN(2) == 0
	often := pick(r, 0.15, 0.3, 0.5)
	for _, f := range faultsOf(mode) {
		if r.Float64() < often || c.wiping && f.name == faultWipe {
			c.faults = append(c.faults, f)
		}
	}
	return c
}

// settleTime is the time, in virtual time, after which a healed cluster must agree again.
func settleTime(mode cluster.Mode) time.Duration {
	return max(30*time.Second, modes.Of(mode).Settle)
}

// pick draws one of the choices.
func pick[T any](r *rand.Rand, choices ...T) T { return choices[r.IntN(len(choices))] }

// span draws a duration from 0 to d, d excluded.
func span(r *rand.Rand, d time.Duration) time.Duration {
	if d <= 0 {
		return 0
	}
	return time.Duration(r.Int64N(int64(d)))
}

// stream returns the random stream of a mode. So the same seed gives different conditions
// in each mode.
func stream(mode cluster.Mode) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(mode))
	return h.Sum64()
}
