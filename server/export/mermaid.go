package export

import (
	"fmt"
	"io"
	"strings"

	"capplayground/cluster"
	"capplayground/server/recording"
)

// maxMessages is the largest number of messages in a sequence diagram. A diagram with
// more messages cannot be read.
const maxMessages = 100

// mermaid writes the messages of one operation as a sequence diagram. A lost one
// ends in a cross.
func mermaid(w io.Writer, rec *recording.Recording, of Selection) error {
	op, err := operation(rec, of.Op)
	if err != nil {
		return err
	}
	var b strings.Builder
	b.WriteString("sequenceDiagram\n\tautonumber\n\tactor c as client\n")
	for n := 1; n <= rec.Head.Nodes; n++ {
		fmt.Fprintf(&b, "\tparticipant n%d as Node %d\n", n, n)
	}
	ends, drawn, left := messages(rec), 0, 0
	for i := range rec.Events {
		e := &rec.Events[i]
		if e.Operation() != op {
			continue
		}
		switch x := e.Body.(type) {
		case *cluster.Invoked:
			fmt.Fprintf(&b, "\tc->>n%d: %s\n", e.Node, mermaidText(call(x.ClientCall)))
		case *cluster.Returned:
			fmt.Fprintf(&b, "\tn%d-->>c: %s\n", e.Node, mermaidText(string(x.Status)+" "+x.Text))
		case *cluster.Sent:
			if drawn == maxMessages {
				left++
				continue
			}
			drawn++
			end := ends[x.Msg]
			fmt.Fprintf(&b, "\tn%d%sn%d: %s%s\n", x.From, arrow(x, end), x.To, mermaidText(x.Type), whyLost(end))
		}
	}
	if left > 0 {
		fmt.Fprintf(&b, "\tNote over n1: %d more messages are left out\n", left)
	}
	_, err = io.WriteString(w, b.String())
	return err
}

// arrow returns the arrow of a message: solid for a request, dotted for an answer, with a
// cross for a lost message.
func arrow(m *cluster.Sent, end *cluster.Event) string {
	line := "->>"
	if end != nil && end.Kind() == cluster.KindLost {
		line = "-x"
	}
	if m.Class == cluster.ClassYes || m.Class == cluster.ClassNo {
		line = "-" + line
	}
	return line
}

// whyLost returns the reason why a message did not arrive.
func whyLost(end *cluster.Event) string {
	if end == nil {
		return " (under way)"
	}
	if lost, ok := end.Body.(*cluster.Lost); ok {
		return " (" + mermaidText(lost.Why) + ")"
	}
	return ""
}

func call(c cluster.ClientCall) string {
	if c.Val == "" {
		return string(c.OpKind) + " " + c.Key
	}
	return string(c.OpKind) + " " + c.Key + " = " + c.Val
}

// mermaidText makes a text safe. Every character other than a letter, a digit, a blank or
// one of a few signs becomes a character reference. The word end would end a block, so
// its first letter becomes a reference too.
func mermaidText(s string) string {
	var b strings.Builder
	for _, r := range strings.TrimSpace(oneLine(s, 60)) {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == ' ', r == '.', r == '-', r == '_', r == '=', r > 0xa0:
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, "#%d;", r)
		}
	}
	words := strings.Split(b.String(), " ")
	for i, word := range words {
		if strings.EqualFold(word, "end") {
			words[i] = fmt.Sprintf("#%d;%s", word[0], word[1:])
		}
	}
	return strings.Join(words, " ")
}

// operation returns the operation that was selected: by default the last one that
// a person asked for and that has ended, else the last one of all.
func operation(rec *recording.Recording, op cluster.OpID) (cluster.OpID, error) {
	best, ofPerson := cluster.OpID(""), false
	for i := range rec.Events {
		switch x := rec.Events[i].Body.(type) {
		case *cluster.Invoked:
			if op != "" && x.Op == op {
				return op, nil
			}
		case *cluster.Returned:
			if person := x.Client != cluster.LoadClient; person || !ofPerson {
				best, ofPerson = x.Op, ofPerson || person
			}
		}
	}
	if op != "" || best == "" {
		return "", fmt.Errorf("%w: operation %q", ErrSelection, cluster.Cut(string(op), 40))
	}
	return best, nil
}
