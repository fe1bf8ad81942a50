package sloppy

import (
	"errors"
	"maps"
	"slices"
	"testing"
	"time"

	"capplayground/cluster"

	"pgregory.net/rapid"
)

// five returns the machine of node id in a cluster of five. It has started.
func five(id cluster.NodeID) *Machine {
	m := newMachine(cluster.Config{ID: id, Nodes: []cluster.NodeID{1, 2, 3, 4, 5}, Database: "d1"})
	m.Step(cluster.Input{Kind: cluster.InputStart, Now: 1})
	return m
}

const goodSet = `{"live":[{"d":"n2.d2.1:1","op":"6","ts":5,"v":"Rome"}],"known":"n2.d2.1:1"}`

// garbage is a list of bodies. Few of them are valid in the protocol.
var garbage = []string{
	``, `null`, `[]`, `{`, `{}`, `"x"`, `{"key":1}`, `{"key":"city"}`, `{"key":"city","set":null}`, `{"key":"city","set":{"known":""}}`,
	`{"key":"city","set":` + goodSet + `}`, `{"set":` + goodSet + `}`, `{"set":{"known":"0"},"planted":null}`, `{"planted":{"ts":1e400}}`,
	`{"key":"city","set":{"live":[{"d":"n1.d1.1:1","v":"x"}],"known":"0"}}`,
	`{"key":"city","set":{"live":[{"d":"n1.d1.1:1"},{"d":"n1.d1.1:1"}],"known":"n1.d1.1:1"}}`,
	`{"key":"city","val":"Bonn","dot":"n1.d1.1:1","q":{"n":3,"r":2,"w":2}}`, `{"key":"city","val":"Bonn","dot":"n1.d1.1:1","q":{"n":9,"r":2,"w":2}}`,
	`{"key":"city","dot":"n1.d1.1:1-7","q":{"n":3,"r":2,"w":2}}`, `{"read":true,"key":"city","dot":"n1.d1.1:1","q":{"n":3,"r":2,"w":2}}`,
	`{"read":true,"key":"city","q":{"n":3,"r":-2,"w":2}}`, `{"read":true,"key":"city","q":{"n":3,"r":2,"w":2}}`,
	`{"key":"city","dot":"n1.d1.1:1","named":"n1.d1.1:1-9007199254740992","q":{"n":1,"r":1,"w":1}}`,
	`{"found":true}`, `{"key":"city","hash":""}`, `{"root":"x","others":{"city":"y","":""}}`, `{"keys":{"city":"z"}}`,
	`{"from":"b","before":"a","keys":null}`, `{"sets":[{"key":"city","set":` + goodSet + `},{}],"want":["city","none"]}`,
}

// TestGarbageIsSurvived: a machine gets any messages of its peers, in any order. It does
// not panic, sets no short timer, and sends messages to its peers only.
func TestGarbageIsSurvived(t *testing.T) {
	t.Parallel()
	types := append(slices.Sorted(maps.Keys(handlers)), "prepare", "")
	rapid.Check(t, func(t *rapid.T) {
		m := five(1)
		now := cluster.Time(1)
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			now += cluster.Time(rapid.IntRange(0, 400_000).Draw(t, "later"))
			in := cluster.Input{Kind: cluster.InputMessage, Now: now}
			op := cluster.OpID(rapid.SampledFrom([]string{"", "6", "7", "8"}).Draw(t, "op"))
			switch rapid.IntRange(0, 5).Draw(t, "kind") {
			case 0:
				in.Kind = cluster.InputRequest
				in.Request = cluster.Request{Op: op, Key: "city", Val: "v", Kind: rapid.SampledFrom([]cluster.RequestKind{
					cluster.OpRead, cluster.OpWrite, cluster.OpPlant, cluster.OpHolds, cluster.OpPropose, ""}).Draw(t, "request")}
			case 1:
				in.Kind = cluster.InputTimer
				in.Timer = cluster.Timer{Op: op, Due: now, Name: rapid.SampledFrom([]string{
					timerTaken, timerDeadline, timerStored, timerValues, timerHandover, timerSync, ""}).Draw(t, "timer")}
			default:
				in.Message = cluster.Message{
					From: cluster.NodeID(rapid.IntRange(-1, 10).Draw(t, "from")), To: 1, Op: op, Deadline: now + 1_000_000,
					For:  cluster.NodeID(rapid.IntRange(-1, 10).Draw(t, "for")),
					Type: rapid.SampledFrom(types).Draw(t, "type"), Body: []byte(rapid.SampledFrom(garbage).Draw(t, "body")),
				}
			}
			out := m.Step(in)
			for _, timer := range out.Timers {
				if timer.Due.Sub(now) < cluster.MinTimer {
					t.Fatalf("%v is due in %v", timer, timer.Due.Sub(now))
				}
			}
			for _, msg := range out.Messages {
				if msg.To == 1 || msg.To < 1 || msg.To > 5 {
					t.Fatalf("a message to %v: %v", msg.To, msg)
				}
			}
			m.Snapshot()
		}
	})
}

// TestMalformedRecords: a node ignores malformed records, and recovers the others.
func TestMalformedRecords(t *testing.T) {
	t.Parallel()
	m := newMachine(cluster.Config{ID: 1, Nodes: []cluster.NodeID{1, 2, 3, 4, 5}})
	var records []cluster.Record
	for _, name := range []string{recordStarts, recordKeys + "a", recordHints + "2/a", recordHints + "x/a", recordHints, "else"} {
		for _, text := range garbage {
			records = append(records, cluster.Record{Key: name, Val: []byte(text)})
		}
	}
	records = append(records, cluster.Record{Key: recordKeys + "b", Val: []byte(`{"set":` + goodSet + `}`)})
	m.Step(cluster.Input{Kind: cluster.InputStart, Now: 1, Records: records})
	if s := m.Snapshot(); len(s.Keys) == 0 || s.Keys[len(s.Keys)-1].Val != "Rome" {
		t.Errorf("recovered %+v, want b=Rome", s.Keys)
	}
}

// TestLateRequest: a node that was frozen may get requests whose deadline has passed.
// They must have no effect.
func TestLateRequest(t *testing.T) {
	t.Parallel()
	m := five(1)
	out := m.Step(cluster.Input{Kind: cluster.InputRequest, Now: 5_000_000,
		Request: cluster.Request{Op: "7", Kind: cluster.OpWrite, Key: "city", Val: "v", Deadline: 4_000_000}})
	if len(out.Messages) != 0 || len(out.Records) != 0 || len(out.Replies) != 1 || !errors.Is(out.Replies[0].Err, cluster.ErrUnavailable) {
		t.Errorf("a late write has an effect: %+v", out)
	}
}

// TestSizes: impossible sizes are ignored. Possible sizes hold for operations that start
// later.
func TestSizes(t *testing.T) {
	t.Parallel()
	m := five(1)
	for _, q := range []cluster.Quorum{{}, {N: 6, R: 1, W: 1}, {N: 3, R: 4, W: 1}, {N: 3, R: 1, W: 0}, {N: -1, R: -1, W: -1}} {
		m.Step(cluster.Input{Kind: cluster.InputQuorum, Now: 2, Quorum: q})
		if got := *m.Snapshot().Quorum; got != cluster.DefaultQuorum() {
			t.Fatalf("%+v was set", got)
		}
	}
	out := m.Step(cluster.Input{Kind: cluster.InputRequest, Now: 2, Request: cluster.Request{Op: "7", Kind: cluster.OpRead, Key: "city", Deadline: cluster.Time(2).Add(time.Second)}})
	want := cluster.Quorum{N: 5, R: 5, W: 1}
	m.Step(cluster.Input{Kind: cluster.InputQuorum, Now: 3, Quorum: want})
	if got := *m.Snapshot().Quorum; got != want || len(m.calls["7"].ask.Key) == 0 || m.calls["7"].ask.Sizes != cluster.DefaultQuorum() {
		t.Fatalf("sizes %+v, of the operation before %+v (%d messages)", got, m.calls["7"].ask.Sizes, len(out.Messages))
	}
}
