package twophase

import (
	"strings"

	"capplayground/cluster"
)

// The prefixes of a node's records. doc.go describes the content of each.
const (
	prefixValue       = "k/"
	prefixDecision    = "d/"
	prefixTransaction = "f/"

	prefixProposed    = "h/"
	prefixEndedByHand = "e/"

	prefixOldPart = "p/" // on the disks of earlier versions, for a transaction that has not ended
)

// recoverTransaction restores a transaction from its record: how it ended, or this node's
// part in it.
func (m *Machine) recoverTransaction(tx cluster.OpID, val []byte) {
	p := &part{tx: tx}
	if o, ended := parseOutcome(string(val)); ended {
		m.finished.add(tx, o)
	} else if cluster.Decode(val, p) && p.Coordinator != byHand {
		m.recoverPart(p)
	}
}

func (m *Machine) recoverPart(p *part) {
	m.parts[p.tx], m.locks[p.Key] = p, p
	m.markInDoubt(p)
	m.askDue(p.tx)
}

// recoverOldPart restores a part from the disk of an earlier version, and replaces its
// record.
func (m *Machine) recoverOldPart(p *part) {
	m.deleteRecord(prefixOldPart + string(p.tx))
	if p.Coordinator == byHand {
		m.log(prefixProposed+string(p.tx), p)
		m.proposed[p.tx], m.locks[p.Key] = p, p
	} else {
		m.log(prefixTransaction+string(p.tx), p)
		m.recoverPart(p)
	}
}

// log writes a record to this node's disk, and deleteRecord removes one.
func (m *Machine) log(key string, v cluster.Coded) {
	m.out.Records = append(m.out.Records, cluster.Record{Key: key, Val: cluster.Encode(v)})
}

func (m *Machine) deleteRecord(key string) {
	m.out.Records = append(m.out.Records, cluster.Record{Key: key})
}

// recover restores the state from the disk. The transactions for which the node had voted
// are locked again, and in doubt until a node says how they ended. The commits that it
// had decided are sent again.
func (m *Machine) recover(records []cluster.Record) {
	for _, r := range records {
		switch {
		case strings.HasPrefix(r.Key, prefixValue):
			var v value
			if cluster.Decode(r.Val, &v) {
				m.values[r.Key[len(prefixValue):]] = v
			}
		case strings.HasPrefix(r.Key, prefixTransaction):
			m.recoverTransaction(cluster.OpID(r.Key[len(prefixTransaction):]), r.Val)
		case strings.HasPrefix(r.Key, prefixEndedByHand):
			if o, ok := parseOutcome(string(r.Val)); ok {
				m.endedByHand[cluster.OpID(r.Key[len(prefixEndedByHand):])] = o
			}
		case strings.HasPrefix(r.Key, prefixOldPart):
			var p part
			if cluster.Decode(r.Val, &p) {
				p.tx = cluster.OpID(r.Key[len(prefixOldPart):])
				m.recoverOldPart(&p)
			}
		case strings.HasPrefix(r.Key, prefixProposed):
			var p part
			if cluster.Decode(r.Val, &p) {
				p.tx = cluster.OpID(r.Key[len(prefixProposed):])
				m.proposed[p.tx], m.locks[p.Key] = &p, &p
			}
		case strings.HasPrefix(r.Key, prefixDecision):
			d := decision{}
			if cluster.Decode(r.Val, &d) {
				m.recoverDecision(cluster.OpID(r.Key[len(prefixDecision):]), d)
			}
		}
	}
	// Note all keys, because the history of this run begins with the content of the
	// disks.
	for _, key := range m.keys() {
		m.noteKey(key)
	}
}

func (m *Machine) recoverDecision(tx cluster.OpID, d decision) {
	m.rounds[tx] = &round{tx: tx, decided: true, decision: d}
	m.committing++
	m.collectAcks(m.rounds[tx])
}
