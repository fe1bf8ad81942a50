package sloppy

import (
	"slices"
	"strings"
	"testing"
	"time"

	"capplayground/cluster"
	"capplayground/cluster/quorum"
)

// The walk of city among five nodes, and its homes.
var cityWalk = quorum.Walk("city", []cluster.NodeID{1, 2, 3, 4, 5})

func request(m *Machine, now cluster.Time, r cluster.Request) cluster.Output {
	return m.Step(cluster.Input{Kind: cluster.InputRequest, Now: now, Wall: int64(now), Request: r})
}

func message(m *Machine, now cluster.Time, msg cluster.Message) cluster.Output {
	msg.To = m.id
	return m.Step(cluster.Input{Kind: cluster.InputMessage, Now: now, Wall: int64(now), Message: msg})
}

func ofType(messages []cluster.Message, kind string) (some []cluster.Message) {
	for _, m := range messages {
		if m.Type == kind {
			some = append(some, m)
		}
	}
	return some
}

// TestHistoriesOfAllSubsets compares histories with plain sets of dots, for all
// subsets of seven dots of two origins. So it tests every way in which spans can touch,
// overlap and be apart.
func TestHistoriesOfAllSubsets(t *testing.T) {
	t.Parallel()
	one, two := Actor{1, databaseName("d1"), 1}, Actor{2, databaseName("d2"), 1}
	var all []Dot
	for seq := range uint64(4) {
		all = append(all, Dot{Origin{one, one}, seq + 1})
	}
	for seq := range uint64(3) {
		all = append(all, Dot{Origin{one, two}, seq + 1})
	}
	subset := func(bits int) (dots []Dot) {
		for i, d := range all {
			if bits&(1<<i) != 0 {
				dots = append(dots, d)
			}
		}
		return dots
	}
	for a := range 1 << len(all) {
		ha := Of(subset(a)...)
		for i, d := range all {
			if ha.Contains(d) != (a&(1<<i) != 0) {
				t.Fatalf("%v contains %v: %v", ha, d, ha.Contains(d))
			}
		}
		for b := range 1 << len(all) {
			hb := Of(subset(b)...)
			switch {
			case ha.covers(hb) != (b&^a == 0):
				t.Fatalf("%v covers %v: %v", ha, hb, ha.covers(hb))
			case ha.Union(hb).String() != Of(subset(a|b)...).String():
				t.Fatalf("%v and %v make %v", ha, hb, ha.Union(hb))
			case ha.Without(subset(b)...).String() != Of(subset(a&^b)...).String():
				t.Fatalf("%v without %v is %v", ha, hb, ha.Without(subset(b)...))
			}
		}
	}
}

// TestWhatADotIsMadeOf: a dot may have certain characters and numbers, and no others.
func TestWhatADotIsMadeOf(t *testing.T) {
	t.Parallel()
	good := func(text string) bool {
		d, err := parseDot(text)
		return err == nil && d.String() == text
	}
	for c := range 256 {
		want := '0' <= c && c <= '9' || 'a' <= c && c <= 'z'
		if text := "n1." + string([]byte{byte(c)}) + ".1:1"; good(text) != want {
			t.Errorf("%q is a dot: %v", text, !want)
		}
		want = '1' <= c && c <= '9'
		if text := "n" + string([]byte{byte(c)}) + ".d1.1:1"; good(text) != want {
			t.Errorf("%q is a dot: %v", text, !want)
		}
	}
	for text, want := range map[string]bool{
		"n1.abcdefgh.1:1": true, "n1.abcdefghi.1:1": false, "n1.abc": false, "n1.abcdefgh": false, "n1.d1": false, "n1": false, "n": false,
		"n1.d1.1:9007199254740992": true, "n1.d1.1:9007199254740993": false, "n1.d1.1:1-2": false, "n1.d1.1:1,2": false,
		"n1.d1.1:1+n2.d2.1:1": false, "n1.d1.1:1 ": false, "0": false, "": false,
	} {
		if good(text) != want {
			t.Errorf("%q is a dot: %v", text, !want)
		}
	}
	if none := (&Database{}); len(none.bytes()) != 0 {
		t.Errorf("no name is %q", none.bytes())
	}
	for name, short := range map[string]bool{"abcdefgh": true, "abcdefghi": false, "ABC": false} {
		if d := databaseName(name); (string(d.bytes()) == name) != short {
			t.Errorf("%s is shortened to %s", name, d.bytes())
		}
	}
}

// TestHistoriesInAnyForm: the parts of a history are read in any order, and written in
// one form only.
func TestHistoriesInAnyForm(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"n1.d1.1:1,2": "n1.d1.1:1-2", "n1.d1.1:1-2,2": "n1.d1.1:1-2", "n1.d1.1:1-2,3": "n1.d1.1:1-3", "n1.d1.1:3,1": "n1.d1.1:1,3",
		"n1.d1.1:1-1": "n1.d1.1:1", "n1.d1.1:1,3": "n1.d1.1:1,3", "n1.d1.1:1+n1.d1.1:3": "n1.d1.1:1,3", "n1.d1.1@n1.d1.1:1": "n1.d1.1:1",
		"n2.d2.1:1+n1.d1.1:1": "n1.d1.1:1+n2.d2.1:1", "n1.d1.1:1-2+n2.d2.1:3": "n1.d1.1:1-2+n2.d2.1:3", "0": "0",
	} {
		if h, err := parseHistory(text); err != nil || h.String() != want || h.append(nil) == nil {
			t.Errorf("%s is read as %s, want %s (%v)", text, h, want, err)
		}
	}
	longest := "n1.d1.1:11" + strings.Repeat(",1", (historyMax-10)/2)
	if _, err := parseHistory(longest); err != nil || len(longest) != historyMax {
		t.Errorf("the longest history, of %d bytes, is refused: %v", len(longest), err)
	}
	if _, err := parseHistory(longest + "1"); err == nil {
		t.Error("a longer history is read")
	}
}

// TestHowManyVersionsAVersionMayName: a version may name up to liveMax live writes, in
// any number of spans.
func TestHowManyVersionsAVersionMayName(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"n1.d1.1:1-10000": true, "n1.d1.1:1-10001": false, "n1.d1.1:1-9999,10001": true, "n1.d1.1:1-9999,10001-10002": false,
		"n1.d1.1:5-10004": true, "n1.d1.1:5-10005": false,
	} {
		if v, err := ParseVersion(text); (err == nil) != want {
			t.Errorf("%s, which names %d: %v", text, len(v.Live), err)
		}
	}
}

// TestUnusableBodies: a dot, a history or a set that cannot be read makes the whole
// body unusable.
func TestUnusableBodies(t *testing.T) {
	t.Parallel()
	const sizes = `"q":{"n":3,"r":2,"w":2}}`
	for text, want := range map[string]bool{
		`{"key":"city","dot":"n1.d1.1:1",` + sizes: true, `{"key":"city","dot":"x",` + sizes: false, `{"key":"city","dot":"",` + sizes: false,
		`{"key":"city","named":"n1.d1.1:1",` + sizes: true, `{"key":"city","named":"x",` + sizes: false, `{"key":"city","named":"",` + sizes: false,
	} {
		if cluster.ReadJSON([]byte(text), new(ask)) != want {
			t.Errorf("%s is usable: %v", text, !want)
		}
	}
	for text, want := range map[string]bool{
		goodSet: true, `{"known":""}`: false, `{"known":"x"}`: false, `{"known":"n1.d1.1:1"}`: true,
		`{"live":[{"d":"n2.d2.1:1","op":"6","ts":5,"v":"Rome"}],"known":"0"}`:         false,
		`{"live":[{"d":"n2.d2.1:1","op":"6","ts":5,"v":"Rome"}],"known":"n1.d1.1:1"}`: false,
	} {
		if cluster.ReadJSON([]byte(text), new(set)) != want {
			t.Errorf("%s is usable: %v", text, !want)
		}
	}
}

// TestOneIDForTwoRequests: the same request with the same id waits for the same answer.
// Another request with this id is refused.
func TestOneIDForTwoRequests(t *testing.T) {
	t.Parallel()
	first := cluster.Request{Op: "7", Kind: cluster.OpWrite, Key: "city", Val: "Rome", IfMatch: "n2.d2.1:1"}
	for name, change := range map[string]func(*cluster.Request){
		"kind": func(r *cluster.Request) { r.Kind = cluster.OpRead }, "key": func(r *cluster.Request) { r.Key = "town" },
		"value": func(r *cluster.Request) { r.Val = "Bonn" }, "If-Match": func(r *cluster.Request) { r.IfMatch = "" },
		"nothing": func(*cluster.Request) {},
	} {
		m, other := five(cityWalk[4]), first
		change(&other)
		request(m, 2, first)
		out := request(m, 3, other)
		if refused := len(out.Replies) == 1 && out.Replies[0].Err != nil; refused != (name != "nothing") || len(out.Messages) > 0 {
			t.Errorf("the same id with another %s: %+v", name, out)
		}
	}
}

// TestDeadlines: an input that arrives at its deadline is too late. An input that
// arrives just before the deadline is not.
func TestDeadlines(t *testing.T) {
	t.Parallel()
	const now = cluster.Time(10_000_000)
	write := cluster.Request{Op: "7", Kind: cluster.OpWrite, Key: "city", Val: "Rome"}
	for _, early := range []cluster.Time{0, 1} {
		last := cityWalk[4]
		m := five(last)
		write.Deadline = now + early
		if out := request(m, now, write); (len(out.Replies) == 0) != (early > 0) {
			t.Errorf("%d us before its deadline a write is answered %v", early, out.Replies)
		}
		m = five(last)
		write.Deadline = now.Add(minForwardTime) - early
		if out := request(m, now, write); len(ofType(out.Messages, typeForward)) != int(1-early) {
			t.Errorf("%d us after the last resort a write is forwarded: %v", early, out.Messages)
		}
		m = five(cityWalk[0])
		dot := Dot{Origin{Actor{2, databaseName("d2"), 1}, Actor{2, databaseName("d2"), 1}}, 1}
		forward := cluster.Message{From: last, Type: typeForward, Op: "7", Deadline: now + early, Body: cluster.Encode(&ask{Key: "city", Val: "Rome", Dot: &dot, Sizes: cluster.DefaultQuorum()})}
		if out := message(m, now, forward); len(ofType(out.Ahead, typeTaken)) != int(early) {
			t.Errorf("%d us before its deadline a forward is answered %v", early, out.Ahead)
		}
		read := cluster.Message{From: last, Type: typeRead, Op: "8", Deadline: now + early, Body: cluster.Encode(&want{"city"})}
		if out := message(m, now, read); len(ofType(out.Messages, typeValue)) != int(early) {
			t.Errorf("%d us before its deadline a read is answered %v", early, out.Messages)
		}
	}
	m := five(cityWalk[0])
	write.Deadline = now
	request(m, now-1_000_000, write)
	for _, late := range []cluster.Time{0, 1} {
		if m.Step(cluster.Input{Kind: cluster.InputTimer, Now: now + late}); len(m.works) != int(1-late) {
			t.Errorf("%d us after its deadline %d operations are remembered", late, len(m.works))
		}
	}
}

// TestSizesAtTheirBounds: the smallest sizes and the largest can be set.
func TestSizesAtTheirBounds(t *testing.T) {
	t.Parallel()
	for _, q := range []cluster.Quorum{{N: 1, R: 1, W: 1}, {N: 5, R: 5, W: 5}, {N: 5, R: 1, W: 5}, {N: 5, R: 5, W: 1}} {
		m := five(1)
		if m.Step(cluster.Input{Kind: cluster.InputQuorum, Now: 2, Quorum: q}); m.sizes != q {
			t.Errorf("%+v is not set", q)
		}
	}
	m := five(cityWalk[0])
	m.Step(cluster.Input{Kind: cluster.InputQuorum, Now: 2, Quorum: cluster.Quorum{N: 1, R: 1, W: 1}})
	out := request(m, 3, cluster.Request{Op: "7", Kind: cluster.OpWrite, Key: "city", Val: "Rome"})
	if slices.ContainsFunc(out.Timers, func(t cluster.Timer) bool { return t.Name == timerStored }) || len(out.Replies) != 1 {
		t.Errorf("a write that this node alone keeps waits: %+v", out)
	}
}

// TestHintsAreRemovedOneByOne: removing a hint leaves the other keys.
func TestHintsAreRemovedOneByOne(t *testing.T) {
	t.Parallel()
	h := &hints{sets: map[string]set{}}
	for _, key := range []string{"a", "b", "c"} {
		h.put(key, set{})
	}
	if h.remove("b"); !slices.Equal(h.order, []string{"a", "c"}) || len(h.sets) != 2 {
		t.Errorf("without b there are %v", h.order)
	}
}

// TestSettleIsLongEnough: within Settle, each peer of the largest cluster has its turn
// twice.
func TestSettleIsLongEnough(t *testing.T) {
	t.Parallel()
	if least := 2 * (cluster.MaxNodes - 1) * syncPause; Mode().Settle < least || Mode().Settle > time.Hour {
		t.Errorf("%v, want %v or some more", Mode().Settle, least)
	}
}

// TestADotUsedTwice: if a dot names two values, all nodes choose the same value.
func TestADotUsedTwice(t *testing.T) {
	t.Parallel()
	d := Dot{Origin{Actor{1, databaseName("d1"), 1}, Actor{1, databaseName("d1"), 1}}, 1}
	of := func(val string) set { return set{}.write(written{Dot: d, TS: 5, Val: val}, History{}) }
	a, b := of("a"), of("b")
	if ab, ba := a.merge(b), b.merge(a); !ab.equal(ba) || ab.Live[0].Val != "b" {
		t.Errorf("%v and %v", ab.Live, ba.Live)
	}
	x, y := written{Dot: d}, written{Dot: Dot{d.Origin, 2}}
	if x.same(y) || !x.same(x) {
		t.Error("writes without an operation id are one write")
	}
	if x.Op, y.Op = "7", "7"; !x.same(y) {
		t.Error("two writes of one operation are two")
	}
}

// TestClassesOfResults: a refusal has the class no.
func TestClassesOfResults(t *testing.T) {
	t.Parallel()
	if no, yes := (result{Refused: "x"}).class(), (result{}).class(); no != cluster.ClassNo || yes != cluster.ClassYes {
		t.Errorf("a refusal is %s, and another answer %s", no, yes)
	}
}
