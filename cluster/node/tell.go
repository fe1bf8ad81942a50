package node

import (
	"cmp"
	"slices"

	"capplayground/cluster"
)

// maxTold bounds what is told at once: the link keeps no more than
// link.MaxBacklog.
const maxTold = 1000 // keys, hints, operations, timers and messages each

// tellAll tells all that this node holds, as events that say nothing new to
// who has heard them before: for a playground that starts again, or that this
// node finds only now.
func (l *loop) tellAll() {
	s := l.machine.Snapshot()
	l.note(cluster.Event{Kind: cluster.KindRole, Role: s.Role, Term: s.Term, Badges: s.Badges})
	for _, k := range first(s.Keys) {
		e := cluster.Event{
			Kind: cluster.KindKey, Key: k.Key, Version: k.Version, LockedBy: k.LockedBy,
			Siblings: slices.Clone(k.Siblings), Homes: k.Homes, ByHand: k.ByHand,
		}
		for i := range e.Siblings {
			e.Siblings[i].Val = cluster.Cut(e.Siblings[i].Val, cluster.MaxEventVal)
		}
		e.SetVal(k.Val)
		l.note(e)
	}
	for _, h := range first(s.Hints) {
		e := cluster.Event{Kind: cluster.KindKey, Key: h.Key, Version: h.Version, HintFor: h.For}
		e.SetVal(h.Val)
		l.note(e)
	}
	open := make([]*operation, 0, len(l.ops))
	for _, op := range l.ops {
		open = append(open, op)
	}
	slices.SortFunc(open, func(a, b *operation) int {
		return cmp.Or(cmp.Compare(a.wall, b.wall), cmp.Compare(a.req.Op, b.req.Op))
	})
	for _, op := range first(open) {
		l.note(op.invoked())
	}
	for _, t := range first(l.timers.All()) {
		l.note(timerEvent(t, cluster.TimerSet))
	}
	for _, m := range first(l.inbox.All()) {
		if !m.Flow {
			e := cluster.Transit(cluster.KindSent, m)
			e.T, e.V = l.clock.Wall(), m.Sent
			l.note(e)
		}
	}
}

func first[T any](all []T) []T { return all[:min(len(all), maxTold)] }
