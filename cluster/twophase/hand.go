package twophase

import (
	"fmt"

	"capplayground/cluster"
)

var errNameless = fmt.Errorf("%w: a transaction needs a name", cluster.ErrRefused)

// propose prepares a transaction by hand: this node locks the key and is bound,
// until it is told by hand how the transaction ends.
func (m *Machine) propose(r cluster.Request) {
	p := part{tx: r.Tx, Key: r.Key, Val: r.Val, Coordinator: byHand}
	_, ended := m.finished.get(p.tx)
	before, lock := m.parts[p.tx], m.locks[p.Key]
	switch {
	case p.tx == "":
		m.refuse(r, errNameless)
		return
	case ended:
		m.refuse(r, fmt.Errorf("%w: transaction %s has ended", cluster.ErrRefused, p.tx))
		return
	case before != nil && !before.same(p):
		m.refuse(r, fmt.Errorf("%w: transaction %s is another one", cluster.ErrRefused, p.tx))
		return
	case before == nil && lock != nil:
		m.refuse(r, fmt.Errorf("%w: %s", cluster.ErrRefused, lockedBy(p.Key, lock.tx)))
		return
	case before == nil:
		m.log(prefixPart+string(p.tx), p)
		m.lock(&p)
	}
	m.reply(cluster.Reply{Op: r.Op, Key: p.Key, Val: p.Val, Version: versionText(m.values[p.Key].Version)})
}

// endByHand commits or rolls back what was proposed by hand. Told the same
// again, it agrees.
func (m *Machine) endByHand(r cluster.Request, commit bool) {
	if o, ok := m.finished.get(r.Tx); ok {
		if !o.byHand || o.committed() != commit {
			m.refuse(r, fmt.Errorf("%w: transaction %s has ended", cluster.ErrRefused, r.Tx))
			return
		}
		m.reply(cluster.Reply{Op: r.Op, Version: versionText(o.version)})
		return
	}
	p := m.parts[r.Tx]
	switch {
	case p == nil:
		m.refuse(r, fmt.Errorf("%w: %s", cluster.ErrNoSuchTx, r.Tx))
		return
	case p.Coordinator != byHand:
		m.refuse(r, fmt.Errorf("%w: transaction %s is for its coordinator %v to end", cluster.ErrRefused, r.Tx.Short(), p.Coordinator))
		return
	}
	o := outcome{byHand: true}
	if commit {
		o.version = m.values[p.Key].Version + 1
		m.apply(p, o)
	} else {
		m.end(p, o)
	}
	m.reply(cluster.Reply{Op: r.Op, Key: p.Key, Val: p.Val, Version: versionText(o.version)})
}
