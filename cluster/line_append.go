package cluster

import (
	"bytes"
	"encoding/json"
	"math/bits"
	"strconv"
	"unicode/utf8"
)

// plain reports whether a byte stands for itself in a JSON string, for every encoder.
func plain(c byte) bool { return ' ' <= c && c < 0x7f && c != '"' && c != '\\' }

// plainLength returns the number of plain bytes at the beginning of s. It looks at eight
// bytes at once: a bit of odd is set for the first byte that is not plain, and perhaps for
// bytes after it.
func plainLength[T string | []byte](s T) int {
	const each = 0x0101010101010101 // this number times c is eight bytes c
	i := 0
	for ; i+8 <= len(s); i += 8 {
		e := s[i : i+8]
		word := uint64(e[0]) | uint64(e[1])<<8 | uint64(e[2])<<16 | uint64(e[3])<<24 |
			uint64(e[4])<<32 | uint64(e[5])<<40 | uint64(e[6])<<48 | uint64(e[7])<<56
		quote, backslash := word^each*'"', word^each*'\\'
		odd := (word - each*' ') | (word + each) | (quote - each) | (backslash - each) | word
		if odd &= each * 0x80; odd != 0 {
			return i + bits.TrailingZeros64(odd)/8
		}
	}
	for ; i < len(s) && plain(s[i]); i++ {
	}
	return i
}

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

// appendString appends s as a JSON string. encoding/json writes a string that
// needs escapes.
func appendString(b []byte, s string) []byte {
	if i := plainLength(s); i < len(s) && !wide(s[i:]) {
		var w bytes.Buffer
		enc := json.NewEncoder(&w)
		enc.SetEscapeHTML(false)
		_ = enc.Encode(s) // a string cannot fail
		return append(b, bytes.TrimSuffix(w.Bytes(), []byte("\n"))...)
	}
	return append(append(append(b, '"'), s...), '"')
}

// wide reports whether the rest of a string needs no escapes, although it has characters
// beyond ASCII. encoding/json leaves these as they are, too.
func wide(s string) bool {
	for _, c := range s {
		if c == utf8.RuneError || c == '\u2028' || c == '\u2029' || c < utf8.RuneSelf && !plain(byte(c)) {
			return false
		}
	}
	return true
}

func appendCount(b []byte, name string, n uint64) []byte {
	if n == 0 {
		return b
	}
	return strconv.AppendUint(append(b, name...), n, 10)
}

func appendYes(b []byte, name string, yes bool) []byte {
	if !yes {
		return b
	}
	return append(append(b, name...), "true"...)
}

func appendNodes(b []byte, name string, nodes []NodeID) []byte {
	if len(nodes) == 0 {
		return b
	}
	b = append(append(b, name...), '[')
	for i, n := range nodes {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, int64(n), 10)
	}
	return append(b, ']')
}

func appendStatus(b []byte, name string, s Status) []byte {
	if code := s.Code(); code != 0 {
		return strconv.AppendInt(append(b, name...), int64(code), 10)
	}
	return appendText(b, name, string(s))
}

// appendAny appends values that are rare. encoding/json writes them.
func appendAny(b []byte, name string, there bool, v any) []byte {
	if !there {
		return b
	}
	value, err := json.Marshal(v)
	if err != nil {
		return b // such a Report is not JSON
	}
	return append(append(b, name...), value...)
}
