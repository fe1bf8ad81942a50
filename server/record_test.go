package server

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"capplayground/server/recording"
)

// readRecording reads a file that a playground writes.
func (r *rig) readRecording(file string) *recording.Recording {
	r.t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		r.t.Fatal(err)
	}
	read, err := recording.Read(bytes.NewReader(text))
	if err != nil {
		r.t.Fatal(err)
	}
	return read
}

// The file of --record and the answer of GET /api/recording are recordings of the same
// events.
func TestARunIsRecorded(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "run.jsonl")
	r := startRig(t, Config{Mode: "CA", Record: file, Version: "test"})
	r.MustWrite(2, "city", "Zürich \"<b>\"")
	r.settled()
	_, text := r.Call(http.MethodGet, r.URL+"/api/recording", "")
	asked, err := recording.Read(bytes.NewReader([]byte(text)))
	if err != nil || len(asked.Missing) > 0 || asked.FromState() {
		t.Fatalf("the answer: %v, missing %q", err, asked.Missing)
	}
	var written *recording.Recording
	r.Eventually("all events in the file", func() bool {
		written = r.readRecording(file)
		return len(written.Events) >= len(asked.Events)
	})
	if len(written.Missing) > 0 || !written.FromState() || written.Head.Nodes != 5 || written.Head.Mode != "CA" || written.Head.Program != "test" {
		t.Errorf("the file: missing %q, head %+v", written.Missing, written.Head)
	}
	for i := range asked.Events {
		a, b := asked.Events[i].AppendJSON(nil), written.Events[i].AppendJSON(nil)
		if !bytes.Equal(a, b) {
			t.Fatalf("event %d: asked\n%s\nwritten\n%s", i, a, b)
		}
	}
}

func TestAFileThatCannotBeRecordedIsSaidAtOnce(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "there")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := New(Config{Listen: "127.0.0.1:0", Peers: []string{"127.0.0.1:9", "127.0.0.2:9", "127.0.0.3:9"}, Record: file})
	if err == nil || !bytes.Contains([]byte(err.Error()), []byte("cannot record")) {
		t.Errorf("%v", err)
	}
}
