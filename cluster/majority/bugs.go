package majority

import (
	"slices"
	"strings"

	"capplayground/cluster"
)

// The planted bugs, by the names that [cluster.Config.Bug] takes. A script and a random
// run catch each of them.
const (
	BugNoWriteBack = "no-write-back"   // a read answers at once, although the replicas' answers differed
	BugNoNodeID    = "no-node-id"      // a tag is its counter alone
	BugNoOpID      = "no-operation-id" // two writes through one node can share a tag
	BugNoBoot      = "no-boot-count"   // a tag does not name the boot of its coordinator
	BugCounterLost = "counter-lost"    // after a restart the counter of every value is 1
	BugMinority    = "majority-of-two" // one node fewer than a majority is enough
)

// Bugs lists the planted bugs of this package. Each has a function that replaces Step.
var Bugs = cluster.Bugs[*Machine]{
	BugNoWriteBack: func(m *Machine, in cluster.Input) cluster.Output {
		out := m.Step(in)
		if op := m.ops[in.Message.Op]; op != nil && op.phase == phaseWriteBack {
			out.Ahead = nil
			m.finish(op, &out)
		}
		return out
	},
	BugNoNodeID: withTags(func(t *tag) { t.Node, t.Boot, t.Op = 0, 0, "" }),
	BugNoOpID:   withTags(func(t *tag) { t.Op = "" }),
	BugNoBoot:   withTags(func(t *tag) { t.Boot = 0 }),
	BugCounterLost: func(m *Machine, in cluster.Input) cluster.Output {
		in.Records = slices.Clone(in.Records)
		for i, r := range in.Records {
			var held tagged
			if strings.HasPrefix(r.Key, recordKey) && cluster.Decode(r.Val, &held) {
				held.Tag.Counter = 1
				in.Records[i].Val = cluster.Encode(&held)
			}
		}
		return m.Step(in)
	},
	BugMinority: func(m *Machine, in cluster.Input) cluster.Output {
		if in.Kind == cluster.InputStart {
			m.need = max(1, m.need-1)
		}
		return m.Step(in)
	},
}

// withTags changes the tag of every write, in the Step that begins its store
// phase: in the operation, in the messages and on this node's disk.
func withTags(change func(*tag)) func(*Machine, cluster.Input) cluster.Output {
	return func(m *Machine, in cluster.Input) cluster.Output {
		var before tagged
		if op := m.ops[in.Message.Op]; op != nil {
			before = m.keys[op.req.Key]
		}
		out := m.Step(in)
		op := m.ops[in.Message.Op]
		if op == nil || op.phase != phaseStore || len(out.Ahead) == 0 {
			return out
		}
		change(&op.highest.Tag)
		for i := range out.Ahead {
			out.Ahead[i].Body = cluster.Encode(&store{Key: op.req.Key, Put: op.highest})
		}
		m.keys[op.req.Key] = before
		out.Records = slices.DeleteFunc(out.Records, func(r cluster.Record) bool { return strings.HasPrefix(r.Key, recordKey) })
		m.put(op.req.Key, op.highest, &out)
		return out
	}
}
