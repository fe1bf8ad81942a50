package simulated

import (
	"fmt"
	"slices"
	"time"

	"capplayground/cluster"
	"capplayground/cluster/dice"
	"capplayground/cluster/disk"
	"capplayground/cluster/driver"
	"capplayground/cluster/link"
	"capplayground/cluster/modes"
)

// How long a synced write to a disk takes, in wall time.
const (
	leastSync = 200 * time.Microsecond
	mostSync  = 800 * time.Microsecond
)

// maxArrived bounds the messages that wait at a frozen node.
const maxArrived = 10_000

// node is one node: a driver with a disk. After each call of the Cluster, all Outputs
// that may leave have left.
type node struct {
	c      *Cluster
	id     cluster.NodeID
	driver *driver.Driver // nil before the first start
	disk   disk.Memory
	base   string // the id of its database; "" when it was emptied
	up     bool
	boot   int // counts the starts; plans of an earlier start are void
	saving []cluster.Record

	frozen  bool
	from    cluster.Time      // virtual time at which it was frozen
	arrived []cluster.Message // while it was frozen
	synced  bool              // while it was frozen a write to the disk has ended
	held    []request         // that came while it was frozen or stopped at the point of a rule
	stopped bool              // at the point of a rule; the end of the patience is planned
}

// request is the request of a client.
type request struct {
	cluster.Request
	client string
}

// start starts the node on its disk. If it runs already, start does nothing.
func (n *node) start() error {
	if n.up {
		return nil
	}
	c := n.c
	if n.base == "" {
		c.wiped++
		n.base = fmt.Sprintf("%d.%d", n.id, c.wiped)
	}
	m, err := modes.New(c.epoch.Mode, cluster.Config{ID: n.id, Nodes: c.ids(), Database: n.base, Quorum: c.settings[n.id-1].Quorum})
	if err != nil {
		return err
	}
	c.starts++
	n.boot = c.starts
	n.driver = driver.New(driver.Config{
		ID: n.id, Machine: dice.Machine(m, c.cfg.Seed, uint64(c.epoch.N), uint64(n.id), uint64(n.boot)),
		Watch: driver.WatchAll, Incarnation: n.incarnation(), Random: c.rand.Float64,
	})
	n.up, n.frozen, n.stopped = true, false, false
	n.publishStatus(cluster.StatusStarting)
	n.driver.Start(n.disk.Records(), c.moment())
	n.takeSettings()
	n.carryOut()
	n.publishStatus(cluster.StatusUp)
	return nil
}

// takeSettings gives the driver the latest settings.
func (n *node) takeSettings() {
	s := n.c.settings[n.id-1]
	n.driver.SetPace(n.c.pace)
	n.driver.SetLinks(s.Links, n.c.moment())
	n.driver.SetRules(s.Rules)
	if s.Quorum != (cluster.Quorum{}) {
		n.driver.SetQuorum(s.Quorum, n.c.moment())
	}
}

// kill ends the node. Its disk stays. The write that is under way may be on the disk as
// a whole. The messages in its inbox are lost.
func (n *node) kill() {
	if !n.up {
		return
	}
	if n.saving != nil && n.c.rand.IntN(2) == 0 {
		n.disk.Write(n.saving)
	}
	for _, m := range slices.Concat(n.driver.Messages(), n.arrived) {
		n.c.lose(m)
	}
	n.up, n.frozen, n.synced, n.stopped = false, false, false, false
	n.saving, n.arrived, n.held = nil, nil, nil
	n.publishStatus(cluster.StatusKilled)
}

// wipe empties the disk.
func (n *node) wipe() {
	n.disk = disk.Memory{}
	n.base = ""
}

// freeze stops the node.
func (n *node) freeze() {
	if n.frozen {
		return
	}
	n.frozen, n.from = true, n.c.now
	n.publishStatus(cluster.StatusFrozen)
}

// thaw lets the node continue, with the latest settings.
func (n *node) thaw() {
	if !n.frozen {
		return
	}
	n.frozen = false
	n.driver.RecordFreeze(n.from, n.c.now)
	n.publishStatus(cluster.StatusUp)
	n.takeSettings()
	if n.synced {
		n.endSync()
	}
	arrived := n.arrived
	n.arrived = nil
	for _, m := range arrived {
		n.driver.Receive(m, n.c.moment())
	}
	n.carryOut()
}

// due returns the wall time of the node's next input. ok is false if no input becomes due
// without an action.
func (n *node) due() (wall int64, ok bool) {
	if !n.up || n.frozen {
		return 0, false
	}
	due, ok := n.driver.NextDue()
	if !ok {
		return 0, false
	}
	if due <= n.c.now {
		return n.c.wall, true
	}
	// The time is computed from the origin of the pace, so that the result does not
	// depend on the present.
	pace := n.c.pace
	d, comes := pace.Wall(pace.V0, due)
	return max(n.c.wall, pace.T0+(d+time.Microsecond-1).Microseconds()), comes
}

// turn gives the machine the input that is due.
func (n *node) turn() {
	if due, ok := n.driver.NextDue(); ok {
		n.c.now = max(n.c.now, due) // the wall time was rounded
	}
	n.driver.Advance(n.c.moment())
	n.carryOut()
}

// receive takes a message from the network.
func (n *node) receive(m cluster.Message) {
	switch {
	case n.frozen && len(n.arrived) < maxArrived:
		n.arrived = append(n.arrived, m)
	case n.frozen:
		n.c.node(m.From).learnLoss(m, cluster.WhyOverflow)
	default:
		n.driver.Receive(m, n.c.moment())
		n.carryOut()
	}
}

// learnLoss reports to the node that a message of its own was lost. A node that is down
// or frozen does not learn it.
func (n *node) learnLoss(m cluster.Message, why string) {
	if !n.up || n.frozen {
		n.c.lose(m)
		return
	}
	n.driver.Lost(m, why, n.c.moment())
	n.carryOut()
}

// mayBegin reports whether operations may begin.
func (n *node) mayBegin() bool {
	_, stopped := n.driver.StoppedAt()
	return !n.frozen && !stopped
}

// request begins a client's operation, or keeps it until the node may begin it.
func (n *node) request(r request) {
	if !n.mayBegin() {
		n.held = append(n.held, r)
		return
	}
	if reply, ended := n.driver.Request(r.Request, r.client, n.c.moment()); ended {
		n.c.cfg.Replied(n.id, reply)
		return
	}
	n.carryOut()
}

// leave forgets the requests of an operation that have not begun.
func (n *node) leave(op cluster.OpID) {
	n.held = slices.DeleteFunc(n.held, func(r request) bool { return r.Op == op })
}

// carryOut carries out the driver's Batch. The node continues while its records are being
// made durable.
func (n *node) carryOut() {
	b := n.driver.Batch(n.c.moment())
	n.c.publish(b.Events...)
	for _, m := range b.Messages {
		n.c.send(m)
	}
	for _, r := range b.Replies {
		n.c.cfg.Replied(n.id, r)
	}
	if len(b.Records) > 0 {
		n.saving = b.Records
		n.later(n.c.span(leastSync, mostSync), n.endSync)
	}
	n.afterPoint()
}

// endSync is called when the records are durable. A frozen node learns it when it thaws.
func (n *node) endSync() {
	if n.frozen {
		n.synced = true
		return
	}
	n.synced = false
	n.disk.Write(n.saving)
	n.saving = nil
	n.driver.Saved()
	n.carryOut()
}

// afterPoint handles the point of a rule. If the driver is stopped at a point, afterPoint
// plans the end of the driver's patience. If not, it begins the requests that were held.
func (n *node) afterPoint() {
	_, stopped := n.driver.StoppedAt()
	switch {
	case stopped && !n.stopped:
		n.stopped = true
		n.driver.Advance(n.c.moment()) // its patience begins
		n.later(cluster.PointPatience, n.pass)
	case !stopped:
		n.stopped = false
	}
	if len(n.held) == 0 || !n.mayBegin() {
		return
	}
	held := n.held
	n.held = nil
	for _, r := range held {
		n.request(r)
	}
}

// pass lets the driver continue if its patience is over.
func (n *node) pass() {
	if !n.stopped || n.frozen {
		n.stopped = false
		return
	}
	n.stopped = false
	n.driver.Advance(n.c.moment())
	n.carryOut()
}

// later plans a call of do, unless the node is killed before. d is wall time.
func (n *node) later(d time.Duration, do func()) {
	boot := n.boot
	n.c.after(d, func() {
		if n.up && n.boot == boot {
			do()
		}
	})
}

// incarnation names the node's process. No two processes of a run have the same name.
func (n *node) incarnation() string { return fmt.Sprintf("s%d-%d", n.c.epoch.N, n.boot) }

// publishStatus makes the event of the node's status. For a real process the playground
// makes the same event.
func (n *node) publishStatus(status cluster.Status) {
	body := &cluster.StatusChanged{Status: status, Incarnation: n.incarnation()}
	if status == cluster.StatusFrozen {
		body.Freeze = "simulated"
	}
	n.c.publish(cluster.Event{Node: n.id, T: n.c.wall, V: n.c.now, Body: body})
}

// Snapshot returns what a node's machine holds. The error is cluster.ErrNotNow if the
// node is killed or frozen.
func (c *Cluster) Snapshot(id cluster.NodeID) (cluster.Snapshot, error) {
	n := c.node(id)
	if !n.up || n.frozen {
		return cluster.Snapshot{}, fmt.Errorf("%w: node %d does not run", cluster.ErrNotNow, id)
	}
	return n.driver.Snapshot(), nil
}

// Status returns the status of a node, and the id of its process.
func (c *Cluster) Status(id cluster.NodeID) (status cluster.Status, incarnation string) {
	n := c.node(id)
	incarnation = n.incarnation()
	switch {
	case !n.up:
		return cluster.StatusKilled, incarnation
	case n.frozen:
		return cluster.StatusFrozen, incarnation
	}
	return cluster.StatusUp, incarnation
}

// UnderWay lists everything that has begun at a node and has not ended; see
// link.UnderWay.
func (c *Cluster) UnderWay(id cluster.NodeID) link.UnderWay {
	d := c.node(id).driver
	u := link.UnderWay{Ops: d.OpenOps(), Received: make(map[cluster.NodeID]string)}
	for _, m := range d.Messages() {
		u.Messages = append(u.Messages, m.ID)
	}
	for _, t := range d.Timers() {
		if !t.Quiet {
			u.Timers = append(u.Timers, t.ID())
		}
	}
	for _, from := range c.ids() {
		if last := d.Received(from); last != "" {
			u.Received[from] = last
		}
	}
	return u
}
