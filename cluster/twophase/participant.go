package twophase

import (
	"capplayground/cluster"
	"capplayground/cluster/idempotency"
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
	inDoubt   bool // no node that was asked knew how it ended
}

func (p *part) same(q part) bool {
	return p.Key == q.Key && p.Val == q.Val && p.Coordinator == q.Coordinator
}

// sum names what the part would write.
func (p part) sum() uint64 { return idempotency.Sum(cluster.OpWrite, p.Key, p.Val, "") }

// prepare answers a coordinator's question for a vote. A no is remembered like
// any other end, so that the same question gets the same answer again.
func (m *Machine) prepare(msg cluster.Message) {
	var body prepareBody
	if !cluster.ReadLine(msg.Body, &body, (*prepareBody).read) {
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
		m.log(prefixPart+string(p.tx), p)
		m.parts[p.tx] = &p
		m.lock(&p)
		m.setTimer(timerAsk, p.tx, askAfter)
	}
	m.vote(p, msg.Deadline, reason)
}

func lockedBy(key string, tx cluster.OpID) string {
	return plain(key) + " is locked by " + tx.Short()
}

// vote says yes where there is no reason against it.
func (m *Machine) vote(p part, deadline cluster.Time, reason string) {
	if reason == "" {
		m.send(p.Coordinator, typeYes, p.tx, "", encode(yesBody{m.values[p.Key].Version, p.sum()})).Deadline = deadline
	} else {
		m.send(p.Coordinator, typeNo, p.tx, reason, encode(refusalBody{reason})).Deadline = deadline
	}
}

// learn ends the transaction that holds a key's lock, where another coordinator
// says how it ended. That coordinator's prepare came before the commit or the
// rollback, which are still on their way here from elsewhere.
func (m *Machine) learn(key string, last *lastBody) {
	lock := m.locks[key]
	if lock == nil || last == nil || lock != m.parts[last.Tx] || lock.Coordinator == m.cfg.ID || last.Version > maxVersion {
		return
	}
	if last.Version == 0 {
		m.end(lock, aborted)
		return
	}
	m.apply(lock, last.Version)
	m.send(lock.Coordinator, typeAck, lock.tx, "", nil)
}

// commit applies what was prepared, once. A node that never voted for the
// transaction has no value for it: such a commit cannot be meant for this
// database. The commit may be another participant's answer, but the
// acknowledgement goes to the coordinator, which counts.
func (m *Machine) commit(msg cluster.Message) {
	var body commitBody
	if !cluster.ReadLine(msg.Body, &body, (*commitBody).read) || body.Version == 0 || body.Version > maxVersion {
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

// rollback ends what was prepared. One that overtook its prepare is remembered
// all the same, or the prepare would lock a key for ever.
func (m *Machine) rollback(msg cluster.Message) {
	p := m.parts[msg.Op]
	_, ended := m.finished.get(msg.Op)
	switch {
	case ended:
	case p == nil:
		m.finish(msg.Op, aborted)
	case p.Coordinator != m.cfg.ID:
		m.end(p, aborted)
	}
}

// lock locks a part's key for it.
func (m *Machine) lock(p *part) {
	m.locks[p.Key] = p
	m.noteKey(p.Key)
}

// unlock frees a part's key, and serves the reads that waited for it before
// anything can lock it again.
func (m *Machine) unlock(p *part) {
	delete(m.locks, p.Key)
	m.noteKey(p.Key)
	m.serveReads(p.Key)
}

// setValue puts a value here and on the disk.
func (m *Machine) setValue(key string, v value) {
	m.values[key] = v
	m.log(prefixValue+key, v)
}

// apply ends a part by the value that it stands for.
func (m *Machine) apply(p *part, version uint64) {
	m.setValue(p.Key, value{Val: p.Val, Version: version})
	m.end(p, outcome{version, p.sum()})
}

// end ends a part, and begins the writes that waited for that. The first of them
// locks the key, so that the others are refused.
func (m *Machine) end(p *part, o outcome) {
	if p.Coordinator != m.cfg.ID {
		m.deleteRecord(prefixPart + string(p.tx))
	}
	m.finish(p.tx, o)
	m.last[p.Key] = lastBody{p.tx, o.version}
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

// finish remembers how a transaction ended.
func (m *Machine) finish(tx cluster.OpID, o outcome) {
	m.finished.add(tx, o)
	m.logOutcome(prefixFinished, tx, o)
}

func (m *Machine) logOutcome(prefix string, tx cluster.OpID, o outcome) {
	m.out.Records = append(m.out.Records, cluster.Record{Key: prefix + string(tx), Val: []byte(o.String())})
}
