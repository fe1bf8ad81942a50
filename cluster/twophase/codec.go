package twophase

import (
	"encoding/json"
	"strconv"

	"capplayground/cluster"
)

// The bodies of messages and the records are JSON. Every transaction sends and reads many
// of them, so the functions here write and read them without reflection. If the JSON has
// another form than the one written here, encoding/json reads it.

// usualBody is more bytes than most bodies and records have.
const usualBody = 96

// encode encodes one of the structs below as JSON.
func encode(v interface{ append([]byte) []byte }) json.RawMessage {
	return v.append(make([]byte, 0, usualBody))
}

func (p prepareBody) append(b []byte) []byte {
	b = cluster.AppendString(append(b, `{"k":`...), p.Key)
	b = cluster.AppendString(append(b, `,"v":`...), p.Val)
	if p.Last != nil {
		b = cluster.AppendString(append(b, `,"last":{"tx":`...), string(p.Last.Tx))
		if p.Last.Version != 0 {
			b = strconv.AppendUint(append(b, `,"n":`...), p.Last.Version, 10)
		}
		b = append(b, '}')
	}
	return append(b, '}')
}

func (p *prepareBody) read(r *cluster.LineReader) {
	r.Skip(`{"k":`)
	p.Key = string(r.Text())
	r.Skip(`,"v":`)
	p.Val = string(r.Text())
	if r.Has(`,"last":{"tx":`) {
		p.Last = &lastBody{Tx: cluster.OpID(r.Text())}
		if r.Has(`,"n":`) {
			p.Last.Version = r.Uint()
		}
		r.Skip(`}`)
	}
	r.Skip(`}`)
}

func (y yesBody) append(b []byte) []byte {
	b = strconv.AppendUint(append(b, `{"n":`...), y.Version, 10)
	return append(strconv.AppendUint(append(b, `,"sum":`...), y.Sum, 10), '}')
}

func (y *yesBody) read(r *cluster.LineReader) {
	r.Skip(`{"n":`)
	y.Version = r.Uint()
	r.Skip(`,"sum":`)
	y.Sum = r.Uint()
	r.Skip(`}`)
}

func (n refusalBody) append(b []byte) []byte {
	return append(cluster.AppendString(append(b, `{"why":`...), n.Reason), '}')
}

func (n *refusalBody) read(r *cluster.LineReader) {
	r.Skip(`{"why":`)
	n.Reason = string(r.Text())
	r.Skip(`}`)
}

func (c commitBody) append(b []byte) []byte {
	return append(strconv.AppendUint(append(b, `{"n":`...), c.Version, 10), '}')
}

func (c *commitBody) read(r *cluster.LineReader) {
	r.Skip(`{"n":`)
	c.Version = r.Uint()
	r.Skip(`}`)
}

func (p part) append(b []byte) []byte {
	b = cluster.AppendString(append(b, `{"k":`...), p.Key)
	b = cluster.AppendString(append(b, `,"v":`...), p.Val)
	if p.Coordinator != byHand {
		b = strconv.AppendInt(append(b, `,"c":`...), int64(p.Coordinator), 10)
	}
	return append(b, '}')
}

func (p *part) read(r *cluster.LineReader) {
	r.Skip(`{"k":`)
	p.Key = string(r.Text())
	r.Skip(`,"v":`)
	p.Val = string(r.Text())
	if r.Has(`,"c":`) {
		p.Coordinator = cluster.NodeID(r.Int())
	}
	r.Skip(`}`)
}

func (v value) append(b []byte) []byte {
	b = cluster.AppendString(append(b, `{"v":`...), v.Val)
	b = strconv.AppendUint(append(b, `,"n":`...), v.Version, 10)
	if v.ByHand {
		b = append(b, `,"h":true`...)
	}
	return append(b, '}')
}

func (v *value) read(r *cluster.LineReader) {
	r.Skip(`{"v":`)
	v.Val = string(r.Text())
	r.Skip(`,"n":`)
	v.Version = r.Uint()
	v.ByHand = r.Has(`,"h":true`)
	r.Skip(`}`)
}

func (d decision) append(b []byte) []byte {
	b = cluster.AppendString(append(b, `{"w":`...), d.What)
	return append(strconv.AppendUint(append(b, `,"n":`...), d.Version, 10), '}')
}

func (d *decision) read(r *cluster.LineReader) {
	r.Skip(`{"w":`)
	d.What = string(r.Text())
	r.Skip(`,"n":`)
	d.Version = r.Uint()
	r.Skip(`}`)
}
