package history

import (
	"slices"

	"capplayground/cluster"
)

// keptWrites is how many writes of a key are remembered for the words.
const keptWrites = 500

// writes are one key's newest writes, by invoke as far as they came in order.
type writes struct {
	ops    []*Op
	forgot bool // there were more, older ones
}

func (w *writes) add(op *Op) {
	w.ops = append(w.ops, op)
	if len(w.ops) > 2*keptWrites {
		w.ops, w.forgot = slices.Clone(w.ops[keptWrites:]), true
	}
}

// word compares a read's answer with the writes that were acknowledged before
// it began. A write that overlaps the returned one does not count as missed:
// either order of the two is right.
func (k *keyHistory) word(read *Op, status map[cluster.NodeID]string) *Word {
	if read.Split {
		return &Word{Word: WordConflicting}
	}
	known := k.written.ops
	var returned *Op
	for _, w := range slices.Backward(known) {
		if w.Hash == read.Hash && w.from() <= read.to() {
			returned = w
			break
		}
	}
	if returned == nil && read.Hash != "" {
		return nil // set by hand, or written by a write that is forgotten
	}
	var newest *Op
	missed := 0
	for _, w := range known {
		if w == returned || w.Outcome() != Accepted || w.to() >= read.from() {
			continue
		}
		if returned != nil && (ended(returned) >= w.from() || w.Hash == read.Hash) {
			continue
		}
		missed++
		if newest == nil || w.Return > newest.Return {
			newest = w
		}
	}
	switch {
	case missed == 0:
		return &Word{Word: WordLatest}
	case k.heldNowhere(newest.Hash, status):
		return &Word{Word: WordLost, Missed: missed, Newest: newest.ID}
	}
	return &Word{Word: WordStale, Missed: missed, Newest: newest.ID}
}

// place is where a value is held: at a node, for itself or as a hint.
type place struct {
	node, hintFor cluster.NodeID
}

// held is the known value at a place.
type held struct {
	hash  string
	split bool // it has siblings, whose hashes the event does not hold
}

func (k *keyHistory) hold(node cluster.NodeID, told *cluster.KeyChanged) {
	at := place{node, told.HintFor}
	if told.Gone {
		delete(k.holds, at)
		return
	}
	if k.holds == nil {
		k.holds = map[place]held{}
	}
	k.holds[at] = held{told.Hash, len(told.Siblings) > 0}
}

// heldNowhere reports that no node can hold the value: every node that holds
// anything of the key runs and has reported what it holds, and that is another
// value.
func (k *keyHistory) heldNowhere(hash string, status map[cluster.NodeID]string) bool {
	for at, holds := range k.holds {
		if holds.hash == hash || holds.split || status[at.node] != cluster.StatusUp {
			return false
		}
	}
	for _, s := range status {
		if s != cluster.StatusUp {
			return false // it may hold a value that it has not reported
		}
	}
	return len(k.holds) > 0
}
