package consensus

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"capplayground/cluster"
	"capplayground/cluster/dice"

	pb "go.etcd.io/raft/v3/raftpb"
	"pgregory.net/rapid"
)

var three = []cluster.NodeID{1, 2, 3}

// testMachine is a machine with dice of its own. Without them, its engine would draw its
// random numbers from the dice of another test that runs at the same time.
type testMachine struct {
	*Machine
	withDice cluster.Machine
}

func newTestMachine(cfg cluster.Config, limit Limits) testMachine {
	m := newMachine(cfg, limit)
	return testMachine{m, dice.Machine(m, uint64(cfg.ID))}
}

func (m testMachine) Step(in cluster.Input) cluster.Output { return m.withDice.Step(in) }

// started returns a machine of a node with its first Output.
func started(id cluster.NodeID, records ...cluster.Record) (testMachine, cluster.Output) {
	m := newTestMachine(cluster.Config{ID: id, Nodes: three}, DefaultLimits())
	return m, m.Step(cluster.Input{Kind: cluster.InputStart, Now: 1, Records: records})
}

// disk is the content of a disk after the records of Outputs. records returns it in ascending
// order of keys.
type disk map[string][]byte

func (d disk) write(outs ...cluster.Output) {
	for _, out := range outs {
		for _, r := range out.Records {
			if r.Val == nil {
				delete(d, r.Key)
			} else {
				d[r.Key] = r.Val
			}
		}
	}
}

func (d disk) records() []cluster.Record {
	var records []cluster.Record
	for k, v := range d {
		records = append(records, cluster.Record{Key: k, Val: v})
	}
	slices.SortFunc(records, func(a, b cluster.Record) int { return strings.Compare(a.Key, b.Key) })
	return records
}

// engineMessage returns a message from the engine of one node to the engine of another.
func engineMessage(p *pb.Message) cluster.Message {
	return cluster.Message{
		From: cluster.NodeID(p.GetFrom()), To: cluster.NodeID(p.GetTo()), Type: words[p.GetType()], Body: body(p),
	}
}

// appendOf returns an append of the leader, node 2, with entries of its term, to node 1.
func appendOf(term, after, afterTerm, commit uint64, keys ...string) cluster.Message {
	p := &pb.Message{
		Type: pb.MsgApp.Enum(), From: new(uint64(2)), To: new(uint64(1)),
		Term: new(term), Index: new(after), LogTerm: new(afterTerm), Commit: new(commit),
	}
	for i, key := range keys {
		data, err := json.Marshal(entry{Op: cluster.OpID(key), Key: key, Val: key, At: 1, Deadline: 10})
		check(err)
		p.Entries = append(p.Entries, &pb.Entry{Term: new(term), Index: new(after + uint64(i) + 1), Data: data})
	}
	return engineMessage(p)
}

func keysOf(m testMachine) (keys []string) {
	for _, k := range m.Snapshot().Keys {
		keys = append(keys, k.Key)
	}
	return keys
}

// TestLateRequest: a node that was frozen may get requests whose deadline has passed. They
// must have no effect.
func TestLateRequest(t *testing.T) {
	t.Parallel()
	m, _ := started(1)
	out := m.Step(cluster.Input{Kind: cluster.InputRequest, Now: 5_000_000,
		Request: cluster.Request{Op: "7", Kind: cluster.OpWrite, Key: "k", Val: "v", Deadline: 4_000_000}})
	if len(out.Messages) != 0 || len(out.Records) != 0 || len(out.Replies) != 1 || !errors.Is(out.Replies[0].Err, cluster.ErrUnavailable) {
		t.Errorf("a late write has an effect: %+v", out)
	}
}

// TestLateForward: a forwarded write that arrives after its deadline is not written to the
// log.
func TestLateForward(t *testing.T) {
	t.Parallel()
	m := newTestMachine(cluster.Config{ID: 1, Nodes: []cluster.NodeID{1}}, DefaultLimits())
	m.Step(cluster.Input{Kind: cluster.InputStart, Now: 1})
	m.Step(cluster.Input{Kind: cluster.InputTimer, Now: 1, Timer: cluster.Timer{Name: timerElection, Due: 2}})
	if s := m.Snapshot(); s.Role != roleLeader {
		t.Fatalf("the only node is %s after its election", s.Role)
	}
	m.nodes = three // node 2 must be a peer: the message of a stranger is ignored for another reason
	last := m.lastIndex()
	forward := cluster.Message{From: 2, To: 1, Type: typeForward, Op: "7", Deadline: 10, Body: json.RawMessage(`{"key":"k","val":"v"}`)}
	m.Step(cluster.Input{Kind: cluster.InputMessage, Now: 10, Message: forward})
	if m.lastIndex() != last {
		t.Error("a write past its deadline is in the log")
	}
	forward.Deadline = 11
	m.Step(cluster.Input{Kind: cluster.InputMessage, Now: 10, Message: forward})
	if m.lastIndex() != last+1 {
		t.Error("a write before its deadline is not in the log")
	}
}

// TestTimersNeverShort: no timer is short, even if the deadline of its request is near. Only
// quiet ticks may be short.
func TestTimersNeverShort(t *testing.T) {
	t.Parallel()
	m, out := started(1)
	now := cluster.Time(1)
	check := func(timers []cluster.Timer) {
		t.Helper()
		for _, timer := range timers {
			if timer.Due.Sub(now) < cluster.MinTimer && !timer.Quiet {
				t.Errorf("%+v at %v", timer, now)
			}
		}
	}
	check(out.Timers)
	for _, kind := range []cluster.RequestKind{cluster.OpRead, cluster.OpWrite} {
		out = m.Step(cluster.Input{Kind: cluster.InputRequest, Now: now,
			Request: cluster.Request{Op: cluster.OpID(kind), Kind: kind, Key: "k", Deadline: now.Add(time.Millisecond)}})
		if len(out.Timers) == 0 {
			t.Errorf("%s sets no timer", kind)
		}
		check(out.Timers)
	}
}

// TestCommitIndexIsTakenFromTheLeader: a follower applies the committed entries, and no others
// (section 3.5).
func TestCommitIndexIsTakenFromTheLeader(t *testing.T) {
	t.Parallel()
	m, _ := started(1)
	m.Step(cluster.Input{Kind: cluster.InputMessage, Now: 2, Message: appendOf(1, 0, 0, 1, "a", "b")})
	if got := keysOf(m); !slices.Equal(got, []string{"a"}) {
		t.Errorf("applied %v, want only a", got)
	}
}

// TestRecovery: a process is killed after any Output, and starts again from the records of the
// Outputs until then (section 3.8). It has its whole log. It applies the committed entries
// again when the leader sends its commit index.
func TestRecovery(t *testing.T) {
	t.Parallel()
	messages := []cluster.Message{
		appendOf(1, 0, 0, 0, "a", "b", "c"),
		appendOf(1, 3, 1, 2),
		appendOf(2, 2, 1, 3, "d"), // c is overwritten, d is committed
		appendOf(2, 3, 2, 5, "e", "f"),
	}
	want := [][]string{nil, {"a", "b"}, {"a", "b", "d"}, {"a", "b", "d", "e", "f"}}
	for killed := range messages {
		d := disk{}
		m, out := started(1)
		d.write(out)
		for _, msg := range messages[:killed+1] {
			d.write(m.Step(cluster.Input{Kind: cluster.InputMessage, Now: 2, Message: msg}))
		}
		term, last := m.Snapshot().Term, m.lastIndex()
		if got := keysOf(m); !slices.Equal(got, want[killed]) {
			t.Errorf("before the kill: %v, want %v", got, want[killed])
		}
		m, out = started(1, d.records()...)
		d.write(out)
		if m.Snapshot().Term != term || m.lastIndex() != last {
			t.Errorf("killed after message %d: term %d and last index %d, want %d and %d", killed, m.Snapshot().Term, m.lastIndex(), term, last)
		}
		for _, msg := range messages[killed:] {
			d.write(m.Step(cluster.Input{Kind: cluster.InputMessage, Now: 3, Message: msg}))
		}
		if got := keysOf(m); !slices.Equal(got, want[3]) {
			t.Errorf("killed after message %d: at last %v, want %v", killed, got, want[3])
		}
	}
}

// TestCompaction: entries that are in the saved state are deleted from the disk. A process that
// starts from it holds the same keys and operation ids.
func TestCompaction(t *testing.T) {
	t.Parallel()
	d := disk{}
	m := newTestMachine(cluster.Config{ID: 1, Nodes: three}, Limits{Entries: 3, Bytes: 1 << 20, Trailing: 1})
	d.write(m.Step(cluster.Input{Kind: cluster.InputStart, Now: 1}))
	for i, key := range []string{"a", "b", "c", "d", "e", "f", "g"} {
		index := uint64(i)
		d.write(m.Step(cluster.Input{Kind: cluster.InputMessage, Now: 2, Message: appendOf(1, index, min(index, 1), index+1, key)}))
	}
	entries := 0
	for key := range d {
		if strings.HasPrefix(key, recordEntry) {
			entries++
		}
	}
	if m.saved.Index == 0 || m.firstIndex() == 1 || entries != 8-int(m.firstIndex()) {
		t.Errorf("a saved state of %d entries, and %d entries on the disk: want those from %d on", m.saved.Index, entries, m.firstIndex())
	}
	again, out := started(1, d.records()...)
	d.write(out)
	if got, want := keysOf(again), keysOf(m); !slices.Equal(got, want) || len(got) != 7 {
		t.Errorf("recovered %v, want %v", got, want)
	}
	if again.state.known("a") == nil {
		t.Error("an operation id is not in the saved state")
	}
	if again.lastIndex() != 7 {
		t.Errorf("the last index is %d, want 7", again.lastIndex())
	}
}

// TestEntries: an operation id is applied once. An entry that was proposed after its deadline
// changes nothing.
func TestEntries(t *testing.T) {
	t.Parallel()
	s := newState()
	forget := func() { s.done.forget(s.time, 100) }
	minute := cluster.Time(time.Minute.Microseconds())
	for i, step := range []struct {
		entry   entry
		at      uint64
		changed bool
	}{
		{entry{Op: "1", Key: "k", Val: "first", At: 10, Deadline: 20}, 1, true},
		{entry{Op: "2", Key: "k", Val: "second", At: 11, Deadline: 20}, 2, true},
		{entry{Op: "1", Key: "k", Val: "first", At: 12, Deadline: 20}, 1, false},
		{entry{Op: "3", Key: "k", Val: "late", At: 31, Deadline: 30}, 0, false},
		{entry{Op: "4", Key: "k", Val: "fourth", At: 20 + minute, Deadline: 30 + minute}, 5, true},
		{entry{Op: "1", Key: "k", Val: "first", At: 20 + minute, Deadline: 20}, 1, false},
	} {
		at, changed := s.write(uint64(i+1), step.entry)
		if at != step.at || changed != step.changed {
			t.Errorf("entry %d: %d, %v; want %d, %v", i+1, at, changed, step.at, step.changed)
		}
	}
	if forget(); len(s.done.order) != 3 {
		t.Errorf("%d operations are remembered, want 3", len(s.done.byOp))
	}
	s.write(7, entry{Op: "5", Key: "k", Val: "fifth", At: 31 + minute, Deadline: 40 + minute})
	if s.known("1") != nil {
		t.Error("operation 1 is still remembered a minute after its deadline")
	}
	if forget(); len(s.done.order) != 2 {
		t.Errorf("%d operations are remembered, want 2", len(s.done.byOp))
	}
}

// TestLostForwardIsNoUnknownOutcome: if a forward did not leave this node, the write certainly
// had no effect.
func TestLostForwardIsNoUnknownOutcome(t *testing.T) {
	t.Parallel()
	m, _ := started(1)
	m.Step(cluster.Input{Kind: cluster.InputMessage, Now: 2, Message: appendOf(1, 0, 0, 0)})
	out := m.Step(cluster.Input{Kind: cluster.InputRequest, Now: 3, Request: cluster.Request{Op: "7", Kind: cluster.OpWrite, Key: "k", Val: "v"}})
	if len(out.Messages) != 1 || out.Messages[0].Type != typeForward || out.Messages[0].To != 2 {
		t.Fatalf("sent %v, want a forward to the leader", out.Messages)
	}
	m.Step(cluster.Input{Kind: cluster.InputLost, Now: 3, Message: out.Messages[0]})
	out = m.Step(cluster.Input{Kind: cluster.InputTimer, Now: 3_000_000, Timer: cluster.Timer{Name: timerCommit, Op: "7"}})
	if len(out.Replies) != 1 || !errors.Is(out.Replies[0].Err, cluster.ErrUnavailable) {
		t.Errorf("answered %+v, want %v", out.Replies, cluster.ErrUnavailable)
	}
}

// TestGarbageIsIgnored: a machine does not panic on any message of a peer, and keeps the
// entries that it has applied. If a message makes the engine panic, the engine is started
// again from the records.
func TestGarbageIsIgnored(t *testing.T) {
	t.Parallel()
	small := rapid.Uint64Range(0, 12)
	types := rapid.SampledFrom(append(slices.Collect(func(yield func(pb.MessageType) bool) {
		for n := range int32(24) {
			if !yield(pb.MessageType(n)) {
				return
			}
		}
	}), pb.MsgApp, pb.MsgApp, pb.MsgSnap))
	rapid.Check(t, func(t *rapid.T) {
		m, _ := started(1)
		m.Step(cluster.Input{Kind: cluster.InputMessage, Now: 2, Message: appendOf(1, 0, 0, 1, "a", "b")})
		if rapid.Bool().Draw(t, "campaigns") {
			m.Step(cluster.Input{Kind: cluster.InputTimer, Now: 2, Timer: cluster.Timer{Name: timerElection, Due: 3}})
		}
		for range rapid.IntRange(1, 20).Draw(t, "steps") {
			p := &pb.Message{
				Type: types.Draw(t, "type").Enum(), From: new(rapid.Uint64Range(0, 4).Draw(t, "from")), To: new(uint64(1)),
				Term: new(small.Draw(t, "term")), Index: new(small.Draw(t, "index")), LogTerm: new(small.Draw(t, "logTerm")),
				Commit: new(small.Draw(t, "commit")), Reject: new(rapid.Bool().Draw(t, "reject")), RejectHint: new(small.Draw(t, "hint")),
				Context: rapid.SliceOfN(rapid.Byte(), 0, 9).Draw(t, "context"),
			}
			for range rapid.IntRange(0, 3).Draw(t, "entries") {
				p.Entries = append(p.Entries, &pb.Entry{Index: new(p.GetIndex() + uint64(len(p.Entries)) + 1), Term: new(small.Draw(t, "entry term")), Data: []byte(rapid.String().Draw(t, "data"))})
			}
			if p.GetType() == pb.MsgSnap {
				data := rapid.SliceOf(rapid.Byte()).Draw(t, "part")
				if rapid.Bool().Draw(t, "with a head") {
					data = append(appendHead(nil, partHead{keys: int(small.Draw(t, "keys")), all: int(small.Draw(t, "all"))}), data...)
				}
				p.Snapshot = &pb.Snapshot{Data: data, Metadata: &pb.SnapshotMetadata{
					ConfState: &pb.ConfState{Voters: []uint64{1, 2, 3}}, Index: new(small.Draw(t, "snapshot index")), Term: new(small.Draw(t, "snapshot term")),
				}}
			}
			msg := engineMessage(p)
			if msg.Type == "" {
				msg.Type = typeForward
			}
			m.Step(cluster.Input{Kind: cluster.InputMessage, Now: 2, Message: msg})
			m.Step(cluster.Input{Kind: cluster.InputTimer, Now: 2, Timer: cluster.Timer{Name: timerTick, Quiet: true}})
			m.Step(cluster.Input{Kind: cluster.InputLost, Now: 2, Message: msg})
		}
		if h := m.state.keys["a"]; h.index == 1 && h.val != "a" {
			t.Fatalf("it holds %+v", m.Snapshot())
		}
	})
}
