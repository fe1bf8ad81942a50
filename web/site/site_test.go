package site

import "testing"

func TestCommentsAreLeftOut(t *testing.T) {
	t.Parallel()
	const text = "// One.\nimport 'a';\n\t/** Two. */\n/**\n * Three.\n */\nconst b = 1; // four\n/** @type {any} */ (b);\n"
	const want = "import 'a';\nconst b = 1; // four\n/** @type {any} */ (b);\n"
	if got := string(withoutComments([]byte(text))); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestAnUnknownModule: a file that is no module of Go, or ends early, is an error.
func TestAnUnknownModule(t *testing.T) {
	t.Parallel()
	const head = "\x00asm\x01\x00\x00\x00"
	for name, module := range map[string]string{
		"empty":                 head,
		"no table of functions": head + "\x0b\x06\x01\x00\x41\x00\x0b\x00",
		"a segment is cut off":  head + "\x0b\x08\x01\x00\x41\x00\x0b\x7f",
		"a table is cut off":    head + "\x0b\x12\x01\x00\x41\x00\x0b\x0c\xf1\xff\xff\xff\x00\x00\x01\x08\x01\x00\x00\x00",
	} {
		if err := dropLines([]byte(module)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
