package cluster

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"
)

// lineReader reads JSON that has no space between its parts and no escapes in
// its strings. odd says that it met anything else.
type lineReader struct {
	line []byte
	at   int
	odd  bool
}

// next steps over c, if it comes next.
func (r *lineReader) next(c byte) bool {
	if r.at < len(r.line) && r.line[r.at] == c {
		r.at++
		return true
	}
	return false
}

// name is the next field's.
func (r *lineReader) name() []byte {
	name := r.text()
	r.odd = !r.next(':') || r.odd
	return name
}

// text is a string without escapes, valid as long as the line.
func (r *lineReader) text() []byte {
	if !r.next('"') {
		r.odd = true
		return nil
	}
	ascii := true
	for i := r.at; i < len(r.line); i++ {
		switch c := r.line[i]; {
		case c == '"':
			text := r.line[r.at:i]
			r.at = i + 1
			r.odd = r.odd || !ascii && !utf8.Valid(text)
			return text
		case c >= utf8.RuneSelf:
			ascii = false
		case !plain(c):
			r.odd = true
			return nil
		}
	}
	r.odd = true
	return nil
}

// int is a whole number as strconv writes it, of so few digits that it cannot
// overflow.
func (r *lineReader) int() int64 {
	negative := r.next('-')
	from, n := r.at, int64(0)
	for r.at < len(r.line) && '0' <= r.line[r.at] && r.line[r.at] <= '9' {
		n = n*10 + int64(r.line[r.at]-'0')
		r.at++
	}
	digits := r.at - from
	if digits == 0 || digits > 18 || negative || digits > 1 && r.line[from] == '0' {
		r.odd = true
	}
	return n
}

// yes is true.
func (r *lineReader) yes() bool {
	const word = "true"
	if !bytes.HasPrefix(r.line[r.at:], []byte(word)) {
		r.odd = true
		return false
	}
	r.at += len(word)
	return true
}

// value steps over an object or array, by its brackets.
func (r *lineReader) value() []byte {
	depth, inText := 0, false
	for i := r.at; i < len(r.line); i++ {
		switch c := r.line[i]; {
		case inText && c == '\\':
			i++
		case c == '"':
			inText = !inText
		case inText:
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			depth--
		}
		if depth <= 0 && !inText {
			value := r.line[r.at : i+1]
			r.odd = r.odd || i == r.at
			r.at = i + 1
			return value
		}
	}
	r.odd = true
	return nil
}

// nodes is a list of node ids.
func (r *lineReader) nodes() (nodes []NodeID) {
	r.odd = !r.next('[') || r.odd
	for !r.odd {
		nodes = append(nodes, NodeID(r.int()))
		if !r.next(',') {
			break
		}
	}
	r.odd = !r.next(']') || r.odd
	return nodes
}

// scalar is a number or a text, as it is written.
func (r *lineReader) scalar() []byte {
	from := r.at
	if r.at < len(r.line) && r.line[r.at] == '"' {
		r.text()
	} else {
		r.int()
	}
	return r.line[from:r.at]
}

// decode has encoding/json read a part of the line.
func (r *lineReader) decode(part []byte, into any) {
	r.odd = r.odd || json.Unmarshal(part, into) != nil
}

// object reads an object, giving each field's name to field, which reads its
// value. It is false for anything that is not as plain as AppendJSON writes it.
func (r *lineReader) object(field func(name []byte) bool) bool {
	if !r.next('{') {
		return false
	}
	for {
		if name := r.name(); r.odd || !field(name) || r.odd {
			return false
		}
		if !r.next(',') {
			return r.next('}')
		}
	}
}
