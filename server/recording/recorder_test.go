package recording

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"capplayground/cluster"
)

// begun returns a recorder that has begun, and the lines of a real run.
func begun(t *testing.T, name string) (*Recorder, [][]byte) {
	t.Helper()
	r, err := Create(name, func(text string) { t.Error(text) })
	if err != nil {
		t.Fatal(err)
	}
	run, err := Read(bytes.NewReader(good(t)))
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.Split(bytes.TrimSpace(run.Text), []byte("\n"))
	if err := r.Begin(run.Head, lines[1], 0); err != nil {
		t.Fatal(err)
	}
	return r, lines[2:]
}

// The file is complete before Close, as it must be after kill -9.
func TestTheFileIsCompleteAtAnyMoment(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"a.jsonl", "a.jsonl.gz"} {
		file := filepath.Join(t.TempDir(), name)
		r, lines := begun(t, file)
		r.Take(1, lines[:100])
		r.Take(101, lines[100:])
		deadline := time.Now().Add(20 * time.Second)
		for {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			read, err := Read(bytes.NewReader(text))
			if err != nil {
				t.Fatal(err)
			}
			if len(read.Events) == len(lines) {
				if strings.HasSuffix(name, ".gz") != (len(read.Missing) == 1) { // only the end of the compression is missing
					t.Errorf("%s: missing %q", name, read.Missing)
				}
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("%s: %d of %d events", name, len(read.Events), len(lines))
			}
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if read, err := Read(bytes.NewReader(text)); err != nil || len(read.Missing) > 0 {
			t.Errorf("%s, closed: %v, missing %q", name, err, read.Missing)
		}
	}
}

func TestARecorderOverwritesNothing(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "a")
	if err := os.WriteFile(file, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Create(file, nil); !errors.Is(err, fs.ErrExist) {
		t.Errorf("%v", err)
	}
}

// The recorder leaves out the events that the hello covers and keeps a later event.
func TestEventsThatTheHelloCoversAreLeftOut(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "a")
	r, err := Create(file, func(text string) { t.Error(text) })
	if err != nil {
		t.Fatal(err)
	}
	text := func(seq int) []byte { return fmt.Appendf(nil, `{"seq":%d,"kind":"screen","node":1,"t":1}`, seq) }
	r.Take(1, [][]byte{text(1), text(2), text(3)})
	if err := r.Begin(Head{}, []byte(`{"kind":"hello"}`), 2); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	is, err := os.ReadFile(file)
	if err != nil || strings.Contains(string(is), `"seq":2`) || !strings.Contains(string(is), `"seq":3`) {
		t.Errorf("%v:\n%s", err, is)
	}
}

func TestStepsOfAScenarioBecomeMarkers(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	w, err := NewWriter(&b, Head{}, []byte("{}"))
	if err != nil {
		t.Fatal(err)
	}
	for i, report := range []string{
		`{"running":true,"name":"x","title":"X","step":1,"steps":2,"say":"Hear \"this\"."}`,
		`{"running":true,"name":"x","title":"X","step":1,"steps":2,"say":"Hear this.","phase":"ready"}`,
		`{"running":true,"name":"x","step":2,"steps":2,"question":{"text":"What now?"}}`,
		`{"running":true,"name":"x","step":3,"steps":3,"id":"last"}`,
		`{"running":false}`,
		`{"running":true,"name":"x","step":1,"steps":2,"say":"Again.","marker":"M"}`,
	} {
		e := cluster.Event{Seq: uint64(i + 1), T: int64(i), Body: &cluster.ScenarioChanged{TalkChanged: cluster.TalkChanged{Report: []byte(report)}}}
		if _, err := w.Event(e.AppendJSON(nil)); err != nil {
			t.Fatal(err)
		}
	}
	var found []string
	for line := range strings.Lines(b.String()) {
		if strings.Contains(line, `"kind":"marker"`) {
			found = append(found, strings.TrimSpace(line))
		}
	}
	want := []string{
		`{"kind":"marker","t":0,"text":"Hear \"this\".","scenario":"x","step":1,"steps":2}`,
		`{"kind":"marker","t":2,"text":"What now?","scenario":"x","step":2,"steps":2}`,
		`{"kind":"marker","t":3,"text":"last","scenario":"x","step":3,"steps":3}`,
		`{"kind":"marker","t":5,"text":"M","scenario":"x","step":1,"steps":2}`,
	}
	if strings.Join(found, "\n") != strings.Join(want, "\n") {
		t.Errorf("markers\n%s\nwant\n%s", strings.Join(found, "\n"), strings.Join(want, "\n"))
	}
}
