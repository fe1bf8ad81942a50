package history

import (
	"slices"

	"capplayground/cluster"
)

// keptWrites is how many writes of a key are remembered for the words.
const keptWrites = 500

// writes are one key's newest writes, by invoke as far as they came in order.
type writes struct {
	ops []*Op
}

func (w *writes) add(op *Op) {
	w.ops = append(w.ops, op)
	if len(w.ops) > 2*keptWrites {
		w.ops = slices.Clone(w.ops[keptWrites:])
	}
}

func (h *History) written(key string) *writes {
	w := h.writes[key]
	if w == nil {
		w = &writes{}
		h.writes[key] = w
	}
	return w
}

// word compares a read's answer with the writes that were acknowledged before
// it began. A write that overlaps the one it returned is no news that it
// missed: either order is right.
func (h *History) word(read *Op) *Word {
	if read.Split {
		return &Word{Word: WordConflicting}
	}
	known := h.written(read.Key).ops
	var returned *Op
	for _, w := range slices.Backward(known) {
		if w.Hash == read.Hash && w.Invoke <= read.Return {
			returned = w
			break
		}
	}
	if returned == nil && read.Hash != "" {
		return nil // set by hand, or longer ago than we remember
	}
	var newest *Op
	missed := 0
	for _, w := range known {
		if w == returned || w.Outcome() != Accepted || w.Return >= read.Invoke {
			continue
		}
		if returned != nil && (ended(returned) >= w.Invoke || w.Hash == read.Hash) {
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
	case h.heldNowhere(read.Key, newest.Hash):
		return &Word{Word: WordLost, Missed: missed, Newest: newest.ID}
	}
	return &Word{Word: WordStale, Missed: missed, Newest: newest.ID}
}

// heldNowhere says that every node that runs has told what it holds of the
// key, and none holds the value.
func (h *History) heldNowhere(key, hash string) bool {
	at := h.holds[key]
	if len(at) == 0 {
		return false
	}
	for node, holds := range at {
		if holds == hash || h.node[node] != cluster.StatusUp {
			return false
		}
	}
	return true
}
