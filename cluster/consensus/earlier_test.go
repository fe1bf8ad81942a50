//go:build !noraft

package consensus

import (
	"slices"
	"testing"

	"capplayground/cluster"

	"github.com/google/go-cmp/cmp"
	pb "go.etcd.io/raft/v3/raftpb"
)

// TestTheDiskOfAnEarlierVersion: a node starts with the snapshot and the entries of an
// earlier version. After its first Step the disk has records of this version, which a
// second start reads.
func TestTheDiskOfAnEarlierVersion(t *testing.T) {
	t.Parallel()
	entryOf := func(index uint64, key string) cluster.Record {
		data := cluster.MustJSON(entry{Op: cluster.OpID("op-" + key), Key: key, Val: key, At: 30, Deadline: 1000})
		return cluster.Record{Key: entryKey(index), Val: encode(&pb.Entry{Term: new(uint64(2)), Index: &index, Data: data})}
	}
	d := disk{}
	d.write(cluster.Output{Records: []cluster.Record{
		{Key: recordBoot, Val: number(3)},
		{Key: recordHard, Val: encode(&pb.HardState{Term: new(uint64(2)), Vote: new(uint64(1)), Commit: new(uint64(8))})},
		entryOf(6, "in-both"), entryOf(7, "last-of-both"), entryOf(8, "later"),
		{Key: recordSnapshot, Val: encode(&pb.Snapshot{
			Data: []byte(`{"applied":7,"time":30,"keys":{"first":{"val":"1","index":4},"in-both":{"val":"in-both","index":6},"last-of-both":{"val":"last-of-both","index":7}},` +
				`"done":{"op-in-both":{"index":6,"deadline":1000},"op-last-of-both":{"index":7,"deadline":1000}}}`),
			Metadata: &pb.SnapshotMetadata{ConfState: &pb.ConfState{Voters: []uint64{1, 2, 3}}, Index: new(uint64(7)), Term: new(uint64(2))},
		})},
	}})
	var before cluster.Snapshot
	for start := range 2 {
		m, out := started(1, d.records()...)
		d.write(out)
		s := m.Snapshot()
		if start > 0 {
			if diff := cmp.Diff(before.Keys, s.Keys); diff != "" {
				t.Errorf("the second start reads other keys:\n%s", diff)
			}
		}
		before = s
		if want := []string{"first", "in-both", "last-of-both", "later"}; !slices.Equal(keysOf(m), want) || m.state.applied != 8 {
			t.Errorf("start %d: the node has %v and applied %d entries, want %v and 8", start, keysOf(m), m.state.applied, want)
		}
		if h := m.state.keys["first"]; h == nil || h.val != "1" || h.index != 4 {
			t.Errorf("start %d: a key of the snapshot is %+v", start, h)
		}
		for _, op := range []cluster.OpID{"op-in-both", "op-last-of-both", "op-later"} {
			if m.state.known(op) == nil {
				t.Errorf("start %d: the node would apply %s again", start, op)
			}
		}
		if _, there := d[recordSnapshot]; there {
			t.Errorf("start %d: the record of the earlier version is still there", start)
		}
	}
}
