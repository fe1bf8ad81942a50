package driver

import (
	"fmt"
	"slices"

	"capplayground/cluster"
)

// points counts the messages of the rules that have Then. When a rule has reached its
// cluster.Point, the driver is stopped at this point: Advance gives the machine nothing
// more, and the Outputs of that step and of all later steps do not leave. Only the event
// of the message and the event of the point leave. The driver continues when SetRules is
// called without the rule, or after cluster.PointPatience.
type points struct {
	rules []pointState
	at    cluster.Rule // the rule at whose point the driver is stopped; without Then: none
	since int64        // when the patience began: wall time in microseconds; 0 until the next Advance
}

type pointState struct {
	rule  cluster.Rule
	taken map[cluster.OpID]int // by operation: how many of its messages the machine got
	used  bool                 // the driver has stopped at its point
}

// maxCounted is the largest number of operations for which one rule counts. At this bound
// all its counts become 0, so it may miss the point of an operation that is open then.
const maxCounted = 4096

// set replaces the rules. A rule that stays keeps its counts.
func (p *points) set(rules []cluster.Rule) {
	old := p.rules
	p.rules = nil
	for _, r := range rules {
		if r.Then == "" {
			continue
		}
		state := pointState{rule: r, taken: make(map[cluster.OpID]int)}
		if i := slices.IndexFunc(old, func(o pointState) bool { return o.rule == r }); i >= 0 {
			state = old[i]
		}
		p.rules = append(p.rules, state)
	}
	if !slices.ContainsFunc(p.rules, func(s pointState) bool { return s.rule == p.at }) {
		p.clear()
	}
}

// isStopped reports whether the driver is stopped at a point.
func (p *points) isStopped() bool { return p.at.Then != "" }

// clear lets the driver continue.
func (p *points) clear() { p.at, p.since = cluster.Rule{}, 0 }

// count counts a message that the machine of node gets, and reports whether the driver
// is now stopped at a point.
func (p *points) count(m *cluster.Message, node cluster.NodeID) bool {
	for i := range p.rules {
		r := &p.rules[i]
		if r.used || r.rule.When.Type != m.Type || !r.rule.When.At(node) {
			continue
		}
		if len(r.taken) >= maxCounted {
			clear(r.taken)
		}
		r.taken[m.Op]++
		if r.taken[m.Op] == r.rule.When.Count && !p.isStopped() {
			r.used, p.at = true, r.rule
		}
	}
	return p.isStopped()
}

// StoppedAt returns the rule at whose point the driver is stopped, and whether it is
// stopped at a point. While it is stopped, the Output of a Request waits behind the step
// at the point.
func (d *Driver) StoppedAt() (cluster.Rule, bool) { return d.points.at, d.points.isStopped() }

// passPoint lets the driver continue after cluster.PointPatience, and reports whether it did.
func (d *Driver) passPoint(at Moment) bool {
	p := &d.points
	if p.since == 0 || at.Wall < p.since { // the clock was set back
		p.since = at.Wall
	}
	if at.Wall-p.since < cluster.PointPatience.Microseconds() {
		return false
	}
	d.recordPoint(cluster.PointPassed, cluster.Message{}, at)
	p.clear()
	return true
}

// recordPoint makes the event of the point at which the driver is stopped: reached or passed.
func (d *Driver) recordPoint(state string, m cluster.Message, at Moment) {
	r := d.points.at
	if d.tick() {
		d.append(&cluster.PointChanged{Op: m.Op, Msg: m.ID, Rule: r.ID, When: &r.When, Then: r.Then, State: state}, at)
	}
	text := fmt.Sprintf("stops: message %d of type %s is in, and rule %s says %s", r.When.Count, r.When.Type, r.ID, r.Then)
	if state == cluster.PointPassed {
		text = fmt.Sprintf("goes on: the playground has not answered about rule %s", r.ID)
	}
	d.Print(text, at)
}
