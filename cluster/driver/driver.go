package driver

import (
	"slices"
	"strconv"

	"capplayground/cluster"
	"capplayground/cluster/pace"
)

// Watch says which part of its work a Driver reports.
type Watch int

// The values of Watch.
const (
	WatchNothing Watch = iota // no events and no screen lines: the fastest
	WatchScreen               // only screen lines
	WatchAll                  // events and screen lines
)

// Config is the configuration of a Driver. ID and Machine are required.
type Config struct {
	ID      cluster.NodeID
	Machine cluster.Machine
	Watch   Watch
	// Incarnation names this process in the ids of its messages. With "" its
	// messages have no ids, and cannot be delivered, dropped or duplicated by hand.
	Incarnation string
	// Random draws from [0, 1), for the loss and the jitter of links. It is
	// required if a link has loss or jitter.
	Random func() float64
	// Stepped is called after each step of the machine, before any part of the
	// Output has left. It may be nil. Transcripts and checks use it.
	Stepped func(cluster.Input, cluster.Output)
	// Shown says that Stepped shows the notes of the machine and the labels of its
	// messages. If it is false, the machine may leave out the notes and labels that
	// Watch does not need.
	Shown bool
	// Bug plants a known mistake, one of Bugs. Only tests set it.
	Bug string
}

// The mistakes that can be planted in the driver.
const (
	// BugEarlyReply lets an Output without records leave before the records of
	// earlier Outputs are durable.
	BugEarlyReply = "early-reply"
	// BugRecordsAtPoint makes the records of a step durable while the driver is stopped
	// at its point.
	BugRecordsAtPoint = "records-at-point"
	// BugMessagesAtPoint lets the messages of a step leave while the driver is stopped at
	// its point, and again when the driver continues.
	BugMessagesAtPoint = "messages-at-point"
)

// Bugs lists all mistakes that can be planted.
var Bugs = []string{BugEarlyReply, BugRecordsAtPoint, BugMessagesAtPoint}

// Moment is a point in time on both clocks.
type Moment struct {
	Now  cluster.Time // virtual; never less than in the call before
	Wall int64        // microseconds since the epoch
}

// Driver drives one machine.
type Driver struct {
	cfg      Config
	inbox    *pace.Inbox
	timers   pace.Timers
	faults   *faults
	points   points
	inbound  map[cluster.NodeID]cluster.Link // the settings of the links to this node
	received [cluster.MaxNodes + 1]string    // by sender: the id of its newest message
	pace     cluster.Pace
	quorum   cluster.Quorum // the quorum that the machine got last
	ops      operations
	started  bool              // the machine has had its InputStart
	hearsOf  bool              // the machine is a cluster.LossHandler: it gets an InputLost
	lost     []cluster.Message // the machine gets an InputLost for each of them

	// queue holds the steps that have not left, the oldest first. The records of
	// the first `saved` steps are durable. The caller is saving the records of the
	// first `saving` steps. One of the two numbers is always 0.
	queue         queue
	saved, saving int
	records       []cluster.Record

	next  Batch // under construction
	lc    uint64
	count uint64 // of the messages that have an id
	named string // the prefix of the ids of messages; "": messages have no ids
	flow  flow
	stood struct{ from, to cluster.Time } // when this node was frozen last
}

// New returns a Driver whose machine has not started, at live pace.
func New(cfg Config) *Driver {
	d := &Driver{cfg: cfg, inbox: pace.NewInbox(), faults: newFaults(cfg.Random), pace: cluster.LivePace(), ops: newOperations()}
	_, d.hearsOf = cluster.As[cluster.LossHandler](cfg.Machine)
	if cfg.Incarnation != "" {
		d.named = strconv.Itoa(int(cfg.ID)) + "." + cfg.Incarnation + "."
	}
	return d
}

// Start gives the machine the records from its disk. The caller must call it before the
// first Request and the first Advance.
func (d *Driver) Start(records []cluster.Record, at Moment) {
	d.started = true
	d.step(cluster.Input{Kind: cluster.InputStart, Records: records}, nil, at)
}

// Started reports whether the machine has started.
func (d *Driver) Started() bool { return d.started }

// Receive puts a message of another node into the inbox, where it waits until it
// is due. If its link was cut after it left, or if the inbox is full, the message is
// lost and Receive makes an event.
func (d *Driver) Receive(m cluster.Message, at Moment) {
	if m.From >= 0 && int(m.From) < len(d.received) {
		d.received[m.From] = m.ID
	}
	if why := d.inbox.Add(m, at.Now); why != "" {
		d.lose(m, why, at)
	}
}

// Advance gives the machine the next input that is due. It returns false if there was
// none. A message comes before a timer of the same virtual time, because the message
// arrived in time. While the driver is stopped at a point, the machine gets nothing.
func (d *Driver) Advance(at Moment) bool {
	if d.points.isStopped() {
		return d.passPoint(at)
	}
	if len(d.lost) > 0 {
		d.step(cluster.Input{Kind: cluster.InputLost, Message: d.lost[0]}, nil, at)
		d.lost = slices.Delete(d.lost, 0, 1)
		return true
	}
	due, timer := d.timers.Next()
	timer = timer && due <= at.Now && d.pace.Rate > 0
	if key, ok := d.inbox.Peek(at.Now); ok && (!timer || key <= due) {
		m, _ := d.inbox.Take(at.Now)
		d.step(cluster.Input{Kind: cluster.InputMessage, Message: m}, nil, at)
		return true
	}
	if !timer {
		return false
	}
	t, _ := d.timers.Take(at.Now)
	d.step(cluster.Input{Kind: cluster.InputTimer, Timer: t}, nil, at)
	return true
}

// NextDue returns the virtual time at which the next input is due. 0: at once. ok is
// false if no input becomes due without a call of another method.
func (d *Driver) NextDue() (due cluster.Time, ok bool) {
	if d.points.isStopped() {
		return 0, false
	}
	if len(d.lost) > 0 {
		return 0, true
	}
	due, ok = d.inbox.Next()
	if timer, set := d.timers.Next(); set && d.pace.Rate > 0 && (!ok || timer < due) {
		return timer, true
	}
	return due, ok
}

// Snapshot returns the state of the machine now.
func (d *Driver) Snapshot() cluster.Snapshot { return d.cfg.Machine.Snapshot() }

// Timers lists the timers that are set, the next one first.
func (d *Driver) Timers() []cluster.Timer { return d.timers.All() }

// Messages lists the messages that wait in the inbox, in the order in which the
// machine would get them.
func (d *Driver) Messages() []cluster.Message { return d.inbox.All() }

// Received returns the id of the newest message from that node, "" for none. Messages
// of one sender arrive in the order of their ids.
func (d *Driver) Received(from cluster.NodeID) string { return d.received[from] }

// step gives the machine one input. Nothing of its Output leaves before Batch.
func (d *Driver) step(in cluster.Input, op *operation, at Moment) {
	in.Now, in.Wall = at.Now, at.Wall
	s := d.queue.grow()
	s.kind, s.at, s.op, s.told, s.begun = in.Kind, at, op, false, false
	s.summed = d.flow.summing && d.pace.Rate > 0
	if !d.cfg.Shown {
		in.Unwatched = d.cfg.Watch != WatchAll
		in.Summed = s.summed && len(d.faults.rules) == 0 || d.cfg.Watch == WatchNothing
	}
	if d.cfg.Watch != WatchNothing {
		s.message, s.timer, s.late = in.Message, in.Timer, ""
		if in.Kind == cluster.InputMessage && d.cfg.Watch == WatchAll {
			s.late = d.late(&s.message, at.Now)
		}
	}
	s.stops = in.Kind == cluster.InputMessage && d.points.count(&in.Message, d.cfg.ID)
	s.out = d.cfg.Machine.Step(in)
	if d.cfg.Stepped != nil {
		d.cfg.Stepped(in, s.out)
	}
}

// Lost records that a message of this node was lost on its way, and why. If the
// machine is a cluster.LossHandler, it gets an InputLost.
func (d *Driver) Lost(m cluster.Message, why string, at Moment) { d.lose(m, why, at) }

// RecordDuplicate records that the network carries a message of this node twice. It returns
// the copy, which has an id of its own.
func (d *Driver) RecordDuplicate(m cluster.Message, at Moment) cluster.Message {
	m.DupOf, m.ID = m.ID, d.nextID()
	d.recordCopy(&m, at)
	return m
}

func (d *Driver) lose(m cluster.Message, why string, at Moment) {
	if d.hearsOf && m.From == d.cfg.ID {
		d.lost = append(d.lost, m)
	}
	d.recordLost(&m, why, at)
}
