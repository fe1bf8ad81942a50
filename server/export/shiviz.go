package export

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"capplayground/cluster"
	"capplayground/server/recording"
)

// shivizLine is the expression of one event, the first line of a log for ShiViz.
const shivizLine = `^(?<host>\S+) (?<clock>\{.*\}) (?<time>\d+) (?<kind>\S+) (?<event>.*)$`

// vector is a vector clock (Fidge 1988, Mattern 1989), by node.
type vector [cluster.MaxNodes + 1]uint64

func (v *vector) merge(o vector) {
	for i := range v {
		v[i] = max(v[i], o[i])
	}
}

// String is the clock as JSON. Hosts that it has not heard of are left out.
func (v *vector) String() string {
	var parts []string
	for n, count := range v {
		if count > 0 {
			parts = append(parts, `"`+host(cluster.NodeID(n))+`":`+strconv.FormatUint(count, 10))
		}
	}
	return "{" + strings.Join(parts, ",") + "}"
}

func host(n cluster.NodeID) string {
	if n == 0 {
		return "playground"
	}
	return n.String()
}

// shiviz writes what the nodes did with vector clocks. Events carry Lamport clocks,
// so the vectors are computed from what was sent and delivered. A lost message is
// sent and never received.
func shiviz(w io.Writer, rec *recording.Recording, _ Selection) error {
	var b strings.Builder
	b.WriteString(shivizLine + "\n\n")
	var clocks [cluster.MaxNodes + 1]vector
	sent := map[string]vector{}
	for i := range rec.Events {
		e := &rec.Events[i]
		text := shivizText(e)
		if text == "" {
			continue
		}
		at := e.Node
		clock := &clocks[at]
		if e.Kind() == cluster.KindDelivered {
			clock.merge(sent[e.Message().Msg])
		}
		clock[at]++
		if e.Kind() == cluster.KindSent {
			sent[e.Message().Msg] = *clock
		}
		fmt.Fprintf(&b, "%s %s %d %s %s\n", host(at), clock, max(e.T, 0), e.Kind(), text)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// shivizText says in one line what an event is, "" for one that is not exported.
func shivizText(e *cluster.Event) string {
	switch x := e.Body.(type) {
	case *cluster.Sent:
		return fmt.Sprintf("send %s to %s", word(x.Type), host(x.To))
	case *cluster.Delivered:
		return fmt.Sprintf("receive %s from %s", word(x.Type), host(x.From))
	case *cluster.Lost:
		return fmt.Sprintf("lost %s from %s to %s: %s", word(x.Type), host(x.From), host(x.To), word(x.Why))
	case *cluster.Invoked:
		return word(call(x.ClientCall))
	case *cluster.Returned:
		return word(fmt.Sprintf("%s answered %s", call(x.ClientCall), x.Status))
	case *cluster.StatusChanged:
		return word("is " + string(x.Status))
	}
	return ""
}

// word is a text on one line that is not empty.
func word(s string) string {
	if s = strings.TrimSpace(oneLine(s, 100)); s == "" {
		return "-"
	}
	return s
}
