package sloppy

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"capplayground/cluster"
)

// setOf returns a set of one version.
func setOf(node cluster.NodeID, seq uint64, val string) set {
	a := Actor{node, databaseName("d"), 1}
	return set{}.write(written{Dot: Dot{Origin{a, a}, seq}, TS: int64(seq), Val: val}, History{})
}

// everywhere returns a machine whose node is a home of all keys.
func everywhere() *Machine {
	m := five(1)
	m.Step(cluster.Input{Kind: cluster.InputQuorum, Now: 1, Quorum: cluster.Quorum{N: 5, R: 2, W: 2}})
	return m
}

// syncs returns the bodies of the sync messages.
func syncs(t *testing.T, messages []cluster.Message) (all []syncing) {
	t.Helper()
	for _, msg := range ofType(messages, typeSync) {
		var s syncing
		if !cluster.ReadJSON(msg.Body, &s) {
			t.Fatalf("cannot read %s", msg.Body)
		}
		all = append(all, s)
	}
	return all
}

// TestWhoExchanges: a node with peers plans exchanges, and a node alone does not.
func TestWhoExchanges(t *testing.T) {
	t.Parallel()
	for nodes := range cluster.NodeID(3) {
		m := newMachine(cluster.Config{ID: 1, Nodes: []cluster.NodeID{1, 2, 3}[:nodes+1]})
		out := m.Step(cluster.Input{Kind: cluster.InputStart, Now: 1})
		if plans := slices.ContainsFunc(out.Timers, func(t cluster.Timer) bool { return t.Name == timerSync }); plans != (nodes > 0) {
			t.Errorf("a node in a cluster of %d plans exchanges: %v", nodes+1, plans)
		}
	}
}

// TestHowLongANodeHasJustStarted: for startedFor, and no longer, the digests of a node have
// the mark that it has started.
func TestHowLongANodeHasJustStarted(t *testing.T) {
	t.Parallel()
	for _, early := range []cluster.Time{0, 1} {
		m := five(1)
		m.now, m.out = m.started.Add(startedFor)-early, cluster.Output{}
		m.openExchange(2)
		var d digest
		if !cluster.ReadJSON(m.out.Messages[0].Body, &d) || d.Started != (early > 0) {
			t.Errorf("%d us before its end: %+v", early, d)
		}
	}
}

// TestOtherKeysAreAskedFor: a home asks for the other keys that differ from its own sets, and
// for no others.
func TestOtherKeysAreAskedFor(t *testing.T) {
	t.Parallel()
	m := everywhere()
	m.keep("same", setOf(2, 1, "v"))
	m.keep("differs", setOf(2, 1, "v"))
	out := message(m, 2, cluster.Message{From: 2, Type: typeDigest, Body: cluster.MustJSON(digest{
		Before: parts, Others: map[string]string{"same": m.keys["same"].sum, "differs": "other", "unknown": "other"},
	})})
	all := syncs(t, out.Messages)
	if len(all) != 1 || !slices.Equal(all[0].Want, []string{"differs", "unknown"}) || len(all[0].Sets) != 1 || all[0].Sets[0].Key != "differs" {
		t.Errorf("it sends %+v", all)
	}
}

// TestKeysOfOtherHomes: a node asks for no key of which it is not a home, also if another node
// with other sizes takes it for a home. It lists no key of which it holds only a planted value,
// and sends no set that it does not hold.
func TestKeysOfOtherHomes(t *testing.T) {
	t.Parallel()
	m := five(cityWalk[3]) // is not a home of city
	peer := cityWalk[0]
	out := message(m, 2, cluster.Message{From: peer, Type: typeDigest, Body: cluster.MustJSON(digest{Before: parts, Others: map[string]string{"city": "other"}})})
	if all := syncs(t, out.Messages); len(all) != 0 {
		t.Errorf("for a key of other homes it sends %+v", all)
	}
	m.plant(cluster.Request{Op: "7", Kind: cluster.OpPlant, Key: "city", Val: "planted"})
	m.out = cluster.Output{}
	m.openExchange(peer)
	var d digest
	if !cluster.ReadJSON(m.out.Messages[0].Body, &d) || len(d.Others) != 0 {
		t.Errorf("a planted value is in the digest: %+v", d)
	}
	if out := message(m, 2, cluster.Message{From: peer, Type: typeSync, Body: cluster.MustJSON(syncing{Want: []string{"city", "unknown"}})}); len(out.Messages) != 0 {
		t.Errorf("asked for sets that it does not hold, it sends %v", out.Messages)
	}
}

// TestPartsOfHashes: hashes are about the keys of their parts. Of these keys, the sets that
// differ or are missing are sent, and those that differ are asked for. Of other keys, nothing
// is sent.
func TestPartsOfHashes(t *testing.T) {
	t.Parallel()
	m := everywhere()
	keys := []string{"a", "b", "c", "d", "e"} // each in a part of its own
	for _, key := range keys {
		m.keep(key, setOf(2, 1, key))
	}
	in := func(keys ...string) (numbers []int) {
		for _, key := range keys {
			numbers = append(numbers, partOf(key))
		}
		return numbers
	}
	for name, c := range map[string]struct {
		h         hashes
		sent, ask []string
	}{
		"no part":  {hashes{}, nil, nil},
		"each":     {hashes{Parts: in(keys...)}, keys, nil},
		"two":      {hashes{Parts: in("d", "b")}, []string{"b", "d"}, nil},
		"equal":    {hashes{Parts: in("b", "c"), Keys: map[string]string{"b": m.keys["b"].sum, "c": m.keys["c"].sum}}, nil, nil},
		"not all":  {hashes{Parts: in("b", "c"), Keys: map[string]string{"b": m.keys["b"].sum, "c": "other"}}, []string{"c"}, []string{"c"}},
		"unknown":  {hashes{Parts: in("b"), Keys: map[string]string{"b": m.keys["b"].sum, "new": "other"}}, nil, []string{"new"}},
		"no parts": {hashes{Parts: []int{-1, parts, 1 << 40}}, nil, nil},
	} {
		var sent, ask []string
		for _, s := range syncs(t, message(m, 2, cluster.Message{From: 2, Type: typeHashes, Body: cluster.MustJSON(c.h)}).Messages) {
			for _, k := range s.Sets {
				sent = append(sent, k.Key)
			}
			ask = append(ask, s.Want...)
		}
		if !slices.Equal(sent, c.sent) || !slices.Equal(ask, c.ask) {
			t.Errorf("%s: it sends %v and asks for %v, want %v and %v", name, sent, ask, c.sent, c.ask)
		}
	}
}

// keepMany lets m, of node 1, keep hashesMax keys of which node 2 is a home, and one more in
// the last part. m is a home of all of them, or of none. It returns the key in the last part,
// and the number of the part after all other keys.
func keepMany(m *Machine, home bool) (last string, next int) {
	for i, n := 0, 0; n < hashesMax || last == ""; i++ {
		key := fmt.Sprint("k", i)
		part := partOf(key)
		switch {
		case m.isHome(1, key) != home || !m.isHome(2, key):
			continue
		case part == parts-1 && last == "":
			last = key
		case part < parts-1 && n < hashesMax:
			n, next = n+1, max(next, part+1)
		default:
			continue
		}
		m.keep(key, setOf(2, 1, "v"))
	}
	return last, next
}

// TestWhereADigestLeavesOff: a digest leaves off after the part with which it has hashesMax
// other keys. The next digest begins with the next part.
func TestWhereADigestLeavesOff(t *testing.T) {
	t.Parallel()
	m := five(1)
	last, next := keepMany(m, false)
	m.out = cluster.Output{}
	m.openExchange(2)
	m.continueExchange(2, next)
	var first, second digest
	if !cluster.ReadJSON(m.out.Messages[0].Body, &first) || !cluster.ReadJSON(m.out.Messages[1].Body, &second) {
		t.Fatalf("cannot read %v", m.out.Messages)
	}
	if first.From != 0 || first.Before != next || len(first.Others) != hashesMax {
		t.Errorf("the first digest: %d keys of the parts from %d on and before %d, want %d before %d", len(first.Others), first.From, first.Before, hashesMax, next)
	}
	if second.From != next || second.Before != parts || len(second.Others) != 1 || second.Others[last] == "" {
		t.Errorf("the second digest: %+v", second)
	}
}

// TestWhereHashesLeaveOff: the answer to a digest leaves off after the part with which it has
// the hashes of hashesMax keys.
func TestWhereHashesLeaveOff(t *testing.T) {
	t.Parallel()
	m := five(1)
	_, next := keepMany(m, true)
	var h hashes
	out := message(m, 2, cluster.Message{From: 2, Type: typeDigest, Body: cluster.MustJSON(digest{Before: parts})})
	if answers := ofType(out.Messages, typeHashes); len(answers) != 1 || !cluster.ReadJSON(answers[0].Body, &h) || len(h.Keys) != hashesMax || h.Next != next {
		t.Errorf("it has %d keys and leaves off at %d, want %d and %d", len(h.Keys), h.Next, hashesMax, next)
	}
}

// TestWhenAnExchangeEnds: after an answer that names no part to continue with, no digest is
// sent. An exchange that began anew with part 0 would never end.
func TestWhenAnExchangeEnds(t *testing.T) {
	t.Parallel()
	for next, want := range map[int]int{-1: 0, 0: 0, 1: 1, parts - 1: 1, parts: 0} {
		for kind, body := range map[string][]byte{
			typeSame: cluster.MustJSON(same{next}), typeHashes: cluster.MustJSON(hashes{Parts: []int{3}, Next: next}),
		} {
			if got := len(ofType(message(five(1), 2, cluster.Message{From: 2, Type: kind, Body: body}).Messages, typeDigest)); got != want {
				t.Errorf("after %s with the next part %d it sends %d digests, want %d", kind, next, got, want)
			}
		}
	}
}

// TestPartsThatDoNotExist: a digest of such parts is ignored. So are the sums of such parts in
// another digest.
func TestPartsThatDoNotExist(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		d    digest
		want int
	}{
		"before the first":   {digest{From: -1, Before: parts}, 0},
		"behind the last":    {digest{Before: parts + 1}, 0},
		"all of them":        {digest{Before: parts}, 1},
		"sums of other ones": {digest{Before: parts, Sums: map[int]uint64{-1: 1, parts: 1, 1 << 40: 1}}, 1},
	} {
		out := message(five(1), 2, cluster.Message{From: 2, Type: typeDigest, Body: cluster.MustJSON(c.d)})
		if same := ofType(out.Messages, typeSame); len(same) != c.want || len(out.Messages) != c.want {
			t.Errorf("%s: the answer is %v", name, out.Messages)
		}
	}
}

// TestLabelsOfSyncs: a sync of one set shows its value, one that asks for one set shows the key,
// and another shows the number of keys.
func TestLabelsOfSyncs(t *testing.T) {
	t.Parallel()
	one, two := []keyed{{"city", setOf(2, 1, "Rome")}}, []keyed{{"city", setOf(2, 1, "Rome")}, {"town", setOf(2, 1, "Bonn")}}
	for want, s := range map[string]syncing{
		"city=Rome": {Sets: one, Want: []string{"a", "b"}},
		"city?":     {Want: []string{"city"}},
		"2 keys":    {Sets: two, Want: []string{"a"}},
		"3 keys":    {Want: []string{"a", "b", "c"}},
	} {
		if got := five(1).syncLabel(s); got != want {
			t.Errorf("%+v is shown as %q, want %q", s, got, want)
		}
	}
}

// TestAnExchangeOfManyKeys: two nodes that differ in thousands of keys hold the same after
// one exchange, and no step of it is about more keys than fit into a message. If they differ
// in one key, the exchange is about the keys of its part.
func TestAnExchangeOfManyKeys(t *testing.T) {
	t.Parallel()
	const keys = 5000
	for _, n := range []int{5, 3} { // with 3 some keys have other homes
		a, b := five(1), five(2)
		for i := range keys {
			key := fmt.Sprintf("k%04d", i)
			if i%3 != 0 {
				a.keep(key, setOf(3, 1, "from a"))
			}
			if i%3 != 1 {
				b.keep(key, setOf(4, 1, "from b"))
			}
		}
		size := cluster.Quorum{N: n, R: 2, W: 2}
		a.Step(cluster.Input{Kind: cluster.InputQuorum, Now: 1, Quorum: size})
		b.Step(cluster.Input{Kind: cluster.InputQuorum, Now: 1, Quorum: size})
		exchange(t, a, b)
		for i := range keys {
			key := fmt.Sprintf("k%04d", i)
			if !a.isHome(1, key) || !a.isHome(2, key) {
				continue
			}
			if !a.keys[key].set.equal(b.keys[key].set) || a.keys[key].set.empty() {
				t.Fatalf("N=%d, %s: %v and %v", n, key, a.keys[key].set, b.keys[key].set)
			}
		}
		if asked := exchange(t, a, b); asked != 0 {
			t.Errorf("N=%d: nodes that hold the same exchange %d hashes", n, asked)
		}
		one := cityWalk[:n]
		if n == 5 || slices.Contains(one, 1) && slices.Contains(one, 2) {
			a.keep("city", setOf(5, 1, "Rome"))
			asked := exchange(t, a, b)
			if most := len(a.index.keys[partOf("city")]); asked == 0 || asked > most || !a.keys["city"].set.equal(b.keys["city"].set) {
				t.Errorf("N=%d: for one key %d hashes are exchanged, its part has %d keys", n, asked, most)
			}
		}
	}
}

// exchange lets a open an exchange with b, and delivers all messages. It returns how
// many hashes of keys were sent.
func exchange(t *testing.T, a, b *Machine) (asked int) {
	t.Helper()
	a.out = cluster.Output{}
	a.openExchange(b.id)
	flying := a.out.Messages
	for len(flying) > 0 {
		msg := flying[0]
		to := map[cluster.NodeID]*Machine{a.id: a, b.id: b}[msg.To]
		out := to.Step(cluster.Input{Kind: cluster.InputMessage, Now: 2, Message: msg})
		flying = append(flying[1:], out.Messages...)
		answers := 0
		for _, msg := range out.Messages {
			var d digest
			var h hashes
			switch msg.Type {
			case typeDigest:
				answers++
				if !cluster.ReadJSON(msg.Body, &d) || len(d.Others) > hashesMax+keysOfAPart {
					t.Fatalf("a digest has %d other keys", len(d.Others))
				}
				for key := range d.Others {
					if to.isHome(msg.From, key) || !to.isHome(msg.To, key) {
						t.Fatalf("the digest %v->%v lists %s, of homes %v, as another key", msg.From, msg.To, key, to.homes(key))
					}
				}
			case typeHashes:
				answers++
				if !cluster.ReadJSON(msg.Body, &h) || len(h.Keys) > hashesMax+keysOfAPart {
					t.Fatalf("a message has the hashes of %d keys", len(h.Keys))
				}
				for key := range h.Keys {
					if !to.isHome(msg.From, key) || !to.isHome(msg.To, key) {
						t.Fatalf("the hashes %v->%v are about %s, of homes %v", msg.From, msg.To, key, to.homes(key))
					}
				}
				asked += len(h.Keys)
			}
		}
		if answers > 1 {
			t.Fatalf("one step continues the exchange %d times", answers)
		}
	}
	return asked
}

// BenchmarkExchange lets two nodes that hold 100,000 keys exchange 100 that differ, and
// reports the longest step of a node: the least of all runs, since a step may be
// interrupted. The floor is one look at all its keys.
func BenchmarkExchange(b *testing.B) {
	const keys, differ = 100_000, 100
	one, two := everywhere(), five(2)
	two.Step(cluster.Input{Kind: cluster.InputQuorum, Now: 1, Quorum: one.sizes})
	for i := range keys {
		key := fmt.Sprintf("k%06d", i)
		one.keep(key, setOf(3, 1, "v"))
		two.keep(key, setOf(3, 1, "v"))
	}
	var whole time.Duration
	least, look := time.Hour, time.Hour
	for n := 0; b.Loop(); n++ {
		for i := range differ {
			one.keep(fmt.Sprintf("k%06d", i*keys/differ), setOf(4, uint64(n+1), "w"))
		}
		began := time.Now()
		for _, h := range one.keys {
			if h.set.empty() {
				b.Fatal("a key is empty")
			}
		}
		look = min(look, time.Since(began))
		var longest time.Duration
		one.out = cluster.Output{}
		one.openExchange(2)
		for flying := one.out.Messages; len(flying) > 0; flying = flying[1:] {
			to := two
			if flying[0].To == one.id {
				to = one
			}
			began := time.Now()
			out := to.Step(cluster.Input{Kind: cluster.InputMessage, Now: 2, Message: flying[0]})
			took := time.Since(began)
			longest, whole = max(longest, took), whole+took
			flying = append(flying, out.Messages...)
		}
		least = min(least, longest)
	}
	b.ReportMetric(float64(least)/float64(time.Millisecond), "ms/longest-step")
	b.ReportMetric(float64(whole)/float64(b.N)/float64(time.Millisecond), "ms/exchange")
	b.ReportMetric(float64(least)/float64(look), "longest-step/look")
}

// keysOfAPart is more than the number of keys in a part in these tests.
const keysOfAPart = 25

// TestTheIndexIsThatOfTheKeys: whatever a node does, its index is the one that would be
// made anew from its keys.
func TestTheIndexIsThatOfTheKeys(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := five(1)
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			key := fmt.Sprint("k", rapid.IntRange(0, 6).Draw(t, "key"))
			switch rapid.IntRange(0, 3).Draw(t, "what") {
			case 0:
				n := rapid.IntRange(1, 5).Draw(t, "n")
				m.Step(cluster.Input{Kind: cluster.InputQuorum, Quorum: cluster.Quorum{N: n, R: 1, W: 1}})
			case 1:
				m.plant(cluster.Request{Op: "7", Kind: cluster.OpPlant, Key: key, Val: "planted"})
			default:
				m.keep(key, setOf(cluster.NodeID(rapid.IntRange(1, 5).Draw(t, "by")), uint64(rapid.IntRange(1, 3).Draw(t, "seq")), "v"))
			}
		}
		kept := m.index
		m.reindex()
		if kept.sums != m.index.sums {
			t.Fatal("the sums are not those of the keys")
		}
		for part := range parts {
			for _, lists := range [][2][]string{{kept.keys[part], m.index.keys[part]}, {kept.others[part], m.index.others[part]}} {
				slices.Sort(lists[0])
				slices.Sort(lists[1])
				if !slices.Equal(lists[0], lists[1]) {
					t.Fatalf("part %d has %v, and anew %v", part, lists[0], lists[1])
				}
			}
		}
	})
}

// TestHowMuchASyncCarries: a sync carries at most setsMax sets. The sets before the last
// one have less than bytesMax bytes of values.
func TestHowMuchASyncCarries(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		keys, size int
		want       []int
	}{
		"just as many as fit": {setsMax, 1, []int{setsMax}},
		"one more":            {setsMax + 1, 1, []int{setsMax, 1}},
		"half of the bytes":   {3, bytesMax / 2, []int{2, 1}},
		"a bit less":          {3, bytesMax/2 - 1, []int{3}},
	} {
		m := everywhere()
		var keys []string
		for i := range c.keys {
			keys = append(keys, fmt.Sprintf("k%02d", i))
			m.keep(keys[i], setOf(2, 1, strings.Repeat("x", c.size)))
		}
		m.out = cluster.Output{}
		m.sendSync(2, keys, nil)
		var sizes []int
		for _, s := range syncs(t, m.out.Messages) {
			sizes = append(sizes, len(s.Sets))
		}
		if !slices.Equal(sizes, c.want) {
			t.Errorf("%s: %v sets in a message, want %v", name, sizes, c.want)
		}
	}
}

// TestArrivals: a version that arrived at t is remembered until forget is called with a
// time later than t. Then nothing is left of it.
func TestArrivals(t *testing.T) {
	t.Parallel()
	var a arrivals
	s := setOf(2, 1, "v")
	a.note("city", set{}, s, 10)
	if a.forget(10); len(a) != 1 {
		t.Error("forgotten too early")
	}
	if a.forget(11); len(a) != 0 {
		t.Errorf("after forget these are left: %v", a)
	}
}

// TestWhatCameLater: the time of the arrival decides whether a version arrived after a
// write was called. If both times are equal, the timestamps decide.
func TestWhatCameLater(t *testing.T) {
	t.Parallel()
	m := five(1)
	m.now = 10
	s := setOf(2, 5, "v")
	m.keep("city", s)
	for _, c := range []struct {
		at   cluster.Time
		ts   int64
		want bool
	}{{9, 9, true}, {10, 4, true}, {10, 5, false}, {10, 6, false}, {11, 4, false}} {
		if got := m.cameLater(s.Live[0], ask{Key: "city", At: c.at, TS: c.ts}); got != c.want {
			t.Errorf("the version came after a write called at %d with the timestamp %d: %v", c.at, c.ts, got)
		}
	}
	unknown := written{Dot: Dot{s.Live[0].Dot.Origin, 9}}
	if m.cameLater(unknown, ask{Key: "city", At: m.started}) || !m.cameLater(unknown, ask{Key: "city", At: m.started - 1}) {
		t.Error("a version from the disk has arrived before the start, and no more is known about it")
	}
}

// TestPlantedValuesStay: a planted value is recovered from the disk. A read that gets
// several planted values answers with the latest.
func TestPlantedValuesStay(t *testing.T) {
	t.Parallel()
	m := newMachine(cluster.Config{ID: 1, Nodes: []cluster.NodeID{1, 2, 3, 4, 5}})
	m.Step(cluster.Input{Kind: cluster.InputStart, Now: 1, Records: []cluster.Record{
		{Key: recordKeys + "planted", Val: cluster.Encode(&value{Planted: &planted{Op: "6", TS: 1, Val: "Rome"}})},
		{Key: recordKeys + "empty", Val: cluster.Encode(&value{})},
	}})
	if keys := m.Snapshot().Keys; len(keys) != 1 || keys[0].Val != "Rome" || !keys[0].ByHand {
		t.Errorf("it holds %+v", keys)
	}
	for _, c := range []struct {
		times [2]int64
		want  string
	}{{[2]int64{1, 2}, "1"}, {[2]int64{2, 1}, "0"}, {[2]int64{2, 2}, "0"}} {
		w := &work{op: "7", ask: ask{Read: true, Key: "city", Sizes: cluster.Quorum{N: 2, R: 2, W: 2}}, walk: cityWalk}
		w.read = &read{asked: cityWalk[:2]}
		for i, ts := range c.times {
			w.read.answers = append(w.read.answers, replica{cityWalk[i], value{Planted: &planted{TS: ts, Val: fmt.Sprint(i)}}})
		}
		m.settleRead(w)
		if w.result == nil || w.result.Val != c.want {
			t.Errorf("of the times %v: %+v, want %s", c.times, w.result, c.want)
		}
	}
}

// TestOneMoreForEachSilentNode: a read asks one more node for each silent node.
func TestOneMoreForEachSilentNode(t *testing.T) {
	t.Parallel()
	m := five(cityWalk[0])
	out := request(m, 2, cluster.Request{Op: "7", Kind: cluster.OpRead, Key: "city"})
	reads := ofType(out.Messages, typeRead)
	if len(reads) != 2 {
		t.Fatalf("it asks %v", reads)
	}
	i := slices.IndexFunc(out.Timers, func(t cluster.Timer) bool { return t.Name == timerValues })
	message(m, 3, cluster.Message{From: reads[0].To, Type: typeValue, Op: "7", Body: cluster.Encode(&value{})})
	m.calls["7"].reply, m.works["7"].result = nil, nil
	out = m.Step(cluster.Input{Kind: cluster.InputTimer, Now: out.Timers[i].Due, Timer: out.Timers[i]})
	if more := ofType(out.Messages, typeRead); len(more) != 1 || more[0].To != cityWalk[3] {
		t.Errorf("for one silent node it asks %v", more)
	}
}
