package guard

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"capplayground/cluster"
)

// inspect finds in data what encoding/json would let pass, given that dst is
// where it shall go.
func inspect(data []byte, dst any) error {
	if !utf8.Valid(data) {
		return fmt.Errorf("%w: not valid UTF-8", cluster.ErrSyntax)
	}
	// Depth comes first: it bounds the recursion below, whatever else is wrong.
	if depth(data) > MaxDepth {
		return fmt.Errorf("%w: nested deeper than %d", cluster.ErrSyntax, MaxDepth)
	}
	if !json.Valid(data) {
		return cluster.ErrSyntax
	}
	in := inspector{data: data}
	var t reflect.Type
	if dst != nil {
		t = reflect.TypeOf(dst)
	}
	return in.value(t)
}

// depth is how deep the brackets nest outside strings.
func depth(data []byte) int {
	now, most, quoted := 0, 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			now++
			most = max(most, now)
		case c == '}' || c == ']':
			now--
		}
	}
	return most
}

// inspector walks over a document that is known to be well-formed.
type inspector struct {
	data []byte
	at   int
}

// next skips white space and returns the byte there.
func (in *inspector) next() byte {
	for strings.IndexByte(" \t\r\n", in.data[in.at]) >= 0 {
		in.at++
	}
	return in.data[in.at]
}

// value inspects one value that shall go into a t; nil is anything.
func (in *inspector) value(t reflect.Type) error {
	t = settle(t)
	switch in.next() {
	case '{':
		return in.object(t)
	case '[':
		in.at++
		var elem reflect.Type
		if t != nil && (t.Kind() == reflect.Slice || t.Kind() == reflect.Array) {
			elem = t.Elem()
		}
		for in.next() != ']' {
			if err := in.value(elem); err != nil {
				return err
			}
			in.comma()
		}
		in.at++
		return nil
	case '"':
		_, err := in.text()
		return err
	case 'n':
		return fmt.Errorf("%w: null", cluster.ErrFields)
	}
	for in.at < len(in.data) && strings.IndexByte(" \t\r\n,]}", in.data[in.at]) < 0 {
		in.at++
	}
	return nil
}

func (in *inspector) object(t reflect.Type) error {
	fields, elem := fieldsOf(t)
	seen := map[string]bool{}
	in.at++
	for in.next() != '}' {
		name, err := in.text()
		if err != nil {
			return err
		}
		if seen[name] {
			return fmt.Errorf("%w: %q twice", cluster.ErrFields, clip(name))
		}
		seen[name] = true
		into := elem
		if fields != nil {
			f, known := fields[name]
			if !known {
				return fmt.Errorf("%w: unknown field %q", cluster.ErrFields, clip(name))
			}
			into = f
		}
		in.next()
		in.at++ // the colon
		if err := in.value(into); err != nil {
			return err
		}
		in.comma()
	}
	in.at++
	return nil
}

func (in *inspector) comma() {
	if in.next() == ',' {
		in.at++
	}
}

// text reads a string. One with half of a surrogate pair is an error: Go would
// turn it into U+FFFD, which nobody sent.
func (in *inspector) text() (string, error) {
	start := in.at
	for in.at++; in.data[in.at] != '"'; in.at++ {
		if in.data[in.at] != '\\' {
			continue
		}
		in.at++
		if in.data[in.at] != 'u' {
			continue
		}
		code := in.hex(in.at + 1)
		in.at += 4
		switch {
		case code >= 0xD800 && code < 0xDC00:
			low := uint64(0)
			if in.data[in.at+1] == '\\' && in.data[in.at+2] == 'u' {
				low = in.hex(in.at + 3)
			}
			if low < 0xDC00 || low > 0xDFFF {
				return "", fmt.Errorf("%w: half a surrogate pair", cluster.ErrSyntax)
			}
			in.at += 6
		case code >= 0xDC00 && code <= 0xDFFF:
			return "", fmt.Errorf("%w: half a surrogate pair", cluster.ErrSyntax)
		}
	}
	in.at++
	var s string
	if err := json.Unmarshal(in.data[start:in.at], &s); err != nil {
		return "", fmt.Errorf("%w: %w", cluster.ErrSyntax, err)
	}
	return s, nil
}

// hex reads the four hexadecimal digits at i.
func (in *inspector) hex(i int) uint64 {
	n, _ := strconv.ParseUint(string(in.data[i:i+4]), 16, 16) // json.Valid has seen them
	return n
}

var unmarshaler = reflect.TypeFor[json.Unmarshaler]()

// settle follows pointers. A type that decodes itself is inspected no further.
func settle(t reflect.Type) reflect.Type {
	for t != nil {
		if t.Implements(unmarshaler) || reflect.PointerTo(t).Implements(unmarshaler) {
			return nil
		}
		if t.Kind() != reflect.Pointer {
			return t
		}
		t = t.Elem()
	}
	return nil
}

// fieldsOf returns the fields of a struct by their exact JSON names, or the
// type of a map's elements.
func fieldsOf(t reflect.Type) (map[string]reflect.Type, reflect.Type) {
	if t == nil {
		return nil, nil
	}
	switch t.Kind() {
	case reflect.Map:
		return nil, t.Elem()
	case reflect.Struct:
		fields := map[string]reflect.Type{}
		for _, f := range reflect.VisibleFields(t) {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if !f.IsExported() || name == "-" || f.Anonymous && name == "" {
				continue
			}
			if name == "" {
				name = f.Name
			}
			fields[name] = f.Type
		}
		return fields, nil
	}
	return nil, nil
}

// clip keeps an error that quotes a stranger short.
func clip(s string) string {
	if len(s) > 64 {
		return strings.ToValidUTF8(s[:64], "") + "…"
	}
	return s
}
