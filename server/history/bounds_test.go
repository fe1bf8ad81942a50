package history

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"capplayground/cluster"
)

// at calls add so that the first event of add has exactly the time t.
func (p *tape) at(t int64, add func()) {
	p.t = t - 10
	add()
}

// timed adds an operation with the given beginning and end. The events come in the order of
// the calls, and not in the order of their times.
func (p *tape) timed(node cluster.NodeID, kind cluster.RequestKind, val string, invoke, end int64) cluster.OpID {
	var op cluster.OpID
	p.at(invoke, func() { op = p.invoke(node, kind, val) })
	returned := val
	if kind == cluster.OpWrite {
		returned = ""
	}
	p.at(end, func() { p.ret(node, op, 200, returned) })
	return op
}

// TestEndsInTheSameMicrosecondOverlap: an operation that begins in the microsecond in
// which another ended may come before it.
func TestEndsInTheSameMicrosecondOverlap(t *testing.T) {
	t.Parallel()
	const start = 1_000_000_000
	for after, want := range map[int64]string{0: Linearizable, 1: NotLinearizable} {
		p := newTape()
		p.timed(1, cluster.OpWrite, "Lisboa", start, start+100)
		p.timed(2, cluster.OpWrite, "Porto", start+100+after, start+200)
		p.timed(3, cluster.OpRead, "Lisboa", start+300, start+400)
		if got := p.verdict(t); got.Verdict != want {
			t.Errorf("the second write began %d µs after the end of the first: %q, want %q", after, got.Verdict, want)
		}
	}
}

// TestEventsThatComeTooLate: an operation that began before a cut, and whose events come
// after it, cannot be judged. A read of this kind is left out and counted. A write of this
// kind ends the judgement.
func TestEventsThatComeTooLate(t *testing.T) {
	t.Parallel()
	const start = 1_000_000_000
	for _, c := range []struct {
		name    string
		kind    cluster.RequestKind
		invoke  int64
		verdict string
		leftOut int
	}{
		{"a read from before the cut", cluster.OpRead, start + 50, Linearizable, 1},
		{"a read from the moment of the cut", cluster.OpRead, start + 100, Linearizable, 1},
		{"a read from after the cut", cluster.OpRead, start + 101, NotLinearizable, 0},
		{"a write from before the cut", cluster.OpWrite, start + 50, CannotTell, 0},
	} {
		p := newTape()
		p.timed(1, cluster.OpWrite, "Lisboa", start, start+100)
		p.timed(2, cluster.OpRead, "Lisboa", start+200, start+210) // cuts at start+100
		p.timed(3, c.kind, "Atlantis", c.invoke, start+220)
		r := p.h.Report()
		if r.Keys[0].Verdict != c.verdict || r.LeftOut != c.leftOut {
			t.Errorf("%s: %q, %d left out, want %q and %d", c.name, r.Keys[0].Verdict, r.LeftOut, c.verdict, c.leftOut)
		}
	}
}

// TestAReportedValueOfARefusedWriteIsNotFromADisk: the report of the value came before the
// event of its write. To read the value of a refused write is wrong.
func TestAReportedValueOfARefusedWriteIsNotFromADisk(t *testing.T) {
	t.Parallel()
	for _, wrote := range []bool{true, false} {
		p := newTape()
		p.holds(2, "Porto")
		p.holds(3, "Faro")
		if wrote {
			p.write(1, "Porto", 503)
		}
		p.read(2, "Porto")
		want := Linearizable
		if wrote {
			want = NotLinearizable
		}
		if got := p.verdict(t); got.Verdict != want {
			t.Errorf("the value was written: %v: %q, want %q", wrote, got.Verdict, want)
		}
	}
	p := newTape()
	p.holds(2, "Porto")
	p.holds(3, "Faro")
	p.write(1, "Porto", 503)
	p.read(2, "Faro") // this value may come from a disk
	if got := p.verdict(t); got.Verdict != Linearizable {
		t.Errorf("another value: %q", got.Verdict)
	}
}

// TestValuesFromDisksAreBounded: of more than maxFromDisk values from disks the oldest is
// forgotten that no node holds any more. A node that replays a long log reports many values.
func TestValuesFromDisksAreBounded(t *testing.T) {
	t.Parallel()
	for read, want := range map[string]string{
		"kept": Linearizable, "value 0": NotLinearizable, "value 1": NotLinearizable, "value 2": Linearizable, "value 64": Linearizable,
	} {
		p := newTape()
		p.holds(1, "kept")
		for i := range maxFromDisk + 1 {
			p.holds(2, fmt.Sprint("value ", i))
		}
		if n := len(p.h.keys["city"].fromDisk); n != maxFromDisk {
			t.Errorf("%d values are remembered, want %d", n, maxFromDisk)
		}
		p.read(1, read)
		if got := p.verdict(t); got.Verdict != want {
			t.Errorf("%s: %q, want %q", read, got.Verdict, want)
		}
	}
}

// TestValuesThatAreHeldAreNotForgotten: if nodes hold maxFromDisk values from disks, as hints,
// no further value counts as a value from a disk.
func TestValuesThatAreHeldAreNotForgotten(t *testing.T) {
	t.Parallel()
	for read, want := range map[string]string{"value 0": Linearizable, "value 63": Linearizable, "value 64": NotLinearizable} {
		p := newTape()
		for i := range maxFromDisk + 1 {
			p.add(cluster.Event{Node: cluster.NodeID(i%9 + 1), Body: &cluster.KeyChanged{
				Key: "city", Value: cluster.ValueOf(fmt.Sprint("value ", i)), HintFor: cluster.NodeID(i / 9),
			}})
		}
		p.read(1, read)
		if got := p.verdict(t); got.Verdict != want {
			t.Errorf("%s: %q, want %q", read, got.Verdict, want)
		}
	}
}

// TestALateDiskIsReplayed: a node joins later and reports the values of a long log. The oldest
// of them is forgotten although the history has begun.
func TestALateDiskIsReplayed(t *testing.T) {
	t.Parallel()
	p := newTape()
	p.holds(1, "old")
	p.write(1, "new", 201)
	p.holds(1, "new")
	for i := range 2 * maxFromDisk {
		p.holds(5, fmt.Sprint("value ", i))
	}
	p.read(3, "new")
	p.read(3, fmt.Sprint("value ", 2*maxFromDisk-1))
	if got := p.verdict(t); got.Verdict != Linearizable {
		t.Errorf("%+v", got)
	}
}

// TestAKeyWithoutARestIsForgotten: if a key always has an operation under way, only the
// operations that later ones can affect are kept. A read of an old value is red.
func TestAKeyWithoutARestIsForgotten(t *testing.T) {
	t.Parallel()
	p := &tape{h: New(Config{often: 5}), t: 1_000_000_000}
	first := p.invoke(1, cluster.OpWrite, "0")
	for i := range 100 {
		next := p.invoke(cluster.NodeID(2+i%2), cluster.OpWrite, fmt.Sprint(i+1)) // begins before the last write ends
		if i == 0 {
			p.ret(1, first, 201, "")
		} else {
			p.ret(cluster.NodeID(2+(i-1)%2), first, 201, "")
		}
		first = next
		p.read(4, fmt.Sprint(i)) // the write of this value was acknowledged, and the next write was not
		if n := len(p.h.keys["city"].piece); n > 20 {
			t.Fatalf("after %d writes the piece holds %d operations", i, n)
		}
	}
	if got := p.verdict(t); got.Verdict != Linearizable {
		t.Fatalf("%+v", got)
	}
	op := p.read(5, "50")
	if got := p.verdict(t); got.Verdict != NotLinearizable || got.Since != op {
		t.Errorf("an old value: %+v, want red since %s", got, op)
	}
}

// TestAPieceThatIsTooLong: a piece of maxPiece operations is judged. With one more
// operation the key is no longer judged.
func TestAPieceThatIsTooLong(t *testing.T) {
	t.Parallel()
	k := newKeyHistory(Config{often: 10 * maxPiece})
	k.judge(time.Now())
	for i := range maxPiece + 1 {
		if k.stopped {
			t.Fatalf("no longer judged, with %d operations", i)
		}
		k.end(&Op{ID: cluster.OpID(fmt.Sprint(i)), Kind: cluster.OpWrite, Status: 201, Invoke: 1, Return: 2}, time.Now())
	}
	if !k.stopped || k.verdict != TooMany || len(k.piece) != 0 {
		t.Errorf("stopped %v, %q, %d operations", k.stopped, k.verdict, len(k.piece))
	}
}

// TestWritesOfUnknownOutcomeAreBounded: at most maxOpen writes of unknown outcome are kept.
func TestWritesOfUnknownOutcomeAreBounded(t *testing.T) {
	t.Parallel()
	k := newKeyHistory(Config{often: 10})
	for i := range maxOpen {
		k.end(&Op{ID: cluster.OpID(fmt.Sprint(i)), Kind: cluster.OpWrite, Status: 504, Invoke: 1, Return: 2}, time.Now())
	}
	if k.verdict != Linearizable || len(k.open) != maxOpen {
		t.Fatalf("%q with %d open", k.verdict, len(k.open))
	}
	k.started("old", "1", 5)
	if k.explainByDisk(&Op{Kind: cluster.OpRead, Hash: "old"}); len(k.open) != maxOpen {
		t.Errorf("%d open after a value from a disk", len(k.open))
	}
	k.end(&Op{ID: "one more", Kind: cluster.OpWrite, Status: 504, Invoke: 1, Return: 2}, time.Now())
	if k.verdict != CannotTell {
		t.Errorf("%q with one more", k.verdict)
	}
}

// op returns an operation from invoke to end. If end is 0, its outcome is unknown.
func op(id string, kind cluster.RequestKind, val string, invoke, end int64) *Op {
	o := &Op{ID: cluster.OpID(id), Kind: kind, Hash: val, Invoke: invoke, Return: end, Status: 200}
	if end == 0 {
		o.Status = 504
	}
	return o
}

func ids(ops []*Op) string {
	var all []string
	for _, o := range ops {
		all = append(all, string(o.ID))
	}
	return strings.Join(all, " ")
}

// TestUntil: until returns the operations as they were known at a moment.
func TestUntil(t *testing.T) {
	t.Parallel()
	ops := []*Op{
		op("a", cluster.OpWrite, "1", 10, 20),
		op("b", cluster.OpRead, "1", 15, 21),
		op("c", cluster.OpWrite, "2", 20, 30),
		op("d", cluster.OpWrite, "3", 21, 31),
		op("e", cluster.OpWrite, "4", 12, 0),
	}
	got := until(ops, 20)
	if ids(got) != "a c e" || got[0] != ops[0] || got[1].Status != 0 || got[1].Return != 0 || ops[2].Status != 200 {
		t.Errorf("at 20: %s, and c is %+v", ids(got), got[1])
	}
	if got := until(ops, 21); ids(got) != "a b c d e" {
		t.Errorf("at 21: %s", ids(got))
	}
}

// TestCandidates: the values that a register may have after all operations.
func TestCandidates(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		ops  []*Op
		want []string
	}{
		{"nothing", nil, []string{"old", "older"}},
		{"a read", []*Op{op("r", cluster.OpRead, "old", 1, 2)}, []string{"old", "older"}},
		{"an unknown write", []*Op{op("w", cluster.OpWrite, "1", 1, 0)}, []string{"old", "older", "1"}},
		{"a write at time 0", []*Op{op("w", cluster.OpWrite, "1", 0, 2)}, []string{"1"}},
		{"one write after another", []*Op{op("w", cluster.OpWrite, "1", 1, 2), op("v", cluster.OpWrite, "2", 3, 4)}, []string{"2"}},
		{"ends as the last one begins", []*Op{op("w", cluster.OpWrite, "1", 1, 3), op("v", cluster.OpWrite, "2", 3, 4)}, []string{"1", "2"}},
		{"and an unknown one", []*Op{op("u", cluster.OpWrite, "3", 0, 0), op("w", cluster.OpWrite, "1", 1, 2), op("v", cluster.OpWrite, "2", 3, 4)}, []string{"3", "2"}},
		{"twice the same", []*Op{op("w", cluster.OpWrite, "1", 1, 5), op("v", cluster.OpWrite, "1", 3, 4)}, []string{"1"}},
	} {
		if got := candidates([]string{"old", "older"}, c.ops); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// TestTheOnlySource: a write is the only source of its value if neither another write nor
// an earlier value of the key can be the source.
func TestTheOnlySource(t *testing.T) {
	t.Parallel()
	k := &keyHistory{values: []string{"old"}}
	w := op("w", cluster.OpWrite, "1", 1, 0)
	for name, c := range map[string]struct {
		w    *Op
		ops  []*Op
		want bool
	}{
		"alone":                     {w, []*Op{w}, true},
		"beside a read of it":       {w, []*Op{w, op("r", cluster.OpRead, "1", 2, 3)}, true},
		"beside another value":      {w, []*Op{w, op("v", cluster.OpWrite, "2", 2, 3)}, true},
		"beside a write of it":      {w, []*Op{w, op("v", cluster.OpWrite, "1", 2, 3)}, false},
		"of a value that was there": {op("w", cluster.OpWrite, "old", 1, 0), nil, false},
	} {
		if got := k.isOnlySource(c.w, c.ops); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestBlocksAndTheirZones: which blocks no later operation can affect.
func TestBlocksAndTheirZones(t *testing.T) {
	t.Parallel()
	ops := []*Op{
		op("w1", cluster.OpWrite, "1", 10, 20), op("r1", cluster.OpRead, "1", 30, 40),
		op("w2", cluster.OpWrite, "2", 50, 60), // a single operation
		op("w3", cluster.OpWrite, "3", 70, 80), op("r3", cluster.OpRead, "3", 90, 100),
	}
	blocks, once := blocksOf([]string{""}, ops)
	if !once || len(blocks) != 3 {
		t.Fatalf("%d blocks, once %v", len(blocks), once)
	}
	for i, want := range []struct {
		from, to int64
		lasts    bool
	}{{41, 60, true}, {100, 121, false}, {161, 180, true}} {
		from, to := blocks[i].zone()
		if from != want.from || to != want.to || blocks[i].lasts() != want.lasts {
			t.Errorf("block %d: %d to %d, lasts %v, want %+v", i, from, to, blocks[i].lasts(), want)
		}
	}
	for _, c := range []struct {
		horizon int64
		over    int
		at      int64
	}{{30, 0, 0}, {31, 0, 20}, {60, 0, 20}, {61, 1, 50}, {90, 1, 50}, {91, 2, 80}, {1000, 2, 80}} {
		if over, at := settled(blocks, c.horizon); len(over) != c.over || at != c.at {
			t.Errorf("before %d: %d blocks are over at %d, want %d at %d", c.horizon, len(over), at, c.over, c.at)
		}
	}
	// While the zone of another block lasts, no block can be the last one.
	during := append([]*Op{op("r1 late", cluster.OpRead, "1", 65, 68)}, ops[:3]...)
	blocks, _ = blocksOf([]string{""}, during)
	if over, at := settled(blocks, 1000); len(over) != 0 || at != 20 {
		t.Errorf("during a zone: %d blocks are over at %d", len(over), at)
	}
	// A zone may begin where another zone ends.
	a, b := &block{returned: 10, invoked: 20}, &block{returned: 20, invoked: 30}
	if over, at := settled([]*block{a, b}, 1000); len(over) != 0 || at != 5 {
		t.Errorf("end to end: %d blocks are over at %d", len(over), at)
	}
	if blocks, _ := blocksOf([]string{"old"}, []*Op{op("r", cluster.OpRead, "old", 7, 9)}); blocks[0].returned != -1 {
		t.Errorf("a value that was there at the start is written at %d", blocks[0].returned)
	}
}

// TestWordsAtEachBound: the word of a read says how many writes it missed.
func TestWordsAtEachBound(t *testing.T) {
	t.Parallel()
	write := func(id, val string, invoke, end int64) *Op { return op(id, cluster.OpWrite, val, invoke, end) }
	for _, c := range []struct {
		name   string
		writes []*Op
		val    string
		want   *Word
	}{
		{"nothing was written", nil, "", &Word{Word: WordLatest}},
		{"ended before", []*Op{write("a", "1", 10, 99)}, "", &Word{Word: WordStale, Missed: 1, Newest: "a"}},
		{"ended as the read began", []*Op{write("a", "1", 10, 100)}, "", &Word{Word: WordLatest}},
		{"unknown", []*Op{write("a", "1", 10, 0)}, "", &Word{Word: WordLatest}},
		{"began as the read ended", []*Op{write("a", "1", 110, 120)}, "1", &Word{Word: WordLatest}},
		{"began after the read", []*Op{write("a", "1", 111, 120)}, "1", nil},
		{"two that overlap", []*Op{write("a", "1", 10, 20), write("b", "2", 20, 30)}, "1", &Word{Word: WordLatest}},
		{"two that do not", []*Op{write("a", "1", 10, 20), write("b", "2", 21, 30)}, "1", &Word{Word: WordStale, Missed: 1, Newest: "b"}},
		{"the same value again", []*Op{write("a", "1", 10, 20), write("b", "2", 21, 30), write("c", "1", 31, 40)}, "1", &Word{Word: WordLatest}},
		{"the newest is the one that ended last", []*Op{write("a", "1", 10, 50), write("b", "2", 11, 50), write("c", "3", 12, 40)}, "", &Word{Word: WordStale, Missed: 3, Newest: "a"}},
		{"of a write that is not known", []*Op{write("a", "1", 10, 20)}, "9", nil},
	} {
		k := newKeyHistory(Config{})
		k.written.ops = c.writes
		got := k.word(op("r", cluster.OpRead, c.val, 100, 110), nil)
		if (got == nil) != (c.want == nil) || got != nil && *got != *c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
	k := newKeyHistory(Config{})
	if k.heldNowhere("1", nil) {
		t.Error("no node has reported that it holds anything, so a value may be held")
	}
	var w writes
	for i := range 2*keptWrites + 1 {
		if w.forgot || len(w.ops) != i {
			t.Fatalf("after %d writes %d are remembered", i, len(w.ops))
		}
		w.add(&Op{})
	}
	if !w.forgot || len(w.ops) != keptWrites+1 {
		t.Errorf("%d writes are remembered", len(w.ops))
	}
}

// TestTracesAreBounded: the messages of maxTraced operations are remembered, and
// maxMessages of each operation.
func TestTracesAreBounded(t *testing.T) {
	t.Parallel()
	all := newTraces()
	name := func(i int) cluster.OpID { return cluster.OpID(fmt.Sprint(i)) }
	for i := range maxTraced + 3 {
		all.get(name(i))
	}
	for i := range maxTraced + 3 {
		if remembered := all.of.Has(name(i)); remembered != (i >= 3) {
			t.Fatalf("operation %d is remembered: %v", i, remembered)
		}
	}
	fold := func(i int, b func(cluster.Transit) cluster.Body) {
		all.fold(&cluster.Event{Body: b(cluster.Transit{Op: "op", Msg: fmt.Sprint(i), From: 1, To: 2})})
	}
	sent := func(m cluster.Transit) cluster.Body { return &cluster.Sent{Transit: m} }
	lost := func(m cluster.Transit) cluster.Body { return &cluster.Lost{Transit: m, Why: cluster.WhyCut} }
	delivered := func(m cluster.Transit) cluster.Body { return &cluster.Delivered{Transit: m} }
	missing := func() int { return len(all.get("op").missing) }
	for i := range maxMessages + 1 {
		fold(i, sent)
		fold(i, sent) // reported twice
	}
	if missing() != maxMessages {
		t.Errorf("%d messages are remembered", missing())
	}
	fold(0, lost)
	fold(1, lost)
	fold(maxMessages, lost) // a message that is not known
	if tr := all.get("op"); tr.missing[0].Why != cluster.WhyCut || tr.missing[1].Why != cluster.WhyCut || tr.missing[2].Why != "" {
		t.Errorf("lost are %+v", tr.missing[:3])
	}
	fold(0, delivered)
	fold(maxMessages, delivered)
	if tr := all.get("op"); missing() != maxMessages-1 || tr.missing[0].Msg != "1" {
		t.Errorf("%d messages are missing, the first is %s", missing(), tr.missing[0].Msg)
	}
}

// TestWhatAPageShows: the newest operations, the writes that they read, and the faults.
func TestWhatAPageShows(t *testing.T) {
	t.Parallel()
	var ops []*Op
	for i := range shown + 2 {
		ops = append(ops, op(fmt.Sprint(i), cluster.OpWrite, fmt.Sprint("v", i), int64(i), int64(i)))
	}
	ops[shown] = op("reads 0", cluster.OpRead, "v0", shown, shown)
	ops[shown+1] = op("reads a forgotten one", cluster.OpRead, "forgotten", shown+1, shown+1)
	for _, forgot := range []bool{false, true} {
		kept, before := newest(ops, forgot)
		want := []string{""}
		if forgot {
			want = append(want, "forgotten")
		}
		if len(kept) != shown+1 || kept[0].ID != "0" || kept[1].ID != "2" || !slices.Equal(before, want) {
			t.Errorf("forgot %v: %d operations, %s and %s first, before %q", forgot, len(kept), kept[0].ID, kept[1].ID, before)
		}
	}
	_, before := newest([]*Op{op("r", cluster.OpRead, "", 1, 2)}, true)
	if !slices.Equal(before, []string{""}) {
		t.Errorf("a read of no value: before %q", before)
	}

	history := drawable([]porcupine.Operation{{Call: 200, Return: 400}, {Call: 600, Return: forever}, {Call: 300, Return: 350}})
	if history[0].Return != 400 || history[1].Return != 621 || history[2].Return != 350 {
		t.Errorf("the ends are %d, %d, %d", history[0].Return, history[1].Return, history[2].Return)
	}
	var got []string
	for _, a := range annotations([]Fault{
		{T: 10, End: 99, Text: "before"}, {T: 10, End: 100, Text: "until the beginning"}, {T: 150, End: 200, Text: "within"},
		{T: 50, Text: "lasts"}, {T: 310, End: 400, Text: "from the end on"}, {T: 311, Text: "after"},
	}, history) {
		got = append(got, fmt.Sprintf("%s %d-%d", a.Description, a.Start, a.End))
	}
	if want := []string{"until the beginning 200-200", "within 300-400", "lasts 200-621", "from the end on 620-621"}; !slices.Equal(got, want) {
		t.Errorf("the faults are %q, want %q", got, want)
	}

	p := newTape()
	p.write(1, "Lisboa", 201)
	p.write(1, "Porto", 503)
	p.write(1, "Faro", 504)
	var page bytes.Buffer
	if err := p.h.Visualize("city", &page); err != nil {
		t.Fatal(err)
	}
	if s := page.String(); !strings.Contains(s, "write Lisboa") || strings.Contains(s, "write Porto") || !strings.Contains(s, "write Faro") {
		t.Error("the page shows the refused write, or lacks another one")
	}
}

// TestClocksAtTheirBounds: these bounds say how far a clock may jump back, or be ahead.
func TestClocksAtTheirBounds(t *testing.T) {
	t.Parallel()
	now := time.UnixMicro(1_000_000_000)
	check := func(elsewhere bool, times ...int64) (why string) {
		c := newClocks()
		for _, at := range times {
			why = c.check(&cluster.Event{Node: 1, LC: 1, T: at}, now, elsewhere)
		}
		return why
	}
	t0 := now.UnixMicro()
	for _, c := range []struct {
		elsewhere bool
		times     []int64
		wrong     bool
	}{
		{false, []int64{t0, t0 - localBack.Microseconds()}, false},
		{false, []int64{t0, t0 - localBack.Microseconds() - 1}, true},
		{true, []int64{t0, t0 - remoteBack.Microseconds()}, false},
		{true, []int64{t0, t0 - remoteBack.Microseconds() - 1}, true},
		{true, []int64{t0 + nodeAhead.Microseconds()}, false},
		{true, []int64{t0 + nodeAhead.Microseconds() + 1}, true},
	} {
		if why := check(c.elsewhere, c.times...); (why != "") != c.wrong {
			t.Errorf("elsewhere %v, %v: %q", c.elsewhere, c.times, why)
		}
	}
	c := newClocks()
	for _, late := range []int64{5000, 3000, 4000} {
		c.check(&cluster.Event{Node: 1, LC: 1, T: t0 - late}, now, true)
	}
	if got := c.maxDifference(1); got != unknownDelay+3000 {
		t.Errorf("the clock may differ by %d, want the smallest lateness of an event plus the unknown delay", got)
	}
	// The lead may fall by setBack, and by 1/1000 of the time that has passed: the clock
	// may be adjusted as fast as that.
	our := ourClock{}
	for i, lead := range []time.Duration{0, -setBack - 10*time.Second/1000, -setBack - 10*time.Second/1000 - 10*time.Second/1000} {
		if our.read(lead, time.Duration(i)*10*time.Second); our.low != 0 {
			t.Errorf("reading %d counts as set back", i)
		}
	}
	if our.read(our.lead-setBack, our.at); our.low != 0 {
		t.Error("a step of exactly setBack counts as set back")
	}
	if our.read(our.lead-setBack-1, our.at); our.low != 1 {
		t.Error("a step of more than setBack does not count as set back")
	}
	var steady ourClock
	for range 5 {
		if steady.setBack(time.Now()) {
			t.Error("this machine's clock was set back")
		}
	}
	if !steady.began.IsZero() && steady.lead > time.Second {
		t.Errorf("the wall clock leads by %v", steady.lead)
	}
}

// TestEqualTimesKeepTheOrderOfArrival: this holds for events of one node and for events of
// several nodes.
func TestEqualTimesKeepTheOrderOfArrival(t *testing.T) {
	t.Parallel()
	var o order
	now := time.Now()
	for i, node := range []cluster.NodeID{3, 1, 3, 0, 1} {
		o.add(cluster.Event{Node: node, T: 7, LC: uint64(i)}, now)
	}
	o.add(cluster.Event{Node: 2, T: 6, LC: 9}, now)
	var got []uint64
	for ev, ok := o.next(now, 0); ok; ev, ok = o.next(now, 0) {
		got = append(got, ev.LC)
	}
	if want := []uint64{9, 0, 1, 2, 3, 4}; !slices.Equal(got, want) {
		t.Errorf("the order is %v, want %v", got, want)
	}
}
