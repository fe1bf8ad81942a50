package sim

import (
	"errors"
	"fmt"
	"hash/fnv"

	"capplayground/cluster"
	"capplayground/cluster/consensus"
)

// logs holds the replicated logs of all nodes. After each step the run checks the
// properties of Ongaro 2014, figure 3.2.
type logs struct {
	leaders map[uint64]cluster.NodeID // the leader of each term
	entries map[position]content      // every entry that has been in a log
	chosen  map[uint64]committed      // the entry at each index that a node applied
	highest uint64                    // the last index of chosen
	nodes   map[cluster.NodeID]*nodeLog
}

// position identifies an entry: no two entries have the same index and term.
type position struct{ index, term uint64 }

// committed is an entry that a node applied. The entry was committed in term in, or in an
// earlier term. That can be long after the term of the entry: a leader commits the
// entries of earlier terms together with the first entry of its own.
type committed struct{ term, in uint64 }

// content is an entry without its position: its data, and the term of the entry before it
// (0 if the log begins with this entry).
type content struct {
	data   uint64 // a hash
	before uint64
}

// nodeLog is the log of a running node.
type nodeLog struct {
	terms   map[uint64]uint64 // by index
	term    uint64            // the term that its machine is in
	stepped uint64            // the last entry that its machine applied
	saving  uint64            // stepped, when its records were handed to the disk
	within  uint64            // term, at the same time
	applied uint64            // saving, when those records were durable
	led     uint64            // the last term in which it was leader
}

// logMachine is a machine that keeps a replicated log.
type logMachine interface {
	Status() consensus.Status
}

func newLogs() *logs {
	return &logs{
		leaders: make(map[uint64]cluster.NodeID), entries: make(map[position]content),
		chosen: make(map[uint64]committed), nodes: make(map[cluster.NodeID]*nodeLog),
	}
}

// observe checks one step of a node's machine. It does not check a machine without a log.
func (w *world) observe(id cluster.NodeID, m cluster.Machine, in *cluster.Input, out *cluster.Output) {
	c, ok := cluster.As[logMachine](m)
	if !ok {
		return
	}
	for _, b := range out.Notes {
		if line, ok := b.(*cluster.ScreenLine); ok {
			w.recordBreach("%v: %s", id, line.Text)
		}
	}
	n := w.logs.nodes[id]
	if in.Kind == cluster.InputStart {
		n = &nodeLog{terms: make(map[uint64]uint64)}
		w.logs.nodes[id] = n
		w.follow(id, n, in.Records)
	}
	w.follow(id, n, out.Records)
	st := c.Status()
	if st.Leads && n.led != st.Term {
		n.led = st.Term
		w.checkLeader(id, n, st)
	}
	if st.Applied < n.stepped {
		w.recordBreach("%v applied entry %d after entry %d", id, st.Applied, n.stepped)
	}
	n.stepped, n.term = st.Applied, st.Term
}

// saving records that all records of a node up to now are being made durable.
func (l *logs) saving(id cluster.NodeID) {
	if n := l.nodes[id]; n != nil {
		n.saving, n.within = n.stepped, n.term
	}
}

// saved is called when the records of a node are durable. It checks the entries that the
// node had applied when those records were handed to the disk. Entries applied after that
// are known to no other node and to no client, and a crash loses them.
func (w *world) saved(id cluster.NodeID) {
	if n := w.logs.nodes[id]; n != nil {
		w.checkApplied(id, n)
	}
}

// follow adds the records of a step to a node's log. It checks Log Matching: if two logs
// have an entry with the same index and term, then that entry and all entries before it
// are the same.
func (w *world) follow(id cluster.NodeID, n *nodeLog, records []cluster.Record) {
	for _, r := range records {
		index, term, data, ok := consensus.DecodeEntry(r)
		if !ok {
			delete(n.terms, index)
			continue
		}
		n.terms[index] = term
		h := fnv.New64a()
		_, _ = h.Write(data)
		now := content{h.Sum64(), n.terms[index-1]}
		at := position{index, term}
		seen, there := w.logs.entries[at]
		switch {
		case !there || seen.before == 0:
			w.logs.entries[at] = now
		case now.before != 0 && now.before != seen.before:
			w.recordBreach("%v has entry %d of term %d behind one of term %d; another log has it behind one of term %d", id, index, term, now.before, seen.before)
		}
		if there && seen.data != now.data {
			w.recordBreach("%v has another entry %d of term %d than another node", id, index, term)
		}
	}
}

// checkLeader checks a new leader. Election Safety: its term has no other leader. Leader
// Completeness: its log has every entry that was committed in an earlier term. A
// candidate that was frozen can still become the leader of a term that is over. Such a
// leader may lack the entries that were committed in later terms. That is no violation.
func (w *world) checkLeader(id cluster.NodeID, n *nodeLog, st consensus.Status) {
	if other, there := w.logs.leaders[st.Term]; there && other != id {
		w.recordBreach("%v and %v both lead term %d", other, id, st.Term)
	}
	w.logs.leaders[st.Term] = id
	for index := st.Snapshot + 1; index <= w.logs.highest; index++ {
		chosen, known := w.logs.chosen[index]
		if known && chosen.in < st.Term && n.terms[index] != chosen.term {
			w.recordBreach("%v leads term %d without the committed entry %d of term %d", id, st.Term, index, chosen.term)
			return
		}
	}
}

// checkApplied checks the entries that a node has applied durably. State Machine Safety: no
// other node applied another entry at the same index.
func (w *world) checkApplied(id cluster.NodeID, n *nodeLog) {
	for index := n.applied + 1; index <= n.saving; index++ {
		term, there := n.terms[index]
		if !there {
			continue // the entry came in a snapshot
		}
		chosen, known := w.logs.chosen[index]
		if known && chosen.term != term {
			w.recordBreach("%v applied entry %d of term %d, another node that of term %d", id, index, term, chosen.term)
		}
		if !known || n.within < chosen.in {
			w.logs.chosen[index] = committed{term, n.within}
		}
		w.logs.highest = max(w.logs.highest, index)
	}
	n.applied = max(n.applied, n.saving)
}

// checkServes checks that every final read is answered: after settling there is a leader.
func checkServes(r *Run) error {
	var wrong []error
	for _, op := range r.History {
		if op.Final && op.Outcome != OK {
			wrong = append(wrong, fmt.Errorf("op=%s: %v reads %s when all has settled, and answers %w", op.ID, op.Node, op.Key, op.Err))
		}
	}
	return errors.Join(wrong...)
}
