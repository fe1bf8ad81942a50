package majority

import (
	"encoding/json"

	"capplayground/cluster"
)

// tell answers a query with what this replica holds. A query whose caller gave
// up long ago is answered too: its coordinator knows what to ignore.
func (m *Machine) tell(msg cluster.Message, out *cluster.Output) {
	var q query
	if json.Unmarshal(msg.Body, &q) != nil {
		return
	}
	held := m.keys[q.Key]
	shown := held
	if !q.Val {
		held.Val = ""
	}
	out.Messages = append(out.Messages, cluster.Message{
		From: m.id, To: msg.From, Type: typeAnswer, Class: cluster.ClassYes, Op: msg.Op, Deadline: msg.Deadline,
		Label: label(msg.Op, q.Key, shown.Tag, shown.Val),
		Body:  body(answer{Round: q.Round, Held: held}),
	})
}

// keep takes a value that a coordinator stores or writes back, and says so.
// The acknowledgement is as true where this replica already held something
// higher.
func (m *Machine) keep(msg cluster.Message, out *cluster.Output) {
	var s store
	if json.Unmarshal(msg.Body, &s) != nil || !s.Put.Tag.valid() || s.Put.Tag == (tag{}) {
		return
	}
	m.put(s.Key, s.Put, out)
	out.Messages = append(out.Messages, cluster.Message{
		From: m.id, To: msg.From, Type: typeStored, Class: cluster.ClassYes, Op: msg.Op, Deadline: msg.Deadline,
		Label: label(msg.Op, s.Key, s.Put.Tag, ""),
		Body:  body(stored{Tag: s.Put.Tag}),
	})
}

// put holds what is higher than what is held.
func (m *Machine) put(key string, v tagged, out *cluster.Output) {
	if v.Tag.compare(m.keys[key].Tag) <= 0 {
		return
	}
	m.keys[key] = v
	out.Records = append(out.Records, cluster.Record{Key: recordKey + key, Val: body(v)})
	out.Notes = append(out.Notes, keyNote(key, v))
}

func keyNote(key string, v tagged) cluster.Event {
	e := cluster.Event{Kind: cluster.KindKey, Key: key, Version: v.Tag.String()}
	e.SetVal(v.Val)
	return e
}
