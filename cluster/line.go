package cluster

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"
)

// AppendJSON appends the message as encoding/json has it, and nothing else:
// the same fields in the same order, without reflection. Body must be JSON; it
// is taken over as it is, on one line.
func (m *Message) AppendJSON(b []byte) []byte {
	b = strconv.AppendInt(append(b, `{"from":`...), int64(m.From), 10)
	b = strconv.AppendInt(append(b, `,"to":`...), int64(m.To), 10)
	b = appendString(append(b, `,"type":`...), m.Type)
	b = appendString(append(b, `,"class":`...), string(m.Class))
	b = appendText(b, `,"sense":`, string(m.Sense))
	b = appendText(b, `,"op":`, string(m.Op))
	b = appendText(b, `,"label":`, m.Label)
	b = appendText(b, `,"via":`, string(m.Via))
	b = appendNumber(b, `,"for":`, int64(m.For))
	b = appendNumber(b, `,"deadline":`, int64(m.Deadline))
	if len(m.Body) > 0 {
		b = appendLine(append(b, `,"body":`...), m.Body)
	}
	b = appendText(b, `,"id":`, m.ID)
	b = appendNumber(b, `,"sent":`, int64(m.Sent))
	b = appendNumber(b, `,"due":`, int64(m.Due))
	if m.Gen != 0 {
		b = strconv.AppendUint(append(b, `,"gen":`...), m.Gen, 10)
	}
	if m.LC != 0 {
		b = strconv.AppendUint(append(b, `,"lc":`...), m.LC, 10)
	}
	b = appendText(b, `,"dup_of":`, m.DupOf)
	if m.Held {
		b = append(b, `,"held":true`...)
	}
	if m.Flow {
		b = append(b, `,"flow":true`...)
	}
	return append(b, '}')
}

// ParseJSON reads a message. What AppendJSON wrote it reads by itself, anything
// else encoding/json does, with its errors: so it takes just what that takes,
// but for Body, which it does not look into.
func (m *Message) ParseJSON(line []byte) error {
	*m = Message{}
	if m.parse(&lineReader{line: line}) {
		return nil
	}
	*m = Message{}
	return json.Unmarshal(line, m)
}

// parse is false for a line that is not as plain as AppendJSON writes it.
func (m *Message) parse(r *lineReader) bool {
	if !r.next('{') {
		return false
	}
	for {
		switch string(r.name()) {
		case "from":
			m.From = NodeID(r.int())
		case "to":
			m.To = NodeID(r.int())
		case "type":
			m.Type = string(r.text())
		case "class":
			m.Class = Class(known(r.text()))
		case "sense":
			m.Sense = Sense(known(r.text()))
		case "op":
			m.Op = OpID(r.text())
		case "label":
			m.Label = string(r.text())
		case "via":
			m.Via = Via(known(r.text()))
		case "for":
			m.For = NodeID(r.int())
		case "deadline":
			m.Deadline = Time(r.int())
		case "body":
			m.Body = bytes.Clone(r.value())
		case "id":
			m.ID = string(r.text())
		case "sent":
			m.Sent = Time(r.int())
		case "due":
			m.Due = Time(r.int())
		case "gen":
			m.Gen = uint64(r.int())
		case "lc":
			m.LC = uint64(r.int())
		case "dup_of":
			m.DupOf = string(r.text())
		case "held":
			m.Held = r.yes()
		case "flow":
			m.Flow = r.yes()
		default:
			return false
		}
		if r.odd {
			return false
		}
		if r.next(',') {
			continue
		}
		return r.next('}') && len(bytes.TrimSpace(r.line[r.at:])) == 0
	}
}

// known is a word of this package without a copy of its own.
func known(word []byte) string {
	switch string(word) {
	case string(ClassRequest):
		return string(ClassRequest)
	case string(ClassYes):
		return string(ClassYes)
	case string(ClassNo):
		return string(ClassNo)
	case string(ClassDecide):
		return string(ClassDecide)
	case string(SenseCommit):
		return string(SenseCommit)
	case string(KindSent):
		return string(KindSent)
	case string(KindDelivered):
		return string(KindDelivered)
	case string(KindProgress):
		return string(KindProgress)
	case string(KindScreen):
		return string(KindScreen)
	case string(KindTimer):
		return string(KindTimer)
	case string(KindKey):
		return string(KindKey)
	}
	return string(word)
}

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

// plain says whether a byte stands for itself in a JSON string of any encoder.
func plain(c byte) bool { return ' ' <= c && c < 0x7f && c != '"' && c != '\\' }

func appendText(b []byte, name, s string) []byte {
	if s == "" {
		return b
	}
	return appendString(append(b, name...), s)
}

func appendNumber(b []byte, name string, n int64) []byte {
	if n == 0 {
		return b
	}
	return strconv.AppendInt(append(b, name...), n, 10)
}

// appendString quotes s, and leaves what needs more than quotes to encoding/json.
func appendString(b []byte, s string) []byte {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf && wide(s[i:]) {
			break
		}
		if !plain(s[i]) {
			var w bytes.Buffer
			enc := json.NewEncoder(&w)
			enc.SetEscapeHTML(false)
			_ = enc.Encode(s) // a string cannot fail
			return append(b, bytes.TrimSuffix(w.Bytes(), []byte("\n"))...)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}

// wide says whether the rest of a string is plain but for characters beyond
// ASCII that encoding/json, too, leaves as they are.
func wide(s string) bool {
	for _, c := range s {
		if c == utf8.RuneError || c == '\u2028' || c == '\u2029' || c < utf8.RuneSelf && !plain(byte(c)) {
			return false
		}
	}
	return true
}

// appendLine appends JSON on one line.
func appendLine(b, value []byte) []byte {
	if !bytes.ContainsRune(value, '\n') {
		return append(b, value...)
	}
	var w bytes.Buffer
	if json.Compact(&w, value) != nil {
		return append(b, strings.ReplaceAll(string(value), "\n", " ")...)
	}
	return append(b, w.Bytes()...)
}
