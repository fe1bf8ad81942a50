package faults

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"capplayground/cluster"
)

// Bounds of rules.
const (
	MaxRules = 100
	maxCount = 1_000_000
	maxType  = 64 // bytes
)

// Rules returns the rules in force.
func (f *Faults) Rules() []cluster.Rule {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]cluster.Rule{}, f.rules...)
}

// AddRule puts a rule in force and returns it with its id. If the point of the rule has
// no count, the rule acts at the first message.
func (f *Faults) AddRule(r cluster.Rule) (cluster.Rule, error) {
	if r.Then != "" && r.When.Count == 0 {
		r.When.Count = 1
	}
	if err := f.checkRule(r); err != nil {
		return r, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.rules) >= MaxRules {
		return r, fmt.Errorf("%w: there are %d rules already", cluster.ErrNotNow, MaxRules)
	}
	f.nextRule++
	r.ID = strconv.Itoa(f.nextRule)
	f.rules = append(slices.Clone(f.rules), r) // events hold the old slice
	f.publishRules()
	return r, nil
}

// checkRule returns ErrNoSuchNode or ErrBadFault for an invalid rule.
func (f *Faults) checkRule(r cluster.Rule) error {
	if r.Then != "" || r.When != (cluster.Point{}) {
		return f.checkPoint(r)
	}
	switch {
	case r.From < 0 || r.To < 0 || int(r.From) > f.nodes || int(r.To) > f.nodes:
		return fmt.Errorf("%w: there are %d", cluster.ErrNoSuchNode, f.nodes)
	case r.Do != cluster.RuleHold && r.Do != cluster.RuleDrop:
		return fmt.Errorf("%w: do %q (want hold or drop)", cluster.ErrBadFault, r.Do)
	case r.Type == "" || len(r.Type) > maxType:
		return fmt.Errorf("%w: type %q (want a message type or \"*\")", cluster.ErrBadFault, r.Type)
	case r.Count < 0 || r.Count > maxCount:
		return fmt.Errorf("%w: count %d", cluster.ErrBadFault, r.Count)
	}
	return nil
}

// thenActions lists the actions of a rule on the node that stands at its point.
var thenActions = []string{cluster.ThenKill, cluster.ThenFreeze, cluster.ThenIsolate}

// checkPoint does the same as checkRule for a rule that acts at a point of the protocol.
func (f *Faults) checkPoint(r cluster.Rule) error {
	switch {
	case r.Do != "" || r.Type != "" || r.From != 0 || r.To != 0 || r.Count != 0:
		return fmt.Errorf("%w: a rule has either from, to, type and do, or when and then", cluster.ErrBadFault)
	case !slices.Contains(thenActions, r.Then):
		return fmt.Errorf("%w: then %q (want %s)", cluster.ErrBadFault, r.Then, strings.Join(thenActions, ", "))
	case r.When.Node < 0 || int(r.When.Node) > f.nodes:
		return fmt.Errorf("%w: there are %d", cluster.ErrNoSuchNode, f.nodes)
	case r.When.Type == "" || r.When.Type == "*" || len(r.When.Type) > maxType:
		return fmt.Errorf("%w: when.type %q (want a message type, as \"yes\")", cluster.ErrBadFault, r.When.Type)
	case r.When.Count < 1 || r.When.Count > maxCount:
		return fmt.Errorf("%w: when.count %d (want 1 to %d)", cluster.ErrBadFault, r.When.Count, maxCount)
	}
	return nil
}

// DeleteRule ends a rule. The messages that it holds stay held. A node that stands
// at its point goes on.
func (f *Faults) DeleteRule(id string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	i := slices.IndexFunc(f.rules, func(r cluster.Rule) bool { return r.ID == id })
	if i < 0 {
		return fmt.Errorf("%w: %q", cluster.ErrNoSuchRule, id)
	}
	f.rules = slices.Delete(slices.Clone(f.rules), i, i+1)
	f.publishRules()
	return nil
}

// PointFailed publishes that the action of a rule on the node that stands at its point
// has failed.
func (f *Faults) PointFailed(r cluster.Rule, node cluster.NodeID, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.publishEvent(cluster.Event{Node: node, Body: &cluster.PointChanged{
		Rule: r.ID, When: &r.When, Then: r.Then, State: cluster.PointFailed, Text: err.Error(),
	}})
}

// publishRules publishes all rules in force. The lock is held.
func (f *Faults) publishRules() {
	f.publishEvent(cluster.Event{Body: &cluster.RulesChanged{Rules: append([]cluster.Rule{}, f.rules...)}})
}
