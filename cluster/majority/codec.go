package majority

import (
	"encoding/json"
	"strconv"

	"capplayground/cluster"
)

// The bodies of messages and the records of registers are JSON. Every operation sends and
// reads many of them, so the functions here write and read them without reflection. If
// the JSON has another form than the one written here, encoding/json reads it.

func (q query) append(b []byte) []byte {
	b = q.Round.append(append(b, `{"round":`...))
	b = cluster.AppendString(append(b, `,"key":`...), q.Key)
	if q.Val {
		b = append(b, `,"val":true`...)
	}
	return append(b, '}')
}

func (q *query) read(r *cluster.LineReader) {
	r.Skip(`{"round":`)
	q.Round.read(r)
	r.Skip(`,"key":`)
	q.Key = string(r.Text())
	q.Val = r.Has(`,"val":true`)
	r.Skip(`}`)
}

func (a answer) append(b []byte) []byte {
	b = a.Round.append(append(b, `{"round":`...))
	b = a.Held.append(append(b, `,"held":`...))
	if a.Done != nil {
		done, _ := json.Marshal(a.Done) // numbers and a text: cannot fail
		b = append(append(b, `,"done":`...), done...)
	}
	return append(b, '}')
}

// read leaves an answer with Done to encoding/json, because such an answer is rare.
func (a *answer) read(r *cluster.LineReader) {
	r.Skip(`{"round":`)
	a.Round.read(r)
	r.Skip(`,"held":`)
	a.Held.read(r)
	r.Skip(`}`)
}

func (s store) append(b []byte) []byte {
	b = cluster.AppendString(append(b, `{"key":`...), s.Key)
	return append(s.Put.append(append(b, `,"put":`...)), '}')
}

func (s *store) read(r *cluster.LineReader) {
	r.Skip(`{"key":`)
	s.Key = string(r.Text())
	r.Skip(`,"put":`)
	s.Put.read(r)
	r.Skip(`}`)
}

func (s stored) append(b []byte) []byte {
	return append(s.Tag.append(append(b, `{"tag":`...)), '}')
}

func (s *stored) read(r *cluster.LineReader) {
	r.Skip(`{"tag":`)
	s.Tag.read(r)
	r.Skip(`}`)
}

func (n round) append(b []byte) []byte {
	b = strconv.AppendUint(append(b, `{"boot":`...), n.Boot, 10)
	return append(strconv.AppendUint(append(b, `,"n":`...), n.N, 10), '}')
}

func (n *round) read(r *cluster.LineReader) {
	r.Skip(`{"boot":`)
	n.Boot = uint64(r.Int())
	r.Skip(`,"n":`)
	n.N = uint64(r.Int())
	r.Skip(`}`)
}

func (t tagged) append(b []byte) []byte {
	b = t.Tag.append(append(b, `{"tag":`...))
	return append(cluster.AppendString(append(b, `,"val":`...), t.Val), '}')
}

func (t *tagged) read(r *cluster.LineReader) {
	r.Skip(`{"tag":`)
	t.Tag.read(r)
	r.Skip(`,"val":`)
	t.Val = string(r.Text())
	r.Skip(`}`)
}

func (t tag) append(b []byte) []byte {
	b = strconv.AppendUint(append(b, `{"c":`...), t.Counter, 10)
	b = strconv.AppendInt(append(b, `,"n":`...), int64(t.Node), 10)
	if t.Boot != 0 {
		b = strconv.AppendUint(append(b, `,"b":`...), t.Boot, 10)
	}
	return append(cluster.AppendString(append(b, `,"op":`...), string(t.Op)), '}')
}

func (t *tag) read(r *cluster.LineReader) {
	r.Skip(`{"c":`)
	t.Counter = uint64(r.Int())
	r.Skip(`,"n":`)
	t.Node = cluster.NodeID(r.Int())
	if r.Has(`,"b":`) {
		t.Boot = uint64(r.Int())
	}
	r.Skip(`,"op":`)
	t.Op = cluster.OpID(r.Text())
	r.Skip(`}`)
}

// usualBody is more bytes than most bodies and records have.
const usualBody = 160

// body encodes one of the structs above as JSON.
func body(v interface{ append([]byte) []byte }) json.RawMessage {
	return v.append(make([]byte, 0, usualBody))
}
