package twophase

import (
	"fmt"

	"capplayground/cluster"
)

// byHand is the coordinator of a transaction that has none.
const byHand cluster.NodeID = 0

// part is this node's part in a transaction that has not ended: the key is
// locked for it. Except at the coordinator, it is on disk.
type part struct {
	tx          cluster.OpID
	Key         string         `json:"k"`
	Val         string         `json:"v"`
	Coordinator cluster.NodeID `json:"c,omitempty"`

	questions int  // rounds of questions asked about it
	inDoubt   bool // nobody knew
}

func (p *part) same(q part) bool {
	return p.Key == q.Key && p.Val == q.Val && p.Coordinator == q.Coordinator
}

// prepare answers a coordinator's question for a vote. A no is remembered like
// any other end, so that the same question asked again gets the same answer.
func (m *Machine) prepare(msg cluster.Message) {
	var body prepareBody
	if !decode(msg, &body) {
		return
	}
	p := part{tx: msg.Op, Key: body.Key, Val: body.Val, Coordinator: msg.From}
	if o, ok := m.finished.get(p.tx); ok {
		if o.committed() && !o.byHand {
			m.vote(p, msg.Deadline, "")
		} else {
			m.vote(p, msg.Deadline, "the transaction has ended")
		}
		return
	}
	if before := m.parts[p.tx]; before != nil {
		if before.same(p) {
			m.vote(p, msg.Deadline, "")
		} else {
			m.vote(p, msg.Deadline, "its name is taken")
		}
		return
	}
	reason := ""
	switch lock := m.locks[p.Key]; {
	case lock != nil:
		reason = lockedBy(p.Key, lock.tx)
	case m.late(msg.Deadline):
		reason = "the prepare came too late"
	}
	if reason != "" {
		m.finish(p.tx, aborted)
	} else {
		m.log(prefixPart+string(p.tx), p)
		m.lock(&p)
		m.set(timerAsk, p.tx, askAfter)
	}
	m.vote(p, msg.Deadline, reason)
}

func lockedBy(key string, tx cluster.OpID) string {
	return fmt.Sprintf("%s is locked by %s", plain(key), tx.Short())
}

// vote says yes where there is no reason against it.
func (m *Machine) vote(p part, deadline cluster.Time, reason string) {
	if reason == "" {
		m.send(p.Coordinator, typeYes, p.tx, "", yesBody{m.values[p.Key].Version}).Deadline = deadline
	} else {
		m.send(p.Coordinator, typeNo, p.tx, reason, noBody{reason}).Deadline = deadline
	}
}

// commit applies what was prepared, once. Who never voted for it has no say in
// it and no value for it: such a commit cannot be meant for this database. The
// commit may be another participant's answer; it is the coordinator who counts.
func (m *Machine) commit(msg cluster.Message) {
	var body commitBody
	if !decode(msg, &body) || body.Version == 0 || body.Version > maxVersion {
		return
	}
	if p := m.parts[msg.Op]; p != nil && p.Coordinator != byHand && p.Coordinator != m.cfg.ID {
		m.apply(p, outcome{version: body.Version})
		m.send(p.Coordinator, typeAck, p.tx, "", nil)
		return
	}
	if o, ok := m.finished.get(msg.Op); ok && o.committed() && !o.byHand {
		m.send(msg.From, typeAck, msg.Op, "", nil)
	}
}

// rollback ends what was prepared. One that overtook its prepare is remembered
// all the same, or the prepare would lock a key that nobody unlocks.
func (m *Machine) rollback(msg cluster.Message) {
	p := m.parts[msg.Op]
	_, ended := m.finished.get(msg.Op)
	switch {
	case ended:
	case p == nil:
		m.finish(msg.Op, aborted)
	case p.Coordinator != byHand && p.Coordinator != m.cfg.ID:
		m.end(p, aborted)
	}
}

func (m *Machine) lock(p *part) {
	m.parts[p.tx], m.locks[p.Key] = p, p
	m.tellKey(p.Key)
}

// apply ends a part by the value that it stands for.
func (m *Machine) apply(p *part, o outcome) {
	v := value{Val: p.Val, Version: o.version, ByHand: o.byHand}
	m.values[p.Key] = v
	m.log(prefixValue+p.Key, v)
	m.end(p, o)
}

// end ends a part: it unlocks, and serves the reads that waited for that.
func (m *Machine) end(p *part, o outcome) {
	if p.Coordinator != m.cfg.ID {
		m.unlog(prefixPart + string(p.tx))
	}
	m.finish(p.tx, o)
	if p.inDoubt {
		m.inDoubt--
	}
	delete(m.parts, p.tx)
	delete(m.locks, p.Key)
	m.tellKey(p.Key)
	m.serveReads(p.Key)
}

// finish remembers how a transaction ended.
func (m *Machine) finish(tx cluster.OpID, o outcome) {
	m.finished.add(tx, o)
	m.out.Records = append(m.out.Records, cluster.Record{Key: prefixFinished + string(tx), Val: []byte(o.String())})
}
