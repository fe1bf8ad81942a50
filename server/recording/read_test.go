package recording

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

const testdata = "../../static/js/testdata/recordings"

// testCase is a file for both readers. Error is the whole error; without it the
// other fields say what must be read.
type testCase struct {
	Name    string
	Text    string
	Error   string
	Events  int
	Markers int
	Missing []string
}

func testCases(t testing.TB) (all []testCase) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(testdata, "cases.json"))
	if err == nil {
		err = json.Unmarshal(text, &all)
	}
	if err != nil || len(all) < 50 {
		t.Fatalf("%d cases, %v", len(all), err)
	}
	return all
}

// good returns a recording of a real run: a write, one that a frozen node
// refuses, and a read.
func good(t testing.TB) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(testdata, "refused.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func packed(t testing.TB, text []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// The page's reader is tested with the same files, in source/recording.test.mjs.
func TestReadTakesAndRefusesTheSharedFiles(t *testing.T) {
	t.Parallel()
	for _, tc := range testCases(t) {
		for _, file := range [][]byte{[]byte(tc.Text), packed(t, []byte(tc.Text))} {
			r, err := Read(bytes.NewReader(file))
			if tc.Error != "" {
				if err == nil || err.Error() != tc.Error || !errors.Is(err, ErrRecording) {
					t.Errorf("%s: error %q, want %q", tc.Name, err, tc.Error)
				}
				continue
			}
			if err != nil {
				t.Errorf("%s: %v", tc.Name, err)
				continue
			}
			if len(r.Events) != tc.Events || len(r.Markers) != tc.Markers || strings.Join(r.Missing, " ") != strings.Join(tc.Missing, " ") {
				t.Errorf("%s: %d events, %d markers, missing %q", tc.Name, len(r.Events), len(r.Markers), r.Missing)
			}
		}
	}
}

func TestARealRecordingIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	text := good(t)
	r, err := Read(bytes.NewReader(text))
	if err != nil || len(r.Missing) > 0 || !r.FromState() {
		t.Fatalf("%v, missing %q", err, r.Missing)
	}
	if !bytes.Equal(r.Text, text) {
		t.Error("the text differs from the file")
	}
	lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))[2:]
	if len(lines) != len(r.Events) {
		t.Fatalf("%d events of %d lines", len(r.Events), len(lines))
	}
	for i := range r.Events {
		if got := r.Events[i].AppendJSON(nil); !sameJSON(t, got, lines[i]) {
			t.Fatalf("line %d: read as\n%s, was\n%s", i+3, got, lines[i])
		}
	}
}

// sameJSON compares values, not the order of fields.
func sameJSON(t *testing.T, a, b []byte) bool {
	t.Helper()
	var x, y any
	if err := errors.Join(json.Unmarshal(a, &x), json.Unmarshal(b, &y)); err != nil {
		t.Fatal(err)
	}
	return reflect.DeepEqual(x, y)
}

// random returns a recording of a few random events of a real run, with texts
// that need escapes, and how many events it has.
func random(dice *rand.Rand, lines [][]byte) (text []byte, events int) {
	text = append(append([]byte("# random\n"), lines[0]...), lines[1]...)
	from := 2 + dice.IntN(len(lines)-40)
	for _, line := range lines[from : from+38] {
		switch dice.IntN(8) {
		case 0, 1:
			text, events = append(text, line...), events+1
		case 2: // the event is missing
		case 3:
			text = append(text, "{\"kind\":\"marker\",\"t\":1,\"text\":\"\u202e\\\"<b>\\n\"}\n"...)
		}
	}
	return text, events
}

// TestARecordingThatBreaksOff cuts 1,000 random recordings at random bytes, compressed or
// not. The events before the cut are read, and the rest is reported as missing.
func TestARecordingThatBreaksOff(t *testing.T) {
	t.Parallel()
	lines := bytes.SplitAfter(good(t), []byte("\n"))
	lines = lines[:len(lines)-1]
	cut, headless := 0, 0
	for seed := range uint64(1000) {
		dice := rand.New(rand.NewPCG(seed, 0))
		text, events := random(dice, lines)
		file := text
		if seed%4 == 1 {
			file = packed(t, text)
		}
		at := dice.IntN(len(file) + 1)
		r, err := Read(bytes.NewReader(file[:at]))
		if err != nil {
			headless++
			if !errors.Is(err, ErrRecording) || !strings.HasPrefix(err.Error(), "line 1: ") {
				t.Fatalf("seed %d, cut at %d: %v", seed, at, err)
			}
			continue
		}
		if len(r.Events) < events {
			cut++
		}
		atLine := seed%4 != 1 && at > 0 && (text[at-1] == '\n' || at < len(text) && text[at] == '\n')
		if len(r.Events) < events && len(r.Missing) == 0 && !atLine {
			t.Fatalf("seed %d, cut at %d: %d of %d events, but nothing is reported as missing", seed, at, len(r.Events), events)
		}
		if !bytes.HasPrefix(text, append([]byte("# random\n"), r.Text...)) && at < len(file)-1 {
			t.Fatalf("seed %d, cut at %d: the text that was read is not the beginning of the file", seed, at)
		}
	}
	if cut < 400 || headless > 300 {
		t.Errorf("%d of 1000 lost events, %d had no head: this test cut too little or too much", cut, headless)
	}
}

func TestReadIsBounded(t *testing.T) {
	t.Parallel()
	head := bytes.SplitAfterN(good(t), []byte("\n"), 3)
	begin := append(append([]byte{}, head[0]...), head[1]...)
	long := append(append([]byte{}, begin...), bytes.Repeat([]byte("x"), MaxLine+1)...)
	if _, err := Read(bytes.NewReader(long)); err == nil || err.Error() != "line 3: longer than 8388608 bytes" {
		t.Errorf("a long line: %v", err)
	}
	comment := append(bytes.Repeat([]byte("#"), 1<<20), '\n')
	bomb := append(packed(t, begin), bytes.Repeat(packed(t, comment), MaxBytes>>20)...)
	if len(bomb) > 1<<20 {
		t.Fatalf("the bomb has %d bytes", len(bomb))
	}
	if _, err := Read(bytes.NewReader(bomb)); err == nil || err.Error() != "line 258: the recording is longer than 268435456 bytes" {
		t.Errorf("a compressed bomb: %v", err)
	}
}

func TestDamagedCompressionIsAnError(t *testing.T) {
	t.Parallel()
	file := packed(t, good(t))
	for i := 12; i < 40; i++ {
		file[len(file)/2+i] ^= 0xff
	}
	if _, err := Read(bytes.NewReader(file)); !errors.Is(err, ErrRecording) {
		t.Errorf("%v", err)
	}
}

// FuzzRead: no file makes the reader panic, and each error names a line. If a file was
// read, a second reading of its text gives the same events.
func FuzzRead(f *testing.F) {
	for _, tc := range testCases(f) {
		f.Add([]byte(tc.Text))
	}
	f.Add(packed(f, good(f)))
	f.Fuzz(func(t *testing.T, file []byte) {
		r, err := Read(bytes.NewReader(file))
		if err != nil {
			if !errors.Is(err, ErrRecording) || !strings.HasPrefix(err.Error(), "line ") {
				t.Fatalf("%v", err)
			}
			return
		}
		again, err := Read(bytes.NewReader(r.Text))
		if err != nil || len(again.Events) != len(r.Events) || len(again.Markers) != len(r.Markers) {
			t.Fatalf("read again: %v", err)
		}
		for i := range r.Events {
			if a, b := r.Events[i].AppendJSON(nil), again.Events[i].AppendJSON(nil); !bytes.Equal(a, b) {
				t.Fatalf("read\n%s, and again\n%s", a, b)
			}
		}
	})
}
