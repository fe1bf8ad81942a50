package script

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"capplayground/cluster"
	"capplayground/cluster/disk"
	"capplayground/cluster/driver"
)

// Config is what a script runs.
type Config struct {
	// New makes one node's machine.
	New func(cluster.Config) cluster.Machine
	// Disk makes an empty disk for a node, in files. nil: the disks are in memory.
	Disk func(cluster.NodeID) disk.Files
	// Bug is handed to every machine.
	Bug string
	// Check looks for broken invariants; nil where there is nothing to check.
	// The command "check" calls it, and its error is a violation.
	Check func(*World) error
	// Checks are checks that hold only at some times, for example when all is healed and
	// no message is in flight. The command "check settled" calls Checks["settled"].
	Checks map[string]func(*World) error
	// Record gets the events of the run. nil: no events are made.
	Record func(cluster.Event)
}

// World is a cluster with its own time, disks and network.
type World struct {
	cfg   Config
	hosts []*host // [0] is n1
	// members are the nodes of the cluster. Other hosts do not run.
	members []cluster.NodeID
	quorum  cluster.Quorum
	now     cluster.Time
	count   int // of things that need an order: timers, operations, copies

	flight []flying
	timers []set
	holds  []selector
	cuts   []selector
	ops    []*Operation

	violations []string
	transcript strings.Builder
	depth      int
}

// host is one node: a driver with a machine, and a disk.
type host struct {
	id          cluster.NodeID
	driver      *driver.Driver // nil while it is down
	disk        disk.Disk
	files       disk.Files // the same disk, if it is in files
	repair      func()     // repairs the disk; nil: it is not damaged
	starts      int        // how often it was started
	database    int        // how often it was wiped
	frozen      bool
	diskBlocked bool              // its disk takes no records
	held        cluster.Output    // the Output of the step at whose point it is stopped
	waiting     []cluster.Request // requests that came while it took no input
	skew        time.Duration
}

type flying struct {
	cluster.Message
	nth int
}

type set struct {
	cluster.Timer
	host *host
	nth  int
}

// New returns an empty world. The first command makes the nodes.
func New(cfg Config) *World { return &World{cfg: cfg} }

// Snapshot returns what node n holds, and whether it is up.
func (w *World) Snapshot(n cluster.NodeID) (cluster.Snapshot, bool) {
	if int(n) > len(w.hosts) || w.hosts[n-1].driver == nil {
		return cluster.Snapshot{}, false
	}
	return w.hosts[n-1].driver.Snapshot(), true
}

// Records returns the records on node n's disk, ascending by key. Only a node that is up can
// read a disk in files.
func (w *World) Records(n cluster.NodeID) []cluster.Record {
	if int(n) > len(w.hosts) {
		return nil
	}
	h := w.hosts[n-1]
	if h.files != nil && h.driver == nil {
		return nil
	}
	return h.disk.Records()
}

// IDs returns the numbers of all nodes, up or not.
func (w *World) IDs() []cluster.NodeID {
	ids := make([]cluster.NodeID, len(w.hosts))
	for i := range ids {
		ids[i] = cluster.NodeID(i + 1)
	}
	return ids
}

// Quiet reports whether no message is in flight.
func (w *World) Quiet() bool { return len(w.flight) == 0 }

// Violations returns the checks and expectations that did not hold.
func (w *World) Violations() []string { return slices.Clone(w.violations) }

func (w *World) violated(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	w.violations = append(w.violations, text)
	w.print("VIOLATED %s", text)
}

func (w *World) open(n int, q cluster.Quorum) {
	w.quorum = q
	for i := range n {
		h := &host{id: cluster.NodeID(i + 1)}
		w.newDisk(h)
		w.hosts = append(w.hosts, h)
	}
	w.members = w.IDs()
	for _, n := range w.hosts {
		w.start(n)
	}
}

// newDisk gives a node an empty disk.
func (w *World) newDisk(n *host) {
	if w.cfg.Disk == nil {
		n.disk = disk.Memory{}
		return
	}
	n.files = w.cfg.Disk(n.id)
	n.disk = n.files
}

// start makes a machine and its driver for a node that is down, and gives it what
// its disk holds. If its disk refuses, the node stays down. The driver is in step mode: a
// command of the script delivers every message and fires every timer.
func (w *World) start(n *host) {
	records, err := n.disk.Start(w.members)
	if err != nil {
		w.print("%v does not start: %v", n.id, err)
		return
	}
	n.repair = nil
	name := fmt.Sprintf("d%d", n.id)
	if n.database > 0 {
		name += fmt.Sprintf(".%d", n.database)
	}
	n.starts++
	n.held = cluster.Output{}
	watch := driver.WatchNothing
	if w.cfg.Record != nil {
		watch = driver.WatchAll
	}
	w.record(n, &cluster.StatusChanged{Status: cluster.StatusUp})
	bug, driverBug := w.cfg.Bug, ""
	if slices.Contains(driver.Bugs, bug) {
		bug, driverBug = "", bug
	}
	n.driver = driver.New(driver.Config{
		ID: n.id, Incarnation: fmt.Sprint(n.starts), Watch: watch, Bug: driverBug,
		Machine: w.cfg.New(cluster.Config{ID: n.id, Nodes: w.members, Database: name, Quorum: w.quorum, Bug: bug}),
		Stepped: func(_ cluster.Input, out cluster.Output) { w.stepped(n, out) }, Shown: true,
	})
	n.driver.SetPace(cluster.Pace{Name: cluster.PaceStep})
	n.driver.Start(records, w.moment(n))
	w.carryOut(n)
}

// stepped prints what a step did. If the node is stopped at the point of this step, it
// keeps the Output instead.
func (w *World) stepped(n *host, out cluster.Output) {
	if r, stopped := n.driver.StoppedAt(); stopped {
		w.print("%v stops: %s %d is in", n.id, r.When.Type, r.When.Count)
		n.held = out
		return
	}
	w.printOutput(n.id, out)
}

// still reports whether the node takes no input: it is frozen, or stopped at a point.
func (n *host) still() bool {
	if n.driver == nil {
		return false
	}
	_, stopped := n.driver.StoppedAt()
	return n.frozen || stopped
}

// moment returns the present time by the clocks of that node.
func (w *World) moment(n *host) driver.Moment {
	return driver.Moment{Now: w.now, Wall: epoch + int64(w.now) + n.skew.Microseconds()}
}

// carryOut does what the batches of a node's driver say. Records are durable at once, or
// never if the disk is blocked.
func (w *World) carryOut(n *host) {
	for {
		for n.driver.Advance(w.moment(n)) {
		}
		b := n.driver.Batch(w.moment(n))
		for _, e := range b.Events {
			w.cfg.Record(e)
		}
		for _, m := range b.Messages {
			w.send(n, m)
		}
		for _, t := range b.Timers {
			w.count++
			w.timers = append(w.timers, set{t, n, w.count})
		}
		for _, r := range b.Replies {
			w.answer(n, r)
		}
		if n.diskBlocked && len(b.Records) > 0 {
			return
		}
		n.disk.Write(b.Records)
		n.driver.Saved()
		if due, ok := n.driver.NextDue(); len(b.Records) == 0 && !(ok && due == 0) {
			return
		}
	}
}

// epoch is the wall time at virtual time 0: the first microsecond of 2020. The two
// times differ so much that a machine which mixes them up is found.
const epoch = 1_577_836_800_000_000

// send puts a message of a node in flight. If the message is lost when it leaves, the
// node is informed.
func (w *World) send(n *host, m cluster.Message) {
	switch {
	case matches(w.cuts, m):
		w.print("lost %v: cut", m)
		n.driver.Lost(m, cluster.WhyCut, w.moment(n))
	case int(m.To) > len(w.hosts) || m.To < 1 || m.To == m.From:
		w.violated("a message to no other node: %v", m)
	case w.hosts[m.To-1].driver == nil:
		w.print("lost %v: down", m)
		n.driver.Lost(m, cluster.WhyRefused, w.moment(n))
	default:
		w.count++
		w.flight = append(w.flight, flying{m, w.count})
	}
}

// deliver gives one message to its receiver, unless that node is frozen or the message is
// no longer in flight.
func (w *World) deliver(nth int) {
	i := slices.IndexFunc(w.flight, func(f flying) bool { return f.nth == nth })
	if i < 0 {
		return
	}
	m := w.flight[i].Message
	n := w.hosts[m.To-1]
	if n.still() {
		return
	}
	w.flight = slices.Delete(w.flight, i, i+1)
	w.print("%v", m)
	w.depth++
	n.driver.Receive(m, w.moment(n))
	if err := n.driver.Deliver(m.ID); err != nil {
		w.violated("%v", err)
	}
	w.carryOut(n)
	w.depth--
}

// fire removes a timer and fires it at its node.
func (w *World) fire(s set) {
	w.timers = slices.DeleteFunc(w.timers, func(t set) bool { return t.nth == s.nth })
	if !s.Quiet {
		w.print("%v fires %s", s.host.id, s.ID())
	}
	w.depth++
	s.host.driver.FireTimer(s.Timer, w.moment(s.host))
	w.carryOut(s.host)
	w.depth--
}

// next returns the timer of a running node that is due first.
func (w *World) next(until cluster.Time) (set, bool) {
	var first *set
	for i, t := range w.timers {
		if t.host.still() || t.Due > until {
			continue
		}
		if first == nil || t.Due < first.Due || t.Due == first.Due && t.nth < first.nth {
			first = &w.timers[i]
		}
	}
	if first == nil {
		return set{}, false
	}
	return *first, true
}

// pass advances the time. settle says whether messages are delivered meanwhile.
func (w *World) pass(d time.Duration, settle bool) error {
	until := w.now.Add(d)
	for range limit {
		if settle {
			if err := w.settle(); err != nil {
				return err
			}
		}
		s, ok := w.next(until)
		if !ok {
			w.now = until
			return nil
		}
		w.now = max(w.now, s.Due)
		w.fire(s)
	}
	return fmt.Errorf("still timers after %d of them", limit)
}

// limit is how many timers or messages one command takes at most.
const limit = 10_000

var errEndless = errors.New("messages without end")

// settle delivers messages in the order in which they were sent. Those that are held, and
// those to a frozen node, stay in flight.
func (w *World) settle() error {
	for range limit {
		i := slices.IndexFunc(w.flight, func(f flying) bool {
			return !w.hosts[f.To-1].still() && !matches(w.holds, f.Message)
		})
		if i < 0 {
			return nil
		}
		w.deliver(w.flight[i].nth)
	}
	return errEndless
}

func (w *World) crash(n *host) {
	n.driver, n.frozen, n.diskBlocked, n.waiting = nil, false, false, nil
	n.disk.Stop()
	w.record(n, &cluster.StatusChanged{Status: cluster.StatusKilled})
	w.timers = slices.DeleteFunc(w.timers, func(t set) bool { return t.host == n })
	w.lose("down", func(m cluster.Message) bool { return m.To == n.id })
}

func (w *World) lose(why string, which func(cluster.Message) bool) {
	w.flight = slices.DeleteFunc(w.flight, func(f flying) bool {
		if which(f.Message) {
			w.print("lost %v: %s", f.Message, why)
			w.record(w.hosts[f.To-1], &cluster.Lost{Transit: cluster.TransitOf(f.Message), Why: why})
			return true
		}
		return false
	})
}

// stopAt sets a point at which a node stops: when it has got so many messages of a type
// about one operation.
func (w *World) stopAt(n *host, kind string, count int) {
	n.driver.SetRules([]cluster.Rule{{ID: "1", When: cluster.Point{Type: kind, Count: count}, Then: cluster.ThenFreeze}})
}

// goOn lets a node that is stopped at its point continue. What it held back leaves.
func (w *World) goOn(n *host) {
	n.driver.SetRules(nil)
	held := n.held
	n.held = cluster.Output{}
	w.printOutput(n.id, held)
	w.carryOut(n)
	w.takeWaiting(n)
}

func (w *World) thaw(n *host) {
	n.frozen = false
	w.record(n, &cluster.StatusChanged{Status: cluster.StatusUp})
	w.takeWaiting(n)
}

// takeWaiting begins the requests that came while the node took no input.
func (w *World) takeWaiting(n *host) {
	asked := n.waiting
	n.waiting = nil
	for _, r := range asked {
		w.print("%v takes op=%s", n.id, r.Op)
		w.depth++
		w.begin(n, r)
		w.depth--
	}
}

// record passes on an event that the world makes and not a driver.
func (w *World) record(n *host, body cluster.Body) {
	if w.cfg.Record != nil {
		at := w.moment(n)
		w.cfg.Record(cluster.Event{Node: n.id, T: at.Wall, V: at.Now, Body: body})
	}
}
