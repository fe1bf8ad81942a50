package sim

import (
	"fmt"
	"slices"
	"time"

	"capplayground/cluster"
	"capplayground/cluster/dice"
	"capplayground/cluster/disk"
	"capplayground/cluster/driver"
)

// process is one node: a machine, its driver, and a disk.
type process struct {
	w       *world
	id      cluster.NodeID
	all     []cluster.NodeID // the members of its cluster
	machine cluster.Machine
	driver  *driver.Driver
	disk    disk.Disk
	files   disk.Files // the same disk, if it is in files
	repair  func()     // repairs the disk; nil: it is not damaged
	wiped   int        // how often the disk was emptied
	skew    time.Duration
	up      bool
	frozen  bool
	boot    int          // counts the starts; plans of an earlier start are void
	faultAt cluster.Time // when it was last down, frozen or stopped at a point

	waiting     []func()         // functions to be called when it is unfrozen
	saving      []cluster.Record // records that are being made durable; nil: none
	outstanding outstanding      // what its driver has not let out yet
	rule        int              // counts the rules that act at a point

	// The methods turn and synced as functions. They are made once, because a run needs
	// them millions of times.
	turning, syncing func()
}

func newProcess(w *world, id cluster.NodeID, all []cluster.NodeID) *process {
	n := &process{w: w, id: id, all: all}
	n.newDisk()
	n.turning, n.syncing = n.takeNext, n.synced
	return n
}

// build makes a fresh machine and its driver.
func (n *process) build() error {
	cfg := driver.Config{ID: n.id, Random: n.w.rand.Float64, Stepped: n.stepped, Shown: n.w.line != nil}
	if n.w.cfg.Events != nil {
		cfg.Watch, cfg.Incarnation = driver.WatchAll, fmt.Sprintf("b%d", n.boot+1)
	}
	bug := n.w.cfg.Bug
	if slices.Contains(driver.Bugs, bug) {
		bug, cfg.Bug = "", bug
	}
	m, err := n.w.cfg.New(n.w.cfg.Mode, cluster.Config{
		ID: n.id, Nodes: n.all, Database: fmt.Sprintf("%d.%d", n.id, n.wiped), Quorum: n.w.quorum, Bug: bug,
		Tight: n.w.cfg.Seed%2 == 0,
	})
	if err != nil {
		return err
	}
	n.machine = dice.Machine(m, n.w.cfg.Seed, uint64(n.id), uint64(n.boot))
	cfg.Machine = n.machine
	n.driver = driver.New(cfg)
	n.outstanding = outstanding{}
	return nil
}

// newDisk gives the process an empty disk.
func (n *process) newDisk() {
	if n.w.cfg.Disk == nil {
		n.disk = disk.Memory{}
		return
	}
	n.files = n.w.cfg.Disk(n.id)
	n.disk = n.files
}

// start starts a new process with the records on the disk. The process does not start if
// the disk is damaged, or belongs to another cluster.
func (n *process) start() {
	records, err := n.disk.Start(n.all)
	if err != nil {
		n.refused(err)
		return
	}
	n.repair = nil
	n.up, n.frozen = true, false
	n.boot++
	n.faultAt = n.w.now
	n.w.tracef("%v starts", n.id)
	n.w.recordStatus(n, cluster.StatusUp)
	n.driver.Start(records, n.moment())
	n.carryOut()
}

// moment returns the present time by the clocks of this process.
func (n *process) moment() driver.Moment {
	return driver.Moment{Now: n.w.now, Wall: int64(n.w.now) + n.skew.Microseconds()}
}

// crash ends the process. The transaction that is being written may have reached the disk
// as a whole. Then some of the messages and replies that waited for it may have left.
func (n *process) crash() {
	n.w.tracef("%v crashes", n.id)
	if n.saving != nil && n.w.rand.IntN(2) == 0 {
		n.disk.Write(n.saving)
		n.w.saved(n.id)
		n.driver.Saved()
		b := n.batch()
		n.w.recordEvents(b.Events)
		left := n.w.rand.IntN(len(b.Messages) + len(b.Replies) + 1)
		n.send(b.Messages[:min(left, len(b.Messages))])
		n.reply(b.Replies[:max(0, left-len(b.Messages))])
	} else if n.saving != nil && n.files != nil && n.w.rand.IntN(2) == 0 {
		n.files.Tear(n.saving, n.w.rand.IntN)
	}
	n.disk.Stop()
	n.up, n.frozen = false, false
	n.saving, n.waiting = nil, nil
	n.faultAt = n.w.now
	n.w.recordDeath(n)
	n.w.breakConnections(n)
}

// restart starts a new process on the same disk, unless the process is up or its cluster
// runs without it.
func (n *process) restart() {
	if n.up || !slices.Contains(n.all, n.id) {
		return
	}
	if err := n.build(); err != nil {
		n.w.recordBreach("%v: %v", n.id, err)
		return
	}
	n.start()
}

// wipe empties the disk of a process that is down.
func (n *process) wipe() {
	n.w.tracef("%v loses its database", n.id)
	n.newDisk()
	n.wiped++
	n.w.run.Wipes = append(n.w.run.Wipes, n.id)
}

func (n *process) freeze() {
	n.w.tracef("%v freezes", n.id)
	n.w.recordStatus(n, cluster.StatusFrozen)
	n.frozen = true
	n.faultAt = n.w.now
}

// thaw unfreezes the process. Inputs that came while it was frozen arrive now, in any
// order. The process takes the inputs that have arrived in the order in which they are
// due, as a real node does.
func (n *process) thaw() {
	n.w.tracef("%v thaws", n.id)
	n.w.recordStatus(n, cluster.StatusUp)
	n.frozen = false
	n.faultAt = n.w.now
	waiting := n.waiting
	n.waiting = nil
	for _, f := range waiting {
		n.later(span(n.w.rand, 5*time.Millisecond), f)
	}
}

// later plans f in this process. If the process ends first, f is never called. While the
// process is frozen, f waits.
func (n *process) later(d time.Duration, f func()) {
	n.w.schedule.add(n.w.now.Add(d), plan{do: f, in: n, boot: n.boot})
}

// do calls f, which was planned in the given boot of this process.
func (n *process) do(boot int, f func()) {
	switch {
	case !n.up || n.boot != boot:
	case n.frozen:
		n.waiting = append(n.waiting, f)
	default:
		f()
	}
}

// takeNext takes in the next input that is due. It is planned once for each message that
// arrives and for each timer that is set, so that other plans can come between any two
// inputs.
func (n *process) takeNext() {
	n.driver.Advance(n.moment())
	n.carryOut()
	n.passedPoint()
}

// receive takes in a message from the network.
func (n *process) receive(m cluster.Message) {
	n.driver.Receive(m, n.moment())
	n.takeNext()
}

// request takes in a client's request. If the driver replies immediately, the reply answers
// only this request: another request with the same id may be open at this node.
func (n *process) request(req cluster.Request, client string, answer func(cluster.Reply)) {
	if reply, ended := n.driver.Request(req, client, n.moment()); ended {
		answer(reply)
		return
	}
	n.carryOut()
}

// carryOut carries out the driver's Batch. It takes some time to make the records durable,
// and the process continues during that time.
func (n *process) carryOut() {
	b := n.batch()
	n.w.recordEvents(b.Events)
	n.send(b.Messages)
	for _, t := range b.Timers {
		lag := span(n.w.rand, 2*time.Millisecond)
		n.later(max(0, t.Due.Sub(n.w.now))+lag, n.turning)
	}
	n.reply(b.Replies)
	if len(b.Records) == 0 {
		if n.saving == nil {
			n.w.logs.saving(n.id)
			n.w.saved(n.id)
		}
		return
	}
	n.saving = b.Records
	n.w.logs.saving(n.id)
	n.later(100*time.Microsecond+span(n.w.rand, n.w.conditions.sync), n.syncing)
}

// synced is called when the records are durable.
func (n *process) synced() {
	n.disk.Write(n.saving)
	n.saving = nil
	n.w.saved(n.id)
	n.driver.Saved()
	n.carryOut()
}

// send gives messages to the network. If the network loses or doubles a message
// immediately, that makes events. They are recorded before the next plan is carried out.
func (n *process) send(messages []cluster.Message) {
	for _, m := range messages {
		n.w.net.send(m)
	}
	if n.w.cfg.Events != nil {
		n.w.recordEvents(n.driver.Events())
	}
}

func (n *process) reply(replies []cluster.Reply) {
	for _, r := range replies {
		n.w.reply(n, r)
	}
}

// lost informs the driver that the network did not accept a message of this process.
func (n *process) lost(m cluster.Message, why string) {
	n.driver.Lost(m, why, n.moment())
	if due, ok := n.driver.NextDue(); ok && due == 0 {
		n.later(0, n.turning)
	}
}

// setQuorum gives the machine new quorum sizes.
func (n *process) setQuorum(q cluster.Quorum) {
	n.driver.SetQuorum(q, n.moment())
	n.carryOut()
}

// fireOne fires one of the timers that are set, before it is due.
func (n *process) fireOne() {
	if !n.up || n.frozen {
		return
	}
	timers := slices.DeleteFunc(n.driver.Timers(), func(t cluster.Timer) bool { return t.Quiet })
	if len(timers) == 0 {
		return
	}
	if err := n.driver.Fire(pick(n.w.rand, timers...).ID(), n.moment()); err != nil {
		n.w.recordBreach("%v: a timer that is set does not fire: %v", n.id, err)
	}
	n.carryOut()
}

// stepped checks one step against the contract of cluster.Machine.
func (n *process) stepped(in cluster.Input, out cluster.Output) {
	if n.w.line != nil {
		n.w.traceStep(n, in, out)
	}
	n.w.observe(n.id, n.machine, &in, &out)
	n.outstanding.add(&out)
	n.reachedPoint(&out)
	for _, t := range out.Timers {
		if t.Due.Sub(in.Now) < cluster.MinTimer && !t.Quiet {
			n.w.recordBreach("%v set timer %s for %v from now, which is under %v", n.id, t.ID(), t.Due.Sub(in.Now), cluster.MinTimer)
		}
	}
	if n.w.homes {
		n.w.run.recordVersions(out.Records)
	}
	for i := range out.Ahead {
		n.checkMessage(&out.Ahead[i])
	}
	for i := range out.Messages {
		n.checkMessage(&out.Messages[i])
	}
	for i := range out.Replies {
		n.w.checkReply(n, out.Replies[i].Op)
	}
}

func (n *process) checkMessage(m *cluster.Message) {
	if m.From != n.id || m.To == n.id || !slices.Contains(n.all, m.To) {
		n.w.recordBreach("%v sent a message from %v to %v", n.id, m.From, m.To)
	}
	if m.Type == "" || m.Class == "" {
		n.w.recordBreach("%v sent a message without type or class: %v", n.id, m)
	}
}
