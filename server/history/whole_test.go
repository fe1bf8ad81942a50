package history

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/anishathalye/porcupine"

	"capplayground/cluster"
)

// TestIncrementalAgreesWithWhole judges random histories in two ways: piece by
// piece while they happen, and as a whole by Porcupine alone.
func TestIncrementalAgreesWithWhole(t *testing.T) {
	t.Parallel()
	good, bad := 0, 0
	for seed := range uint64(compared) {
		unique := seed%4 != 0
		ops := randomHistory(rand.New(rand.NewPCG(seed, 1)), unique)
		whole := porcupine.CheckOperations(register([]string{""}), operations(relevant(ops)))
		p := New(Config{often: 1})
		replay(p, ops)
		got := p.Report().Keys[0]
		if !unique {
			// Where values repeat, the judge may miss that an unknown write was used up.
			// But if the judge calls a history red, Porcupine must call it not
			// linearizable.
			if whole && got.Verdict != Linearizable {
				t.Fatalf("seed %d: judged %q, Porcupine on the whole says it is linearizable", seed, got.Verdict)
			}
			continue
		}
		if (got.Verdict == Linearizable) != whole {
			t.Fatalf("seed %d: judged %q, Porcupine on the whole says %v", seed, got.Verdict, whole)
		}
		if whole {
			good++
			continue
		}
		bad++
		if first := firstBad(ops); returned(ops, got.Since) != returned(ops, first) {
			t.Fatalf("seed %d: not linearizable since %s, Porcupine on every prefix says %s", seed, got.Since, first)
		}
	}
	if good < compared/8 || bad < compared/8 {
		t.Errorf("%d good and %d bad histories: too one-sided to prove anything", good, bad)
	}
}

// randomHistory lets a few clients work on a register that is sometimes wrong.
func randomHistory(rnd *rand.Rand, unique bool) []*Op {
	var ops []*Op
	values := []string{""}
	now := int64(1_000_000)
	free := make([]int64, 1+rnd.IntN(6))
	for i := range 4 + rnd.IntN(24) {
		client := rnd.IntN(len(free))
		now = max(now+rnd.Int64N(20), free[client])
		op := &Op{ID: cluster.OpID(fmt.Sprint(i)), Node: cluster.NodeID(client + 1), Key: "k", Invoke: now, Return: now + 1 + rnd.Int64N(60)}
		if rnd.IntN(2) == 0 {
			op.Kind, op.Status = cluster.OpWrite, []int{201, 201, 201, 504, 503}[rnd.IntN(5)]
			op.Hash = "v" + fmt.Sprint(i)
			if !unique {
				op.Hash = "v" + fmt.Sprint(rnd.IntN(5))
			}
			if op.Status != 503 {
				values = append(values, op.Hash)
			}
		} else {
			op.Kind, op.Status = cluster.OpRead, 200
			back := 1
			if rnd.IntN(4) == 0 {
				back += rnd.IntN(min(3, len(values)))
			}
			op.Hash = values[max(0, len(values)-back)]
			if op.Hash == "" {
				op.Status = 404
			}
		}
		free[client] = op.Return + 1
		ops = append(ops, op)
	}
	return ops
}

func relevant(ops []*Op) []*Op {
	return slices.DeleteFunc(slices.Clone(ops), func(op *Op) bool {
		return op.Outcome() == Refused
	})
}

func replay(h *History, ops []*Op) {
	var events []cluster.Event
	for _, op := range ops {
		events = append(events,
			cluster.Event{T: op.Invoke, Node: op.Node, Body: &cluster.Invoked{ClientCall: cluster.ClientCall{Op: op.ID, OpKind: op.Kind, Key: op.Key, Value: cluster.Value{Hash: op.Hash}}}},
			cluster.Event{T: op.Return, Node: op.Node, Body: &cluster.Returned{ClientCall: cluster.ClientCall{Op: op.ID, Value: cluster.Value{Hash: op.Hash}}, Status: cluster.HTTPStatus(op.Status)}})
	}
	slices.SortStableFunc(events, func(a, b cluster.Event) int {
		return cmp.Or(cmp.Compare(a.T, b.T), cmp.Compare(a.Kind(), b.Kind())) // "invoke" before "return"
	})
	for _, ev := range events {
		h.Add(ev)
	}
}

// firstBad asks Porcupine about every prefix, by order of answers.
func firstBad(ops []*Op) cluster.OpID {
	byReturn := relevant(ops)
	slices.SortStableFunc(byReturn, func(a, b *Op) int { return cmp.Compare(a.Return, b.Return) })
	for _, last := range byReturn {
		if ended(last) == forever {
			continue
		}
		if !porcupine.CheckOperations(register([]string{""}), operations(until(relevant(ops), last.Return))) {
			return last.ID
		}
	}
	return ""
}

func returned(ops []*Op, id cluster.OpID) int64 {
	return ops[slices.IndexFunc(ops, func(op *Op) bool { return op.ID == id })].Return
}
