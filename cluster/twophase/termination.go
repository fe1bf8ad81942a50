package twophase

import (
	"slices"

	"capplayground/cluster"
)

// askDue asks how a transaction ended that this node is bound by: first its
// coordinator, then everybody, and from then on, in doubt, the coordinator and
// one of the others in turn.
func (m *Machine) askDue(tx cluster.OpID) bool {
	p := m.parts[tx]
	if p == nil || p.Coordinator == byHand || p.Coordinator == m.cfg.ID {
		return false
	}
	m.ask(p.Coordinator, p)
	rest := slices.DeleteFunc(slices.Clone(m.others), func(n cluster.NodeID) bool { return n == p.Coordinator })
	pause := askAgain
	switch {
	case p.questions == 1:
		for _, n := range rest {
			m.ask(n, p)
		}
	case p.questions > 1:
		m.doubt(p)
		pause = askInDoubt
		if len(rest) > 0 {
			m.ask(rest[p.questions%len(rest)], p)
		}
	}
	p.questions++
	m.set(timerAsk, tx, pause)
	return true
}

func (m *Machine) doubt(p *part) {
	if !p.inDoubt {
		p.inDoubt = true
		m.inDoubt++
	}
}

func (m *Machine) ask(n cluster.NodeID, p *part) { m.send(n, typeAsk, p.tx, plain(p.Key), nil) }

// asked tells another participant what this node knows. Whoever has not voted
// writes down that it never will before it says so: from then on nobody can
// have all the votes.
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
		m.send(msg.From, typeCommit, tx, "", commitBody{o.version})
	} else {
		m.send(msg.From, typeRollback, tx, "", nil)
	}
}
