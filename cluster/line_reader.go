package cluster

import (
	"encoding/json"
	"iter"
	"math"
	"unicode/utf8"
)

// LineReader reads JSON that has no space between its parts and no escapes in
// its strings: the form in which AppendJSON, and the protocols that encode their
// bodies by hand, write it. If the line has another form, the caller
// must read it with encoding/json.
type LineReader struct {
	// Failed: the line has another form, or other content, than what was to be read.
	// What was read is then of no use.
	Failed bool
	line   []byte
	at     int // the next byte
}

// NewLineReader returns a reader of line, which must not change while it reads.
func NewLineReader(line []byte) LineReader { return LineReader{line: line} }

// ReadLine reads b into a T and reports whether it could. read reads the form that
// a codec written by hand writes. If b has another form, encoding/json reads it.
func ReadLine[T any](b []byte, into *T, read func(*T, *LineReader)) bool {
	r := NewLineReader(b)
	if read(into, &r); r.Done() {
		return true
	}
	*into = *new(T)
	return json.Unmarshal(b, into) == nil
}

// Done reports whether the whole line was read, and Failed is false.
func (r *LineReader) Done() bool { return !r.Failed && r.at == len(r.line) }

// Has steps over word and returns true, if word comes next.
func (r *LineReader) Has(word string) bool {
	if end := r.at + len(word); end <= len(r.line) && string(r.line[r.at:end]) == word {
		r.at = end
		return true
	}
	return false
}

// Skip steps over word, which must come next.
func (r *LineReader) Skip(word string) { r.Failed = !r.Has(word) || r.Failed }

// next steps over c and returns true, if c comes next.
func (r *LineReader) next(c byte) bool {
	if r.at < len(r.line) && r.line[r.at] == c {
		r.at++
		return true
	}
	return false
}

// name reads the name of the next field.
func (r *LineReader) name() []byte {
	name := r.Text()
	r.Failed = !r.next(':') || r.Failed
	return name
}

// Text reads a string without escapes. The result is a part of the line.
func (r *LineReader) Text() []byte {
	if !r.next('"') {
		r.Failed = true
		return nil
	}
	ascii := true
	for i := r.at; i < len(r.line); i++ {
		switch c := r.line[i]; {
		case c == '"':
			text := r.line[r.at:i]
			r.at = i + 1
			r.Failed = r.Failed || !ascii && !utf8.Valid(text)
			return text
		case c >= utf8.RuneSelf:
			ascii = false
		case !plain(c):
			r.Failed = true
			return nil
		}
	}
	r.Failed = true
	return nil
}

// Int reads a whole number that is not negative, of at most 18 digits, so that it
// cannot overflow.
func (r *LineReader) Int() int64 {
	negative := r.next('-')
	from, n := r.at, int64(0)
	for r.at < len(r.line) && '0' <= r.line[r.at] && r.line[r.at] <= '9' {
		n = n*10 + int64(r.line[r.at]-'0')
		r.at++
	}
	digits := r.at - from
	if digits == 0 || digits > 18 || negative || digits > 1 && r.line[from] == '0' {
		r.Failed = true
	}
	return n
}

// Uint reads a whole number up to the largest uint64.
func (r *LineReader) Uint() uint64 {
	from, n := r.at, uint64(0)
	for r.at < len(r.line) && '0' <= r.line[r.at] && r.line[r.at] <= '9' {
		digit := uint64(r.line[r.at] - '0')
		if n > (math.MaxUint64-digit)/10 {
			r.Failed = true
			return 0
		}
		n = n*10 + digit
		r.at++
	}
	if digits := r.at - from; digits == 0 || digits > 1 && r.line[from] == '0' {
		r.Failed = true
	}
	return n
}

// yes reads true.
func (r *LineReader) yes() bool {
	r.Skip("true")
	return !r.Failed
}

// value returns an object or an array as it is written, by its brackets.
func (r *LineReader) value() []byte {
	rest := r.line[r.at:]
	if len(rest) > 0 && (rest[0] == '{' || rest[0] == '[') {
		for at, open := range Brackets(rest) {
			if open == 0 {
				r.at += at + 1
				return rest[:at+1]
			}
		}
	}
	r.Failed = true
	return nil
}

// Brackets returns the places of the brackets of a JSON text, without those in its
// strings. Beside each place stands how many brackets are open behind it.
func Brackets(text []byte) iter.Seq2[int, int] {
	return func(yield func(int, int) bool) {
		open, inText := 0, false
		for i := 0; i < len(text); i++ {
			switch c := text[i]; {
			case inText && c == '\\':
				i++
				continue
			case c == '"':
				inText = !inText
				continue
			case inText:
				continue
			case c == '{' || c == '[':
				open++
			case c == '}' || c == ']':
				open--
			default:
				continue
			}
			if !yield(i, open) {
				return
			}
		}
	}
}

// nodes reads a list of node ids.
func (r *LineReader) nodes() (nodes []NodeID) {
	r.Failed = !r.next('[') || r.Failed
	for !r.Failed {
		nodes = append(nodes, NodeID(r.Int()))
		if !r.next(',') {
			break
		}
	}
	r.Failed = !r.next(']') || r.Failed
	return nodes
}

// scalar returns a number or a string as it is written.
func (r *LineReader) scalar() []byte {
	from := r.at
	if r.at < len(r.line) && r.line[r.at] == '"' {
		r.Text()
	} else {
		r.Int()
	}
	return r.line[from:r.at]
}

// decode reads a part of the line with encoding/json.
func (r *LineReader) decode(part []byte, into any) {
	r.Failed = r.Failed || json.Unmarshal(part, into) != nil
}

// object reads an object. It calls field with the name of each field, and field
// reads the value. It returns false for an object in another form.
func (r *LineReader) object(field func(name []byte) bool) bool {
	if !r.next('{') {
		return false
	}
	for {
		if name := r.name(); r.Failed || !field(name) || r.Failed {
			return false
		}
		if !r.next(',') {
			return r.next('}')
		}
	}
}
