package faults

import (
	"fmt"
	"slices"

	"capplayground/cluster"
)

// SetLink replaces the faults of one direction of one link. It ignores the Gen
// and Floor of l. It returns the link as it is now, ErrNoSuchNode for a node that
// the cluster does not have, and ErrBadFault for a number out of bounds.
func (f *Faults) SetLink(l cluster.Link) (cluster.Link, error) {
	if err := f.check(l.From); err != nil {
		return l, err
	}
	if err := f.check(l.To); err != nil {
		return l, err
	}
	switch {
	case l.From == l.To:
		return l, fmt.Errorf("%w: no link from node %d to itself", cluster.ErrNoSuchNode, l.From)
	case !isWithin(l.DelayMS, MaxDelay) || !isWithin(l.JitterMS, MaxDelay):
		return l, fmt.Errorf("%w: delay_ms and jitter_ms are 0 to %d", cluster.ErrBadFault, MaxDelay)
	case !isWithin(l.Loss, 1):
		return l, fmt.Errorf("%w: loss is 0 to 1", cluster.ErrBadFault)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.set(l), nil
}

// Partition cuts every link between two of the groups and mends all other links.
// A node in no group keeps its links to all groups: it is a bridge.
func (f *Faults) Partition(groups [][]cluster.NodeID) error {
	group := make(map[cluster.NodeID]int)
	for i, g := range groups {
		for _, id := range g {
			if err := f.check(id); err != nil {
				return err
			}
			if _, twice := group[id]; twice {
				return fmt.Errorf("%w: node %d is in two groups", cluster.ErrBadFault, id)
			}
			group[id] = i + 1
		}
	}
	if len(groups) < 2 {
		return fmt.Errorf("%w: a partition has two groups or more", cluster.ErrBadFault)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	clear(f.isolated)
	f.cut(func(from, to cluster.NodeID) bool {
		return group[from] != 0 && group[to] != 0 && group[from] != group[to]
	})
	return nil
}

// Isolate cuts a node off from all others.
func (f *Faults) Isolate(id cluster.NodeID) error { return f.setIsolated(id, true) }

// Rejoin mends the links that Isolate cut. A link to another isolated node stays
// cut.
func (f *Faults) Rejoin(id cluster.NodeID) error { return f.setIsolated(id, false) }

func (f *Faults) setIsolated(id cluster.NodeID, isolated bool) error {
	if err := f.check(id); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if isolated {
		f.isolated[id] = true
	} else {
		delete(f.isolated, id)
	}
	f.cut(func(from, to cluster.NodeID) bool {
		if from != id && to != id {
			return f.links[[2]cluster.NodeID{from, to}].Cut
		}
		return f.isolated[from] || f.isolated[to]
	})
	return nil
}

// Heal makes all links perfect and ends all rules.
func (f *Faults) Heal() {
	f.mu.Lock()
	defer f.mu.Unlock()
	clear(f.isolated)
	for _, l := range f.sorted() {
		f.set(cluster.Link{From: l.From, To: l.To})
	}
	if len(f.rules) > 0 {
		f.rules = nil
		f.publishRules()
	}
}

// cut sets for every direction of every link whether it is cut, and keeps its
// other faults. The lock is held.
func (f *Faults) cut(isCut func(from, to cluster.NodeID) bool) {
	for from := cluster.NodeID(1); int(from) <= f.nodes; from++ {
		for to := cluster.NodeID(1); int(to) <= f.nodes; to++ {
			if from == to {
				continue
			}
			l := f.links[[2]cluster.NodeID{from, to}]
			l.From, l.To, l.Cut = from, to, isCut(from, to)
			f.set(l)
		}
	}
}

// set replaces a link. Where l differs from the link before, it is published as
// the next generation of the link. A cut raises the floor to that generation:
// messages that left earlier are still on the link and are lost. The lock is
// held.
func (f *Faults) set(l cluster.Link) cluster.Link {
	ends := [2]cluster.NodeID{l.From, l.To}
	old, known := f.links[ends]
	l.Gen, l.Floor = old.Gen, old.Floor
	if l == old || (!known && l.Perfect()) {
		return l
	}
	l.Gen++
	if l.Cut && !old.Cut {
		l.Floor = l.Gen
	}
	f.links[ends] = l
	f.publishEvent(cluster.Event{Body: &cluster.LinkChanged{From: l.From, To: l.To, Link: &l}})
	return l
}

// sorted returns the links that were ever changed, by sender and receiver. The
// lock is held.
func (f *Faults) sorted() []cluster.Link {
	links := make([]cluster.Link, 0, len(f.links))
	for _, l := range f.links {
		links = append(links, l)
	}
	slices.SortFunc(links, byEnds)
	return links
}

// check returns ErrNoSuchNode for a node that the cluster does not have.
func (f *Faults) check(id cluster.NodeID) error {
	if id < 1 || int(id) > f.nodes {
		return fmt.Errorf("%w: %d", cluster.ErrNoSuchNode, id)
	}
	return nil
}
