package consensus

import (
	"encoding/json"
	"testing"

	"capplayground/cluster"

	pb "go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"
)

// partOf returns a part of the snapshot of that index, from the leader, node 2, to node 1.
func partOf(index uint64, data []byte) cluster.Message {
	return engineMessage(&pb.Message{
		Type: pb.MsgSnap.Enum(), From: new(uint64(2)), To: new(uint64(1)), Term: new(uint64(1)),
		Snapshot: &pb.Snapshot{Data: data, Metadata: &pb.SnapshotMetadata{
			ConfState: &pb.ConfState{Voters: []uint64{1, 2, 3}}, Index: &index, Term: new(uint64(1)),
		}},
	})
}

// wholePart returns a part with the whole state.
func wholePart(s state) []byte {
	b := appendHead(nil, partHead{keys: len(s.order), all: len(s.order) + len(s.done.order), time: s.time})
	for _, h := range s.order {
		b = appendKey(b, h)
	}
	for _, d := range s.done.order {
		b = appendDone(b, d)
	}
	return b
}

// leading returns the machine of node 1, which leads and sends node 2 the first of several parts
// of its snapshot.
func leading(t *testing.T) (testMachine, cluster.Message) {
	t.Helper()
	c := newTrio(Limits{Entries: 6, Bytes: 1 << 20, Trailing: 2, Part: 60})
	for n := range 20 {
		c.write(n, n, "value")
	}
	m := c.nodes[1]
	for now := c.now; ; now += 100_000 {
		m.tick(now)
		out := m.take(now, engineMessage(&pb.Message{Type: pb.MsgHeartbeatResp.Enum(), From: new(uint64(3)), To: new(uint64(1)), Term: new(uint64(1))}))
		if parts := ofType(out, typeSnapshot); len(parts) > 0 {
			return m, parts[0]
		}
		if now > c.now+1_000_000 {
			t.Fatal("no snapshot is sent")
		}
	}
}

// receivedOf returns the answer of node 3 that it has so much of the snapshot.
func receivedOf(m testMachine, has int) cluster.Message {
	tr := m.transferTo(3)
	return cluster.Message{From: 3, To: 1, Type: typeReceived, Body: cluster.MustJSON(received{Term: tr.message.GetTerm(), Index: tr.index(), Has: has})}
}

// TestAPartIsAnsweredOnce: each new answer makes the leader send one part, from where the answer
// says. An answer that says nothing new, or belongs to another snapshot, makes it send none.
func TestAPartIsAnsweredOnce(t *testing.T) {
	t.Parallel()
	m, _ := leading(t)
	now := m.now
	other := receivedOf(m, 3)
	other.Body = cluster.MustJSON(received{Term: 1, Index: m.transferTo(3).index() - 1, Has: 3})
	for _, step := range []struct {
		answer cluster.Message
		first  int // -1: no part is sent
	}{
		{receivedOf(m, 0), -1}, {receivedOf(m, 2), 2}, {receivedOf(m, 2), -1}, {receivedOf(m, 5), 5}, {other, -1},
		{receivedOf(m, 0), 0}, {receivedOf(m, -1), -1}, {receivedOf(m, m.transferTo(3).all()), -1},
	} {
		parts := ofType(m.take(now, step.answer), typeSnapshot)
		if step.first < 0 && len(parts) > 0 || step.first >= 0 && len(parts) != 1 {
			t.Fatalf("%s: %d parts", step.answer.Body, len(parts))
		}
		if step.first >= 0 {
			data := decoder{rest: engineOf(t, parts[0]).GetSnapshot().GetData()}
			if head := data.head(); head.first != step.first {
				t.Errorf("%s: a part from %d", step.answer.Body, head.first)
			}
		}
	}
}

func engineOf(t *testing.T, msg cluster.Message) *pb.Message {
	t.Helper()
	var raw []byte
	p := &pb.Message{}
	if !cluster.ReadJSON(msg.Body, &raw) || proto.Unmarshal(raw, p) != nil {
		t.Fatalf("not a message of the engine: %v", msg)
	}
	return p
}

// TestASilentFollowerIsGivenUp: a part without an answer is sent again after retryTime. After
// snapshotWait without any answer the leader gives up, and the log may be trimmed again.
func TestASilentFollowerIsGivenUp(t *testing.T) {
	t.Parallel()
	m, _ := leading(t)
	heard, sent := m.now, 0
	for now := heard + 1; now < heard.Add(snapshotWait); now = now.Add(TickTime) {
		sent += len(ofType(m.tick(now), typeSnapshot))
		m.take(now, engineMessage(&pb.Message{Type: pb.MsgAppResp.Enum(), From: new(uint64(2)), To: new(uint64(1)), Term: new(uint64(1)), Index: new(m.lastIndex())}))
	}
	if want := int(snapshotWait / retryTime); sent < want-1 || sent > want || len(m.transfers) != 1 {
		t.Errorf("%d parts, want %d; %d transfers", sent, want, len(m.transfers))
	}
	if m.tick(heard.Add(snapshotWait)); len(m.transfers) != 0 {
		t.Error("the leader does not give up")
	}
}

// TestPartsInOrder: a follower takes the parts of the newest snapshot in their order, and says how
// much it has. It ignores parts of an older snapshot, and broken ones.
func TestPartsInOrder(t *testing.T) {
	t.Parallel()
	m, _ := started(1)
	part := func(first int, keys ...string) []byte {
		b := appendHead(nil, partHead{first: first, keys: 4, all: 4, time: 9})
		for _, key := range keys {
			b = appendKey(b, &held{key: key, val: "v", index: 5})
		}
		return b
	}
	for i, step := range []struct {
		index uint64
		data  []byte
		has   int // -1: no answer
		keys  int
	}{
		{9, part(1, "b"), 0, 0}, // its beginning is missing
		{9, part(0, "a"), 1, 1},
		{9, part(0, "a"), 1, 1},
		{8, part(1, "x"), -1, 1}, // of an older snapshot
		{9, part(1, "b", "c")[:8], 1, 1},
		{9, []byte{0xff}, -1, 1},
		{9, part(1, "b", "c"), 3, 3},
		{12, part(3, "d"), 0, 3}, // of a newer one
		{9, part(3, "d"), -1, 3},
		{12, part(0, "a", "b", "c"), 3, 3},
	} {
		got := -1
		for _, msg := range ofType(m.take(2, partOf(step.index, step.data)), typeReceived) {
			var r received
			if json.Unmarshal(msg.Body, &r) != nil || r.Index != step.index {
				t.Errorf("step %d: answered %s", i, msg.Body)
			}
			got = r.Has
		}
		if got != step.has || len(keysOf(m)) != step.keys {
			t.Errorf("step %d: it says that it has %d, want %d; keys %v", i, got, step.has, keysOf(m))
		}
	}
	if m.state.applied != 0 {
		t.Errorf("applied %d before the last part", m.state.applied)
	}
	out := m.take(3, partOf(12, part(3, "d")))
	if m.state.applied != 12 || len(ofType(out, typeAppended)) != 1 {
		t.Errorf("after the last part: applied %d, sent %v", m.state.applied, out.Messages)
	}
	if again := m.take(4, partOf(12, part(3, "d"))); len(ofType(again, typeAppended)) != 1 {
		t.Error("the last part again: the leader gets no answer")
	}
}

// TestANewerValueStays: the value of a key in a part can be newer than the snapshot. The entries
// up to that value do not change it, also after a restart.
func TestANewerValueStays(t *testing.T) {
	t.Parallel()
	m, out := started(1)
	d := disk{}
	d.write(out)
	b := appendHead(nil, partHead{keys: 2, all: 2, time: 1})
	b = appendKey(b, &held{key: "a", val: "newest", index: 3})
	d.write(m.take(2, partOf(9, b)), m.take(2, appendOf(1, 0, 0, 2, "a", "b")))
	again, _ := started(1, d.records()...)
	again.take(3, appendOf(1, 2, 1, 2, "a"))
	for name, m := range map[string]testMachine{"": m, "after a restart": again} {
		if h := m.state.keys["a"]; h == nil || h.val != "newest" || m.state.applied != 2 {
			t.Errorf("%s: %+v, applied %d", name, h, m.state.applied)
		}
	}
	again.take(4, appendOf(1, 3, 1, 3))
	if h := again.state.keys["a"]; h.val != "newest" {
		t.Errorf("its own entry changes it to %q", h.val)
	}
}

// TestARecordOfAnotherVersion: a database with records that this version does not know is refused.
func TestARecordOfAnotherVersion(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("a node starts with a record that it does not know")
		}
	}()
	started(1, cluster.Record{Key: "snapshot", Val: []byte("{}")})
}
