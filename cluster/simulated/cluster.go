package simulated

import (
	"math/rand/v2"
	"time"

	"capplayground/cluster"
	"capplayground/cluster/disk"
	"capplayground/cluster/driver"
	"capplayground/cluster/link"
)

// Config is the configuration of a Cluster. Nodes, Began and the functions are required.
type Config struct {
	Seed  uint64
	Nodes int
	// Began is the wall time at the start, in microseconds since the Unix epoch.
	Began int64
	// Events is called with the events, in their order. It must not call a method of the
	// Cluster.
	Events func([]cluster.Event)
	// Replied is called with the reply of a node to a request. It must not call a method
	// of the Cluster.
	Replied func(cluster.NodeID, cluster.Reply)
}

// Cluster is a cluster of simulated nodes. It is not safe for concurrent use.
type Cluster struct {
	cfg      Config
	rand     *rand.Rand
	wall     int64        // the present wall time
	now      cluster.Time // the present virtual time
	pace     cluster.Pace
	schedule schedule
	epoch    cluster.Epoch
	nodes    []*node // node i at i-1
	// settings holds the latest settings of each node. A frozen node takes them when it
	// thaws.
	settings []link.Settings
	arrives  [cluster.MaxNodes + 1][cluster.MaxNodes + 1]int64 // per link: when its newest message arrives
	starts   int                                               // of all nodes together, in this epoch
	wiped    int                                               // how many databases were made in this epoch
}

// New returns a cluster whose nodes do not run. An Action of DoEpoch must come first.
func New(cfg Config) *Cluster {
	c := &Cluster{
		cfg: cfg, rand: rand.New(rand.NewPCG(cfg.Seed, 0)), wall: cfg.Began, // each epoch has random numbers of its own
		pace: cluster.LivePace(), settings: make([]link.Settings, cfg.Nodes),
	}
	c.now = c.pace.At(c.wall)
	for i := range cfg.Nodes {
		c.nodes = append(c.nodes, &node{c: c, id: cluster.NodeID(i + 1), disk: disk.Memory{}})
		c.settings[i] = link.Settings{Pace: c.pace}
	}
	return c
}

// Advance carries out all that is due until a wall time.
func (c *Cluster) Advance(to int64) {
	for {
		at, do := c.first()
		if do == nil || at > to {
			break
		}
		c.moveTo(at)
		do()
	}
	c.moveTo(to)
}

// Next returns the wall time of the next plan or input. ok is false if there is none
// without an action.
func (c *Cluster) Next() (wall int64, ok bool) {
	at, do := c.first()
	return at, do != nil
}

// first returns the next plan or input as a function, and its wall time. The function is
// nil if there is none. If several are due at the same time, a plan comes first, and then
// the nodes by their numbers.
func (c *Cluster) first() (at int64, do func()) {
	if next, ok := c.schedule.next(); ok {
		at, do = max(next, c.wall), func() { c.schedule.take().do() }
	}
	for _, n := range c.nodes {
		if due, ok := n.due(); ok && (do == nil || due < at) {
			at, do = due, n.turn
		}
	}
	return at, do
}

// moveTo moves both clocks forward to a wall time. Neither ever goes back.
func (c *Cluster) moveTo(wall int64) {
	c.wall = max(c.wall, wall)
	c.now = max(c.now, c.pace.At(c.wall))
}

// after plans a call of do. d is wall time.
func (c *Cluster) after(d time.Duration, do func()) { c.schedule.add(c.wall+d.Microseconds(), do) }

// moment returns the present, by both clocks.
func (c *Cluster) moment() driver.Moment { return driver.Moment{Now: c.now, Wall: c.wall} }

// Epoch returns the present epoch.
func (c *Cluster) Epoch() cluster.Epoch { return c.epoch }

// Now returns the virtual time and the pace as of the last call.
func (c *Cluster) Now() (cluster.Time, cluster.Pace) { return c.now, c.pace }

// beginEpoch kills all nodes and empties all disks. An epoch does not depend on those
// before it: the seed and the actions since its beginning are enough to repeat it.
func (c *Cluster) beginEpoch(e cluster.Epoch, all []link.Settings) {
	for _, n := range c.nodes {
		n.kill()
		n.wipe()
		n.boot = 0
	}
	c.rand = rand.New(rand.NewPCG(c.cfg.Seed, uint64(e.N)))
	c.epoch, c.starts, c.wiped = e, 0, 0
	c.schedule, c.arrives = schedule{}, [cluster.MaxNodes + 1][cluster.MaxNodes + 1]int64{}
	if len(all) > 0 {
		copy(c.settings, all)
		c.pace = all[0].Pace
	}
	c.now = c.pace.At(c.wall)
}

// set replaces the settings of all nodes. Nodes that run and are not frozen take them
// now.
func (c *Cluster) set(all []link.Settings) {
	copy(c.settings, all)
	if len(all) > 0 {
		c.pace = all[0].Pace
		c.moveTo(c.wall)
	}
	for _, n := range c.nodes {
		if n.up && !n.frozen {
			n.takeSettings()
			n.carryOut()
		}
	}
}

func (c *Cluster) node(id cluster.NodeID) *node { return c.nodes[id-1] }

// ids returns the numbers of all nodes.
func (c *Cluster) ids() []cluster.NodeID {
	ids := make([]cluster.NodeID, len(c.nodes))
	for i := range ids {
		ids[i] = cluster.NodeID(i + 1)
	}
	return ids
}

// publish calls Config.Events, unless there are no events.
func (c *Cluster) publish(events ...cluster.Event) {
	if len(events) > 0 {
		c.cfg.Events(events)
	}
}

// span draws a random duration between least and most.
func (c *Cluster) span(least, most time.Duration) time.Duration {
	return least + time.Duration(c.rand.Int64N(int64(most-least)))
}
