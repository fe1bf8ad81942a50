package export

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"capplayground/server/recording"
)

func read(t testing.TB, text []byte) *recording.Recording {
	t.Helper()
	rec, err := recording.Read(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

// refused is a run with a write, one that a frozen node refuses, and a read.
func refused(t testing.TB) []byte {
	t.Helper()
	text, err := os.ReadFile("../../static/js/testdata/recordings/refused.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// nasty are values that try to break out of a format.
var nasty = []string{
	"end", "a\nend", "x;y#z", `"quoted"`, `back\slash`, "<script>alert(1)</script>", "%%{init: {}}%%",
	"\u202eright to left", "n1->>n2: forged", `{"n1":99}`, ":ok}\n{:index 0", "\u2028line", "", "日本",
}

// nastyAtRandom returns n random values: parts of nasty ones, signs with a meaning in a
// format, marks of text direction, line ends.
func nastyAtRandom(n int) (values []string) {
	parts := append(strings.Split(";#:\"'`\\<>{}[]()%&|,\n\r\t\x00\x1b\u2028\u202e\u2066\u200f\ufeff -x", ""), nasty...)
	dice := rand.New(rand.NewPCG(15, 0))
	for range n {
		value := ""
		for range 1 + dice.IntN(8) {
			value += parts[dice.IntN(len(parts))]
		}
		values = append(values, value)
	}
	return values
}

// hostile is the same run, with a nasty text in place of each key, value and type.
func hostile(t testing.TB, value string) []byte {
	t.Helper()
	quoted, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	text := string(refused(t))
	for _, word := range []string{"Lisboa", "Porto", "city", "prepare", "timeout", "n4"} {
		text = strings.ReplaceAll(text, `"`+word+`"`, string(quoted))
	}
	return []byte(text)
}

// checks has a function for each format. It checks a file by the rules of that format.
var checks = map[string]func([]byte) error{
	"mermaid": checkMermaid, "perfetto": checkPerfetto, "shiviz": checkShiViz, "edn": checkEDN,
}

func TestExportsKeepTheRulesOfTheirFormats(t *testing.T) {
	t.Parallel()
	texts := [][]byte{refused(t)}
	for _, value := range slices.Concat(nasty, nastyAtRandom(150)) {
		texts = append(texts, hostile(t, value))
	}
	for i, text := range texts {
		rec := read(t, text)
		for _, name := range Names() {
			of := Selection{}
			if keys := Keys(rec); len(keys) > 0 {
				of.Key = keys[0]
			}
			file, err := Write(name, rec, of)
			if err != nil {
				if i > 0 && errors.Is(err, ErrSelection) { // no key is left
					continue
				}
				t.Errorf("%s of text %d: %v", name, i, err)
				continue
			}
			if err := checks[name](file.Text); err != nil {
				t.Errorf("%s of text %d: %v\n%.1500q", name, i, err, file.Text)
			}
		}
	}
}

// Each check finds an error that is planted.
func TestTheChecksFindPlantedErrors(t *testing.T) {
	t.Parallel()
	rec := read(t, refused(t))
	for _, plant := range []struct{ name, right, wrong string }{
		{"mermaid", "n1->>n2: prepare", "n1->>n2: prepare; n1->>n3: forged"},
		{"perfetto", `"ph":"s","ts":`, `"ph":"s","ts":9`},
		{"shiviz", `n1 {"n1":3`, `n1 {"n1":4`},
		{"edn", `:type :ok, :process 0, :f :read, :value "Lisboa"`, `:type :ok, :process 0, :f :read, :value "Porto"`},
		{"edn", `:f :freeze, :value 4}`, `:f :freeze, :value 5}`},
	} {
		file, err := Write(plant.name, rec, Selection{Op: firstOp(rec)})
		if err != nil {
			t.Fatal(err)
		}
		wrong := strings.Replace(string(file.Text), plant.right, plant.wrong, 1)
		if wrong == string(file.Text) {
			t.Errorf("%s has no %q:\n%.1500s", plant.name, plant.right, wrong)
			continue
		}
		if err := checks[plant.name]([]byte(wrong)); err == nil {
			t.Errorf("%s: the check does not find %q", plant.name, plant.wrong)
		}
	}
}

func TestAnUnknownFormatNamesThoseThatExist(t *testing.T) {
	t.Parallel()
	_, err := Write("pdf", read(t, refused(t)), Selection{})
	if !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), "mermaid, perfetto, shiviz, edn") {
		t.Errorf("%v", err)
	}
	if _, err := Write("edn", read(t, refused(t)), Selection{Key: "none"}); !errors.Is(err, ErrSelection) {
		t.Errorf("%v", err)
	}
	if _, err := Write("mermaid", read(t, refused(t)), Selection{Op: "none"}); !errors.Is(err, ErrSelection) {
		t.Errorf("%v", err)
	}
}

// The diagram of the refused write shows the request to the frozen node, and the answer to
// the client.
func TestTheDiagramOfARefusedWrite(t *testing.T) {
	t.Parallel()
	rec := read(t, refused(t))
	file, err := Write("mermaid", rec, Selection{Op: refusedOp(rec)})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"c->>n1: write city = Porto", "n1->>n4: prepare", "n2-->>n1: yes", "n1-->>c: 503"} {
		if !strings.Contains(string(file.Text), want) {
			t.Errorf("no %q in\n%s", want, file.Text)
		}
	}
}
