package majority

import (
	"capplayground/cluster"
	"capplayground/cluster/idempotency"
)

// onQuery answers with the version that this replica holds. It also answers a query whose
// deadline has passed: the coordinator ignores answers that it does not need.
func (m *Machine) onQuery(msg cluster.Message, out *cluster.Output) {
	var q query
	if !cluster.Decode(msg.Body, &q) {
		return
	}
	held := m.keys[q.Key]
	shown := held
	if !q.Val {
		held.Val = ""
	}
	out.Messages = append(out.Messages, cluster.Message{
		From: m.id, To: msg.From, Type: typeAnswer, Class: cluster.ClassYes, Op: msg.Op, Deadline: msg.Deadline,
		Label: m.label(msg.Op, q.Key, shown.Tag, shown.Val),
		Body:  cluster.Encode(&answer{Round: q.Round, Held: held, Done: m.done(msg.Op)}),
	})
}

// done returns the write that this replica remembers under an operation id, or nil.
func (m *Machine) done(op cluster.OpID) *done {
	e, ok := m.taken.Find(op)
	if !ok {
		return nil
	}
	t, ok := parseNumbers(e.What)
	if !ok {
		return nil
	}
	t.Op = op
	return &done{Tag: t, Sum: e.Sum}
}

// onStore takes a value that a coordinator stores or writes back, and acknowledges it.
// The acknowledgement is also correct if this replica already holds a higher version. A
// store message may come so late that its client has sent the operation again, and the
// operation has got another tag. Then its store phase is over, and this replica ignores
// the message.
func (m *Machine) onStore(msg cluster.Message, out *cluster.Output) {
	var s store
	if !cluster.Decode(msg.Body, &s) || !s.Put.Tag.valid() || s.Put.Tag == (tag{}) {
		return
	}
	if d := m.done(s.Put.Tag.Op); d != nil && d.Tag != s.Put.Tag && msg.Type == typeStore {
		return
	}
	m.put(s.Key, s.Put, out)
	out.Messages = append(out.Messages, cluster.Message{
		From: m.id, To: msg.From, Type: typeStored, Class: cluster.ClassYes, Op: msg.Op, Deadline: msg.Deadline,
		Label: m.label(msg.Op, s.Key, s.Put.Tag, ""),
		Body:  cluster.Encode(&stored{Tag: s.Put.Tag}),
	})
}

// put stores v at this replica, unless the replica holds a higher version. It also
// remembers the write that v comes from.
func (m *Machine) put(key string, v tagged, out *cluster.Output) {
	if op := v.Tag.Op; op != "" && m.done(op) == nil {
		out.Records = append(out.Records, m.taken.Add(op, idempotency.Sum(cluster.OpWrite, key, v.Val, ""), v.Tag.numbers()))
	}
	if v.Tag.compare(m.keys[key].Tag) <= 0 {
		return
	}
	m.keys[key] = v
	out.Records = append(out.Records, cluster.Record{Key: recordKey + key, Val: cluster.Encode(&v)})
	if !m.unwatched {
		out.Notes = append(out.Notes, keyNote(key, v))
	}
}

func keyNote(key string, v tagged) *cluster.KeyChanged {
	return &cluster.KeyChanged{Key: key, Value: cluster.ValueOf(v.Val), Version: v.Tag.String()}
}
