package twophase

import (
	"slices"

	"capplayground/cluster"
)

// askDue asks for the outcome of a transaction for which this node has voted yes: first
// the coordinator, then all nodes. After that the transaction is in doubt, and askDue
// asks the coordinator and, in turn, one of the other nodes.
func (m *Machine) askDue(tx cluster.OpID) bool {
	p := m.parts[tx]
	if p == nil || p.Coordinator == m.cfg.ID {
		return false
	}
	m.ask(p.Coordinator, p)
	rest := slices.DeleteFunc(slices.Clone(m.others), func(n cluster.NodeID) bool { return n == p.Coordinator })
	pause := askAgain
	switch p.questions {
	case 0:
	case 1:
		for _, n := range rest {
			m.ask(n, p)
		}
	default:
		m.markInDoubt(p)
		pause = askInDoubt
		if len(rest) > 0 {
			m.ask(rest[p.questions%len(rest)], p)
		}
	}
	p.questions++
	m.setTimer(timerAsk, tx, pause)
	return true
}

func (m *Machine) markInDoubt(p *part) {
	if !p.inDoubt {
		p.inDoubt = true
		m.inDoubt++
	}
}

func (m *Machine) ask(n cluster.NodeID, p *part) { m.send(n, typeAsk, p.tx, plain(p.Key), nil) }

// asked answers another participant's question about an outcome. If this node has not
// voted, it first records that it will not vote yes: from then on no coordinator can get
// all the votes. A transaction by hand with the same name is another transaction, and
// does not count.
func (m *Machine) asked(msg cluster.Message) {
	tx := msg.Op
	o, ended := m.finished.get(tx)
	switch {
	case !ended && (m.parts[tx] != nil || m.rounds[tx] != nil):
		m.send(msg.From, typeUndecided, tx, "", nil)
		return
	case !ended:
		m.finish(tx, aborted)
	}
	if o.committed() {
		m.send(msg.From, typeCommit, tx, "", cluster.Encode(&commitBody{o.version}))
	} else {
		m.send(msg.From, typeRollback, tx, "", nil)
	}
}
