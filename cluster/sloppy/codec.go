package sloppy

import "encoding/json"

// body encodes one of the structs of this package, which cannot fail.
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
		panic(err) // the structs hold nothing that JSON has not
	}
	return b
}

// decode reads what body wrote, and says whether it could. Where T has a
// reader of its own, and the text is as plain as its append writes it, that
// does; else encoding/json does.
func decode[T any](b []byte, into *T) bool {
	if plain, ok := any(into).(interface{ read(*reader) }); ok {
		r := reader{left: b}
		if plain.read(&r); !r.odd && len(r.left) == 0 {
			return true
		}
		*into = *new(T)
	}
	return json.Unmarshal(b, into) == nil
}

// reader reads JSON that has no space between its parts and no escapes in its
// strings. odd says that it met anything else.
type reader struct {
	left []byte
	odd  bool
}

// has steps over word, if it comes next.
func (r *reader) has(word string) bool {
	if len(r.left) < len(word) || string(r.left[:len(word)]) != word {
		return false
	}
	r.left = r.left[len(word):]
	return true
}

// skip steps over word, which must come next.
func (r *reader) skip(word string) { r.odd = r.odd || !r.has(word) }

// word is a string of printable ASCII.
func (r *reader) word() []byte {
	if r.odd || !r.has(`"`) {
		r.odd = true
		return nil
	}
	for i, c := range r.left {
		switch {
		case c == '"':
			s := r.left[:i]
			r.left = r.left[i+1:]
			return s
		case !standsForItself(c):
			r.odd = true
			return nil
		}
	}
	r.odd = true
	return nil
}

func (r *reader) text() string { return string(r.word()) }

// int is a whole number that is not negative, and cannot overflow.
func (r *reader) int() int64 {
	i, n := 0, int64(0)
	for i < len(r.left) && '0' <= r.left[i] && r.left[i] <= '9' && i < 18 {
		n = n*10 + int64(r.left[i]-'0')
		i++
	}
	if i == 0 || i > 1 && r.left[0] == '0' {
		r.odd = true
	}
	r.left = r.left[i:]
	return n
}

func (r *reader) dot() Dot {
	d, err := parseDot(string(r.word()))
	r.odd = r.odd || err != nil
	return d
}

func (r *reader) history() History {
	h, err := parseHistory(string(r.word()))
	r.odd = r.odd || err != nil
	return h
}

// standsForItself says whether encoding/json writes a byte of a string as it is.
func standsForItself(c byte) bool {
	return ' ' <= c && c < 0x7f && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&'
}

// appendString quotes s, and leaves what needs more than quotes to encoding/json.
func appendString(b []byte, s string) []byte {
	for i := range len(s) {
		if !standsForItself(s[i]) {
			quoted, _ := json.Marshal(s) // a string cannot fail
			return append(b, quoted...)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}
