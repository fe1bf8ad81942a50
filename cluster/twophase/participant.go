package twophase

import (
	"capplayground/cluster"
	"capplayground/cluster/idempotency"
)

// byHand is the coordinator of a transaction that was proposed by hand.
const byHand cluster.NodeID = 0

// part is this node's part in a transaction that has not ended. Its key is locked. The
// part is on disk, except at the coordinator.
type part struct {
	tx          cluster.OpID
	Key         string         `json:"k"`
	Val         string         `json:"v"`
	Coordinator cluster.NodeID `json:"c,omitempty"`

	questions int  // how many times the outcome was asked for
	inDoubt   bool // no node that was asked knew the outcome
}

func (p *part) same(q part) bool {
	return p.Key == q.Key && p.Val == q.Val && p.Coordinator == q.Coordinator
}

// sum identifies the write of a part.
func (p part) sum() uint64 { return idempotency.Sum(cluster.OpWrite, p.Key, p.Val, "") }

// prepare answers a coordinator's request for a vote. A no vote is stored like every
// other end, so the same request gets the same answer again.
func (m *Machine) prepare(msg cluster.Message) {
	var body prepareBody
	if !cluster.Decode(msg.Body, &body) {
		return
	}
	p := part{tx: msg.Op, Key: body.Key, Val: body.Val, Coordinator: msg.From}
	if o, ok := m.finished.get(p.tx); ok {
		if o.committed() {
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
	m.learn(p.Key, body.Last)
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
		m.log(prefixTransaction+string(p.tx), &p)
		m.parts[p.tx] = &p
		m.lock(&p)
		m.setTimer(timerAsk, p.tx, askAfter)
	}
	m.vote(p, msg.Deadline, reason)
}

func lockedBy(key string, tx cluster.OpID) string {
	return plain(key) + " is locked by " + tx.Short()
}

// vote votes yes if there is no reason for a no.
func (m *Machine) vote(p part, deadline cluster.Time, reason string) {
	if reason == "" {
		m.send(p.Coordinator, typeYes, p.tx, "", cluster.Encode(&yesBody{m.values[p.Key].Version, p.sum()})).Deadline = deadline
	} else {
		m.send(p.Coordinator, typeNo, p.tx, reason, cluster.Encode(&refusalBody{reason})).Deadline = deadline
	}
}

// learn ends the transaction that has locked a key, if another coordinator reports its
// outcome. That coordinator's prepare arrived before the commit or the rollback, which is
// still under way from another node.
func (m *Machine) learn(key string, last *lastBody) {
	lock := m.locks[key]
	if lock == nil || last == nil || lock != m.parts[last.Tx] || lock.Coordinator == m.cfg.ID || last.Version > maxVersion {
		return
	}
	if last.Version == 0 {
		m.abort(lock)
		return
	}
	m.apply(lock, last.Version)
	m.send(lock.Coordinator, typeAck, lock.tx, "", nil)
}

// commit applies a prepared transaction, once. If the node never voted for the
// transaction, it has no value for it, and the commit is not meant for this database.
// Another participant may have sent the commit, but the acknowledgement goes to the
// coordinator, which counts.
func (m *Machine) commit(msg cluster.Message) {
	var body commitBody
	if !cluster.Decode(msg.Body, &body) || body.Version == 0 || body.Version > maxVersion {
		return
	}
	if p := m.parts[msg.Op]; p != nil && p.Coordinator != m.cfg.ID {
		m.apply(p, body.Version)
		m.send(p.Coordinator, typeAck, p.tx, "", nil)
		return
	}
	if o, ok := m.finished.get(msg.Op); ok && o.committed() {
		m.send(msg.From, typeAck, msg.Op, "", nil)
	}
}

// rollback ends a prepared transaction. If the rollback arrives before the prepare, it is
// stored too. Otherwise the prepare would lock a key for ever.
func (m *Machine) rollback(msg cluster.Message) {
	p := m.parts[msg.Op]
	_, ended := m.finished.get(msg.Op)
	switch {
	case ended:
	case p == nil:
		m.finish(msg.Op, aborted)
	case p.Coordinator != m.cfg.ID:
		m.abort(p)
	}
}

// lock locks a part's key for it.
func (m *Machine) lock(p *part) {
	m.locks[p.Key] = p
	m.noteKey(p.Key)
}

// unlock unlocks a part's key. Then it answers the reads that waited for it, before
// another transaction can lock the key.
func (m *Machine) unlock(p *part) {
	delete(m.locks, p.Key)
	m.noteKey(p.Key)
	m.serveReads(p.Key)
}

// setValue sets a value, in memory and on the disk.
func (m *Machine) setValue(key string, v value) {
	m.values[key] = v
	m.log(prefixValue+key, &v)
}

// apply ends a part and sets its value.
func (m *Machine) apply(p *part, version uint64) {
	m.setValue(p.Key, value{Val: p.Val, Version: version, last: lastBody{p.tx, version}})
	m.end(p, outcome{version, p.sum()})
}

// abort ends a part without its value.
func (m *Machine) abort(p *part) {
	v := m.values[p.Key]
	v.last = lastBody{Tx: p.tx}
	m.values[p.Key] = v
	m.end(p, aborted)
}

// end ends a part, and begins the writes that waited for its end. The first of them locks
// the key, so the others are refused.
func (m *Machine) end(p *part, o outcome) {
	m.finish(p.tx, o)
	if p.inDoubt {
		m.inDoubt--
	}
	delete(m.parts, p.tx)
	m.answerRepeats(p, o)
	m.unlock(p)
	for _, r := range m.takeBlocked(p.tx) {
		m.write(r)
	}
}

// finish stores how a transaction ended. The record replaces that of this node's part.
func (m *Machine) finish(tx cluster.OpID, o outcome) {
	m.finished.add(tx, o)
	m.logOutcome(prefixTransaction, tx, o)
}

func (m *Machine) logOutcome(prefix string, tx cluster.OpID, o outcome) {
	m.out.Records = append(m.out.Records, cluster.Record{Key: prefix + string(tx), Val: []byte(o.String())})
}
