//go:build !noraft

package consensus

import (
	"slices"

	"capplayground/cluster"

	"go.etcd.io/raft/v3"
	pb "go.etcd.io/raft/v3/raftpb"
)

// The planted bugs, by the names that [cluster.Config.Bug] takes. A script and a random
// run catch each of them.
const (
	BugLeaseRead     = "lease-read"      // the leader answers a read without asking a majority
	BugReadIDReused  = "read-id-reused"  // all reads of a node have the same context id
	BugAppliesTwice  = "applies-twice"   // an operation id that the log has twice is applied twice
	BugVoteForgotten = "vote-forgotten"  // HardState (term and vote) is not on the disk
	BugEarlyMessages = "early-messages"  // votes and acknowledgements leave before their records are durable
	BugDroppedIsDone = "dropped-is-done" // a write is answered as done if its leader is no longer the leader
	BugPartOfAnother = "part-of-another" // the parts of an older snapshot count as parts of a newer one
)

// Bugs lists the planted bugs of this package. Each has a function that replaces Step.
var Bugs = cluster.Bugs[*Machine]{
	BugLeaseRead: func(m *Machine, in cluster.Input) cluster.Output {
		m.readOption = raft.ReadOnlyLeaseBased
		return m.Step(in)
	},
	// All reads have one context id, so the answer to any read also answers the newest
	// read.
	BugReadIDReused: func(m *Machine, in cluster.Input) cluster.Output {
		if in.Message.Type == typeReadState {
			for _, op := range m.open {
				if p := m.unwrap(in.Message); p != nil && op.req.Kind == cluster.OpRead {
					m.reads[string(p.GetEntries()[0].GetData())] = op
				}
			}
		}
		return m.Step(in)
	},
	BugAppliesTwice: func(m *Machine, in cluster.Input) cluster.Output {
		clear(m.state.done.byOp)
		return m.Step(in)
	},
	BugVoteForgotten: func(m *Machine, in cluster.Input) cluster.Output {
		out := m.Step(in)
		out.Records = slices.DeleteFunc(out.Records, func(r cluster.Record) bool { return r.Key == recordHard })
		return out
	},
	BugEarlyMessages: func(m *Machine, in cluster.Input) cluster.Output {
		out := m.Step(in)
		out.Ahead, out.Messages = append(out.Ahead, out.Messages...), nil
		return out
	},
	BugPartOfAnother: func(m *Machine, in cluster.Input) cluster.Output {
		if p := m.unwrap(in.Message); p.GetType() == pb.MsgSnap && m.incoming != nil && m.incoming.isBefore(p) {
			m.incoming.from, m.incoming.term, m.incoming.index = in.Message.From, p.GetTerm(), p.GetSnapshot().GetMetadata().GetIndex()
		}
		return m.Step(in)
	},
	BugDroppedIsDone: func(m *Machine, in cluster.Input) cluster.Output {
		led := m.given.leader == m.id
		out := m.Step(in)
		if !led || m.given.leader == m.id {
			return out
		}
		m.out = &out
		for _, op := range slices.Clone(m.open) {
			if op.copies > 0 {
				m.end(op, cluster.Reply{Val: op.req.Val, Version: versionOf(m.lastIndex())})
			}
		}
		return out
	},
}
