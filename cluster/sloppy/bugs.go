package sloppy

import (
	"slices"
	"strings"

	"capplayground/cluster"
	"capplayground/cluster/idempotency"
)

// The planted bugs, by their names in [cluster.Config.Bug]. A script and a random
// run catch each of them.
const (
	BugHintsForgotten   = "hint dropped on restart"                       // hints are not read back from the disk
	BugRepairOverwrites = "repair that overwrites newer"                  // a repair replaces a set instead of being merged with it
	BugComparesMaxima   = "vector compared wrongly"                       // a set that knows write 2 of a node is taken to know write 1
	BugDotReused        = "a dot reused after a wipe"                     // dots do not name the database that counted them
	BugCountedTwice     = "an operation coordinated twice counted as two" // each coordinator makes its own write
	BugSupersedesLater  = "a late write supersedes what came since"       // so it may supersede the next write of the same client
	BugNoAntiEntropy    = "anti-entropy off"
	BugStaleSums        = "the hashes of a changed key stay" // digests show the set that a key had first

	BugAnswersFirstCaller = "only the first caller is answered"      // when several nodes were called for one operation
	BugRepeatedAnew       = "a repeated operation is done again"     // its coordinator does not remember it
	BugExchangesInTurn    = "a peer that is back waits for its turn" // a message from a silent peer does not start anti-entropy
)

// Bugs are the planted bugs of this package. Each function replaces Step.
var Bugs = cluster.Bugs[*Machine]{
	BugHintsForgotten: func(m *Machine, in cluster.Input) cluster.Output {
		in.Records = slices.DeleteFunc(slices.Clone(in.Records), func(r cluster.Record) bool { return strings.HasPrefix(r.Key, recordHints) })
		return m.Step(in)
	},
	BugRepairOverwrites: func(m *Machine, in cluster.Input) cluster.Output {
		var k keyed
		if in.Message.Type == typeRepair && cluster.Decode(in.Message.Body, &k) {
			if h, held := m.keys[k.Key]; held {
				m.count(k.Key, h.sum, "")
				m.keys[k.Key] = holding{}
			}
		}
		return m.Step(in)
	},
	BugComparesMaxima: comparesMaxima,
	BugDotReused: func(m *Machine, in cluster.Input) cluster.Output {
		m.actor.Database = databaseName("any")
		return m.Step(in)
	},
	BugCountedTwice: coordinatesAnew,
	BugSupersedesLater: func(m *Machine, in cluster.Input) cluster.Output {
		m.arrivals, m.started = arrivals{}, 0
		return m.Step(in)
	},
	BugNoAntiEntropy: func(m *Machine, in cluster.Input) cluster.Output {
		out := m.Step(in)
		out.Messages = slices.DeleteFunc(out.Messages, func(msg cluster.Message) bool { return msg.Type == typeDigest })
		return out
	},
	BugStaleSums: func(m *Machine, in cluster.Input) cluster.Output {
		before := m.index
		out := m.Step(in)
		if in.Kind != cluster.InputRequest && in.Kind != cluster.InputMessage {
			return out
		}
		for part, keys := range before.keys {
			if len(m.index.keys[part]) == len(keys) {
				for peer := range m.index.sums {
					m.index.sums[peer][part] = before.sums[peer][part]
				}
			}
		}
		return out
	},
	BugAnswersFirstCaller: func(m *Machine, in cluster.Input) cluster.Output {
		if w := m.works[in.Message.Op]; w != nil {
			w.callers = w.callers[:1]
		}
		return m.Step(in)
	},
	BugRepeatedAnew: func(m *Machine, in cluster.Input) cluster.Output {
		m.taken = idempotency.Table{}
		return m.Step(in)
	},
	BugExchangesInTurn: func(m *Machine, in cluster.Input) cluster.Output {
		clear(m.sync.waiting)
		plan := m.sync
		out := m.Step(in)
		heard := in.Kind == cluster.InputMessage
		out.Messages = slices.DeleteFunc(out.Messages, func(msg cluster.Message) bool { return msg.Type == typeDigest && (heard || m.silent(msg.To)) })
		if heard {
			m.sync = plan
			out.Timers = slices.DeleteFunc(out.Timers, func(t cluster.Timer) bool { return t.Name == timerSync })
		}
		return out
	},
}

// comparesMaxima drops live versions before sets are merged, in this node's set and
// in the set of the message. It takes a set that knows of a node's write 2 to know
// of that node's write 1 too.
func comparesMaxima(m *Machine, in cluster.Input) cluster.Output {
	drop := func(from, by set) set {
		return set{slices.DeleteFunc(slices.Clone(from.Live), func(w written) bool {
			return w.Dot.Seq <= by.Known.last(w.Dot.Called) && !by.Known.Contains(w.Dot)
		}), from.Known}
	}
	compare := func(k *keyed) {
		h := m.keys[k.Key]
		k.Set, h.set = drop(k.Set, h.set), drop(h.set, k.Set)
		if !h.set.empty() {
			m.keys[k.Key] = h
		}
	}
	var k keyed
	var s syncing
	switch in.Message.Type {
	case typeStore, typeRepair, typeHandover:
		if cluster.Decode(in.Message.Body, &k) {
			compare(&k)
			in.Message.Body = cluster.Encode(&k)
		}
	case typeSync:
		if cluster.ReadJSON(in.Message.Body, &s) {
			for i := range s.Sets {
				compare(&s.Sets[i])
			}
			in.Message.Body = cluster.MustJSON(s)
		}
	}
	return m.Step(in)
}

// anew separates the operation id of a write from the name of the coordinator that
// made its own write of it.
const anew = "'"

// coordinatesAnew gives a forwarded write a dot and an id of its coordinator. So a
// write that two nodes coordinate becomes two writes.
func coordinatesAnew(m *Machine, in cluster.Input) cluster.Output {
	var a ask
	if in.Message.Type == typeForward && cluster.Decode(in.Message.Body, &a) && a.Dot != nil {
		dot := m.nextDot(a.Key)
		a.Dot = &dot
		in.Message.Body, in.Message.Op = cluster.Encode(&a), in.Message.Op+anew+cluster.OpID(m.id.String())
	}
	out := m.Step(in)
	for _, messages := range [][]cluster.Message{out.Ahead, out.Messages} {
		for i := range messages {
			if msg := &messages[i]; msg.Type == typeTaken || msg.Type == typeResult {
				op, _, _ := strings.Cut(string(msg.Op), anew)
				msg.Op = cluster.OpID(op)
			}
		}
	}
	return out
}
