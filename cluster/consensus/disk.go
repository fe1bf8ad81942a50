//go:build !noraft

package consensus

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"capplayground/cluster"

	"go.etcd.io/raft/v3"
	pb "go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"
)

// The keys of the records. The key of an entry has its index as 16 hexadecimal digits, so
// that the keys have the order of the log. So has the key of a record of finished
// operations: the index of the last of them.
const (
	recordBoot  = "boot"
	recordHard  = "hard"
	recordEntry = "entry/"
	recordKey   = "key/"
	recordDone  = "done/"
	recordState = "state"
)

func entryKey(index uint64) string { return fmt.Sprintf("%s%016x", recordEntry, index) }
func doneKey(index uint64) string  { return fmt.Sprintf("%s%016x", recordDone, index) }

// record makes val durable under key. If val is nil, it removes the key.
func (m *Machine) record(key string, val []byte) {
	m.out.Records = append(m.out.Records, cluster.Record{Key: key, Val: val})
}

// span are the indexes from from to end, end excluded.
type span struct{ from, end uint64 }

func (s span) isEmpty() bool { return s.end <= s.from }

// removeEntries removes entries from the disk.
func (m *Machine) removeEntries(s span) {
	for i := s.from; i < s.end; i++ {
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
		m.restore(rd.Snapshot)
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
	end := m.lastIndex() + 1
	if entries[0].GetIndex() < end {
		m.overwrite(entries[0].GetIndex())
	}
	for _, e := range entries {
		m.record(entryKey(e.GetIndex()), encode(e))
		m.recordEntry(e)
	}
	m.removeEntries(span{entries[len(entries)-1].GetIndex() + 1, end})
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

// savedState is the record of the state on the disk: its keys and its finished operations
// have records of their own.
type savedState struct {
	Index uint64       `json:"index"` // of the last entry in it
	Term  uint64       `json:"term"`  // of that entry
	Time  cluster.Time `json:"time"`
	// From is the index of the last snapshot that came from another node, or 0. The log
	// begins after it: entries up to it are left over from an earlier log.
	From uint64 `json:"from,omitempty"`
}

// change is what one applied entry changed.
type change struct {
	index uint64
	time  cluster.Time // of the state with this entry
	held  *held        // nil: it wrote nothing
	done  *done
	size  int // of the entry, in bytes
}

// changes are the entries that were applied since the state was saved.
type changes struct {
	list []change
	size int
}

func (c *changes) add(one change) {
	c.list = append(c.list, one)
	c.size += one.size
}

// take removes the first changes: the size of the last of them exceeds the limit, or
// there are so many.
func (c *changes) take(most, limit int) []change {
	n, size := 0, 0
	for n < min(most, len(c.list)) && size < limit {
		size += c.list[n].size
		n++
	}
	taken := c.list[:n]
	c.list = c.list[n:]
	c.size -= size
	return taken
}

// The work of one Step is bounded: a Step saves and forgets at most so much, and removes twice
// as many entries. Else the Step after a long time would take long.
const (
	mostItems = 1000
	mostBytes = 1 << 20
)

// save brings the state on the disk forward if enough entries were applied since, so that
// they need not stay in the log.
func (m *Machine) save() {
	if len(m.unsaved.list) < m.limit.Entries && m.unsaved.size < m.limit.Bytes {
		return
	}
	var finished []*done
	var last change
	for _, last = range m.unsaved.take(mostItems, mostBytes) {
		m.logSize += last.size
		if last.held != nil {
			m.saveKey(last.held)
			finished = append(finished, last.done)
		}
	}
	m.saveDone(finished)
	term, err := m.log.Term(last.index)
	check(err)
	m.saveState(savedState{Index: last.index, Term: term, Time: last.time, From: m.saved.From})
	m.trim()
}

func (m *Machine) saveState(s savedState) {
	m.saved = s
	b, err := json.Marshal(s)
	check(err)
	m.record(recordState, b)
}

// saveKey records the present value of a key, unless the disk has it. It may be newer than
// the saved state.
func (m *Machine) saveKey(h *held) {
	if h.saved == h.index {
		return
	}
	h.saved = h.index
	m.record(recordKey+h.key, appendValue(nil, h))
}

// saveDone records finished operations in one record.
func (m *Machine) saveDone(all []*done) {
	if len(all) == 0 {
		return
	}
	var b []byte
	for _, d := range all {
		b = appendDone(b, d)
	}
	last := all[len(all)-1].index
	m.record(doneKey(last), b)
	if at, there := slices.BinarySearch(m.doneRecords, last); !there {
		m.doneRecords = slices.Insert(m.doneRecords, at, last)
	}
}

// forget drops the operations that could not come again when the state was saved, and
// their records. After a crash the node applies the entries after the saved state again,
// and then it must know the same operations.
func (m *Machine) forget() {
	m.state.done.forget(m.saved.Time, mostItems)
	first := m.saved.Index + 1
	if order := m.state.done.order; len(order) > 0 {
		first = min(first, order[0].index)
	}
	for len(m.doneRecords) > 0 && m.doneRecords[0] < first {
		m.record(doneKey(m.doneRecords[0]), nil)
		m.doneRecords = m.doneRecords[1:]
	}
}

// trim removes old entries from the log if they are in the saved state and the log is
// larger than the state: then a follower that needs them gets the state sooner. Entries
// that a follower needs after its snapshot stay. It can remove twice as many as were
// saved, to catch up after such a snapshot.
func (m *Machine) trim() {
	first := m.firstIndex()
	end := m.saved.Index + 1 - min(m.saved.Index, uint64(m.limit.Trailing))
	for _, t := range m.transfers {
		end = min(end, t.index()+1)
	}
	end = min(end, first+2*mostItems)
	if end <= first || m.logSize <= m.stateSize() {
		return
	}
	entries, err := m.log.Entries(first, end, noLimit)
	check(err)
	old := span{first, first}
	for _, e := range entries {
		if m.logSize <= m.stateSize() {
			break
		}
		m.logSize -= len(e.GetData())
		old.end++
	}
	m.removeEntries(old)
	check(m.log.Compact(old.end - 1))
}

const noLimit = 1<<63 - 1

// stateSize is about how many bytes a snapshot of the present state has.
func (m *Machine) stateSize() int { return m.state.size + m.state.done.size }

// removeLeftover removes entries from the disk that are not in the log any more, since a
// snapshot came.
func (m *Machine) removeLeftover() {
	next := min(m.leftover.end, m.leftover.from+mostItems)
	m.removeEntries(span{m.leftover.from, next})
	m.leftover.from = next
}

// recover restores the log and the state from the records. An empty database counts as an
// empty state at index 0.
func (m *Machine) recover(records []cluster.Record) {
	hard := &pb.HardState{}
	var entries []*pb.Entry
	for _, r := range records {
		switch {
		case r.Key == recordBoot:
			m.boot = parseNumber(r.Val)
		case r.Key == recordHard:
			check(proto.Unmarshal(r.Val, hard))
		case r.Key == recordState:
			check(json.Unmarshal(r.Val, &m.saved))
		case strings.HasPrefix(r.Key, recordEntry):
			e := &pb.Entry{}
			check(proto.Unmarshal(r.Val, e))
			entries = append(entries, e)
		case strings.HasPrefix(r.Key, recordKey):
			d := decoder{rest: r.Val}
			index, val := d.value()
			check(d.err())
			h := m.state.put(r.Key[len(recordKey):], val, index)
			h.saved = index
		case r.Key == recordSnapshot:
			m.recoverEarlier(r.Val)
		case !strings.HasPrefix(r.Key, recordDone):
			check(fmt.Errorf("a record of another version: %q", r.Key))
		}
	}
	m.state.applied, m.state.time = m.saved.Index, m.saved.Time
	m.recoverDone(records)
	m.recoverLog(entries, hard)
}

// recoverDone restores the finished operations of the saved state. Records of later ones
// belong to a snapshot of which not all parts came.
func (m *Machine) recoverDone(records []cluster.Record) {
	for _, r := range records {
		hex, ok := strings.CutPrefix(r.Key, recordDone)
		if !ok {
			continue
		}
		last, err := strconv.ParseUint(hex, 16, 64)
		check(err)
		if last > m.saved.Index {
			m.record(r.Key, nil)
			continue
		}
		m.doneRecords = append(m.doneRecords, last)
		d := decoder{rest: r.Val}
		for len(d.rest) > 0 {
			m.state.done.add(d.done())
		}
		check(d.err())
	}
	slices.SortStableFunc(m.state.done.order, func(a, b *done) int { return cmp.Compare(a.index, b.index) })
}

// recoverLog restores the log. The engine wants to know the entry before the log: the last
// one of the saved state, or else the first entry on the disk.
func (m *Machine) recoverLog(entries []*pb.Entry, hard *pb.HardState) {
	left, _ := slices.BinarySearchFunc(entries, m.saved.From+1, func(e *pb.Entry, index uint64) int {
		return cmp.Compare(e.GetIndex(), index)
	})
	if left > 0 {
		m.leftover = span{entries[0].GetIndex(), entries[left-1].GetIndex() + 1}
	}
	entries = entries[left:]
	before := &pb.SnapshotMetadata{ConfState: m.confState(), Index: &m.saved.Index, Term: &m.saved.Term}
	if len(entries) > 0 && entries[0].GetIndex() <= m.saved.Index {
		before.Index, before.Term = entries[0].Index, entries[0].Term
		m.record(entryKey(entries[0].GetIndex()), nil)
		entries = entries[1:]
	}
	m.log = raft.NewMemoryStorage()
	check(m.log.ApplySnapshot(&pb.Snapshot{Metadata: before}))
	check(m.log.Append(entries))
	for _, e := range entries {
		if e.GetIndex() <= m.saved.Index {
			m.logSize += len(e.GetData())
		} else {
			m.recordEntry(e)
		}
	}
	hard.Commit = new(max(hard.GetCommit(), m.saved.Index))
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
