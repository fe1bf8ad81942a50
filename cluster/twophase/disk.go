package twophase

import (
	"encoding/json"
	"strings"

	"capplayground/cluster"
)

// The prefixes of a node's records; doc.go says what each holds.
const (
	prefixValue    = "k/"
	prefixPart     = "p/"
	prefixDecision = "d/"
	prefixFinished = "f/"
)

func (m *Machine) log(key string, v any) {
	val, _ := json.Marshal(v) // structs of strings and numbers: cannot fail
	m.out.Records = append(m.out.Records, cluster.Record{Key: key, Val: val})
}

func (m *Machine) unlog(key string) {
	m.out.Records = append(m.out.Records, cluster.Record{Key: key})
}

// recover makes the node what its disk says. What it had voted for is locked
// again, and in doubt until somebody knows; what it had decided is sent again.
func (m *Machine) recover(records []cluster.Record) {
	for _, r := range records {
		switch {
		case strings.HasPrefix(r.Key, prefixValue):
			var v value
			if json.Unmarshal(r.Val, &v) == nil {
				m.values[r.Key[len(prefixValue):]] = v
			}
		case strings.HasPrefix(r.Key, prefixFinished):
			if o, ok := parseOutcome(string(r.Val)); ok {
				m.finished.add(cluster.OpID(r.Key[len(prefixFinished):]), o)
			}
		case strings.HasPrefix(r.Key, prefixPart):
			p := part{tx: cluster.OpID(r.Key[len(prefixPart):])}
			if json.Unmarshal(r.Val, &p) == nil {
				m.recoverPart(&p)
			}
		case strings.HasPrefix(r.Key, prefixDecision):
			d := decision{}
			if json.Unmarshal(r.Val, &d) == nil {
				m.recoverDecision(cluster.OpID(r.Key[len(prefixDecision):]), d)
			}
		}
	}
	m.tellRecovered()
}

// maxRecovered is how many keys the stage is told of at the start, beside
// those that are locked: as many as it shows.
const maxRecovered = 200

func (m *Machine) tellRecovered() {
	told := 0
	for _, key := range m.keys() {
		if m.locks[key] != nil || told < maxRecovered {
			m.tellKey(key)
			told++
		}
	}
}

func (m *Machine) recoverPart(p *part) {
	m.parts[p.tx], m.locks[p.Key] = p, p
	if p.Coordinator != byHand {
		m.doubt(p)
		m.askDue(p.tx)
	}
}

func (m *Machine) recoverDecision(tx cluster.OpID, d decision) {
	m.rounds[tx] = &round{tx: tx, decided: true, decision: d}
	m.committing++
	m.collectAcks(m.rounds[tx])
}
