package sloppy

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"

	"capplayground/cluster"
)

// Bodies and records are JSON. This file writes and reads, without reflection, the
// ones that every operation needs. It reads only the form that it writes.
// encoding/json reads every other form, and writes the other bodies. The written form
// is valid for encoding/json too.

// setJSON is a set on the wire and on disk.
type setJSON struct {
	Live  []written `json:"live,omitempty"`
	Known History   `json:"known"`
}

// newSet returns an error for a set whose history lacks the dot of a live version, or
// that has a live version twice.
func newSet(live []written, known History) (set, error) {
	for i, w := range live {
		if !known.Contains(w.Dot) || slices.ContainsFunc(live[:i], func(o written) bool { return o.Dot == w.Dot }) {
			return set{}, errHistory
		}
	}
	slices.SortFunc(live, newer)
	if !known.Empty() {
		known = known.withText()
	}
	return set{live, known}, nil
}

// MarshalJSON writes what UnmarshalJSON reads.
func (s set) MarshalJSON() ([]byte, error) { return s.append(make([]byte, 0, s.size())), nil }

// UnmarshalJSON returns an error if b is not a set; see [newSet].
func (s *set) UnmarshalJSON(b []byte) error {
	var in setJSON
	if bytes.Equal(b, []byte("null")) {
		return errHistory
	}
	err := json.Unmarshal(b, &in)
	if err == nil {
		*s, err = newSet(in.Live, in.Known)
	}
	return err
}

// size estimates the number of bytes that append appends.
func (s set) size() int {
	n := 32 + s.known.size()
	for _, w := range s.live {
		n += 112 + len(w.Op) + len(w.Val)
	}
	return n
}

func (s set) append(b []byte) []byte {
	b = append(b, '{')
	for i, w := range s.live {
		if i == 0 {
			b = append(b, `"live":[`...)
		}
		b = append(w.Dot.append(append(b, `{"d":"`...)), '"')
		b = appendString(append(b, `,"op":`...), string(w.Op))
		b = strconv.AppendInt(append(b, `,"ts":`...), w.TS, 10)
		b = append(appendString(append(b, `,"v":`...), w.Val), '}')
		if i+1 < len(s.live) {
			b = append(b, ',')
		} else {
			b = append(b, `],`...)
		}
	}
	return append(s.known.append(append(b, `"known":"`...)), `"}`...)
}

func (s *set) read(r *reader) {
	r.Skip("{")
	var live []written
	if r.Has(`"live":[`) {
		for {
			live = append(live, r.written())
			if r.Failed || !r.Has(",") {
				break
			}
		}
		r.Skip("],")
	}
	r.Skip(`"known":`)
	known := r.history()
	r.Skip("}")
	if r.Failed {
		return
	}
	var err error
	*s, err = newSet(live, known)
	r.Failed = err != nil
}

func (r *reader) written() (w written) {
	r.Skip(`{"d":`)
	w.Dot = r.dot()
	r.Skip(`,"op":`)
	w.Op = cluster.OpID(r.text())
	r.Skip(`,"ts":`)
	w.TS = r.Int()
	r.Skip(`,"v":`)
	w.Val = r.text()
	r.Skip("}")
	return w
}

func (k keyed) size() int { return 16 + len(k.Key) + k.Set.size() }

func (k keyed) append(b []byte) []byte {
	b = appendString(append(b, `{"key":`...), k.Key)
	return append(k.Set.append(append(b, `,"set":`...)), '}')
}

func (k *keyed) read(r *reader) {
	r.Skip(`{"key":`)
	k.Key = r.text()
	r.Skip(`,"set":`)
	k.Set.read(r)
	r.Skip("}")
}

func (v value) size() int { return 16 + v.Set.size() }

func (v value) append(b []byte) []byte {
	b = v.Set.append(append(b, `{"set":`...))
	if p := v.Planted; p != nil {
		b = appendString(append(b, `,"planted":{"op":`...), string(p.Op))
		b = strconv.AppendInt(append(b, `,"ts":`...), p.TS, 10)
		b = append(appendString(append(b, `,"v":`...), p.Val), '}')
	}
	return append(b, '}')
}

func (v *value) read(r *reader) {
	r.Skip(`{"set":`)
	v.Set.read(r)
	r.Skip("}") // encoding/json reads a value with a planted one
}

func (s syncing) size() int {
	n := 32
	for _, k := range s.Sets {
		n += 1 + k.size()
	}
	for _, key := range s.Want {
		n += 3 + len(key)
	}
	return n
}

func (s syncing) append(b []byte) []byte {
	b = append(b, '{')
	for i, k := range s.Sets {
		b = k.append(append(b, separator(i, `"sets":[`)...))
	}
	if len(s.Sets) > 0 {
		b = append(b, ']')
		if len(s.Want) > 0 {
			b = append(b, ',')
		}
	}
	for i, key := range s.Want {
		b = appendString(append(b, separator(i, `"want":[`)...), key)
	}
	if len(s.Want) > 0 {
		b = append(b, ']')
	}
	return append(b, '}')
}

// separator returns the text before the i-th element of a list that begins with first.
func separator(i int, first string) string {
	if i == 0 {
		return first
	}
	return ","
}

func (s *syncing) read(r *reader) {
	r.Skip("{")
	if r.Has(`"sets":[`) {
		for more := true; more && !r.Failed; more = r.Has(",") {
			var k keyed
			k.read(r)
			s.Sets = append(s.Sets, k)
		}
		r.Skip("]")
		if r.Has("}") {
			return
		}
		r.Skip(",")
	}
	if r.Has(`"want":[`) {
		for more := true; more && !r.Failed; more = r.Has(",") {
			s.Want = append(s.Want, r.text())
		}
		r.Skip("]")
	}
	r.Skip("}")
}

func (d digest) append(b []byte) []byte {
	b = appendString(append(b, `{"root":`...), d.Root)
	if len(d.Others) > 0 {
		others, _ := json.Marshal(d.Others) // strings cannot fail
		b = append(append(b, `,"others":`...), others...)
	}
	if d.Started {
		b = append(b, `,"started":true`...)
	}
	return append(b, '}')
}

func (d *digest) read(r *reader) {
	r.Skip(`{"root":`)
	d.Root = r.text()
	d.Started = r.Has(`,"started":true`)
	r.Skip("}") // encoding/json reads a digest with other keys
}

func (h handed) append(b []byte) []byte {
	b = appendString(append(b, `{"key":`...), h.Key)
	return append(appendString(append(b, `,"hash":`...), h.Hash), '}')
}

func (h *handed) read(r *reader) {
	r.Skip(`{"key":`)
	h.Key = r.text()
	r.Skip(`,"hash":`)
	h.Hash = r.text()
	r.Skip("}")
}

func (w want) append(b []byte) []byte {
	return append(appendString(append(b, `{"key":`...), w.Key), '}')
}

func (w *want) read(r *reader) {
	r.Skip(`{"key":`)
	w.Key = r.text()
	r.Skip("}")
}

func (a ask) size() int {
	n := 160 + len(a.Key) + len(a.Val)
	if a.Named != nil {
		n += a.Named.size()
	}
	return n
}

func (a ask) append(b []byte) []byte {
	b = append(b, '{')
	if a.Read {
		b = append(b, `"read":true,`...)
	}
	b = appendString(append(b, `"key":`...), a.Key)
	if a.Val != "" {
		b = appendString(append(b, `,"val":`...), a.Val)
	}
	if a.At != 0 {
		b = strconv.AppendInt(append(b, `,"at":`...), int64(a.At), 10)
	}
	if a.TS != 0 {
		b = strconv.AppendInt(append(b, `,"ts":`...), a.TS, 10)
	}
	if a.Dot != nil {
		b = append(a.Dot.append(append(b, `,"dot":"`...)), '"')
	}
	if a.Named != nil {
		b = append(a.Named.append(append(b, `,"named":"`...)), '"')
	}
	b = strconv.AppendInt(append(b, `,"q":{"n":`...), int64(a.Sizes.N), 10)
	b = strconv.AppendInt(append(b, `,"r":`...), int64(a.Sizes.R), 10)
	b = strconv.AppendInt(append(b, `,"w":`...), int64(a.Sizes.W), 10)
	return append(b, `}}`...)
}

func (a *ask) read(r *reader) {
	r.Skip("{")
	a.Read = r.Has(`"read":true,`)
	r.Skip(`"key":`)
	a.Key = r.text()
	if r.Has(`,"val":`) {
		a.Val = r.text()
	}
	if r.Has(`,"at":`) {
		a.At = cluster.Time(r.Int())
	}
	if r.Has(`,"ts":`) {
		a.TS = r.Int()
	}
	if r.Has(`,"dot":`) {
		d := r.dot()
		a.Dot = &d
	}
	if r.Has(`,"named":`) {
		h := r.history()
		a.Named = &h
	}
	r.Skip(`,"q":{"n":`)
	a.Sizes.N = int(r.Int())
	r.Skip(`,"r":`)
	a.Sizes.R = int(r.Int())
	r.Skip(`,"w":`)
	a.Sizes.W = int(r.Int())
	r.Skip("}}")
}

func (s result) size() int {
	n := 64 + len(s.Val) + len(s.Version) + len(s.Refused)
	for _, o := range s.Siblings {
		n += 32 + len(o.Val) + len(o.Version)
	}
	return n
}

func (s result) append(b []byte) []byte {
	b = strconv.AppendBool(append(b, `{"found":`...), s.Found)
	if s.Val != "" {
		b = appendString(append(b, `,"val":`...), s.Val)
	}
	if s.Version != "" {
		b = appendString(append(b, `,"version":`...), s.Version)
	}
	for i, o := range s.Siblings {
		if i == 0 {
			b = append(b, `,"siblings":[`...)
		}
		b = appendString(append(b, `{"val":`...), o.Val)
		b = append(appendString(append(b, `,"version":`...), o.Version), '}')
		if i+1 < len(s.Siblings) {
			b = append(b, ',')
		} else {
			b = append(b, ']')
		}
	}
	if s.Refused != "" {
		b = appendString(append(b, `,"refused":`...), s.Refused)
	}
	return append(b, '}')
}

func (s *result) read(r *reader) {
	s.Found = !r.Has(`{"found":false`)
	if s.Found {
		r.Skip(`{"found":true`)
	}
	if r.Has(`,"val":`) {
		s.Val = r.text()
	}
	if r.Has(`,"version":`) {
		s.Version = r.text()
	}
	if r.Has(`,"siblings":[`) {
		for {
			var o cluster.Sibling
			r.Skip(`{"val":`)
			o.Val = r.text()
			r.Skip(`,"version":`)
			o.Version = r.text()
			r.Skip("}")
			s.Siblings = append(s.Siblings, o)
			if r.Failed || !r.Has(",") {
				break
			}
		}
		r.Skip("]")
	}
	if r.Has(`,"refused":`) {
		s.Refused = r.text()
	}
	r.Skip("}")
}
