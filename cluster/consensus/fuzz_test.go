package consensus

import (
	"testing"

	"capplayground/cluster"

	pb "go.etcd.io/raft/v3/raftpb"
)

// FuzzMessage: a node survives any message of its peers, and keeps the entry that it knows to
// be committed.
func FuzzMessage(f *testing.F) {
	f.Add(typeForward, []byte(`{"key":"k","val":"v"}`))
	f.Add(typeAppend, []byte(appendOf(2, 1, 1, 9, "b", "c").Body))
	f.Add(typeHeartbeat, []byte(body(&pb.Message{Type: pb.MsgHeartbeat.Enum(), From: new(uint64(2)), To: new(uint64(1)), Term: new(uint64(9)), Commit: new(uint64(9))})))
	f.Add(typeSnapshot, []byte(body(&pb.Message{Type: pb.MsgSnap.Enum(), From: new(uint64(2)), To: new(uint64(1)), Term: new(uint64(9)), Snapshot: &pb.Snapshot{}})))
	f.Add(typeSnapshot, []byte(partOf(9, wholePart(newState())).Body))
	f.Add(typeReceived, []byte(`{"term":1,"index":9,"has":3}`))
	f.Fuzz(func(t *testing.T, typ string, raw []byte) {
		m, _ := started(1)
		m.Step(cluster.Input{Kind: cluster.InputMessage, Now: 2, Message: appendOf(1, 0, 0, 1, "a")})
		for from := range cluster.NodeID(4) {
			m.Step(cluster.Input{Kind: cluster.InputMessage, Now: 2, Message: cluster.Message{From: from, To: 1, Type: typ, Op: "7", Deadline: 9, Body: raw}})
		}
		if h := m.state.keys["a"]; h.index == 1 && h.val != "a" {
			t.Fatalf("after %s %q it holds %+v", typ, raw, m.Snapshot())
		}
	})
}
