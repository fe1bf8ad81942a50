package sloppy

import (
	"encoding/json"

	"capplayground/cluster"
)

// body encodes one of the structs of this package. This cannot fail.
func body(v any) json.RawMessage {
	if a, ok := v.(interface{ append([]byte) []byte }); ok {
		size := 64
		if s, ok := v.(interface{ size() int }); ok {
			size = s.size()
		}
		return a.append(make([]byte, 0, size))
	}
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // the structs hold only types that JSON can encode
	}
	return b
}

// decode reads what body wrote, and reports whether it could. If T has a read
// method, and the text has the form that its append writes, that method reads
// it. Otherwise encoding/json does.
func decode[T any](b []byte, into *T) bool { return decodeLike(b, into, History{}) }

// decodeLike is decode for a text that may contain the history held, which this node has.
func decodeLike[T any](b []byte, into *T, held History) bool {
	if byHand, ok := any(into).(interface{ read(*reader) }); ok {
		r := reader{cluster.NewLineReader(b), held}
		if byHand.read(&r); r.Done() {
			return true
		}
		*into = *new(T)
	}
	return json.Unmarshal(b, into) == nil
}

// reader reads the bodies and their dots and histories.
type reader struct {
	cluster.LineReader
	// held is a history that this node holds. A history with the same text is not
	// parsed again.
	held History
}

func (r *reader) text() string { return string(r.Text()) }

func (r *reader) dot() Dot {
	d, err := parseDot(r.Text())
	r.Failed = r.Failed || err != nil
	return d
}

func (r *reader) history() History {
	text := r.Text()
	if len(text) > 0 && string(text) == r.held.text {
		return r.held
	}
	h, err := parseHistory(text)
	r.Failed = r.Failed || err != nil
	return h
}

// needsNoEscape reports whether encoding/json writes a byte of a string as it is.
func needsNoEscape(c byte) bool {
	return ' ' <= c && c < 0x7f && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&'
}

// appendString appends s in quotes. encoding/json encodes a string that needs escapes.
func appendString(b []byte, s string) []byte {
	for i := range len(s) {
		if !needsNoEscape(s[i]) {
			quoted, _ := json.Marshal(s) // a string cannot fail
			return append(b, quoted...)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}
