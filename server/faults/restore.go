package faults

import (
	"slices"
	"strconv"

	"capplayground/cluster"
	"capplayground/cluster/link"
)

// Restore takes over the settings of all nodes, as For returned them in another run with
// the same number of nodes, and publishes what differs. They do not say which nodes are
// isolated: after Restore, Rejoin mends all links of its node.
func (f *Faults) Restore(all []link.Settings) {
	if len(all) == 0 {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if all[0].Pace != f.pace {
		f.setPace(all[0].Pace)
	}
	for _, s := range all {
		for _, l := range s.Links {
			f.restoreLink(l)
		}
	}
	if q := all[0].Quorum; q != f.quorum {
		f.quorum = q
		f.publishEvent(cluster.Event{Body: &cluster.QuorumChanged{Quorum: &q}})
	}
	if rules := all[0].Rules; !slices.Equal(rules, f.rules) {
		f.rules = slices.Clone(rules)
		for _, r := range rules {
			n, _ := strconv.Atoi(r.ID) // an id of another form is no number of ours
			f.nextRule = max(f.nextRule, n)
		}
		f.publishRules()
	}
}

// restoreLink takes over one link with its generation. The lock is held.
func (f *Faults) restoreLink(l cluster.Link) {
	ends := [2]cluster.NodeID{l.From, l.To}
	if f.links[ends] == l {
		return
	}
	f.links[ends] = l
	f.publishEvent(cluster.Event{Body: &cluster.LinkChanged{From: l.From, To: l.To, Link: &l}})
}
