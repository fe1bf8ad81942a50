package twophase

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"capplayground/cluster"
)

// These tests are at the exact limits of time and of numbers. They also check the answers to a
// client that sends an operation again.

// alone is node 1 of n nodes. A test gives it all its inputs.
type alone struct {
	*Machine
	now cluster.Time
}

func newAlone(n int, disk ...cluster.Record) *alone {
	cfg := cluster.Config{ID: 1, Database: "d"}
	for i := range n {
		cfg.Nodes = append(cfg.Nodes, cluster.NodeID(i+1))
	}
	a := &alone{newMachine(cfg), 1}
	a.step(cluster.Input{Kind: cluster.InputStart, Records: disk})
	return a
}

func (a *alone) step(in cluster.Input) cluster.Output {
	in.Now = a.now
	return a.Step(in)
}

func (a *alone) write(op cluster.OpID, key, val string, deadline cluster.Time) cluster.Output {
	return a.step(cluster.Input{Kind: cluster.InputRequest, Request: cluster.Request{Kind: cluster.OpWrite, Op: op, Key: key, Val: val, Deadline: deadline}})
}

func (a *alone) read(op cluster.OpID, key string) cluster.Output {
	return a.step(cluster.Input{Kind: cluster.InputRequest, Request: cluster.Request{Kind: cluster.OpRead, Op: op, Key: key}})
}

func (a *alone) hear(from cluster.NodeID, kind string, op cluster.OpID, body string) cluster.Output {
	return a.step(cluster.Input{Kind: cluster.InputMessage, Message: cluster.Message{From: from, To: 1, Type: kind, Op: op, Body: []byte(body)}})
}

func (a *alone) fire(name string, op cluster.OpID) cluster.Output {
	return a.step(cluster.Input{Kind: cluster.InputTimer, Timer: cluster.Timer{Name: name, Op: op}})
}

// yesBodyOf returns the vote of node 2 for a proposal of node 1, with the given version.
func yesBodyOf(op cluster.OpID, key, val string, version uint64) string {
	b, err := jsonOf(yesBody{version, (&part{tx: op, Key: key, Val: val}).sum()})
	if err != nil {
		panic(err)
	}
	return b
}

// answered returns the error of the only reply. The test fails if there is not exactly one
// reply.
func answered(t *testing.T, out cluster.Output) error {
	t.Helper()
	if len(out.Replies) != 1 {
		t.Fatalf("%d replies, want one", len(out.Replies))
	}
	return out.Replies[0].Err
}

func sent(out cluster.Output, kind string) bool {
	return slices.ContainsFunc(out.Messages, func(m cluster.Message) bool { return m.Type == kind })
}

func TestAtItsDeadlineARequestIsLate(t *testing.T) {
	t.Parallel()
	a := newAlone(2)
	if err := answered(t, a.write("7", "city", "London", a.now)); !errors.Is(err, cluster.ErrUnavailable) {
		t.Errorf("at its deadline: %v", err)
	}
	if out := a.write("8", "city", "London", a.now+1); len(out.Replies) != 0 || !sent(out, typePrepare) {
		t.Errorf("before its deadline it does not start: %+v", out)
	}
}

func TestAVoteAtTheEndOfItsTimeIsLate(t *testing.T) {
	t.Parallel()
	a := newAlone(2)
	a.write("7", "city", "London", 0)
	a.now = a.now.Add(voteTimeout)
	if err := answered(t, a.hear(2, typeYes, "7", yesBodyOf("7", "city", "London", 0))); !errors.Is(err, cluster.ErrUnavailable) {
		t.Errorf("a vote at the end of its time: %v", err)
	}
	b := newAlone(2)
	b.write("7", "city", "London", 0)
	b.now = b.now.Add(voteTimeout) - 1
	if err := answered(t, b.hear(2, typeYes, "7", yesBodyOf("7", "city", "London", 0))); err != nil {
		t.Errorf("a vote just before: %v", err)
	}
}

func TestTheHighestVersions(t *testing.T) {
	t.Parallel()
	a := newAlone(2)
	a.write("7", "city", "London", 0)
	if out := a.hear(2, typeYes, "7", yesBodyOf("7", "city", "London", maxVersion)); len(out.Replies) != 0 {
		t.Errorf("no version is left above the version of the vote, but the vote counts: %+v", out.Replies)
	}
	if err := answered(t, a.hear(2, typeYes, "7", yesBodyOf("7", "city", "London", maxVersion-1))); err != nil {
		t.Errorf("the highest version above which one is left: %v", err)
	}
	for version, applied := range map[uint64]bool{maxVersion: true, maxVersion + 1: false, 0: false} {
		b := newAlone(3)
		b.hear(2, typePrepare, "8", `{"k":"city","v":"Rome"}`)
		body, err := jsonOf(commitBody{version})
		if err != nil {
			t.Fatal(err)
		}
		b.hear(2, typeCommit, "8", body)
		if got := b.values["city"].Val == "Rome"; got != applied {
			t.Errorf("a commit of version %d is applied: %v", version, got)
		}
		c := newAlone(3)
		c.hear(2, typePrepare, "8", `{"k":"city","v":"Rome"}`)
		last, err := jsonOf(prepareBody{Key: "city", Val: "Oslo", Last: &lastBody{"8", version}})
		if err != nil {
			t.Fatal(err)
		}
		c.hear(3, typePrepare, "9", last)
		if got := c.values["city"].Val == "Rome"; got != applied {
			t.Errorf("a prepare with version %d of the last transaction applies the last transaction: %v", version, got)
		}
	}
}

// If a node gets a vote for a transaction that it does not know, it must remember the
// transaction as aborted. A later prepare of this transaction must not lock a key.
func TestAVoteForNothingIsWrittenDown(t *testing.T) {
	t.Parallel()
	a := newAlone(3)
	out := a.hear(2, typeYes, "7", `{"n":0,"sum":5}`)
	if !sent(out, typeRollback) || !slices.ContainsFunc(out.Records, func(r cluster.Record) bool { return r.Key == prefixTransaction+"7" }) {
		t.Errorf("it answers %+v and writes %+v", out.Messages, out.Records)
	}
	b := newAlone(3) // this node has voted in a transaction of another coordinator
	b.hear(2, typePrepare, "8", `{"k":"city","v":"Rome"}`)
	if out := b.hear(3, typeYes, "8", `{"n":0,"sum":5}`); len(out.Records)+len(out.Messages) != 0 {
		t.Errorf("of a transaction of another coordinator it sends %+v and writes %+v", out.Messages, out.Records)
	}
}

func TestAnOperationThatComesAgain(t *testing.T) {
	t.Parallel()
	sum := (part{Key: "city", Val: "London"}).sum()
	for name, c := range map[string]struct {
		disk     []cluster.Record
		open     bool // the transaction has not ended
		key, val string
		want     error // nil: the first answer, or no answer while it is open
	}{
		"the same, under way":             {nil, true, "city", "London", nil},
		"another key, under way":          {nil, true, "town", "London", cluster.ErrRefused},
		"another value, under way":        {nil, true, "city", "Paris", cluster.ErrRefused},
		"the same, done":                  {[]cluster.Record{{Key: "f/7", Val: []byte(outcome{3, sum}.String())}}, false, "city", "London", nil},
		"another, done":                   {[]cluster.Record{{Key: "f/7", Val: []byte(outcome{3, sum}.String())}}, false, "city", "Paris", cluster.ErrRefused},
		"aborted":                         {[]cluster.Record{{Key: "f/7", Val: []byte("a")}}, false, "city", "London", cluster.ErrRefused},
		"done, and its value not known":   {[]cluster.Record{{Key: "f/7", Val: []byte("3")}}, false, "city", "London", cluster.ErrUnknown},
		"another, its value is not known": {[]cluster.Record{{Key: "f/7", Val: []byte("3")}}, false, "city", "Paris", cluster.ErrUnknown},
	} {
		a := newAlone(2, c.disk...)
		if c.open {
			a.write("7", "city", "London", 0)
		}
		out := a.write("7", c.key, c.val, 0)
		if c.open && c.want == nil {
			if len(out.Replies) != 0 {
				t.Errorf("%s: answered %+v at once", name, out.Replies)
			}
			continue
		}
		if err := answered(t, out); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

// The timer of a waiting write is stale after the write was answered.
func TestARepeatThatWasAnsweredLeavesAStaleTimer(t *testing.T) {
	t.Parallel()
	a := newAlone(2)
	a.write("7", "city", "London", 0)
	a.write("7", "city", "London", 0)
	if out := a.fire(timerRepeat, "7"); out.Stale || len(out.Replies) != 1 {
		t.Errorf("while it waits the timer is stale: %v, and causes %d replies", out.Stale, len(out.Replies))
	}
	if out := a.fire(timerRepeat, "7"); !out.Stale {
		t.Error("afterwards the timer is not stale")
	}
}

// If one read gives up, the other reads still wait.
func TestReadsGiveUpOneByOne(t *testing.T) {
	t.Parallel()
	a := newAlone(2)
	a.write("7", "city", "London", 0)
	for _, op := range []cluster.OpID{"8", "9", "10"} {
		a.read(op, "city")
	}
	if err := answered(t, a.fire(timerRead, "8")); !errors.Is(err, cluster.ErrUnavailable) {
		t.Errorf("a read that gives up: %v", err)
	}
	out := a.hear(2, typeYes, "7", yesBodyOf("7", "city", "London", 0))
	if len(out.Replies) != 3 {
		t.Errorf("after the unlocking %d replies, want the write's and two reads'", len(out.Replies))
	}
	a.write("11", "city", "Paris", 0)
	a.read("12", "city")
	a.fire(timerRead, "12")
	if len(a.reads) != 0 {
		t.Errorf("no read waits, but %v is kept", a.reads)
	}
}

// In a cluster of two there is no third node to ask.
func TestInDoubtWithNoOtherToAsk(t *testing.T) {
	t.Parallel()
	a := newAlone(2)
	a.hear(2, typePrepare, "7", `{"k":"city","v":"Rome"}`)
	for range 4 {
		if out := a.fire(timerAsk, "7"); out.Stale || len(out.Messages) != 1 || out.Messages[0].To != 2 {
			t.Errorf("it asks in %+v", out.Messages)
		}
	}
}

func TestParseUUID(t *testing.T) {
	t.Parallel()
	const uuid = "12345678-9abc-4def-8123-456789abcdef"
	if u, ok := parseUUID(uuid); !ok || u[0] != 0x12 || u[4] != 0x9a || u[15] != 0xef {
		t.Errorf("%s: %x %v", uuid, u, ok)
	}
	for _, name := range []cluster.OpID{
		"", "7", uuid + "0", cluster.OpID(uuid[1:]), cluster.OpID(strings.ToUpper(uuid)),
		"123456780-9abc4def-8123-456789abcdef", "12345678.9abc-4def-8123-456789abcdef", "12345678-9abc.4def-8123-456789abcdef",
		"12345678-9abc-4def.8123-456789abcdef", "12345678-9abc-4def-8123.456789abcdef",
		"A2345678-9abc-4def-8123-456789abcdef", "12345678-9abc-4def-8123-456789abcdeF", "12345678-9abc-4def-8123-456789abcdeg",
	} {
		if _, ok := parseUUID(name); ok {
			t.Errorf("%q is read as a UUID", name)
		}
	}
}

// TestTheDiskOfAnEarlierVersion: a transaction that has not ended had a record of its own.
// It is locked again, and its record is replaced. Another start finds the same.
func TestTheDiskOfAnEarlierVersion(t *testing.T) {
	t.Parallel()
	disk := map[string][]byte{"p/7": []byte(`{"k":"city","v":"London","c":2}`), "p/8": []byte(`{"k":"river","v":"Po"}`), "f/6": []byte("a")}
	for range 2 {
		m := newMachine(cluster.Config{ID: 1, Nodes: []cluster.NodeID{1, 2, 3, 4, 5}})
		var records []cluster.Record
		for _, key := range slices.Sorted(maps.Keys(disk)) {
			records = append(records, cluster.Record{Key: key, Val: disk[key]})
		}
		out := m.Step(cluster.Input{Kind: cluster.InputStart, Now: 1, Records: records})
		for _, r := range out.Records {
			if disk[r.Key] = r.Val; r.Val == nil {
				delete(disk, r.Key)
			}
		}
		want := []cluster.Undecided{{Tx: "7", Key: "city", Val: "London", Coordinator: 2, InDoubt: true}, {Tx: "8", Key: "river", Val: "Po"}}
		if got := m.Snapshot().Undecided; !slices.Equal(got, want) {
			t.Errorf("it holds %+v, want %+v", got, want)
		}
		if keys := slices.Sorted(maps.Keys(disk)); !slices.Equal(keys, []string{"f/6", "f/7", "h/8"}) {
			t.Errorf("its disk has %v", keys)
		}
	}
}

func TestSettle(t *testing.T) {
	t.Parallel()
	if s := Mode().Settle; s < 10*time.Second || s > time.Minute {
		t.Errorf("a healed cluster may take %v to agree", s)
	}
}

func jsonOf(v any) (string, error) {
	b, err := json.Marshal(v)
	return string(b), err
}
