package history

import (
	"slices"

	"github.com/anishathalye/porcupine"

	"capplayground/cluster"
)

// canBeOrdered asks Porcupine whether ops can be ordered from one of the values
// before, so that the register ends as *last where last is given.
func canBeOrdered(before []string, ops []*Op, last *string) porcupine.CheckResult {
	if last != nil {
		// One more read after every answer. If an open write comes after this
		// read, it has not taken effect yet.
		end := int64(0)
		for _, op := range ops {
			end = max(end, op.from(), op.to())
		}
		ops = append(slices.Clone(ops), &Op{Kind: cluster.OpRead, Hash: *last, Invoke: end + 1, Return: end + 1, Status: 200})
	}
	history := operations(ops)
	chooseOrder(history, before, ops)
	return porcupine.CheckOperationsTimeout(register(before), history, patience)
}

// chooseOrder gives Porcupine the only order of ops that has to be tried, if there is
// one. Otherwise Porcupine would try all orders of overlapping operations, and
// these soon are too many.
func chooseOrder(history []porcupine.Operation, before []string, ops []*Op) {
	blocks, _ := blocksOf(before, ops)
	n := 0
	for _, b := range blocks {
		for _, i := range b.ops {
			n++
			in := history[i].Input.(step)
			in.place = n
			history[i].Input = in
		}
	}
}

// span is an operation's time in Porcupine's form. Two ends in the same
// microsecond count as overlapping: times double, and a return is odd.
func span(op *Op) (call, end int64) {
	if end = ended(op); end < forever {
		end = 2*end + 1
	}
	return 2 * op.from(), end
}

// step is the input of one operation on the register: a write of hash, or a
// read.
type step struct {
	write bool
	hash  string
	place int // in the only order that has to be tried, from 1; 0 is any
	op    *Op
}

// operations turns ops into Porcupine's form.
func operations(ops []*Op) []porcupine.Operation {
	out := make([]porcupine.Operation, len(ops))
	for i, op := range ops {
		call, end := span(op)
		out[i] = porcupine.Operation{
			ClientId: int(op.Node), Input: step{write: op.write(), hash: op.Hash, op: op}, Output: op.Hash, Call: call, Return: end,
		}
	}
	return out
}

// value is the register's state.
type value struct {
	hash string
	// unseen: the register has one of several values, and no operation has read it yet.
	unseen bool
	place  int // place of the operation before, if there is only one order to try
}

// register is the model: a value, by hash, that starts as one of before.
func register(before []string) porcupine.Model {
	first := value{unseen: true}
	if len(before) == 1 {
		first = value{hash: before[0]}
	}
	return porcupine.Model{
		Init: func() any { return first },
		Step: func(state, input, output any) (bool, any) {
			now, in, hash := state.(value), input.(step), output.(string)
			switch {
			case in.place > 0 && in.place != now.place+1:
				return false, now
			case in.op.Split: // no register has two values
				return false, now
			case in.write:
				return true, value{hash: in.hash, place: in.place}
			case now.unseen:
				return slices.Contains(before, hash), value{hash: hash, place: in.place}
			}
			return now.hash == hash, value{hash: hash, place: in.place}
		},
		DescribeOperation: func(input, _ any) string {
			in := input.(step)
			switch {
			case in.write:
				return "write " + in.op.Val
			case in.op.Status == 404:
				return "read: no value"
			case in.op.Split:
				return "read: " + in.op.Val + ", conflicting"
			}
			return "read: " + in.op.Val
		},
	}
}
