package sim

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"capplayground/cluster"
)

// node is one process: a machine, its disk, and the loop around them.
type node struct {
	w        *world
	id       cluster.NodeID
	all      []cluster.NodeID
	machine  cluster.Machine
	disk     map[string][]byte
	wiped    int // how often the disk was emptied
	skew     time.Duration
	up       bool
	frozen   bool
	boot     int          // which process this is: what belongs to an earlier one is void
	troubled cluster.Time // when it last was down or frozen

	waiting []func() // what a frozen process has yet to see
	timers  []*timer // that may be fired by hand, where that is a fault of this run
	// Outputs whose records are being synced, and those that came meanwhile.
	// Nothing of either has left.
	syncing, unsynced []cluster.Output
}

func newNode(w *world, id cluster.NodeID, all []cluster.NodeID) *node {
	return &node{w: w, id: id, all: all, disk: make(map[string][]byte)}
}

// build makes a fresh machine, as a fresh process has.
func (n *node) build() error {
	bug := n.w.cfg.Bug
	if bug == BugEarlyReply {
		bug = ""
	}
	m, err := n.w.cfg.New(n.w.cfg.Mode, cluster.Config{
		ID: n.id, Nodes: n.all, Database: fmt.Sprintf("%d.%d", n.id, n.wiped), Quorum: n.w.quorum, Bug: bug,
	})
	if err != nil {
		return err
	}
	n.machine = m
	return nil
}

// start brings a new process up on what the disk kept.
func (n *node) start() {
	n.up, n.frozen = true, false
	n.boot++
	n.troubled = n.w.now
	n.w.tracef("%v starts", n.id)
	n.step(cluster.Input{Kind: cluster.InputStart, Records: n.records()})
}

// records is what the disk holds, ascending by key.
func (n *node) records() []cluster.Record {
	records := make([]cluster.Record, 0, len(n.disk))
	for k, v := range n.disk {
		records = append(records, cluster.Record{Key: k, Val: v})
	}
	slices.SortFunc(records, func(a, b cluster.Record) int { return strings.Compare(a.Key, b.Key) })
	return records
}

// crash ends the process. What was being synced may have reached the disk, as
// a whole, and then some of what it allowed may have left.
func (n *node) crash() {
	n.w.tracef("%v crashes", n.id)
	if len(n.syncing) > 0 && n.w.rand.IntN(2) == 0 {
		n.write(n.syncing)
		for _, out := range n.syncing[:n.w.rand.IntN(len(n.syncing)+1)] {
			n.carryOut(out)
		}
	}
	n.up, n.frozen = false, false
	n.syncing, n.unsynced, n.waiting = nil, nil, nil
	n.troubled = n.w.now
	n.w.hangUp(n)
}

// restart starts a new process on the same disk.
func (n *node) restart() {
	if err := n.build(); err != nil {
		n.w.breach("%v: %v", n.id, err)
		return
	}
	n.start()
}

// wipe empties the disk of a process that is down.
func (n *node) wipe() {
	n.w.tracef("%v loses its database", n.id)
	n.disk = make(map[string][]byte)
	n.wiped++
	n.w.run.Wipes = append(n.w.run.Wipes, n.id)
}

func (n *node) freeze() {
	n.w.tracef("%v freezes", n.id)
	n.frozen = true
	n.troubled = n.w.now
}

// thaw lets the process see, in any order, all that came meanwhile.
func (n *node) thaw() {
	n.w.tracef("%v thaws", n.id)
	n.frozen = false
	n.troubled = n.w.now
	waiting := n.waiting
	n.waiting = nil
	for _, f := range waiting {
		n.later(span(n.w.rand, 5*time.Millisecond), f)
	}
}

// later plans something within this process: it never happens if the process
// ends, and waits while it is frozen.
func (n *node) later(d time.Duration, f func()) {
	boot := n.boot
	n.w.after(d, func() {
		switch {
		case !n.up || n.boot != boot:
		case n.frozen:
			n.waiting = append(n.waiting, f)
		default:
			f()
		}
	})
}

// step gives the machine one input. The process must run.
func (n *node) step(in cluster.Input) {
	in.Now = n.w.now
	in.Wall = int64(n.w.now) + n.skew.Microseconds()
	out := n.machine.Step(in)
	n.inspect(in, out)
	if n.w.line != nil {
		n.w.traceOutput(n, out)
	}
	early := n.w.cfg.Bug == BugEarlyReply
	if len(out.Records) == 0 && (early || len(n.syncing) == 0) {
		n.carryOut(out)
		return
	}
	n.unsynced = append(n.unsynced, out)
	if len(n.syncing) == 0 {
		n.sync()
	}
}

// sync makes all that waits durable in one transaction, and then lets it out.
// What comes before the first record, and what is sent ahead of that one,
// leaves before.
func (n *node) sync() {
	n.syncing, n.unsynced = n.unsynced, nil
	first := slices.IndexFunc(n.syncing, func(out cluster.Output) bool { return len(out.Records) > 0 })
	if first < 0 {
		first = len(n.syncing)
	}
	for _, out := range n.syncing[:first] {
		n.carryOut(out)
	}
	n.syncing = n.syncing[first:]
	if len(n.syncing) == 0 {
		return
	}
	n.sendAhead(n.syncing[0])
	n.syncing[0].Ahead = nil
	n.later(100*time.Microsecond+span(n.w.rand, n.w.wx.sync), func() {
		done := n.syncing
		n.write(done)
		for _, out := range done {
			n.carryOut(out)
		}
		n.syncing = nil
		if len(n.unsynced) > 0 {
			n.sync()
		}
	})
}

func (n *node) write(outs []cluster.Output) {
	for _, out := range outs {
		for _, r := range out.Records {
			if r.Val == nil {
				delete(n.disk, r.Key)
			} else {
				n.disk[r.Key] = r.Val
			}
		}
	}
}

func (n *node) sendAhead(out cluster.Output) {
	for _, m := range out.Ahead {
		n.w.net.send(m)
	}
}

// carryOut lets an Output out, in its order.
func (n *node) carryOut(out cluster.Output) {
	n.sendAhead(out)
	for _, m := range out.Messages {
		n.w.net.send(m)
	}
	for _, t := range out.Timers {
		lag := span(n.w.rand, 2*time.Millisecond)
		set := &timer{t, n.boot}
		if n.w.byHand {
			n.timers = append(n.timers, set)
		}
		n.later(max(0, t.Due.Sub(n.w.now))+lag, func() { n.fire(set) })
	}
	for _, r := range out.Replies {
		n.w.reply(n, r)
	}
}

// timer is one that a machine has set. It fires once, in the process that set
// it.
type timer struct {
	cluster.Timer
	boot int // 0 once it has fired
}

func (n *node) fire(t *timer) {
	if t.boot != n.boot {
		return
	}
	t.boot = 0
	if n.w.line != nil {
		n.w.tracef("%v fires %s", n.id, t.ID())
	}
	n.step(cluster.Input{Kind: cluster.InputTimer, Timer: t.Timer})
}

// fireOne fires one of the timers that are set, before its time.
func (n *node) fireOne() {
	n.timers = slices.DeleteFunc(n.timers, func(t *timer) bool { return t.boot != n.boot })
	if n.up && !n.frozen && len(n.timers) > 0 {
		n.fire(pick(n.w.rand, n.timers...))
	}
}

// inspect checks an Output against the contract of cluster.Machine.
func (n *node) inspect(in cluster.Input, out cluster.Output) {
	for _, t := range out.Timers {
		if t.Due.Sub(in.Now) < cluster.MinTimer {
			n.w.breach("%v set timer %s for %v from now, which is under %v", n.id, t.ID(), t.Due.Sub(in.Now), cluster.MinTimer)
		}
	}
	n.w.run.notedVersions(out.Notes)
	for _, m := range slices.Concat(out.Ahead, out.Messages) {
		if m.From != n.id || m.To == n.id || !slices.Contains(n.all, m.To) {
			n.w.breach("%v sent a message from %v to %v", n.id, m.From, m.To)
		}
		if m.Type == "" || m.Class == "" {
			n.w.breach("%v sent a message without type or class: %v", n.id, m)
		}
	}
}
