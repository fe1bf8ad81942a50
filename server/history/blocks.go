package history

import (
	"cmp"
	"slices"
)

// block is a write with the reads that returned its value. If no value was
// written twice, no other operation may come between them, so blocks are ordered
// instead of operations (Gibbons and Korach, Testing shared memories, SIAM J.
// Comput. 26(4), 1997; they call a block a cluster).
type block struct {
	ops      []int // the write first, where there is one, then the reads by invoke
	written  bool
	before   bool  // its value was there before all operations
	returned int64 // when the first of them had ended, in the time of span
	invoked  int64 // when the last of them began
}

// zone is the time that decides the place of the block. If all operations of the
// block overlap, the whole block can take effect at one moment, at any time from
// the last begin to the first end. Otherwise the register must hold the value of
// the block at least from the first end to the last begin.
func (b *block) zone() (from, to int64) {
	return min(b.returned, b.invoked), max(b.returned, b.invoked)
}

// lasts reports whether the register must hold the block's value for its whole
// zone. Another block can then come before or after the zone, but not within it.
func (b *block) lasts() bool { return b.returned < b.invoked }

// blocksOf returns the blocks of ops, sorted by the beginning of their zones. If
// ops can be ordered at all, this order of the blocks is right. It returns false
// if a value was written twice: then there is no such order.
//
// Why the order is right: two zones that last cannot overlap, and a zone that
// lasts cannot contain another whole zone. So of two blocks whose zones last,
// the one that begins earlier comes first. A block that can take effect at one
// moment does so when its zone begins. If another zone lasts at that moment, it
// takes effect at the end of that zone: after the block that began before, and
// before every block that begins later.
func blocksOf(before []string, ops []*Op) ([]*block, bool) {
	of := map[string]*block{}
	for _, hash := range before {
		of[hash] = &block{before: true, returned: -1}
	}
	byInvoke := make([]int, len(ops))
	for i := range ops {
		byInvoke[i] = i
	}
	slices.SortStableFunc(byInvoke, func(a, b int) int { return cmp.Compare(ops[a].from(), ops[b].from()) })
	var blocks []*block
	for _, i := range byInvoke {
		op := ops[i]
		b := of[op.Hash]
		if b == nil {
			b = &block{returned: forever}
			of[op.Hash] = b
		}
		if len(b.ops) == 0 {
			blocks = append(blocks, b)
		}
		if op.write() {
			if b.written || b.before {
				return nil, false
			}
			b.written = true
			b.ops = slices.Insert(b.ops, 0, i)
		} else {
			b.ops = append(b.ops, i)
		}
		call, end := span(op)
		b.invoked, b.returned = max(b.invoked, call), min(b.returned, end)
	}
	slices.SortStableFunc(blocks, func(a, b *block) int {
		af, _ := a.zone()
		bf, _ := b.zone()
		return cmp.Compare(af, bf)
	})
	return blocks, true
}

// settled returns the blocks that no later operation can affect, in their order,
// and the time in microseconds before which they took effect. Operations that
// are not in blocks yet begin at the horizon or later.
//
// It looks for the last block that is over before the horizon and whose zone
// begins while no other zone lasts. A later read of a value that was overwritten
// before that block is stale in every order. It is found stale without the
// earlier blocks, so these can be forgotten.
func settled(blocks []*block, horizon int64) (over []*block, at int64) {
	lasting, since := int64(-1), int64(-1)
	for _, b := range blocks {
		from, to := b.zone()
		if lasting < from && to < 2*horizon {
			since = from
		}
		if b.lasts() {
			lasting = max(lasting, to)
		}
	}
	for _, b := range blocks {
		if _, to := b.zone(); to < since {
			over = append(over, b)
		}
	}
	return over, since / 2
}
