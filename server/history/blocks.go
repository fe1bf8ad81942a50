package history

import (
	"cmp"
	"slices"
)

// block is a write with the reads that returned its value. Where no value was
// written twice nothing may come between them, so that blocks are ordered, and
// not operations (Gibbons and Korach, Testing shared memories, SIAM J. Comput.
// 26(4), 1997, who call them clusters).
type block struct {
	ops      []int // the write first, where there is one, then the reads by invoke
	written  bool
	before   bool  // its value was there before all operations
	returned int64 // when the first of them had ended, in the time of span
	invoked  int64 // when the last of them began
}

// zone bounds the time that decides on the block's place. If all its operations
// overlap it can take place at once, at any time from the last begin to the
// first end. Else its value lasts, at least from the first end to the last
// begin.
func (b *block) zone() (from, to int64) {
	return min(b.returned, b.invoked), max(b.returned, b.invoked)
}

// lasts says that another block can come before its zone, or after it, and not
// within.
func (b *block) lasts() bool { return b.returned < b.invoked }

// blocksOf returns the blocks of ops, by the beginnings of their zones: one
// after another they are an order of ops that is right if any is. Where a value
// was written twice there is no such order to be had, and it returns false.
//
// Why it is right: zones that last cannot overlap each other, nor hold another
// whole zone. So of two blocks whose zones last, the one that begins earlier
// comes first. One that can take place at once does so when its zone begins,
// or, if a value lasts then, as soon as it need not any more: after the block
// that began before, and before any that begins later.
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

// settled returns the blocks that nothing still to come can have to do with, in
// their order, and the time in microseconds before which they took place.
// Operations that are not in blocks yet begin at the horizon or later.
//
// It looks for the last block that is over before the horizon and whose zone
// begins while no value lasts. Whoever reads what was overwritten before that,
// and begins after the horizon, reads something old whatever else happened,
// and is found out without the blocks before.
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
