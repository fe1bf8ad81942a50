package majority

import (
	"errors"
	"testing"
	"time"

	"capplayground/cluster"

	"pgregory.net/rapid"
)

var _ cluster.Machine = (*Machine)(nil)

func five(id cluster.NodeID) *Machine {
	m := newMachine(cluster.Config{ID: id, Nodes: []cluster.NodeID{1, 2, 3, 4, 5}})
	m.Step(cluster.Input{Kind: cluster.InputStart, Now: 1})
	return m
}

// TestTagsOrder: by counter, then node, then boot, then operation.
func TestTagsOrder(t *testing.T) {
	t.Parallel()
	ordered := []tag{{}, {1, 1, 1, "a"}, {1, 1, 1, "b"}, {1, 1, 2, "a"}, {1, 2, 1, "a"}, {2, 1, 1, "a"}, {10, 1, 1, "a"}}
	for i, low := range ordered {
		for j, high := range ordered {
			if got, want := low.compare(high), map[bool]int{true: -1, false: 1}[i < j]; i != j && got != want {
				t.Errorf("%v compared with %v is %d, want %d", low, high, got, want)
			}
		}
		if low.compare(low) != 0 {
			t.Errorf("%v is not equal to itself", low)
		}
	}
}

// TestLateRequest: a node that was frozen may get requests whose deadline has passed. They
// must have no effect.
func TestLateRequest(t *testing.T) {
	t.Parallel()
	m := five(1)
	out := m.Step(cluster.Input{Kind: cluster.InputRequest, Now: 5_000_000,
		Request: cluster.Request{Op: "7", Kind: cluster.OpWrite, Key: "k", Val: "v", Deadline: 4_000_000}})
	if len(out.Messages) != 0 || len(out.Records) != 0 || len(out.Replies) != 1 || !errors.Is(out.Replies[0].Err, cluster.ErrUnavailable) {
		t.Errorf("a late write has an effect: %+v", out)
	}
}

// TestTimersNeverShort: no timer is short, even if the deadline of its request is near.
func TestTimersNeverShort(t *testing.T) {
	t.Parallel()
	m := five(1)
	now := cluster.Time(1_000_000)
	out := m.Step(cluster.Input{Kind: cluster.InputRequest, Now: now,
		Request: cluster.Request{Op: "7", Kind: cluster.OpRead, Key: "k", Deadline: now.Add(time.Millisecond)}})
	if len(out.Timers) != 1 || out.Timers[0].Due.Sub(now) < cluster.MinTimer {
		t.Errorf("timers %+v, want one of %v", out.Timers, cluster.MinTimer)
	}
}

// TestGarbageIsIgnored: a machine does not panic on any message of a peer. A message that is
// not of this protocol changes nothing.
func TestGarbageIsIgnored(t *testing.T) {
	t.Parallel()
	bodies := rapid.SampledFrom([]string{
		``, `null`, `[]`, `{`, `{"key":1}`, `{"key":"k"}`, `{"key":"k","put":{"tag":{"c":-1}}}`,
		`{"key":"k","put":{"tag":{"c":18446744073709551615,"n":1,"op":"x"},"val":"v"}}`,
		`{"key":"k","put":{"tag":{"c":1e400}}}`, `{"round":{"boot":1,"n":1},"held":{"tag":{"c":0,"n":5}}}`,
		`{"round":{"boot":1,"n":1},"held":{"val":"from nowhere"}}`, `{"tag":{}}`, `{"tag":{"c":1,"n":1,"op":"7"}}`,
	})
	types := rapid.SampledFrom([]string{typeQuery, typeAnswer, typeStore, typeWriteBack, typeStored, "prepare", ""})
	rapid.Check(t, func(t *rapid.T) {
		m := five(1)
		m.Step(cluster.Input{Kind: cluster.InputRequest, Now: 1, Request: cluster.Request{Op: "7", Kind: cluster.OpWrite, Key: "k", Val: "v"}})
		for range rapid.IntRange(1, 20).Draw(t, "steps") {
			m.Step(cluster.Input{Kind: cluster.InputMessage, Now: 2, Message: cluster.Message{
				From: cluster.NodeID(rapid.IntRange(-1, 10).Draw(t, "from")), To: 1,
				Type: types.Draw(t, "type"), Op: "7", Body: []byte(bodies.Draw(t, "body")),
			}})
			m.Step(cluster.Input{Kind: cluster.InputTimer, Now: 2, Timer: cluster.Timer{Name: rapid.String().Draw(t, "name"), Op: "8"}})
		}
		for _, k := range m.Snapshot().Keys {
			if k.Val != "v" && k.Val != "" {
				t.Fatalf("it holds %+v", k)
			}
		}
	})
}

// TestMalformedRecords: a node ignores malformed records, and recovers the others.
func TestMalformedRecords(t *testing.T) {
	t.Parallel()
	m := newMachine(cluster.Config{ID: 1, Nodes: []cluster.NodeID{1, 2, 3, 4, 5}})
	m.Step(cluster.Input{Kind: cluster.InputStart, Now: 1, Records: []cluster.Record{
		{Key: recordBoot, Val: []byte("many")}, {Key: recordKey + "a", Val: []byte("{")}, {Key: "else", Val: []byte("1")},
		{Key: recordKey + "b", Val: cluster.Encode(&tagged{tag{3, 2, 1, "9"}, "B"})},
		{Key: recordKey + "c", Val: []byte(`{"tag":{"c":4,"n":2,"b":1,"op":"9"},"val":"C"}`)}, // of an earlier version
	}})
	if s := m.Snapshot(); len(s.Keys) != 2 || s.Keys[0].Key != "b" || s.Keys[0].Version != "3.2.9" || s.Keys[1].Val != "C" {
		t.Errorf("recovered %+v, want b and c", s.Keys)
	}
}

// TestAnswersToAnEarlierTry: a client may send the same operation id again, and the
// coordinator may have crashed in between. The answers to the first try do not count, because
// they are older than the second try.
func TestAnswersToAnEarlierTry(t *testing.T) {
	t.Parallel()
	read := cluster.Input{Kind: cluster.InputRequest, Now: 2, Request: cluster.Request{Op: "7", Kind: cluster.OpRead, Key: "k"}}
	answers := func(m *Machine, r round, from ...cluster.NodeID) (out cluster.Output) {
		for _, n := range from {
			out = m.Step(cluster.Input{Kind: cluster.InputMessage, Now: 3, Message: cluster.Message{
				From: n, To: 1, Type: typeAnswer, Op: "7", Body: cluster.Encode(&answer{Round: r}),
			}})
		}
		return out
	}
	m := newMachine(cluster.Config{ID: 1, Nodes: []cluster.NodeID{1, 2, 3, 4, 5}})
	disk := m.Step(cluster.Input{Kind: cluster.InputStart, Now: 1}).Records
	m.Step(read)
	m.Step(cluster.Input{Kind: cluster.InputTimer, Now: 2, Timer: cluster.Timer{Name: "query", Op: "7"}})
	m.Step(read)
	if out := answers(m, round{Boot: 1, N: 1}, 2, 3); len(out.Replies) != 0 {
		t.Errorf("the answers to the first try cause %+v", out.Replies)
	}
	m = newMachine(cluster.Config{ID: 1, Nodes: []cluster.NodeID{1, 2, 3, 4, 5}})
	m.Step(cluster.Input{Kind: cluster.InputStart, Now: 1, Records: disk})
	m.Step(read)
	if out := answers(m, round{Boot: 1, N: 1}, 2, 3); len(out.Replies) != 0 {
		t.Errorf("the answers from before the crash cause %+v", out.Replies)
	}
	if out := answers(m, round{Boot: 2, N: 1}, 2, 3); len(out.Replies) != 1 || !errors.Is(out.Replies[0].Err, cluster.ErrNotFound) {
		t.Errorf("the answers to this try cause %+v, want no value", out.Replies)
	}
}
