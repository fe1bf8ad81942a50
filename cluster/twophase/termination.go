package twophase

import (
	"slices"

	"capplayground/cluster"
)

// askDue asks how a transaction ended that this node is bound by: first its
// coordinator, then all nodes, and from then on, in doubt, the coordinator and
// one of the others in turn.
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

// asked tells another participant what this node knows. A node that has not
// voted writes down that it never will, before it says so: from then on no
// coordinator can have all the votes. What was done by hand here under the same
// name is another transaction, and does not count.
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
		m.send(msg.From, typeCommit, tx, "", encode(commitBody{o.version}))
	} else {
		m.send(msg.From, typeRollback, tx, "", nil)
	}
}
