package sloppy

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"capplayground/cluster"
)

// The keys of the records: one record for each key, one for each hint ("hint/4/"
// and the key), and one for the count of starts.
const (
	recordKeys   = "key/"
	recordHints  = "hint/"
	recordStarts = "starts"
)

// start recovers the records of the disk. It counts this start before it gives out a
// dot, so that no dot is used twice.
func (m *Machine) start(records []cluster.Record) {
	m.started = m.now
	for _, r := range records {
		switch {
		case m.taken.Recover(r):
		case r.Key == recordStarts:
			_ = json.Unmarshal(r.Val, &m.actor.Start)
		case strings.HasPrefix(r.Key, recordKeys):
			m.recoverKey(r.Key[len(recordKeys):], r.Val)
		case strings.HasPrefix(r.Key, recordHints):
			m.recoverHint(r.Key[len(recordHints):], r.Val)
		}
	}
	m.reindex()
	m.actor.Start = min(m.actor.Start+1, countMax)
	m.out.Records = append(m.out.Records, cluster.Record{Key: recordStarts, Val: strconv.AppendUint(nil, m.actor.Start, 10)})
	for _, key := range m.sortedKeys() {
		m.noteKey(key, m.keys[key])
	}
	for _, home := range m.hinted() {
		for _, key := range m.hints[home].order {
			m.noteHint(home, key, m.hints[home].sets[key], false)
		}
		m.armHandover()
	}
	m.noteRole()
	m.beginQuickRound()
}

func (m *Machine) recoverKey(key string, val []byte) {
	var v value
	if cluster.Decode(val, &v) && (!v.Set.empty() || v.Planted != nil) {
		m.keys[key] = holding{v.Set, v.Set.hash(), v.Planted}
	}
}

func (m *Machine) recoverHint(name string, val []byte) {
	node, key, _ := strings.Cut(name, "/")
	home, err := cluster.ParseNodeID(node)
	var s set
	if err == nil && home != m.id && slices.Contains(m.nodes, home) && cluster.Decode(val, &s) && !s.empty() {
		m.hintsFor(home).put(key, s)
	}
}

func (m *Machine) record(key string, v cluster.Coded) {
	m.out.Records = append(m.out.Records, cluster.Record{Key: key, Val: cluster.Encode(v)})
}

func (m *Machine) recordKey(key string, h holding) {
	m.record(recordKeys+key, &value{h.set, h.planted})
}

func hintRecord(home cluster.NodeID, key string) string {
	return recordHints + strconv.Itoa(int(home)) + "/" + key
}
