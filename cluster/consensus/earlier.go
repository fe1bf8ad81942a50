//go:build !noraft

package consensus

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"

	"capplayground/cluster"

	pb "go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"
)

// recordSnapshot is the record in which earlier versions of this program kept the whole
// state.
const recordSnapshot = "snapshot"

// recoverEarlier restores the state from the record of an earlier version. The first Step
// replaces the record by the records that this version makes.
func (m *Machine) recoverEarlier(record []byte) {
	snapshot := &pb.Snapshot{}
	check(proto.Unmarshal(record, snapshot))
	var s struct {
		Time cluster.Time `json:"time"`
		Keys map[string]struct {
			Val   string `json:"val"`
			Index uint64 `json:"index"`
		} `json:"keys"`
		Done map[cluster.OpID]struct {
			Index    uint64       `json:"index"`
			Deadline cluster.Time `json:"deadline"`
		} `json:"done"`
	}
	check(json.Unmarshal(snapshot.GetData(), &s))
	for _, key := range slices.Sorted(maps.Keys(s.Keys)) {
		v := s.Keys[key]
		m.saveKey(m.state.put(key, v.Val, v.Index))
	}
	var finished []*done
	for op, d := range s.Done {
		finished = append(finished, &done{op: op, index: d.Index, deadline: d.Deadline})
	}
	slices.SortFunc(finished, func(a, b *done) int { return cmp.Or(cmp.Compare(a.index, b.index), cmp.Compare(a.op, b.op)) })
	for _, d := range finished {
		m.state.done.add(d)
	}
	m.saveDone(finished)
	m.saveState(savedState{Index: snapshot.GetMetadata().GetIndex(), Term: snapshot.GetMetadata().GetTerm(), Time: s.Time})
	m.record(recordSnapshot, nil)
}
