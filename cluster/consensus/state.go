//go:build !noraft

package consensus

import (
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
// entries have the same state, with one exception: a node that was stopped, or that gets
// a snapshot, may hold a newer value of a key than its applied entries make (see
// snapshot.go). It is a committed value, and the entries up to it do not change it.
type state struct {
	applied uint64       // index of the last applied entry
	time    cluster.Time // the latest At of all applied entries
	keys    map[string]*held
	order   []*held  // the same, in the order in which this node got them; only appended to
	done    finished // operations whose entries may come again
	size    int      // the bytes of all keys, about
}

// held is the value of a key, with the index of the entry that wrote it.
type held struct {
	key, val string
	index    uint64
	saved    uint64 // the index of the value that the disk has
}

// done is an operation that was applied. Its entry may come again. It never changes.
type done struct {
	op       cluster.OpID
	index    uint64
	deadline cluster.Time
}

// perItem is about how many bytes the numbers of a key, or of an operation, take.
const perItem = 16

// maxSkew is the largest difference between the virtual clocks of two leaders. An
// operation is forgotten this long after its deadline, because then no leader proposes it
// any more.
const maxSkew = time.Minute

func newState() state { return state{keys: make(map[string]*held), done: newFinished()} }

// versionOf returns a key's version as clients see it: the index of its entry.
func versionOf(index uint64) string { return strconv.FormatUint(index, 10) }

func (s *state) sortedKeys() []string { return slices.Sorted(maps.Keys(s.keys)) }

// known returns an operation, if it was applied and can come again. The result depends
// only on the applied entries, and not on when operations are forgotten.
func (s *state) known(op cluster.OpID) *done {
	if d := s.done.byOp[op]; d != nil && !d.isExpired(s.time) {
		return d
	}
	return nil
}

func (d *done) isExpired(now cluster.Time) bool { return d.deadline.Add(maxSkew) < now }

// put sets the value of a key, unless it has a newer one, and returns what the key has.
func (s *state) put(key, val string, index uint64) *held {
	h := s.keys[key]
	if h == nil {
		h = &held{key: key}
		s.keys[key] = h
		s.order = append(s.order, h)
		s.size += len(key) + perItem
	}
	if index > h.index {
		s.size += len(val) - len(h.val)
		h.val, h.index = val, index
	}
	return h
}

// write applies one entry. It returns the index under which the operation's
// value was written, by this entry or by an earlier one of the same operation,
// and whether this entry wrote it. An entry that was proposed past its
// deadline applies as nothing: its index is 0.
func (s *state) write(index uint64, e entry) (at uint64, wrote bool) {
	s.time = max(s.time, e.At)
	if d := s.known(e.Op); d != nil {
		return d.index, false
	}
	if e.At > e.Deadline {
		return 0, false
	}
	s.put(e.Key, e.Val, index)
	s.done.add(&done{op: e.Op, index: index, deadline: e.Deadline})
	return index, true
}

// finished are operations that were applied.
type finished struct {
	byOp  map[cluster.OpID]*done
	order []*done // ascending by index
	size  int     // their bytes, about
}

func newFinished() finished { return finished{byOp: make(map[cluster.OpID]*done)} }

func (f *finished) add(d *done) {
	f.byOp[d.op] = d
	f.order = append(f.order, d)
	f.size += len(d.op) + perItem
}

// forget drops operations that could not come again at that time, the oldest first, and
// so many at most.
func (f *finished) forget(now cluster.Time, most int) {
	for range most {
		if len(f.order) == 0 || !f.order[0].isExpired(now) {
			return
		}
		d := f.order[0]
		f.order = f.order[1:]
		f.size -= len(d.op) + perItem
		if f.byOp[d.op] == d {
			delete(f.byOp, d.op)
		}
	}
}

// apply applies a committed entry. If the client called this node, apply answers it.
func (m *Machine) apply(e *pb.Entry) {
	c := change{index: e.GetIndex(), size: len(e.GetData())}
	m.state.applied = c.index
	if v, ok := decodeEntry(e); ok {
		delete(m.logged, v.Op)
		at, wrote := m.state.write(c.index, v)
		if wrote {
			c.held, c.done = m.state.keys[v.Key], m.state.done.byOp[v.Op]
			m.note(keyNote(c.held))
		}
		if op := m.find(v.Op); at > 0 && op != nil && op.req.Kind == cluster.OpWrite {
			m.end(op, cluster.Reply{Val: v.Val, Version: versionOf(at)})
		}
	}
	c.time = m.state.time
	m.unsaved.add(c)
}
