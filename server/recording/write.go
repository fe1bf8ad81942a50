package recording

import (
	"bytes"
	"encoding/json"
	"io"

	"capplayground/cluster"
)

// Writer writes the lines of a recording. After each call, all lines have been written to
// the underlying writer.
type Writer struct {
	w     io.Writer
	marks marks
	line  []byte
}

// NewWriter writes a head and a hello. hello is one line of JSON, without its end.
func NewWriter(w io.Writer, head Head, hello []byte) (*Writer, error) {
	first, err := json.Marshal(head)
	if err != nil {
		return nil, err
	}
	_, err = w.Write(bytes.Join([][]byte{first, hello, nil}, []byte("\n")))
	return &Writer{w: w}, err
}

// Event writes an event in the form in which it was encoded. If the event begins a step
// of a scenario, a marker comes first. Event returns the number of bytes that it has
// written.
func (w *Writer) Event(text []byte) (int, error) {
	w.line = w.marks.before(w.line[:0], text)
	w.line = append(append(w.line, text...), '\n')
	return w.w.Write(w.line)
}

// Marker writes a marker.
func (w *Writer) Marker(t int64, text string) error {
	_, err := w.w.Write(appendMarker(w.line[:0], Marker{T: t, Text: text}))
	return err
}

func appendMarker(b []byte, m Marker) []byte {
	m.Kind, m.Text = KindMarker, cluster.Cut(m.Text, MaxText)
	text, err := json.Marshal(m)
	if err != nil {
		return b // texts and numbers: this cannot fail
	}
	return append(append(b, text...), '\n')
}

// marks finds the events with which the steps of scenarios begin.
type marks struct {
	name string
	step int
}

// scenarioKind is in the text of each event that may begin a step.
var scenarioKind = []byte(`"kind":"` + string(cluster.KindScenario) + `"`)

// before appends the marker that belongs before an event, if there is one.
func (m *marks) before(b, text []byte) []byte {
	if !bytes.Contains(text, scenarioKind) {
		return b
	}
	var e struct {
		Kind   cluster.EventKind `json:"kind"`
		T      int64             `json:"t"`
		Report struct {
			Running               bool
			Name, ID, Say, Marker string
			Step, Steps           int
			Question              *struct{ Text string }
		} `json:"report"`
	}
	if json.Unmarshal(text, &e) != nil || e.Kind != cluster.KindScenario {
		return b
	}
	r := e.Report
	if !r.Running {
		*m = marks{}
		return b
	}
	if m.name == r.Name && m.step == r.Step {
		return b
	}
	*m = marks{r.Name, r.Step}
	title := r.Say
	if title == "" && r.Question != nil {
		title = r.Question.Text
	}
	if r.Marker != "" {
		title = r.Marker
	}
	if title == "" {
		title = r.ID // the question of a step comes after its actions
	}
	return appendMarker(b, Marker{T: e.T, Text: title, Scenario: r.Name, Step: r.Step, Steps: r.Steps})
}
