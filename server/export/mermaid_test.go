package export

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// diagram is the result of Mermaid's own parser for a text.
type diagram struct {
	Messages int    // arrows
	Error    string // "": it is a sequence diagram
}

// byMermaid lets Mermaid's own parser read texts.
func byMermaid(t *testing.T, texts []string) []diagram {
	t.Helper()
	in, err := json.Marshal(texts)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", "testdata/mermaid.mjs")
	cmd.Stdin = bytes.NewReader(in)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("Mermaid's parser did not run (npm ci in scripts installs it): %v\n%s", err, stderr.Bytes())
	}
	var diagrams []diagram
	if err := json.Unmarshal(out, &diagrams); err != nil || len(diagrams) != len(texts) {
		t.Fatalf("%v: %d answers for %d texts", err, len(diagrams), len(texts))
	}
	return diagrams
}

// TestMermaidReadsItsDiagrams: the parser of Mermaid (npm package mermaid) takes the
// diagram of each operation and finds as many arrows as there are lines with one, also
// where a value tries to break out of the format. It finds each error that is planted.
func TestMermaidReadsItsDiagrams(t *testing.T) {
	t.Parallel()
	var texts []string
	for _, value := range slices.Concat([]string{"Lisboa"}, nasty, nastyAtRandom(40)) {
		rec := read(t, hostile(t, value))
		for _, op := range operations(rec) {
			file, err := Write("mermaid", rec, Selection{Op: op})
			if err != nil {
				t.Fatal(err)
			}
			texts = append(texts, string(file.Text))
		}
	}
	right := texts[0]
	planted := []string{
		strings.Replace(right, ": ", ": x; n1->>n2: forged ", 1),
		strings.Replace(right, "c->>n", "c->>", 1) + "\tc->>: x\n",
		strings.Replace(right, "actor c as client", "actor", 1),
		strings.Replace(right, "sequenceDiagram", "sequence", 1),
		right + "\tend\n",
	}
	read := byMermaid(t, slices.Concat(texts, planted))
	for i, d := range read[:len(texts)] {
		if want := arrows(texts[i]); d.Error != "" || d.Messages != want {
			t.Errorf("Mermaid finds %d of %d arrows in\n%s%s", d.Messages, want, texts[i], d.Error)
		}
	}
	for i, d := range read[len(texts):] {
		if d.Error == "" && d.Messages == arrows(planted[i]) {
			t.Errorf("Mermaid does not find the error in\n%s", planted[i])
		}
	}
	t.Logf("%d diagrams", len(texts))
}

// arrows counts the lines of a diagram that have an arrow.
func arrows(text string) int {
	return strings.Count(text, "\n\tn") + strings.Count(text, "\n\tc")
}
