package history

import (
	"bytes"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

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
		{"red stays red after any later operation", func(p *tape) cluster.OpID {
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
