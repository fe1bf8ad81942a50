package verbs

import (
	"context"
	"fmt"
	"slices"

	"capplayground/cluster"
)

// Take takes the events of the cluster, in their order. It starts what a rule says
// when a node is stopped at the point of the rule, and does not wait for it.
func (v *Verbs) Take(events []cluster.Event) {
	for _, e := range events {
		if point, ok := e.Body.(*cluster.PointChanged); ok && point.State == cluster.PointReached {
			go v.carryOut(e.Node, point.Rule)
		}
	}
}

// carryOut does to a node what the rule says, and ends the rule. Then the node continues,
// if it can. A rule acts once: if two nodes reach the point of a rule that is for any
// node, the second node only continues.
func (v *Verbs) carryOut(node cluster.NodeID, rule string) {
	r, mine := v.takeRule(rule)
	if !mine {
		return
	}
	defer v.release(rule)
	ctx, cancel := context.WithTimeout(v.life, cluster.PointPatience)
	defer cancel()
	if err := v.doThen(ctx, node, r.Then); err != nil && v.life.Err() == nil {
		v.cfg.Faults.PointFailed(r, node, err)
	}
	_ = v.DeleteRule(v.life, rule) // it may have ended meanwhile, for example by a heal
}

// takeRule returns a rule that is in force, and whether this caller must carry it out.
func (v *Verbs) takeRule(id string) (r cluster.Rule, mine bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	rules := v.cfg.Faults.Rules()
	i := slices.IndexFunc(rules, func(r cluster.Rule) bool { return r.ID == id })
	if i < 0 || v.acting[id] {
		return r, false
	}
	v.acting[id] = true
	return rules[i], true
}

func (v *Verbs) release(id string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.acting, id)
}

// doThen carries out the Then of a rule.
func (v *Verbs) doThen(ctx context.Context, node cluster.NodeID, do string) error {
	switch do {
	case cluster.ThenKill:
		return v.Kill(ctx, node)
	case cluster.ThenFreeze:
		return v.Freeze(ctx, node)
	case cluster.ThenIsolate:
		return v.Isolate(ctx, node)
	}
	return fmt.Errorf("%w: then %q", cluster.ErrBadFault, do)
}
