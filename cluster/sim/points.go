package sim

import (
	"math/rand/v2"
	"strconv"
	"time"

	"capplayground/cluster"
	"capplayground/cluster/driver"
	"capplayground/cluster/modes"
)

// Rules that act at a point of the protocol (cluster.Point) draw from their own random
// numbers, so that they do not change the runs without such rules.

// drawPoints decides whether this run has such rules. About one run in three has them.
func (w *world) drawPoints() {
	r := rand.New(rand.NewPCG(w.cfg.Seed, stream(w.cfg.Mode+" points")))
	if r.IntN(3) == 0 && len(modes.Of(w.cfg.Mode).Types) > 0 {
		w.points = r
	}
}

// setPoint sets a rule at one node, and plans the next rule.
func (w *world) setPoint() {
	if w.faultsEnded {
		return
	}
	r := w.points
	if n := pick(r, w.nodes...); n.up && !n.frozen && !n.isStopped() {
		n.rule++
		point := cluster.Point{Type: pick(r, modes.Of(w.cfg.Mode).Types...), Count: 1 + r.IntN(4)}
		w.tracef("%v stops when %s %d is in", n.id, point.Type, point.Count)
		n.driver.SetRules([]cluster.Rule{{ID: strconv.Itoa(n.rule), When: point, Then: cluster.ThenKill}})
	}
	w.after(time.Millisecond+span(r, w.conditions.every/2), w.setPoint)
}

// isStopped reports whether the process is stopped at the point of a rule.
func (n *process) isStopped() bool {
	_, stopped := n.driver.StoppedAt()
	return stopped
}

// reachedPoint plans the next step of a process that has just reached a point: it crashes,
// is frozen, is isolated, continues, or waits. No part of out may leave before the process
// continues.
func (n *process) reachedPoint(out *cluster.Output) {
	if !n.isStopped() || n.outstanding.stopped {
		return
	}
	n.w.tracef("%v stops at its point", n.id)
	n.outstanding.stop(out)
	n.faultAt = n.w.now
	r, boot, rule := n.w.points, n.boot, n.rule
	lasts := span(r, n.w.conditions.lasts)
	inject := pick(r, n.crashAtPoint, n.freezeAtPoint, n.isolateAtPoint, n.continueFromPoint, n.waitAtPoint)
	n.w.after(span(r, pick(r, time.Millisecond, 20*time.Millisecond, 500*time.Millisecond)), func() {
		if n.up && n.boot == boot && n.rule == rule && !n.frozen && !n.w.faultsEnded {
			inject(lasts)
		}
	})
}

func (n *process) crashAtPoint(d time.Duration) { n.w.crash(n, d) }

// freezeAtPoint freezes the process. Its rule is ended when it is unfrozen.
func (n *process) freezeAtPoint(d time.Duration) {
	n.freeze()
	n.waiting = append(n.waiting, n.endRule)
	boot := n.boot
	n.w.later(d, func() {
		if n.frozen && n.boot == boot {
			n.thaw()
		}
	})
}

func (n *process) isolateAtPoint(d time.Duration) {
	for _, other := range n.w.nodes {
		if other != n {
			n.w.cut(n.id, other.id, d)
			n.w.cut(other.id, n.id, d)
		}
	}
	n.endRule()
}

func (n *process) continueFromPoint(time.Duration) { n.endRule() }

// waitAtPoint lets the process continue by itself after cluster.PointPatience, because no
// playground answers.
func (n *process) waitAtPoint(time.Duration) {
	n.takeNext() // cluster.PointPatience begins
	n.later(cluster.PointPatience, n.takeNext)
}

// endRule ends the rule of a process. If the process is stopped at its point, it continues.
func (n *process) endRule() {
	if n.up && !n.frozen {
		n.driver.SetRules(nil)
		n.passedPoint()
	}
}

// passedPoint lets a process that has just left its point take all inputs that came while
// it was stopped there.
func (n *process) passedPoint() {
	if !n.outstanding.stopped || n.isStopped() {
		return
	}
	n.w.tracef("%v goes on", n.id)
	n.outstanding.stopped = false
	n.faultAt = n.w.now
	n.carryOut()
	for n.driver.Advance(n.moment()) {
		n.carryOut()
	}
}

// amount counts the parts of outputs.
type amount struct{ records, messages, timers, replies int }

func (a *amount) add(b amount, sign int) {
	a.records += sign * b.records
	a.messages += sign * b.messages
	a.timers += sign * b.timers
	a.replies += sign * b.replies
}

// outstanding counts the parts of Outputs that the machine made and the driver has not let out
// yet. No part of an Output may be lost or leave twice, and none may leave while the
// process is stopped at a point.
type outstanding struct {
	owed    amount
	stopped bool
	free    amount // owed before the step at the point: this may leave
}

func amountOf(out *cluster.Output) amount {
	return amount{len(out.Records), len(out.Ahead) + len(out.Messages), len(out.Timers), len(out.Replies)}
}

// add adds the Output of a step.
func (o *outstanding) add(out *cluster.Output) { o.owed.add(amountOf(out), 1) }

// stop begins to hold back the Output of the newest step.
func (o *outstanding) stop(out *cluster.Output) {
	o.stopped, o.free = true, o.owed
	o.free.add(amountOf(out), -1)
}

// batch takes the driver's next Batch and checks that each part of it was outstanding.
func (n *process) batch() driver.Batch {
	b := n.driver.Batch(n.moment())
	o := &n.outstanding
	leaves := amount{len(b.Records), len(b.Messages), len(b.Timers), len(b.Replies)}
	o.owed.add(leaves, -1)
	o.free.add(leaves, -1)
	switch {
	case o.owed.negative():
		n.w.recordBreach("%v lets more out than its machine made: %+v too many", n.id, o.owed)
	case o.stopped && n.isStopped() && o.free.negative():
		n.w.recordBreach("%v is stopped at its point, and %+v of what it holds back leaves", n.id, leaves)
	case !o.stopped && n.saving == nil && len(b.Records) == 0 && (o.owed.records != 0 || o.owed.messages != 0 || o.owed.timers != 0):
		n.w.recordBreach("%v has let out all it has, and %+v is missing", n.id, o.owed)
	}
	return b
}

func (a amount) negative() bool {
	return a.records < 0 || a.messages < 0 || a.timers < 0 || a.replies < 0
}
