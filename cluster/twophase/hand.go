package twophase

import (
	"fmt"

	"capplayground/cluster"
)

// A transaction that a user proposes to one node by hand is independent of those of
// coordinators. The user chooses its name, which may be the operation id of a client. So
// it is stored separately, in memory and on disk, and no answer to another node depends
// on it.

var errNoName = fmt.Errorf("%w: a transaction needs a name", cluster.ErrRefused)

// propose prepares a transaction by hand: this node locks the key until a user commits
// the transaction or rolls it back.
func (m *Machine) propose(r cluster.Request) {
	p := part{tx: r.Tx, Key: r.Key, Val: r.Val, Coordinator: byHand}
	_, ended := m.endedByHand[p.tx]
	before, lock := m.proposed[p.tx], m.locks[p.Key]
	switch {
	case p.tx == "":
		m.refuse(r, errNoName)
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
		m.log(prefixProposed+string(p.tx), &p)
		m.proposed[p.tx] = &p
		m.lock(&p)
	}
	m.reply(cluster.Reply{Op: r.Op, Key: p.Key, Val: p.Val, Version: versionText(m.values[p.Key].Version)})
}

// endByHand commits or rolls back a transaction that was proposed by hand. The same call
// again has the same answer.
func (m *Machine) endByHand(r cluster.Request, commit bool) {
	if o, ok := m.endedByHand[r.Tx]; ok {
		if o.committed() != commit {
			m.refuse(r, fmt.Errorf("%w: transaction %s has ended", cluster.ErrRefused, r.Tx))
			return
		}
		m.reply(cluster.Reply{Op: r.Op, Version: versionText(o.version)})
		return
	}
	p := m.proposed[r.Tx]
	if p == nil {
		m.refuse(r, m.notByHand(r.Tx))
		return
	}
	o := aborted
	if commit {
		held := m.values[p.Key]
		o.version = held.Version + 1
		m.setValue(p.Key, value{Val: p.Val, Version: o.version, ByHand: true, last: held.last})
	}
	delete(m.proposed, p.tx)
	m.deleteRecord(prefixProposed + string(p.tx))
	m.endedByHand[p.tx] = o
	m.logOutcome(prefixEndedByHand, p.tx, o)
	m.reply(cluster.Reply{Op: r.Op, Key: p.Key, Val: p.Val, Version: versionText(o.version)})
	m.unlock(p)
}

// notByHand returns the reason why a transaction cannot be ended by hand.
func (m *Machine) notByHand(tx cluster.OpID) error {
	if p := m.parts[tx]; p != nil {
		return fmt.Errorf("%w: transaction %s is for its coordinator %v to end", cluster.ErrRefused, tx.Short(), p.Coordinator)
	}
	if _, ok := m.finished.get(tx); ok {
		return fmt.Errorf("%w: transaction %s has ended", cluster.ErrRefused, tx)
	}
	return fmt.Errorf("%w: %s", cluster.ErrNoSuchTx, tx)
}
