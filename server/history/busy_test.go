package history

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/anishathalye/porcupine"

	"capplayground/cluster"
)

// busyClients returns the history of many clients that use a correct register at the same
// time. They write unique values and read. The outcome of some writes stays unknown,
// whether or not they took effect.
func busyClients(rnd *rand.Rand, clients, keys, ops int, unknown float64) (events []cluster.Event) {
	register := map[string]string{}
	working := make([]*Op, clients)
	now := int64(1_000_000)
	for n := 0; n < ops; {
		now += 1 + rnd.Int64N(200)
		c := &working[rnd.IntN(clients)]
		if op := *c; op != nil {
			ret := &cluster.Returned{ClientCall: cluster.ClientCall{Op: op.ID}, Status: "201"}
			effect := true
			if op.write() && rnd.Float64() < unknown {
				ret.Status, effect = "504", rnd.IntN(2) == 0
			}
			if !op.write() {
				ret.Hash, ret.Status = register[op.Key], "200"
				if ret.Hash == "" {
					ret.Status = "404"
				}
			} else if effect {
				register[op.Key] = op.Hash
			}
			events = append(events, cluster.Event{T: now, Node: op.Node, Body: ret})
			*c = nil
			continue
		}
		n++
		op := &Op{ID: cluster.OpID(fmt.Sprint(n)), Node: cluster.NodeID(1 + n%5), Kind: cluster.OpRead, Key: fmt.Sprint("k", rnd.IntN(keys))}
		if rnd.IntN(2) == 0 {
			op.Kind, op.Hash = cluster.OpWrite, fmt.Sprint("v", n)
		}
		events = append(events, cluster.Event{T: now, Node: op.Node, Body: &cluster.Invoked{ClientCall: cluster.ClientCall{Op: op.ID, OpKind: op.Kind, Key: op.Key, Value: cluster.Value{Hash: op.Hash}}}})
		*c = op
	}
	return events
}

// TestABusyKeyIsJudged keeps 64 clients busy on one key, so that an operation is
// always under way: there is always a verdict, and little memory is held for it.
func TestABusyKeyIsJudged(t *testing.T) {
	t.Parallel()
	for _, wrong := range []bool{false, true} {
		rnd := rand.New(rand.NewPCG(7, 7))
		events := busyClients(rnd, 64, 1, 20_000, 0.1)
		if wrong { // one read of a value that was overwritten long ago
			for i := len(events) / 2; ; i++ {
				if ret := cluster.BodyOf[cluster.Returned](events[i]); ret.Status == "200" {
					ret.Hash = "v100"
					break
				}
			}
		}
		h := New(Config{})
		for _, ev := range events {
			h.Add(ev)
			if k := h.keys["k0"]; k != nil && len(k.piece) > maxPiece/2 {
				t.Fatalf("%d operations are kept", len(k.piece))
			}
		}
		want := Linearizable
		if wrong {
			want = NotLinearizable
		}
		if got := h.Report().Keys[0]; got.Verdict != want {
			t.Errorf("judged %+v, want %q", got, want)
		}
	}
}

// TestPageOfABusyKey draws the newest of many operations. None of them is shown
// as wrong, though the writes of some values are older than the page.
func TestPageOfABusyKey(t *testing.T) {
	t.Parallel()
	h := New(Config{MaxOps: 4000})
	for _, ev := range busyClients(rand.New(rand.NewPCG(5, 5)), 64, 1, 6000, 0.1) {
		h.Add(ev)
	}
	var ops []*Op
	for _, op := range h.ops {
		if op.Outcome() != Refused && (op.write() || op.Outcome() == Accepted) {
			ops = append(ops, op)
		}
	}
	slices.SortStableFunc(ops, byInvoke)
	kept, before := newest(ops, h.forgotten > 0)
	if len(kept) < shown || len(kept) > shown+100 {
		t.Errorf("%d operations are shown", len(kept))
	}
	history := operations(kept)
	chooseOrder(history, before, kept)
	if result, _ := porcupine.CheckOperationsVerbose(register(before), drawable(history), patience); result != porcupine.Ok {
		t.Errorf("the page shows them as %v", result)
	}
}

// withMessages puts beside each operation of a history the messages that a
// coordinator and its four peers send each other for it.
func withMessages(events []cluster.Event) (all []cluster.Event) {
	for _, ev := range events {
		all = append(all, ev)
		if ev.Kind() != cluster.KindInvoke {
			continue
		}
		op := ev.Operation()
		for peer := range cluster.NodeID(4) {
			to := (ev.Node+peer)%5 + 1
			for _, m := range []cluster.Transit{
				{Msg: fmt.Sprint(op, ".", to, "?"), From: ev.Node, To: to, Type: "store", Class: cluster.ClassRequest, Op: op},
				{Msg: fmt.Sprint(op, ".", to, "!"), From: to, To: ev.Node, Type: "stored", Class: cluster.ClassYes, Op: op},
			} {
				all = append(all,
					cluster.Event{Node: m.From, T: ev.T, Body: &cluster.Sent{Transit: m}},
					cluster.Event{Node: m.To, T: ev.T, Body: &cluster.Delivered{Transit: m}})
			}
		}
	}
	return all
}

// BenchmarkJudge is the cost of 10,000 operations over ten keys by several clients at the
// same time, with all their messages, and a report every 500 operations. The case "floor"
// only reads the same events from their lines. That is the work before the judgement.
func BenchmarkJudge(b *testing.B) {
	const ops = 10_000
	for _, clients := range []int{8, 32, 64} {
		events := withMessages(busyClients(rand.New(rand.NewPCG(1, 2)), clients, 10, ops, 0.01))
		b.Run(fmt.Sprint(clients, " clients"), func(b *testing.B) {
			for b.Loop() {
				h := New(Config{})
				for i, ev := range events {
					h.Add(ev)
					if i%(len(events)/20) == 0 {
						h.Report()
					}
				}
				if r := h.Report(); r.Verdict != Linearizable {
					b.Fatal(r.Keys)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/ops, "µs/operation")
		})
		if clients < 64 {
			continue
		}
		b.Run("floor", func(b *testing.B) {
			var lines [][]byte
			for i := 0; i < len(events); i += 20 {
				lines = append(lines, cluster.AppendEvents(nil, events[i:min(i+20, len(events))]))
			}
			for b.Loop() {
				for _, line := range lines {
					if _, err := cluster.ParseEvents(line); err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/ops, "µs/operation")
		})
	}
}
