package cluster

import (
	"encoding/json"
	"iter"
	"strings"
	"unicode/utf8"
)

// LineReader reads JSON that has no space between its parts and no escapes in its strings,
// with the fields of each object in one order: the form that AppendJSON and encoding/json
// write. A line in another form must be read with encoding/json.
type LineReader struct {
	// Failed: the line has another form, or other content, than what was to be read.
	// What was read is then of no use.
	Failed bool
	line   []byte
	at     int // the next byte
	texts  texts
}

// texts makes strings. Short strings share memory, so that an event or a body needs one
// allocation for all of them.
type texts struct{ chunk strings.Builder }

// textsChunk is the size of the memory that short strings share, in bytes. A string that
// is kept for a long time keeps so much memory.
const textsChunk = 128

// keep returns text as a string. Strings for at most more bytes will follow.
func (t *texts) keep(text []byte, more int) string {
	if len(text) == 0 {
		return ""
	}
	if free := t.chunk.Cap() - t.chunk.Len(); len(text) > free {
		if len(text) > textsChunk/2 {
			return string(text)
		}
		t.chunk = strings.Builder{}
		t.chunk.Grow(min(textsChunk, len(text)+more))
	}
	from := t.chunk.Len()
	t.chunk.Write(text)
	return t.chunk.String()[from:]
}

// NewLineReader returns a reader of line, which must not change while it reads.
func NewLineReader(line []byte) LineReader { return LineReader{line: line} }

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

// Text reads a string without escapes.
func (r *LineReader) Text() string {
	text := r.raw()
	return r.texts.keep(text, len(r.line)-r.at)
}

// raw is Text without a copy: the result is a part of the line.
func (r *LineReader) raw() []byte {
	if !r.next('"') {
		r.Failed = true
		return nil
	}
	ascii := true
	for i := r.at; i < len(r.line); i++ {
		i += plainLength(r.line[i:])
		if i == len(r.line) {
			break
		}
		switch c := r.line[i]; {
		case c == '"':
			text := r.line[r.at:i]
			r.at = i + 1
			r.Failed = r.Failed || !ascii && !utf8.Valid(text)
			return text
		case c < utf8.RuneSelf:
			r.Failed = true
			return nil
		}
		ascii = false
	}
	r.Failed = true
	return nil
}

// Int reads a whole number that is not negative, of at most 18 digits, so that it
// cannot overflow.
func (r *LineReader) Int() int64 {
	at, n := r.at, int64(0)
	for ; at < len(r.line); at++ {
		digit := r.line[at] - '0'
		if digit > 9 {
			break
		}
		n = n*10 + int64(digit)
	}
	digits := at - r.at
	r.Failed = r.Failed || digits == 0 || digits > 18 || digits > 1 && r.line[r.at] == '0'
	r.at = at
	return n
}

// word reads a string that is in most cases a constant of this package.
func (r *LineReader) word() string { return known(r.raw()) }

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

// status reads a number or a string.
func (r *LineReader) status() Status {
	if r.at < len(r.line) && r.line[r.at] == '"' {
		return Status(r.Text())
	}
	return HTTPStatus(int(r.Int()))
}

// decode reads a part of the line with encoding/json.
func (r *LineReader) decode(part []byte, into any) {
	r.Failed = r.Failed || json.Unmarshal(part, into) != nil
}
