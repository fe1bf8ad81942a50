package history

import (
	"bytes"
	"cmp"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"capplayground/cluster"
)

// tape builds a history: each call of a method is an event.
type tape struct {
	h    *History
	t    int64
	next int
}

func newTape() *tape { return &tape{h: New(Config{}), t: 1_000_000_000} }

func (p *tape) add(ev cluster.Event) {
	p.t += 10
	ev.T, ev.LC = p.t, uint64(p.t)
	p.h.Add(ev)
}

func (p *tape) invoke(node cluster.NodeID, kind cluster.RequestKind, val string) cluster.OpID {
	p.next++
	b := &cluster.Invoked{ClientCall: cluster.ClientCall{Op: cluster.OpID(fmt.Sprint(p.next)), OpKind: kind, Key: "city"}}
	if kind == cluster.OpWrite {
		b.Value = cluster.ValueOf(val)
	}
	p.add(cluster.Event{Node: node, Body: b})
	return b.Op
}

func (p *tape) ret(node cluster.NodeID, op cluster.OpID, status int, val string) {
	b := &cluster.Returned{ClientCall: cluster.ClientCall{Op: op}, Status: cluster.HTTPStatus(status)}
	if val != "" {
		b.Value = cluster.ValueOf(val)
	}
	p.add(cluster.Event{Node: node, Body: b})
}

func (p *tape) write(node cluster.NodeID, val string, status int) cluster.OpID {
	op := p.invoke(node, cluster.OpWrite, val)
	p.ret(node, op, status, "")
	return op
}

func (p *tape) read(node cluster.NodeID, val string) cluster.OpID {
	op := p.invoke(node, cluster.OpRead, "")
	if val == "" {
		p.ret(node, op, 404, "")
	} else {
		p.ret(node, op, 200, val)
	}
	return op
}

func (p *tape) holds(node cluster.NodeID, val string) {
	p.add(cluster.Event{Node: node, Body: &cluster.KeyChanged{Key: "city", Value: cluster.ValueOf(val)}})
}

func (p *tape) verdict(t *testing.T) KeyVerdict {
	t.Helper()
	r := p.h.Report()
	for _, k := range r.Keys {
		if k.Key == "city" {
			return k
		}
	}
	t.Fatalf("no verdict on city in %+v", r)
	return KeyVerdict{}
}

func TestVerdicts(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		play    func(*tape) (since cluster.OpID)
		verdict string
	}{
		{"nothing read before the first write", func(p *tape) cluster.OpID {
			p.read(1, "")
			p.write(2, "Lisboa", 201)
			p.read(3, "Lisboa")
			return ""
		}, Linearizable},
		{"an old value after a new one was acknowledged", func(p *tape) cluster.OpID {
			p.write(1, "Lisboa", 201)
			p.write(2, "Porto", 201)
			return p.read(3, "Lisboa")
		}, NotLinearizable},
		{"no value after a write was acknowledged", func(p *tape) cluster.OpID {
			p.write(1, "Lisboa", 201)
			return p.read(3, "")
		}, NotLinearizable},
		{"either value while the write is under way", func(p *tape) cluster.OpID {
			p.write(1, "Lisboa", 201)
			w := p.invoke(2, cluster.OpWrite, "Porto")
			p.read(3, "Lisboa")
			p.read(3, "Porto")
			p.ret(2, w, 201, "")
			p.read(4, "Porto")
			return ""
		}, Linearizable},
		{"new, then old, while the write is under way", func(p *tape) cluster.OpID {
			p.write(1, "Lisboa", 201)
			p.invoke(2, cluster.OpWrite, "Porto")
			p.read(3, "Porto")
			return p.read(4, "Lisboa")
		}, NotLinearizable},
		{"an unknown write that shows up late", func(p *tape) cluster.OpID {
			p.write(1, "Lisboa", 201)
			p.write(2, "Porto", 504)
			p.read(3, "Lisboa")
			p.read(3, "Lisboa")
			p.read(3, "Porto")
			return ""
		}, Linearizable},
		{"an unknown write that shows up and goes away again", func(p *tape) cluster.OpID {
			p.write(1, "Lisboa", 201)
			p.write(2, "Porto", 504)
			p.read(3, "Porto")
			return p.read(3, "Lisboa")
		}, NotLinearizable},
		{"an unknown write of a value that was written before", func(p *tape) cluster.OpID {
			p.write(1, "Lisboa", 201)
			p.read(1, "Lisboa")
			p.write(2, "Lisboa", 504)
			p.read(3, "Lisboa")
			p.write(1, "Faro", 201)
			p.read(3, "Faro")
			p.read(3, "Lisboa")
			return ""
		}, Linearizable},
		{"a refused write that shows up", func(p *tape) cluster.OpID {
			p.write(1, "Lisboa", 201)
			p.write(2, "Porto", 503)
			return p.read(3, "Porto")
		}, NotLinearizable},
		{"a write whose node was killed may have happened", func(p *tape) cluster.OpID {
			p.write(1, "Lisboa", 201)
			p.invoke(2, cluster.OpWrite, "Porto")
			p.add(cluster.Event{Node: 2, Body: &cluster.StatusChanged{Status: cluster.StatusKilled}})
			p.read(3, "Lisboa")
			p.read(3, "Porto")
			return ""
		}, Linearizable},
		{"a value planted by hand", func(p *tape) cluster.OpID {
			p.write(1, "Lisboa", 201)
			op := p.invoke(2, cluster.OpPlant, "")
			p.ret(2, op, 200, "")
			p.read(2, "Atlantis")
			return ""
		}, CannotTell},
		{"events that were lost", func(p *tape) cluster.OpID {
			p.write(1, "Lisboa", 201)
			p.add(cluster.Event{Node: 2, Body: &cluster.Gap{N: 3}})
			p.read(2, "Atlantis")
			return ""
		}, CannotTell},
		{"a clock that jumped back", func(p *tape) cluster.OpID {
			p.write(1, "Lisboa", 201)
			p.t -= 11_000_000
			p.read(1, "Atlantis")
			return ""
		}, CannotTell},
		{"red stays red, whatever comes after", func(p *tape) cluster.OpID {
			p.write(1, "Lisboa", 201)
			p.write(1, "Porto", 201)
			op := p.read(1, "Lisboa")
			p.add(cluster.Event{Node: 2, Body: &cluster.Gap{N: 3}})
			p.read(1, "Lisboa")
			return op
		}, NotLinearizable},
		{"a value that no write wrote", func(p *tape) cluster.OpID {
			p.write(1, "Lisboa", 201)
			return p.read(1, "Atlantis")
		}, NotLinearizable},
		{"a value that no write wrote, and then a gap in which its write may be", func(p *tape) cluster.OpID {
			p.write(1, "Lisboa", 201)
			p.read(1, "Atlantis")
			p.h.Report()
			p.add(cluster.Event{Node: 2, Body: &cluster.Gap{N: 3}})
			return ""
		}, CannotTell},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := newTape()
			since := test.play(p)
			if got := p.verdict(t); got.Verdict != test.verdict || got.Since != since {
				t.Errorf("verdict %q since %q, want %q since %q (%s)", got.Verdict, got.Since, test.verdict, since, got.Why)
			}
		})
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	p := newTape()
	for node := cluster.NodeID(1); node <= 2; node++ {
		p.add(cluster.Event{Node: node, Body: &cluster.StatusChanged{Status: cluster.StatusUp}})
	}
	word := func(op cluster.OpID) Word {
		t.Helper()
		for _, o := range p.h.List(0).Ops {
			if o.ID == op && o.Word != nil {
				return *o.Word
			}
		}
		t.Fatalf("no word for operation %s", op)
		return Word{}
	}
	p.write(1, "Lisboa", 201)
	p.holds(1, "Lisboa")
	if got := word(p.read(1, "Lisboa")); got.Word != WordLatest {
		t.Errorf("reading the last write: %+v", got)
	}
	p.write(1, "Porto", 201)
	newest := p.write(1, "Faro", 201)
	p.holds(1, "Faro")
	p.holds(2, "Lisboa")
	if got, want := word(p.read(2, "Lisboa")), (Word{Word: WordStale, Missed: 2, Newest: newest}); got != want {
		t.Errorf("reading two writes back: %+v, want %+v", got, want)
	}
	p.holds(1, "Lisboa")
	if got, want := word(p.read(2, "Lisboa")), (Word{Word: WordLost, Missed: 2, Newest: newest}); got != want {
		t.Errorf("no node holds the newest: %+v, want %+v", got, want)
	}
	op := p.invoke(1, cluster.OpRead, "")
	p.add(cluster.Event{Node: 1, Body: &cluster.Returned{
		ClientCall: cluster.ClientCall{Op: op, Value: cluster.ValueOf("Faro")}, Status: "200", Siblings: []cluster.Sibling{{Val: "Porto"}},
	}})
	if got := word(op); got.Word != WordConflicting {
		t.Errorf("an answer with siblings: %+v", got)
	}
}

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
			// Where values repeat, it may miss that an unknown write was used
			// up; what it calls red must be red all the same.
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
		t.Errorf("%d good and %d bad histories: too one-sided to show anything", good, bad)
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

// TestRedIsConfirmed: a key that looks red is only suspect until it has looked
// red for Config.Confirm. When an event explains it, it is no longer suspect.
func TestRedIsConfirmed(t *testing.T) {
	t.Parallel()
	for _, explained := range []bool{true, false} {
		now := time.UnixMicro(1_000_000_000)
		p := &tape{h: New(Config{Confirm: 2 * time.Second, Now: func() time.Time { return now }}), t: 1_000_000_000}
		p.write(1, "Lisboa", 201)
		p.read(2, "Porto")
		if got := p.verdict(t); got.Verdict != Linearizable || !got.Suspect {
			t.Errorf("at once: %+v, want a suspicion", got)
		}
		if explained { // the write began before, and its event came late
			p.t -= 25
			p.invoke(3, cluster.OpWrite, "Porto")
		}
		now = now.Add(2 * time.Second)
		got := p.verdict(t)
		if explained && (got.Verdict != Linearizable || got.Suspect) || !explained && got.Verdict != NotLinearizable {
			t.Errorf("2 s later, explained %v: %+v", explained, got)
		}
	}
}

func TestFiguresCountWhatClientsGot(t *testing.T) {
	t.Parallel()
	now := time.Unix(1000, 0)
	h := New(Config{Now: func() time.Time { return now }})
	p := &tape{h: h, t: 1_000_000}
	p.write(1, "a", 201)
	p.write(1, "b", 503)
	p.write(1, "c", 504)
	p.write(1, "d", 400)
	p.read(1, "a")
	r := h.Report()
	if r.Total.Asked != 4 || r.Total.Answered != 2 || r.Total.Refused != 1 || r.Total.Unknown != 1 || *r.Total.Availability != 0.5 {
		t.Errorf("figures %+v", r.Total)
	}
	if l := r.Total.Latency[cluster.OpWrite]; l.Count != 1 || l.P50 != 0.01 {
		t.Errorf("write latency %+v, want one of 0.01 ms", l)
	}
	now = now.Add(window * time.Second)
	if r := h.Report(); r.Recent.Asked != 0 || r.Recent.Availability != nil || r.Total.Asked != 4 {
		t.Errorf("after the window: recent %+v, total asked %d", r.Recent, r.Total.Asked)
	}
}

func TestPorcupinesPage(t *testing.T) {
	t.Parallel()
	p := newTape()
	if err := p.h.Visualize("city", &bytes.Buffer{}); err == nil {
		t.Error("a page for a key without operations")
	}
	p.write(1, "Lisboa", 201)
	p.add(cluster.Event{Node: 4, Body: &cluster.StatusChanged{Status: cluster.StatusFrozen}})
	p.write(1, "Porto", 504)
	p.read(2, "Lisboa")
	var page bytes.Buffer
	if err := p.h.Visualize("city", &page); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"write Lisboa", "read: Lisboa", "freeze 4"} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("the page does not show %q", want)
		}
	}
}

// TestMemoryIsBounded takes in 100,000 operations and measures the memory.
func TestMemoryIsBounded(t *testing.T) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	h := New(Config{MaxOps: 100_000})
	p := &tape{h: h, t: 1_000_000}
	for i := range 50_000 {
		val := fmt.Sprintf("%0100d", i)
		p.write(1, val, 201)
		p.read(2, val)
	}
	if got := h.Report().Verdict; got != Linearizable {
		t.Errorf("verdict %q: %+v", got, h.Report().Keys)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	grown := (int64(after.HeapAlloc) - int64(before.HeapAlloc)) >> 20
	t.Logf("100,000 operations hold %d MB", grown)
	if grown > 200 {
		t.Errorf("100,000 operations hold %d MB, want at most 200", grown)
	}
	runtime.KeepAlive(h)
}

// The first report is asked for long after the stale read.
func TestTheFirstReportIsRedAfterAnOldStaleRead(t *testing.T) {
	t.Parallel()
	now := time.UnixMicro(1_000_000_000)
	p := &tape{h: New(Config{Confirm: 2 * time.Second, Now: func() time.Time { return now }}), t: 1_000_000_000}
	p.write(1, "Lisboa", 201)
	p.write(1, "Porto", 201)
	p.read(2, "Lisboa")
	now = now.Add(time.Minute)
	if got := p.verdict(t); got.Verdict != NotLinearizable || got.Suspect {
		t.Errorf("a minute later the first report says %+v", got)
	}
}

func TestTheHistoryBeginsWithWhatDisksHold(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		play func(p *tape)
		want string
	}{
		"a read of the old value": {func(p *tape) {
			p.holds(1, "old")
			p.holds(2, "old")
			p.read(3, "old")
		}, Linearizable},
		"nodes hold different values, as two disks may": {func(p *tape) {
			p.holds(1, "old")
			p.holds(2, "older")
			p.read(3, "old")
			p.read(3, "old")
		}, Linearizable},
		"the old value after a write of another": {func(p *tape) {
			p.holds(1, "old")
			p.write(1, "new", 201)
			p.read(2, "new")
			p.read(3, "old")
		}, NotLinearizable},
		"the old value after a write of another, never read": {func(p *tape) {
			p.holds(1, "old")
			p.write(1, "new", 201)
			p.read(3, "old")
		}, NotLinearizable},
		"a node that joins later brings a value that wins": {func(p *tape) {
			p.write(1, "new", 201)
			p.read(2, "new")
			p.holds(5, "brought")
			p.read(3, "brought")
			p.read(4, "brought")
		}, Linearizable},
		"what it brought is read, and then what was before": {func(p *tape) {
			p.write(1, "new", 201)
			p.holds(5, "brought")
			p.read(3, "brought")
			p.read(4, "new")
		}, NotLinearizable},
		"a value that no disk held": {func(p *tape) {
			p.holds(1, "old")
			p.read(3, "never")
		}, NotLinearizable},
		"a node reports a value before the event of its write": {func(p *tape) {
			p.holds(1, "new")
			op := p.invoke(1, cluster.OpWrite, "new")
			p.ret(1, op, 201, "")
			p.write(2, "newer", 201)
			p.read(3, "new")
		}, NotLinearizable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newTape()
			c.play(p)
			if got := p.verdict(t); got.Verdict != c.want {
				t.Errorf("%+v, want %s", got, c.want)
			}
		})
	}
}

// A retry at another node has the operation id of the first call, but it is a
// separate call.
func TestTwoCallsMayHaveOneOperationID(t *testing.T) {
	t.Parallel()
	p := newTape()
	call := cluster.ClientCall{Op: "U", OpKind: cluster.OpWrite, Key: "city", Value: cluster.ValueOf("Lisboa")}
	p.add(cluster.Event{Node: 1, Body: &cluster.Invoked{ClientCall: call}})
	p.add(cluster.Event{Node: 2, Body: &cluster.Invoked{ClientCall: call}})
	p.ret(1, "U", 409, "")
	p.ret(2, "U", 201, "")
	p.read(3, "Lisboa")
	ops := p.h.List(0).Ops
	if len(ops) != 3 || ops[0].Status != 409 || ops[1].Status != 201 {
		t.Errorf("operations %+v", ops)
	}
	if got := p.verdict(t); got.Verdict != Linearizable {
		t.Errorf("%+v", got)
	}
}

// A lagging node reports a value again. The value was not on a disk before the
// history began, even if its write is so old that it is forgotten.
func TestAForgottenWriteIsNotTakenForAnOldDisk(t *testing.T) {
	t.Parallel()
	p := newTape()
	for i := range 2*keptWrites + 2 {
		p.write(1, fmt.Sprint("v", i), 201)
	}
	p.holds(5, "v0")
	p.read(3, "v0")
	if got := p.verdict(t); got.Verdict != NotLinearizable {
		t.Errorf("%+v", got)
	}
}
