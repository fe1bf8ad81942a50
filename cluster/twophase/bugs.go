package twophase

import (
	"slices"
	"strings"

	"capplayground/cluster"
)

// The planted bugs, by the names that [cluster.Config.Bug] takes. A script and a random
// run catch each of them.
const (
	// BugDecidesAlone: a participant that receives no outcome rolls back by itself.
	BugDecidesAlone = "decides-alone"
	// BugNoTombstone: a node does not remember that it refused a transaction that it had
	// not prepared.
	BugNoTombstone = "no-tombstone"
	// BugLockLost: after a restart a participant has forgotten its votes.
	BugLockLost = "lock-lost"
	// BugDecisionUnlogged: commit leaves before the decision is on disk. The decision is
	// written only with the next record.
	BugDecisionUnlogged = "decision-unlogged"
	// BugReadsThroughLock: a read does not wait for the lock.
	BugReadsThroughLock = "reads-through-lock"
	// BugForgetsFinished: a node does not remember finished transactions. So a repeated
	// prepare locks again, and a repeated commit applies an old value.
	BugForgetsFinished = "forgets-finished"
	// BugCommitsOnce: commit is not sent again if it is not acknowledged.
	BugCommitsOnce = "commits-once"
	// BugHandMadeAnswers: a node takes a transaction that was committed by hand for a
	// coordinator's transaction with the same name.
	BugHandMadeAnswers = "hand-made-answers"
	// BugRefusesDecided: the lock of a transaction refuses a write, although the
	// transaction has ended and only its commit is still under way.
	BugRefusesDecided = "refuses-decided"
)

// Bugs lists the planted bugs of this package. Each has a function that replaces Step.
var Bugs = cluster.Bugs[*Machine]{
	BugDecidesAlone: func(m *Machine, in cluster.Input) cluster.Output {
		p := m.parts[in.Timer.Op]
		if in.Timer.Name == timerAsk && p != nil && p.Coordinator != m.cfg.ID {
			in = cluster.Input{Kind: cluster.InputMessage, Now: in.Now, Wall: in.Wall, Message: cluster.Message{From: p.Coordinator, To: m.cfg.ID, Type: typeRollback, Op: p.tx}}
		}
		return m.Step(in)
	},
	BugNoTombstone: func(m *Machine, in cluster.Input) cluster.Output {
		had := m.parts[in.Message.Op] != nil
		out := m.Step(in)
		if !had && m.parts[in.Message.Op] == nil {
			m.finished.remove(in.Message.Op)
			out.Records = withoutPrefix(out.Records, prefixTransaction+string(in.Message.Op))
		}
		return out
	},
	BugLockLost: func(m *Machine, in cluster.Input) cluster.Output {
		in.Records = slices.DeleteFunc(slices.Clone(in.Records), isPart)
		return m.Step(in)
	},
	BugDecisionUnlogged: func(m *Machine, in cluster.Input) cluster.Output {
		out := m.Step(in)
		if slices.ContainsFunc(out.Records, func(r cluster.Record) bool { return strings.HasPrefix(r.Key, prefixDecision) && r.Val != nil }) {
			m.unforced = append(m.unforced, out.Records...)
			out.Records = nil
		}
		return out
	},
	BugReadsThroughLock: func(m *Machine, in cluster.Input) cluster.Output {
		if lock := m.locks[in.Request.Key]; lock != nil && in.Request.Kind == cluster.OpRead {
			delete(m.locks, in.Request.Key)
			defer func() { m.locks[in.Request.Key] = lock }()
		}
		return m.Step(in)
	},
	BugForgetsFinished: func(m *Machine, in cluster.Input) cluster.Output {
		out := m.Step(in)
		m.finished = finished{}
		for i, r := range out.Records {
			if strings.HasPrefix(r.Key, prefixTransaction) && !isPart(r) {
				out.Records[i].Val = nil
			}
		}
		return out
	},
	BugCommitsOnce: func(m *Machine, in cluster.Input) cluster.Output {
		if in.Timer.Name == timerAcks {
			return cluster.Output{Stale: true}
		}
		return m.Step(in)
	},
	BugHandMadeAnswers: func(m *Machine, in cluster.Input) cluster.Output {
		if o := m.endedByHand[in.Message.Op]; in.Message.Type == typeAsk && o.committed() {
			m.out = cluster.Output{}
			m.send(in.Message.From, typeCommit, in.Message.Op, "", cluster.Encode(&commitBody{o.version}))
			return m.out
		}
		return m.Step(in)
	},
	BugRefusesDecided: func(m *Machine, in cluster.Input) cluster.Output {
		for key, v := range m.values {
			v.last = lastBody{}
			m.values[key] = v
		}
		if lock := m.locks[in.Request.Key]; lock != nil && in.Request.Kind == cluster.OpWrite {
			m.out = cluster.Output{}
			m.refuse(in.Request, cluster.ErrRefused)
			return m.out
		}
		return m.Step(in)
	},
}

// isPart reports whether a record is of a transaction that has not ended.
func isPart(r cluster.Record) bool {
	_, ended := parseOutcome(string(r.Val))
	return strings.HasPrefix(r.Key, prefixTransaction) && !ended
}

// withoutPrefix returns the records whose keys do not begin with prefix.
func withoutPrefix(records []cluster.Record, prefix string) []cluster.Record {
	return slices.DeleteFunc(slices.Clone(records), func(r cluster.Record) bool { return strings.HasPrefix(r.Key, prefix) })
}
