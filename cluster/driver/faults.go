package driver

import (
	"time"

	"capplayground/cluster"
)

// faults applies the settings of links and the rules to the messages that leave this node.
type faults struct {
	random func() float64
	links  map[cluster.NodeID]cluster.Link
	rules  []ruleState
}

type ruleState struct {
	rule cluster.Rule
	used int // how many messages of this node it has held or dropped
}

// newFaults returns faults with no rules and with perfect links.
func newFaults(random func() float64) *faults { return &faults{random: random} }

// setLinks replaces the settings of the links that leave this node.
func (f *faults) setLinks(self cluster.NodeID, links []cluster.Link) {
	f.links = make(map[cluster.NodeID]cluster.Link, len(links))
	for _, l := range links {
		if l.From == self {
			f.links[l.To] = l
		}
	}
}

// setRules replaces the rules that hold or drop messages. A rule that stays keeps its
// count.
func (f *faults) setRules(rules []cluster.Rule) {
	old := f.rules
	f.rules = nil
	for _, r := range rules {
		if r.Do == "" {
			continue
		}
		state := ruleState{rule: r}
		for _, o := range old {
			if o.rule == r {
				state.used = o.used
			}
		}
		f.rules = append(f.rules, state)
	}
}

// apply sets the fields of a message that leaves at now: when it left, when it is due,
// the generation of its link, and whether it is held. latencyMS is the latency of the
// pace. apply returns why the message is lost, "" if it is not lost.
func (f *faults) apply(m *cluster.Message, now cluster.Time, latencyMS float64) (why string) {
	l := f.links[m.To]
	m.Sent, m.Gen = now, l.Gen
	ms := latencyMS + l.DelayMS
	if l.JitterMS > 0 {
		ms += l.JitterMS * f.random()
	}
	if ms > 0 {
		m.Due = now.Add(time.Duration(ms * float64(time.Millisecond)))
	}
	if l.Cut {
		return cluster.WhyCut
	}
	switch f.rule(*m) {
	case cluster.RuleDrop:
		return cluster.WhyDropped
	case cluster.RuleHold:
		m.Held = true
	}
	if l.Loss > 0 && f.random() < l.Loss {
		return cluster.WhyLoss
	}
	return ""
}

// rule returns the action of the first rule that matches m and is not used up, "" if
// there is none.
func (f *faults) rule(m cluster.Message) string {
	for i := range f.rules {
		r := &f.rules[i]
		if r.rule.Matches(m) && (r.rule.Count == 0 || r.used < r.rule.Count) {
			r.used++
			return r.rule.Do
		}
	}
	return ""
}
