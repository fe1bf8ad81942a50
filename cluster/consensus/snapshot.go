//go:build !noraft

package consensus

import (
	"encoding/json"
	"fmt"
	"slices"

	"capplayground/cluster"

	"go.etcd.io/raft/v3"
	pb "go.etcd.io/raft/v3/raftpb"
	"go.etcd.io/raft/v3/tracker"
	"google.golang.org/protobuf/proto"
)

// A snapshot is the present state of a leader. It is made when a follower needs it, and
// goes in parts of a bounded size, one after the other: the follower records each part
// and asks for the next. So neither node stands still, however large the state is. (The
// dissertation sends a file in chunks, figure 5.3.) To the engine it is one snapshot: the
// leader's engine makes the message, and the follower's engine gets it after the last part.
//
// Meanwhile the leader goes on to apply entries. So a part can hold a newer value of a key
// than the state had at the snapshot's index. And the follower takes the values of a
// snapshot of which not all parts come. Both do no harm, for two reasons. A value in a part
// is committed. And [state.put] ignores an older value, so the entries up to that value
// change nothing when they are applied. ZooKeeper calls this a fuzzy snapshot (Hunt et
// al., USENIX ATC 2010, section 4.3). The finished operations of a snapshot are those at
// its index exactly, and replace the follower's own when all parts are there.

// storage is the log as the engine sees it.
type storage struct {
	*raft.MemoryStorage
	m *Machine
}

// Snapshot returns the index and the term of the present state, without data.
func (s storage) Snapshot() (*pb.Snapshot, error) {
	index := s.m.state.applied
	term, err := s.Term(index)
	return &pb.Snapshot{Metadata: &pb.SnapshotMetadata{ConfState: s.m.confState(), Index: &index, Term: &term}}, err
}

// snapshotWait is how long a leader waits for a follower that is silent in the midst of a
// snapshot. Then it gives up, and the engine begins a new one when the follower is heard.
const snapshotWait = 3 * ElectionTime

// transfer is a snapshot on its way from this leader to a follower: first the keys, then
// the finished operations.
type transfer struct {
	message *pb.Message // of the engine, without data
	time    cluster.Time
	keys    []*held
	done    []*done
	has     int          // how many of them the follower has
	sent    cluster.Time // when the part under way was sent
	heard   cluster.Time // when the follower was last heard
}

func (t *transfer) to() cluster.NodeID { return cluster.NodeID(t.message.GetTo()) }
func (t *transfer) index() uint64      { return t.message.GetSnapshot().GetMetadata().GetIndex() }
func (t *transfer) all() int           { return len(t.keys) + len(t.done) }

// beginTransfer begins to send a snapshot that the engine wants to send.
func (m *Machine) beginTransfer(p *pb.Message) {
	t := &transfer{
		message: p, time: m.state.time, heard: m.now,
		keys: m.state.order, done: m.state.done.order, // what is appended to them later is not sent
	}
	m.endTransfers(func(old *transfer) bool { return old.to() == t.to() })
	m.transfers = append(m.transfers, t)
	m.sendPart(t)
}

func (m *Machine) endTransfers(ended func(*transfer) bool) {
	m.transfers = slices.DeleteFunc(m.transfers, ended)
}

// transferTo returns the transfer to a node, or nil.
func (m *Machine) transferTo(n cluster.NodeID) *transfer {
	for _, t := range m.transfers {
		if t.to() == n {
			return t
		}
	}
	return nil
}

// sendPart sends the part that the follower needs next.
func (m *Machine) sendPart(t *transfer) {
	data := appendHead(nil, partHead{first: t.has, keys: len(t.keys), all: t.all(), time: t.time})
	next := t.has
	for start := len(data); next < t.all() && len(data)-start < m.limit.Part; next++ {
		if next < len(t.keys) {
			data = appendKey(data, t.keys[next])
		} else {
			data = appendDone(data, t.done[next-len(t.keys)])
		}
	}
	p := proto.Clone(t.message).(*pb.Message)
	p.Snapshot.Data = data
	msg := m.wrap(p, typeSnapshot)
	msg.Label += fmt.Sprintf(" %d of %d", next, t.all())
	m.out.Messages = append(m.out.Messages, msg)
	t.sent = m.now
}

// sendPartsAgain sends parts again that were not answered in time, and gives up on
// followers that are silent.
func (m *Machine) sendPartsAgain() {
	for _, t := range m.transfers {
		switch {
		case m.now.Sub(t.heard) >= snapshotWait:
			m.engine.ReportSnapshot(uint64(t.to()), raft.SnapshotFailure)
		case m.now.Sub(t.sent) >= retryTime:
			m.sendPart(t)
		}
	}
}

// dropTransfers ends the transfers for which the engine does not wait any more: the
// follower has the snapshot or does not need it, it is silent, or this node leads no more.
func (m *Machine) dropTransfers() {
	if len(m.transfers) == 0 {
		return
	}
	waits := make(map[cluster.NodeID]bool)
	if m.leads() {
		m.engine.WithProgress(func(id uint64, _ raft.ProgressType, pr tracker.Progress) {
			waits[cluster.NodeID(id)] = pr.State == tracker.StateSnapshot
		})
	}
	m.endTransfers(func(t *transfer) bool { return !waits[t.to()] })
}

// received is the answer to each part but the last: how much of a snapshot a follower has.
// After the last part, the engine answers that it appended the snapshot.
type received struct {
	Term  uint64 `json:"term"`
	Index uint64 `json:"index"`
	Has   int    `json:"has"`
}

// takeReceived sends the next part. An answer that says nothing new has no effect, else
// one message that the network doubles would double all parts after it. A follower that
// was started again has nothing, and gets the snapshot from its beginning.
func (m *Machine) takeReceived(msg cluster.Message) {
	var r received
	t := m.transferTo(msg.From)
	if t == nil || json.Unmarshal(msg.Body, &r) != nil || r.Term != t.message.GetTerm() || r.Index != t.index() || r.Has < 0 || r.Has >= t.all() {
		return
	}
	t.heard = m.now
	if r.Has != t.has {
		t.has = r.Has
		m.sendPart(t)
	}
}

// incoming is a snapshot of which this node has some parts.
type incoming struct {
	from        cluster.NodeID
	term, index uint64 // of the leader; of the snapshot
	has, all    int
	time        cluster.Time
	done        finished
}

// isPartOf reports whether the message is a part of this snapshot. One leader sends the
// same keys and operations in the same order each time, if the index is the same.
func (in *incoming) isPartOf(p *pb.Message) bool {
	return in != nil && in.from == cluster.NodeID(p.GetFrom()) && in.term == p.GetTerm() && in.index == p.GetSnapshot().GetMetadata().GetIndex()
}

// isBefore reports whether the message is a part of a newer snapshot.
func (in *incoming) isBefore(p *pb.Message) bool {
	return in == nil || in.term < p.GetTerm() || in.term == p.GetTerm() && in.index < p.GetSnapshot().GetMetadata().GetIndex()
}

// takePart takes a part of a snapshot. It ignores the parts of an older snapshot than the
// newest one.
func (m *Machine) takePart(p *pb.Message) {
	data := decoder{rest: p.GetSnapshot().GetData()}
	p.Snapshot.Data = nil
	st, index := m.engine.BasicStatus(), p.GetSnapshot().GetMetadata().GetIndex()
	if index <= st.GetCommit() {
		m.step(p) // the engine answers how far its log is
		return
	}
	head := data.head()
	if m.incoming.isBefore(p) {
		m.incoming = &incoming{from: cluster.NodeID(p.GetFrom()), term: p.GetTerm(), index: index, done: newFinished()}
	}
	if p.GetTerm() < st.GetTerm() || !m.incoming.isPartOf(p) || data.bad {
		return
	}
	m.mergePart(head, &data)
	if in := m.incoming; in.has < in.all {
		m.askForPart(in)
	} else {
		m.step(p)
	}
}

// mergePart takes what a part has, if it is the next part.
func (m *Machine) mergePart(head partHead, data *decoder) {
	in := m.incoming
	in.all, in.time = head.all, head.time
	if head.first != in.has {
		return
	}
	var finished []*done
	for len(data.rest) > 0 && in.has < in.all {
		if in.has < head.keys {
			key, val, index := data.key()
			if data.bad {
				break
			}
			m.takeKey(key, val, index)
		} else {
			d := data.done()
			if data.bad {
				break
			}
			in.done.add(d)
			finished = append(finished, d)
		}
		in.has++
	}
	m.saveDone(finished)
}

// takeKey takes a key of a snapshot.
func (m *Machine) takeKey(key, val string, index uint64) {
	h := m.state.put(key, val, index)
	if h.saved != h.index {
		m.note(keyNote(h))
		m.saveKey(h)
	}
}

// askForPart answers a part: this node needs the next one.
func (m *Machine) askForPart(in *incoming) {
	body, err := json.Marshal(received{Term: in.term, Index: in.index, Has: in.has})
	check(err)
	m.out.Messages = append(m.out.Messages, cluster.Message{
		From: m.id, To: in.from, Type: typeReceived, Class: cluster.ClassYes,
		Label: fmt.Sprintf("term=%d index=%d %d of %d", in.term, in.index, in.has, in.all), Body: body,
	})
}

// restore makes a snapshot the state of this node: all its parts have come. If it contains
// a write of one of this node's clients, that client is answered.
func (m *Machine) restore(snapshot *pb.Snapshot) {
	meta := snapshot.GetMetadata()
	index := meta.GetIndex()
	m.leftBehind(index)
	m.overwrite(0)
	check(m.log.ApplySnapshot(snapshot))
	m.logSize, m.unsaved = 0, changes{}
	m.state.applied, m.state.time, m.state.done = index, m.incoming.time, m.incoming.done
	m.incoming = nil
	m.saveState(savedState{Index: index, Term: meta.GetTerm(), Time: m.state.time, From: index})
	for _, op := range slices.Clone(m.open) {
		if d := m.state.done.byOp[op.req.Op]; d != nil && op.req.Kind == cluster.OpWrite {
			m.end(op, cluster.Reply{Val: op.req.Val, Version: versionOf(d.index)})
		}
	}
}

// leftBehind gives up the log for a snapshot. Entries up to its index are removed from the
// disk little by little. Entries after it are removed at once, because they could not be
// told from the entries that will follow the snapshot.
func (m *Machine) leftBehind(index uint64) {
	first, end := m.firstIndex(), m.lastIndex()+1
	if m.leftover.isEmpty() {
		m.leftover.from = first
	}
	m.leftover.end = max(m.leftover.from, min(end, index+1))
	m.removeEntries(span{max(first, index+1), end})
}
