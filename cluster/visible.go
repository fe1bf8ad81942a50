package cluster

import (
	"strings"
	"unicode"
)

// Visible is text from others as it may be shown on a terminal, on one line:
// what would end the line, move the cursor, colour or reorder the rest of it
// stands there as a sign for itself.
func Visible(text string) string {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c >= 0x7f {
			return strings.Map(visible, text)
		}
	}
	return text // as nearly all text is
}

// visible is one character of Visible.
func visible(c rune) rune {
	switch {
	case c == '\t':
		return ' '
	case c < ' ':
		return '\u2400' + c // control pictures: U+241B for escape
	case c == 0x7f:
		return '\u2421'
	case unicode.IsControl(c), unicode.Is(unicode.Bidi_Control, c), c == '\u2028', c == '\u2029':
		return unicode.ReplacementChar
	}
	return c
}
