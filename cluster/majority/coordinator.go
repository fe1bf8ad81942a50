package majority

import (
	"fmt"
	"slices"
	"time"

	"capplayground/cluster"
	"capplayground/cluster/idempotency"
	"capplayground/cluster/quorum"
)

// QueryTimeout is how long a query phase waits for its majority, in virtual time. The
// store phase has the rest of the operation's time, so that few outcomes are unknown.
const QueryTimeout = time.Second

// phase is the present phase of an operation, in the words that people see.
type phase string

const (
	phaseQuery     phase = "query"
	phaseStore     phase = "store"
	phaseWriteBack phase = "write back"
)

// timerOf names the timer of each phase. It has the name of the message whose answers the
// phase waits for.
var timerOf = map[phase]string{phaseQuery: typeQuery, phaseStore: typeStore, phaseWriteBack: typeWriteBack}

// operation is a client's read or write that this node coordinates. It is forgotten when
// the client has its reply. Later messages about it are ignored.
type operation struct {
	req   cluster.Request
	phase phase
	round round       // of the query phase
	vote  quorum.Vote // of this phase
	timer cluster.Timer

	highest tagged           // the highest version among the answers; from the second phase on, the version that is stored
	holders []cluster.NodeID // the nodes that answered highest
	earlier tag              // the version that this write got when its client sent it before; zero if it did not
}

// request begins an operation with its query phase. One operation id is open at most
// once: if a second client sends the same id, the driver lets it wait for the first.
func (m *Machine) request(now cluster.Time, req cluster.Request, out *cluster.Output) {
	if m.ops[req.Op] != nil {
		return
	}
	if req.Kind != cluster.OpRead && req.Kind != cluster.OpWrite {
		out.Replies = append(out.Replies, cluster.Reply{Op: req.Op, Key: req.Key, Err: fmt.Errorf("%w: CP has no %s", cluster.ErrWrongMode, req.Kind)})
		return
	}
	if req.Deadline == 0 {
		req.Deadline = now.Add(cluster.OpTimeout)
	}
	if now >= req.Deadline {
		out.Replies = append(out.Replies, cluster.Reply{Op: req.Op, Key: req.Key, Err: fmt.Errorf("%w: its time was up before it began", cluster.ErrUnavailable)})
		return
	}
	m.n++
	op := &operation{req: req, phase: phaseQuery, round: round{Boot: m.boot, N: m.n}, vote: quorum.NewVote(m.nodes, m.need)}
	m.ops[req.Op] = op
	if len(m.ops) == 1 {
		out.Notes = append(out.Notes, &cluster.RoleChanged{Role: roleCoordinator})
	}
	m.setTimer(now, op, min(now.Add(QueryTimeout), req.Deadline), out)
	out.Messages = m.toOthers(out.Messages, op, typeQuery, cluster.ClassRequest,
		m.label(req.Op, req.Key, tag{}, ""),
		cluster.Encode(&query{Round: op.round, Key: req.Key, Val: req.Kind == cluster.OpRead}))
	m.countAnswer(now, op, m.id, answer{Held: m.keys[req.Key], Done: m.done(req.Op)}, out)
}

// onAnswer handles a replica's answer to a query.
func (m *Machine) onAnswer(now cluster.Time, msg cluster.Message, out *cluster.Output) {
	op := m.ops[msg.Op]
	var a answer
	if op == nil || op.phase != phaseQuery || !cluster.Decode(msg.Body, &a) {
		return
	}
	if a.Round != op.round || !a.Held.Tag.valid() {
		return
	}
	m.countAnswer(now, op, msg.From, a, out)
}

// countAnswer counts one answer. The answer of this node counts too. If that makes a
// majority, the next phase begins.
func (m *Machine) countAnswer(now cluster.Time, op *operation, from cluster.NodeID, a answer, out *cluster.Output) {
	if !op.vote.Yes(from) {
		return
	}
	if d := a.Done; d != nil {
		if d.Sum != idempotency.Sum(op.req.Kind, op.req.Key, op.req.Val, "") {
			m.end(op, cluster.Reply{Err: fmt.Errorf("%w: operation %s is another one, which %v has taken before", cluster.ErrRefused, op.req.Op.Short(), from)}, out)
			return
		}
		op.earlier = d.Tag
	}
	switch c := a.Held.Tag.compare(op.highest.Tag); {
	case c > 0:
		op.highest, op.holders = a.Held, []cluster.NodeID{from}
	case c == 0:
		op.holders = append(op.holders, from)
	}
	m.progress(op, out)
	if op.vote.Result() != quorum.Won {
		return
	}
	if now >= op.req.Deadline {
		m.end(op, cluster.Reply{Err: fmt.Errorf("%w: the answers came after its time was up", cluster.ErrUnavailable)}, out)
		return
	}
	if op.req.Kind == cluster.OpWrite {
		m.beginStore(now, op, out)
		return
	}
	if len(op.holders) >= len(op.vote.Yeses()) {
		m.finish(op, out)
		return
	}
	m.beginWriteBack(now, op, out)
}

// beginStore stores the value at a majority, and first at this node. Its tag is higher
// than any tag that a majority knew. A write that some replica already has keeps its tag:
// it is one write, even if its client sends it many times.
func (m *Machine) beginStore(now cluster.Time, op *operation, out *cluster.Output) {
	t := tag{Counter: op.highest.Tag.Counter + 1, Node: m.id, Boot: m.boot, Op: op.req.Op}
	if op.earlier != (tag{}) {
		t = op.earlier
	}
	op.highest = tagged{Tag: t, Val: op.req.Val}
	op.phase, op.vote = phaseStore, quorum.NewVote(m.nodes, m.need)
	m.askToStore(now, op, typeStore, cluster.ClassRequest, out)
	op.vote.Yes(m.id)
	m.settle(op, out)
}

// beginWriteBack stores the value that was read at a majority. The nodes that answered
// with it have it already.
func (m *Machine) beginWriteBack(now cluster.Time, op *operation, out *cluster.Output) {
	op.phase, op.vote = phaseWriteBack, quorum.NewVote(m.nodes, m.need)
	for _, n := range op.holders {
		op.vote.Yes(n)
	}
	m.askToStore(now, op, typeWriteBack, cluster.ClassRepair, out)
	op.vote.Yes(m.id)
	m.settle(op, out)
}

// askToStore stores op.highest at this node, and asks the nodes that the phase waits for
// to store it. These messages do not wait for this node's disk, because they do not say
// that this node has stored it.
func (m *Machine) askToStore(now cluster.Time, op *operation, typ string, class cluster.Class, out *cluster.Output) {
	m.put(op.req.Key, op.highest, out)
	m.setTimer(now, op, op.req.Deadline, out)
	out.Ahead = m.toOthers(out.Ahead, op, typ, class,
		m.label(op.req.Op, op.req.Key, op.highest.Tag, op.highest.Val),
		cluster.Encode(&store{Key: op.req.Key, Put: op.highest}))
}

// onStored handles a replica's acknowledgement that it has stored the value.
func (m *Machine) onStored(msg cluster.Message, out *cluster.Output) {
	op := m.ops[msg.Op]
	var s stored
	if op == nil || op.phase == phaseQuery || !cluster.Decode(msg.Body, &s) {
		return
	}
	if s.Tag != op.highest.Tag || !op.vote.Yes(msg.From) {
		return
	}
	m.settle(op, out)
}

// settle shows the state of the second phase, and ends it if a majority holds the value.
func (m *Machine) settle(op *operation, out *cluster.Output) {
	m.progress(op, out)
	if op.vote.Result() == quorum.Won {
		m.finish(op, out)
	}
}

// expire ends the operation whose phase took too long, and reports whether there was one.
func (m *Machine) expire(t cluster.Timer, out *cluster.Output) bool {
	op := m.ops[t.Op]
	if op == nil || op.timer.Name != t.Name {
		return false
	}
	err := cluster.ErrUnavailable
	if op.phase == phaseStore {
		err = cluster.ErrUnknown
	}
	yes := len(op.vote.Yeses())
	m.end(op, cluster.Reply{Err: fmt.Errorf("%w: %s: %d of the %d nodes that it needs", err, op.phase, yes, m.need)}, out)
	return true
}

// finish answers the client with the value that the operation read or wrote.
func (m *Machine) finish(op *operation, out *cluster.Output) {
	if op.highest.Tag == (tag{}) {
		m.end(op, cluster.Reply{Err: cluster.ErrNotFound}, out)
		return
	}
	m.end(op, cluster.Reply{Val: op.highest.Val, Version: op.highest.Tag.String()}, out)
}

// end answers the client and forgets the operation.
func (m *Machine) end(op *operation, r cluster.Reply, out *cluster.Output) {
	r.Op, r.Key = op.req.Op, op.req.Key
	out.Replies = append(out.Replies, r)
	delete(m.ops, op.req.Op)
	if len(m.ops) == 0 {
		out.Notes = append(out.Notes, &cluster.RoleChanged{Role: roleReplica})
	}
}

// setTimer sets the timer of op's phase. The timer is never shorter than MinTimer, even
// if the caller gives up a little earlier.
func (m *Machine) setTimer(now cluster.Time, op *operation, due cluster.Time, out *cluster.Output) {
	op.timer = cluster.Timer{Name: timerOf[op.phase], Op: op.req.Op, Due: max(due, now.Add(cluster.MinTimer))}
	out.Timers = append(out.Timers, op.timer)
}

// toOthers sends one message to each other node that op waits for.
func (m *Machine) toOthers(to []cluster.Message, op *operation, typ string, class cluster.Class, label string, body []byte) []cluster.Message {
	waiting := op.vote.Waiting()
	to = slices.Grow(to, len(waiting))
	for _, n := range waiting {
		if n == m.id {
			continue
		}
		to = append(to, cluster.Message{
			From: m.id, To: n, Type: typ, Class: class, Op: op.req.Op, Deadline: op.req.Deadline, Label: label, Body: body,
		})
	}
	return to
}

// progress shows the state of the quorum of op's phase.
func (m *Machine) progress(op *operation, out *cluster.Output) {
	if m.unwatched || m.summed {
		return
	}
	out.Notes = append(out.Notes, &cluster.Progressed{
		Op: op.req.Op, Key: op.req.Key, OpKind: op.req.Kind, Phase: string(op.phase),
		Need: op.vote.Need(), Yes: op.vote.Yeses(), Waiting: op.vote.Waiting(), Timer: op.timer.ID(),
	})
}
