package twophase

import (
	"fmt"
	"slices"

	"capplayground/cluster"
)

// A write may wait at the node that its client called, before it has locked a key at any
// node. So no transaction waits for it, and there is no deadlock. It waits in two cases,
// for a bounded time:
//
// First, the key is locked here by another coordinator's transaction. That transaction
// may have ended, and its commit may be under way: its client may have got 201, and this
// may be the client's next write. The node asks the coordinator once. If the transaction
// has not ended, or no answer comes, the write is refused.
//
// Second, the same operation is under way already, coordinated here or at another node.
// Then the write gets the answer of that operation.

// blocked is a write that waits for the end of a transaction.
type blocked struct {
	tx      cluster.OpID
	request cluster.Request
}

// waitForFate makes a write wait until the coordinator of the transaction that holds the
// lock has reported how the transaction ended.
func (m *Machine) waitForFate(r cluster.Request, lock *part) {
	m.blocked = append(m.blocked, blocked{lock.tx, r})
	m.ask(lock.Coordinator, lock)
	m.noteWaiting(r.Op, lock.Coordinator, m.setTimer(timerCoordinator, r.Op, cluster.MinTimer))
}

// takeBlocked removes and returns the writes that wait for the end of a transaction, in
// the order in which they came.
func (m *Machine) takeBlocked(tx cluster.OpID) []cluster.Request {
	var out []cluster.Request
	m.blocked = slices.DeleteFunc(m.blocked, func(b blocked) bool {
		if b.tx == tx {
			out = append(out, b.request)
		}
		return b.tx == tx
	})
	return out
}

// undecided handles the answer of a node that does not know how a transaction ended. If
// the node is the coordinator, the transaction has not ended.
func (m *Machine) undecided(msg cluster.Message) {
	p := m.parts[msg.Op]
	if p == nil || p.Coordinator != msg.From {
		return
	}
	for _, r := range m.takeBlocked(p.tx) {
		m.refuseForGood(r, fmt.Errorf("%w: %s", cluster.ErrRefused, lockedBy(p.Key, p.tx)))
	}
}

// coordinatorDue refuses a write that still waits for a coordinator's answer.
func (m *Machine) coordinatorDue(op cluster.OpID) bool {
	i := slices.IndexFunc(m.blocked, func(b blocked) bool { return b.request.Op == op })
	if i < 0 {
		return false
	}
	b := m.blocked[i]
	m.blocked = slices.Delete(m.blocked, i, i+1)
	m.refuseForGood(b.request, fmt.Errorf("%w: %s", cluster.ErrRefused, lockedBy(b.request.Key, b.tx)))
	return true
}

// waitForSame makes a write wait for the end of the same operation, which is under way
// already.
func (m *Machine) waitForSame(r cluster.Request, p *part) {
	timer := m.setTimer(timerRepeat, r.Op, m.patience(r, cluster.OpTimeout))
	m.repeats[p.tx] = append(m.repeats[p.tx], r)
	m.noteWaiting(r.Op, p.Coordinator, timer)
}

// answerRepeats answers the clients that sent the operation of a part again.
func (m *Machine) answerRepeats(p *part, o outcome) {
	waiting := m.repeats[p.tx]
	delete(m.repeats, p.tx)
	for _, r := range waiting {
		m.answerAgain(r, o)
	}
}

// repeatDue answers a client that sent an operation again, and that waited too long for
// its end.
func (m *Machine) repeatDue(op cluster.OpID) bool {
	waiting := m.repeats[op]
	delete(m.repeats, op)
	for _, r := range waiting {
		m.refuse(r, fmt.Errorf("%w: operation %s is still under way", cluster.ErrUnknown, op.Short()))
	}
	return len(waiting) > 0
}

// answerAgain answers a write whose operation has ended. Another write under
// the same id is refused.
func (m *Machine) answerAgain(r cluster.Request, o outcome) {
	switch {
	case !o.committed():
		m.refuse(r, fmt.Errorf("%w: operation %s was aborted before", cluster.ErrRefused, r.Op.Short()))
	case o.sum == 0:
		m.refuse(r, fmt.Errorf("%w: operation %s was asked for before", cluster.ErrUnknown, r.Op.Short()))
	case o.sum != part{Key: r.Key, Val: r.Val}.sum():
		m.refuse(r, errAnother(r.Op))
	default:
		m.reply(cluster.Reply{Op: r.Op, Key: r.Key, Val: r.Val, Version: versionText(o.version)})
	}
}

func errAnother(op cluster.OpID) error {
	return fmt.Errorf("%w: operation %s is another one", cluster.ErrRefused, op.Short())
}

// noteWaiting makes a note of the node for which an operation waits before it begins.
func (m *Machine) noteWaiting(op cluster.OpID, on cluster.NodeID, timer cluster.Timer) {
	m.out.Notes = append(m.out.Notes, &cluster.Progressed{Op: op, Phase: "lock", Need: 1, Waiting: []cluster.NodeID{on}, Timer: timer.ID()})
}
