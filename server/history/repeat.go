package history

import "slices"

// A client may send a write again, under the same operation id, at the same node or at another
// one. A mode may do the operation once, and answer the later try with the answer of the first.
// Then both tries have the same version. Other modes do it once for each node. The earlier try
// may also be older than the history.

// takeRepeat takes in a write that was accepted, if it is a later try of a known write. It
// returns false if the write must be judged like any other.
func (k *keyHistory) takeRepeat(op *Op) bool {
	began := op.from()
	for _, w := range k.written.ops {
		if w == op || w.ID != op.ID || w.Hash != op.Hash {
			continue
		}
		switch w.Outcome() {
		case Accepted:
			if w.version == op.version && op.version != "" { // this answer is that of w
				k.written.remove(op)
				return true
			}
		case Open, Unknown:
			began = min(began, w.from())
		}
	}
	switch v := k.fromDisk[op.Hash]; {
	case v != nil && v.version == op.version && op.version != "":
		// It was done before the history began.
	case began == op.from():
		return false
	case began > k.cutAt:
		op.began = began // the earlier try may be the one that took effect
		return false
	}
	// What was judged already may contain its effect. So it may have an effect from now on,
	// or none.
	again := *op
	again.Return, again.Status = 0, 504
	k.written.remove(op)
	k.addOpen(&again)
	return true
}

// remove forgets an operation.
func (w *writes) remove(op *Op) {
	w.ops = slices.DeleteFunc(w.ops, func(o *Op) bool { return o == op })
}
