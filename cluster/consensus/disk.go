//go:build !noraft

package consensus

import (
	"fmt"
	"maps"
	"strconv"
	"strings"

	"capplayground/cluster"

	"go.etcd.io/raft/v3"
	pb "go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"
)

// The keys of the records. The key of an entry has its index as 16 hexadecimal digits, so
// that the keys have the order of the log.
const (
	recordBoot     = "boot"
	recordHard     = "hard"
	recordSnapshot = "snapshot"
	recordEntry    = "entry/"
)

func entryKey(index uint64) string { return fmt.Sprintf("%s%016x", recordEntry, index) }

// record makes val durable under key. If val is nil, it removes the key.
func (m *Machine) record(key string, val []byte) {
	m.out.Records = append(m.out.Records, cluster.Record{Key: key, Val: val})
}

// removeEntries removes the entries from lo to hi from the disk.
func (m *Machine) removeEntries(lo, hi uint64) {
	for i := lo; i <= hi; i++ {
		m.record(entryKey(i), nil)
	}
}

// keep makes durable what the engine asks to make durable, on the disk and in the copy in
// memory. If only the commit index of a HardState is new, no record is needed: after a
// crash the leader sends the commit index again.
func (m *Machine) keep(rd raft.Ready) {
	must := rd.MustSync
	if !raft.IsEmptySnap(rd.Snapshot) {
		must = true
		m.removeEntries(m.firstIndex(), m.lastIndex())
		m.record(recordSnapshot, encode(rd.Snapshot))
		check(m.log.ApplySnapshot(rd.Snapshot))
		m.overwrite(0)
	}
	if len(rd.Entries) > 0 {
		m.append(rd.Entries)
	}
	if !raft.IsEmptyHardState(rd.HardState) {
		check(m.log.SetHardState(rd.HardState))
		if must {
			m.record(recordHard, encode(rd.HardState))
		}
	}
}

// append writes entries at the end of the log. If a new leader has other entries at the
// same indexes, they overwrite the old ones and all later ones.
func (m *Machine) append(entries []*pb.Entry) {
	last := m.lastIndex()
	if entries[0].GetIndex() <= last {
		m.overwrite(entries[0].GetIndex())
	}
	for _, e := range entries {
		m.record(entryKey(e.GetIndex()), encode(e))
		m.recordEntry(e)
	}
	m.removeEntries(entries[len(entries)-1].GetIndex()+1, last)
	check(m.log.Append(entries))
}

// logged is a write in the log that is not applied yet.
type logged struct {
	index uint64
	shown int // how many nodes had it when this node last made a note about it
}

// recordEntry records what the node must know about an entry that is now in its log.
func (m *Machine) recordEntry(e *pb.Entry) {
	v, ok := decodeEntry(e)
	if ok {
		m.logged[v.Op] = &logged{index: e.GetIndex()}
	}
	m.view.append(cluster.LogCell{Index: e.GetIndex(), Term: e.GetTerm(), Key: cluster.Cut(v.Key, labelMax), Op: v.Op})
}

// overwrite records that the entries from index on are no longer in the log.
func (m *Machine) overwrite(index uint64) {
	maps.DeleteFunc(m.logged, func(_ cluster.OpID, l *logged) bool { return l.index >= index })
	m.view.overwrite(index)
}

// compact replaces the applied entries by a snapshot if the log is long: longer than the
// limits, and larger than the last snapshot. So all snapshots together are not much larger
// than all entries, however large the state is.
func (m *Machine) compact() {
	applied := m.state.Applied
	entries := applied - m.compacted
	if entries >= uint64(m.limit.Entries) && m.state.bytes >= m.snapshotSize || m.state.bytes >= max(m.limit.Bytes, m.snapshotSize) {
		m.compacted, m.state.bytes = applied, 0
		m.state.forget()
		data := m.state.encode()
		m.snapshotSize = len(data)
		snapshot, err := m.log.CreateSnapshot(applied, m.confState(), data)
		check(err)
		m.record(recordSnapshot, encode(snapshot))
		hs, _, err := m.log.InitialState()
		check(err)
		m.record(recordHard, encode(hs))
		m.trimTo = applied - min(applied, max(uint64(m.limit.Trailing), entries/2))
	}
	m.trim()
}

// trimStep is how many entries trim removes at most in one Step. Else the Step after a
// long time would take long.
const trimStep = 1000

// trim removes the entries up to trimTo from the log.
func (m *Machine) trim() {
	first := m.firstIndex()
	if m.trimTo < first {
		return
	}
	last := min(m.trimTo, first+trimStep-1)
	m.removeEntries(first, last)
	check(m.log.Compact(last))
}

// recover restores the log and the state from the records. An empty database counts as an
// empty snapshot at index 0, with the membership. Entries that the snapshot contains are
// removed.
func (m *Machine) recover(records []cluster.Record) {
	snapshot := &pb.Snapshot{Metadata: &pb.SnapshotMetadata{ConfState: m.confState(), Index: new(uint64(0)), Term: new(uint64(0))}}
	hard := &pb.HardState{}
	var entries []*pb.Entry
	for _, r := range records {
		switch {
		case r.Key == recordBoot:
			m.boot = parseNumber(r.Val)
		case r.Key == recordHard:
			check(proto.Unmarshal(r.Val, hard))
		case r.Key == recordSnapshot:
			snapshot = &pb.Snapshot{}
			check(proto.Unmarshal(r.Val, snapshot))
		case strings.HasPrefix(r.Key, recordEntry):
			e := &pb.Entry{}
			check(proto.Unmarshal(r.Val, e))
			entries = append(entries, e)
		}
	}
	m.log = raft.NewMemoryStorage()
	check(m.log.ApplySnapshot(snapshot))
	index := snapshot.GetMetadata().GetIndex()
	m.restore(snapshot)
	for len(entries) > 0 && entries[0].GetIndex() <= index {
		m.record(entryKey(entries[0].GetIndex()), nil)
		entries = entries[1:]
	}
	check(m.log.Append(entries))
	for _, e := range entries {
		m.recordEntry(e)
	}
	check(m.log.SetHardState(hard))
}

func (m *Machine) firstIndex() uint64 {
	i, err := m.log.FirstIndex()
	check(err)
	return i
}

func (m *Machine) lastIndex() uint64 {
	i, err := m.log.LastIndex()
	check(err)
	return i
}

// DecodeEntry reads the record of an entry: its index, its term, and its data. The last
// result is false for every other record, and for a removal.
func DecodeEntry(r cluster.Record) (index, term uint64, data []byte, ok bool) {
	hex, found := strings.CutPrefix(r.Key, recordEntry)
	if !found {
		return 0, 0, nil, false
	}
	index, err := strconv.ParseUint(hex, 16, 64)
	e := &pb.Entry{}
	if err != nil || r.Val == nil || proto.Unmarshal(r.Val, e) != nil {
		return index, 0, nil, false
	}
	return index, e.GetTerm(), e.GetData(), true
}

// encode encodes one of the engine's structs. It cannot fail.
func encode(v proto.Message) []byte {
	b, err := proto.Marshal(v)
	check(err)
	return b
}

func number(n uint64) []byte { return strconv.AppendUint(nil, n, 10) }

func parseNumber(b []byte) uint64 {
	n, err := strconv.ParseUint(string(b), 10, 64)
	check(err)
	return n
}

// check panics if the disk and the engine do not have the same state, or if the disk has
// a record that this package did not write. This node cannot repair either case, and
// without a panic it could break promises.
func check(err error) {
	if err != nil {
		panic(err)
	}
}
