package cluster

import (
	"testing"
	"unicode"
)

func TestVisible(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"London":                      "London",
		"São Paulo 東京 🗼 e\u0301":      "São Paulo 東京 🗼 e\u0301",
		"a\nn2: all is well":          "a␊n2: all is well",
		"\x1b[2J\x1b[31mred\a":        "␛[2J␛[31mred␇",
		"\x1b]0;title\x07":            "␛]0;title␇",
		"back\b\b\b\b\rover":          "back␈␈␈␈␍over",
		"\u009b31m \u0085 \x7f":       "�31m � ␡",
		"\u202egnp.exe \u2066x\u2069": "�gnp.exe �x�",
		"a\u2028b\tc\x00":             "a�b c␀",
		"\xff\x1b":                    "�␛",
	} {
		if got := Visible(in); got != want {
			t.Errorf("Visible(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzVisible(f *testing.F) {
	f.Add("a\nb\x1b[2J\u202e")
	f.Fuzz(func(t *testing.T, in string) {
		got := Visible(in)
		for _, c := range got {
			if unicode.IsControl(c) || unicode.Is(unicode.Bidi_Control, c) {
				t.Fatalf("%q is shown as %q", in, got)
			}
		}
		if Visible(got) != got {
			t.Fatalf("%q is shown as %q, and that as %q", in, got, Visible(got))
		}
	})
}
