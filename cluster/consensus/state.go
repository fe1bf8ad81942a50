//go:build !noraft

package consensus

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"time"

	"capplayground/cluster"

	pb "go.etcd.io/raft/v3/raftpb"
)

// entry is a client's write in the log. A leader begins its term with an entry that has
// no operation.
type entry struct {
	Op       cluster.OpID `json:"op"`
	Key      string       `json:"key"`
	Val      string       `json:"val"`
	At       cluster.Time `json:"at"`       // when its leader proposed it
	Deadline cluster.Time `json:"deadline"` // when its caller gives up
}

// decodeEntry reads the data of an entry. It returns false for an entry that is not a
// client's write.
func decodeEntry(e *pb.Entry) (entry, bool) {
	var v entry
	if len(e.GetData()) == 0 || !cluster.ReadJSON(e.GetData(), &v) || v.Op == "" {
		return entry{}, false
	}
	return v, true
}

// state is the result of the applied entries. All nodes that have applied the same
// entries have the same state.
type state struct {
	Applied uint64                `json:"applied"` // index of the last applied entry
	Time    cluster.Time          `json:"time"`    // the latest At of all applied entries
	Keys    map[string]held       `json:"keys"`
	Done    map[cluster.OpID]done `json:"done"` // operations whose entries may come again

	bytes int // the size of the entries applied since the last snapshot
}

// held is the value of a key, with the index of the entry that wrote it.
type held struct {
	Val   string `json:"val"`
	Index uint64 `json:"index"`
}

// done is an operation that was applied. Its entry may come again.
type done struct {
	Index    uint64       `json:"index"`
	Deadline cluster.Time `json:"deadline"`
}

// maxSkew is the largest difference between the virtual clocks of two leaders. An
// operation is forgotten this long after its deadline, because then no leader proposes it
// any more.
const maxSkew = time.Minute

func newState() state {
	return state{Keys: make(map[string]held), Done: make(map[cluster.OpID]done)}
}

// versionOf returns a key's version as clients see it: the index of its entry.
func versionOf(index uint64) string { return strconv.FormatUint(index, 10) }

func (s *state) sortedKeys() []string { return slices.Sorted(maps.Keys(s.Keys)) }

// known returns the first entry of an operation, if it was applied and can come again.
// The result depends only on the applied entries, and not on when forget ran.
func (s *state) known(op cluster.OpID) (done, bool) {
	d, ok := s.Done[op]
	return d, ok && !s.isExpired(d)
}

func (s *state) isExpired(d done) bool { return d.Deadline.Add(maxSkew) < s.Time }

// forget drops the operations that cannot come again.
func (s *state) forget() {
	maps.DeleteFunc(s.Done, func(_ cluster.OpID, d done) bool { return s.isExpired(d) })
}

func (s *state) encode() []byte {
	b, err := json.Marshal(s)
	check(err)
	return b
}

// write applies one entry. It returns the index under which the operation's
// value was written, by this entry or by an earlier one of the same operation,
// and whether this entry changed anything. An entry that was proposed past its
// deadline applies as nothing: its index is 0.
func (s *state) write(index uint64, e entry) (at uint64, changed bool) {
	s.Time = max(s.Time, e.At)
	if d, ok := s.known(e.Op); ok {
		return d.Index, false
	}
	if e.At > e.Deadline {
		return 0, false
	}
	s.Keys[e.Key] = held{Val: e.Val, Index: index}
	s.Done[e.Op] = done{Index: index, Deadline: e.Deadline}
	return index, true
}

// apply applies a committed entry. If the client called this node, apply answers it.
func (m *Machine) apply(e *pb.Entry) {
	m.state.Applied = e.GetIndex()
	m.state.bytes += len(e.GetData())
	v, ok := decodeEntry(e)
	if !ok {
		return
	}
	delete(m.logged, v.Op)
	at, changed := m.state.write(e.GetIndex(), v)
	if changed {
		m.note(keyNote(v.Key, m.state.Keys[v.Key]))
	}
	if op := m.find(v.Op); at > 0 && op != nil && op.req.Kind == cluster.OpWrite {
		m.end(op, cluster.Reply{Val: v.Val, Version: versionOf(at)})
	}
}

// restore takes the state of a snapshot. If the snapshot contains a write of one of this
// node's clients, that client is answered.
func (m *Machine) restore(snapshot *pb.Snapshot) {
	s := newState()
	if json.Unmarshal(snapshot.GetData(), &s) != nil {
		s = newState()
	}
	s.Applied = snapshot.GetMetadata().GetIndex()
	m.state = s
	m.compacted, m.snapshotSize = s.Applied, len(snapshot.GetData())
	for _, key := range s.sortedKeys() {
		m.note(keyNote(key, s.Keys[key]))
	}
	for _, op := range slices.Clone(m.open) {
		if d, ok := s.Done[op.req.Op]; ok && op.req.Kind == cluster.OpWrite {
			m.end(op, cluster.Reply{Val: op.req.Val, Version: versionOf(d.Index)})
		}
	}
}
