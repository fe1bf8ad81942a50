package twophase

import (
	"strings"

	"capplayground/cluster"
)

// The prefixes of a node's records. doc.go describes the content of each.
const (
	prefixValue    = "k/"
	prefixPart     = "p/"
	prefixDecision = "d/"
	prefixFinished = "f/"

	prefixProposed    = "h/"
	prefixEndedByHand = "e/"
)

func (m *Machine) recoverPart(p *part) {
	m.locks[p.Key] = p
	if p.Coordinator == byHand { // a disk from before these records had their own prefix
		m.proposed[p.tx] = p
		m.deleteRecord(prefixPart + string(p.tx))
		m.log(prefixProposed+string(p.tx), p)
		return
	}
	m.parts[p.tx] = p
	m.markInDoubt(p)
	m.askDue(p.tx)
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
		case strings.HasPrefix(r.Key, prefixFinished):
			if o, ok := parseOutcome(string(r.Val)); ok {
				m.finished.add(cluster.OpID(r.Key[len(prefixFinished):]), o)
			}
		case strings.HasPrefix(r.Key, prefixEndedByHand):
			if o, ok := parseOutcome(string(r.Val)); ok {
				m.endedByHand[cluster.OpID(r.Key[len(prefixEndedByHand):])] = o
			}
		case strings.HasPrefix(r.Key, prefixPart):
			var p part
			if cluster.Decode(r.Val, &p) {
				p.tx = cluster.OpID(r.Key[len(prefixPart):])
				m.recoverPart(&p)
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
