//go:build !noraft

package consensus

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"capplayground/cluster"

	"go.etcd.io/raft/v3"
)

// LeaderWait is how long a write waits for a leader to which this node can give it, in
// virtual time. The leader has the rest of the operation's time, so that few outcomes are
// unknown.
const LeaderWait = time.Second

// retryTime is when an operation is given to a leader again, if no answer came: the
// message may be lost.
const retryTime = 600 * time.Millisecond

// The timers of an operation.
const (
	timerLeader = "leader" // of a write that no leader has
	timerCommit = "commit" // of a write that a leader may have
	timerRead   = "read"
)

// leaderTerm identifies a leader: a node in a term. An operation is given to one.
type leaderTerm struct {
	leader cluster.NodeID // 0: none
	term   uint64
}

// operation is a client's read or write at this node. It is forgotten when the client has
// its reply.
type operation struct {
	req   cluster.Request
	timer cluster.Timer
	given leaderTerm   // the leader to which it was given last; its node is 0 before the first time
	at    cluster.Time // the time at which it was given to that leader

	// copies counts the proposals and forwards of a write that may have reached a log. If
	// it is 0, the write has not happened and never will.
	copies int
	// The fields of a read: its context ids, one for each try, and the index that the
	// leader confirmed. The read is answered when that index is applied.
	tries     []string
	index     uint64
	confirmed bool
}

// request begins an operation. The driver makes sure that one operation id is open at
// most once.
func (m *Machine) request(req cluster.Request) {
	if m.find(req.Op) != nil {
		return
	}
	if req.Kind != cluster.OpRead && req.Kind != cluster.OpWrite {
		m.reply(req, cluster.Reply{Err: fmt.Errorf("%w: RAFT has no %s", cluster.ErrWrongMode, req.Kind)})
		return
	}
	if req.Deadline == 0 {
		req.Deadline = m.now.Add(cluster.OpTimeout)
	}
	if m.now >= req.Deadline {
		m.reply(req, cluster.Reply{Err: fmt.Errorf("%w: its time was up before it began", cluster.ErrUnavailable)})
		return
	}
	op := &operation{req: req}
	m.open = append(m.open, op)
	if req.Kind == cluster.OpRead {
		m.setTimer(op, timerRead, req.Deadline)
	}
	m.giveToLeader(op)
	if op.timer.Name == "" {
		m.setTimer(op, timerLeader, min(req.Deadline, m.now.Add(LeaderWait)))
	}
}

// giveAll gives the open operations to a new leader, and reports whether there is one. A
// write that the old leader may have is given again. It is applied once, because its id
// is in the entry.
func (m *Machine) giveAll() bool {
	g := m.presentLeader()
	if g == m.given {
		return false
	}
	m.given = g
	if g.leader == 0 {
		return false
	}
	for _, op := range slices.Clone(m.open) {
		m.giveToLeader(op)
	}
	return true
}

// giveAgain gives operations to the leader again that had no answer in time.
func (m *Machine) giveAgain() {
	for _, op := range slices.Clone(m.open) {
		if !op.confirmed && m.now.Sub(op.at) >= retryTime {
			m.giveToLeader(op)
		}
	}
}

// presentLeader returns the leader that this node knows, and its term.
func (m *Machine) presentLeader() leaderTerm {
	st := m.engine.BasicStatus()
	return leaderTerm{cluster.NodeID(st.Lead), st.GetTerm()}
}

// giveToLeader proposes an operation to the present leader, if there is one.
func (m *Machine) giveToLeader(op *operation) {
	g := m.presentLeader()
	if g.leader == 0 || op.confirmed {
		return
	}
	op.given, op.at = g, m.now
	switch {
	case op.req.Kind == cluster.OpRead:
		m.read(op)
		m.note(op.progress(typeReadIndex, g.leader))
	case m.now >= op.req.Deadline:
	case g.leader != m.id:
		m.countCopy(op)
		m.forward(op, g.leader)
		m.note(op.progress(typeForward, g.leader))
	case m.propose(op.req):
		m.countCopy(op)
	default:
		op.given = leaderTerm{} // the engine dropped the proposal: it is in no log
	}
}

// countCopy records that one more leader may have the write.
func (m *Machine) countCopy(op *operation) {
	if op.copies++; op.copies == 1 {
		m.setTimer(op, timerCommit, op.req.Deadline)
	}
}

// lostForward records that a forward did not leave this node. The write is given again
// after retryTime.
func (m *Machine) lostForward(msg cluster.Message) {
	if op := m.find(msg.Op); op != nil && op.copies > 0 && msg.DupOf == "" {
		op.copies--
	}
}

// propose puts a write into this leader's log, unless the log already has it. It returns
// false if the engine dropped the proposal, so that it is in no log.
func (m *Machine) propose(req cluster.Request) bool {
	if m.logged[req.Op] != nil {
		return true
	}
	data, err := json.Marshal(entry{Op: req.Op, Key: req.Key, Val: req.Val, At: m.now, Deadline: req.Deadline})
	check(err)
	return m.engine.Propose(data) == nil
}

// forward sends a write to the leader.
func (m *Machine) forward(op *operation, leader cluster.NodeID) {
	body, err := json.Marshal(forwarded{Key: op.req.Key, Val: op.req.Val})
	check(err)
	m.out.Messages = append(m.out.Messages, cluster.Message{
		From: m.id, To: leader, Type: typeForward, Class: cluster.ClassRequest, Via: cluster.ViaForward,
		Op: op.req.Op, Deadline: op.req.Deadline, Label: valueLabel(op.req.Op, op.req.Key, op.req.Val), Body: body,
	})
}

// forwarded is the body of a forward message.
type forwarded struct {
	Key string `json:"key"`
	Val string `json:"val"`
}

// takeForwarded proposes a write that another node forwarded. It ignores the write if
// this node is no longer the leader, or if the deadline has passed: the sender tries
// again.
func (m *Machine) takeForwarded(msg cluster.Message) {
	var f forwarded
	if msg.Op == "" || m.now >= msg.Deadline || json.Unmarshal(msg.Body, &f) != nil {
		return
	}
	if m.state.known(msg.Op) != nil {
		return // the sender applies this entry as well, and answers its client
	}
	m.propose(cluster.Request{Op: msg.Op, Key: f.Key, Val: f.Val, Deadline: msg.Deadline})
}

// read asks the engine for an index that a majority confirms. Every write that ended
// before now has this index or a lower one. Each try has its own context id, so that the
// answer to an earlier try does not answer a later one.
func (m *Machine) read(op *operation) {
	m.n++
	id := fmt.Sprintf("%d.%d.%d %s", m.id, m.boot, m.n, op.req.Op)
	op.tries = append(op.tries, id)
	m.reads[id] = op
	m.engine.ReadIndex([]byte(id))
}

// confirmed handles the engine's answer to a read.
func (m *Machine) confirmed(r raft.ReadState) {
	op := m.reads[string(r.RequestCtx)]
	if op == nil || op.confirmed {
		return
	}
	op.index, op.confirmed = r.Index, true
	m.toServe = append(m.toServe, op)
}

// serveReads answers the confirmed reads whose index is applied.
func (m *Machine) serveReads() {
	for _, op := range slices.Clone(m.toServe) {
		if m.state.applied < op.index {
			continue
		}
		h := m.state.keys[op.req.Key]
		switch {
		case m.now >= op.req.Deadline:
			m.end(op, cluster.Reply{Err: fmt.Errorf("%w: the leader's answer came after its time was up", cluster.ErrUnavailable)})
		case h == nil:
			m.end(op, cluster.Reply{Err: cluster.ErrNotFound})
		default:
			m.end(op, cluster.Reply{Val: h.val, Version: versionOf(h.index)})
		}
	}
}

// expire ends the operation whose time has ended, and reports whether there was one.
func (m *Machine) expire(t cluster.Timer) bool {
	op := m.find(t.Op)
	if op == nil || op.timer.Name != t.Name {
		return false
	}
	leader := m.leader()
	switch {
	case op.copies > 0:
		m.end(op, cluster.Reply{Err: fmt.Errorf("%w: the leader did not commit it in time", cluster.ErrUnknown)})
	case leader == 0:
		m.end(op, cluster.Reply{Err: fmt.Errorf("%w: no leader", cluster.ErrUnavailable)})
	default:
		m.end(op, cluster.Reply{Err: fmt.Errorf("%w: no leader: %v was not confirmed in time", cluster.ErrUnavailable, leader)})
	}
	return true
}

// find returns the open operation with that id, or nil.
func (m *Machine) find(id cluster.OpID) *operation {
	for _, op := range m.open {
		if op.req.Op == id {
			return op
		}
	}
	return nil
}

// end answers the client and forgets the operation.
func (m *Machine) end(op *operation, r cluster.Reply) {
	m.reply(op.req, r)
	is := func(o *operation) bool { return o == op }
	m.open, m.toServe = slices.DeleteFunc(m.open, is), slices.DeleteFunc(m.toServe, is)
	for _, id := range op.tries {
		delete(m.reads, id)
	}
}

func (m *Machine) reply(req cluster.Request, r cluster.Reply) {
	r.Op, r.Key = req.Op, req.Key
	m.out.Replies = append(m.out.Replies, r)
}

// setTimer sets the timer of an operation. The timer is never shorter than MinTimer, even
// if the caller gives up a little earlier.
func (m *Machine) setTimer(op *operation, name string, due cluster.Time) {
	op.timer = cluster.Timer{Name: name, Op: op.req.Op, Due: max(due, m.now.Add(cluster.MinTimer))}
	m.out.Timers = append(m.out.Timers, op.timer)
}
