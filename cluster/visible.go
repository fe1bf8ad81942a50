package cluster

import (
	"strings"
	"unicode"
)

// Visible is text from others as it may be shown on a terminal, on one line:
// what would end the line, move the cursor, colour or reorder the rest of it
// stands there as a sign for itself.
func Visible(text string) string {
	return strings.Map(func(c rune) rune {
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
	}, text)
}
