package cluster

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"testing"

	experiment "github.com/go-json-experiment/json"
	"pgregory.net/rapid"
)

// This package and encoding/json write the same line for events, field by field, and read the
// same events from it.
func TestEventLineIsJSON(t *testing.T) {
	t.Parallel()
	text := rapid.OneOf(rapid.StringMatching(`[ -~→é]{0,12}`), rapid.String())
	rapid.Check(t, func(t *rapid.T) {
		events := make([]Event, rapid.IntRange(1, 3).Draw(t, "events"))
		for i := range events {
			fillStruct(t, reflect.ValueOf(&events[i]).Elem(), text)
			events[i].Body = newBody(rapid.SampledFrom(kinds).Draw(t, "kind"))
			fillStruct(t, reflect.ValueOf(events[i].Body).Elem(), text)
		}
		line := AppendEvents(nil, events)
		if want := byReflection(t, events); !bytes.Equal(line, want) {
			t.Fatalf("wrote\n%s want\n%s", line, want)
		}
		ours, err := ParseEvents(line)
		if err != nil {
			t.Fatal(err)
		}
		var theirs []Event
		if err := json.Unmarshal(line, &theirs); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(ours, theirs) {
			t.Fatalf("from %s read\n%+v want\n%+v", line, ours, theirs)
		}
	})
}

// kinds are all kinds of events that have a body.
var kinds = []EventKind{
	KindSent, KindDelivered, KindLost, KindInvoke, KindReturn, KindProgress, KindKey, KindRole, KindLog, KindTimer, KindStatus, KindLink,
	KindPace, KindMode, KindQuorum, KindRule, KindPoint, KindScreen, KindGap, KindFlow, KindReset, KindVerdict, KindCompare,
	KindScenario, KindAsk, KindVote, KindReveal, KindBlack,
}

// Every struct of bodies.go that is the body of an event is in the test above.
func TestKindsHaveBodies(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("bodies.go")
	if err != nil {
		t.Fatal(err)
	}
	words := regexp.MustCompile(`(?m)^//event:(.*)$`).FindAllStringSubmatch(string(source), -1)
	if len(words) != len(kinds) {
		t.Errorf("there are %d bodies, and %d kinds are tested", len(words), len(kinds))
	}
	for _, word := range words {
		body := newBody(EventKind(word[1]))
		if body.Kind() != EventKind(word[1]) || !slices.Contains(kinds, body.Kind()) {
			t.Errorf("%s has the body %T of kind %s", word[1], body, body.Kind())
		}
	}
}

// byReflection returns the JSON that encoding/json writes by the struct tags. One object has
// the fields of the event, its kind, and the fields of its body.
func byReflection(t *rapid.T, events []Event) []byte {
	var all [][]byte
	for _, e := range events {
		type fields Event
		head, body := plainJSON(t, fields(e)), plainJSON(t, e.Body)
		kind := append(append([]byte(`"kind":`), plainJSON(t, e.Kind())...), ',')
		at := 1 // "kind" comes after "seq"
		if e.Seq != 0 {
			at = bytes.IndexByte(head, ',') + 1
		}
		one := slices.Concat(head[:at], kind, head[at:len(head)-1])
		if len(body) > 2 {
			one = append(append(one, ','), body[1:len(body)-1]...)
		}
		all = append(all, append(one, '}'))
	}
	return slices.Concat([]byte("["), bytes.Join(all, []byte(",")), []byte("]"))
}

func plainJSON(t *rapid.T, v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		t.Fatal(err)
	}
	return bytes.TrimSpace(b.Bytes())
}

// fillStruct gives some of the fields of a struct a value.
func fillStruct(t *rapid.T, v reflect.Value, text *rapid.Generator[string]) {
	for i := range v.NumField() {
		switch f := v.Type().Field(i); {
		case f.Anonymous:
			fillStruct(t, v.Field(i), text)
		case f.Tag.Get("json") != "-" && rapid.Bool().Draw(t, f.Name):
			fillField(t, v.Field(i), text)
		}
	}
}

// Some recordings are from the time when all kinds of events shared one struct. Their events
// are read and written again without the change of a byte.
func TestRecordedEventsKeepTheirBytes(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../static/js/testdata/*.jsonl")
	if err != nil || len(files) == 0 {
		t.Fatal("no recordings", err)
	}
	kinds := map[EventKind]int{}
	for _, file := range append(files, "testdata/events.jsonl") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for n, line := range bytes.Split(bytes.TrimSpace(text), []byte("\n")) {
			if bytes.HasPrefix(line, []byte(`{"kind":"hello"`)) {
				continue
			}
			events, err := ParseEvents(slices.Concat([]byte("["), line, []byte("]")))
			if err != nil {
				t.Fatalf("%s:%d: %v", file, n+1, err)
			}
			if again, err := json.Marshal(events[0]); err != nil || !bytes.Equal(again, line) {
				t.Errorf("%s:%d: written as\n%s\nwas\n%s", file, n+1, again, line)
			}
			kinds[events[0].Kind()]++
		}
	}
	t.Logf("events by kind: %v", kinds)
	for _, kind := range []EventKind{
		KindSent, KindDelivered, KindLost, KindInvoke, KindReturn, KindProgress, KindKey, KindRole, KindTimer, KindStatus, KindLink,
		KindPace, KindMode, KindQuorum, KindRule, KindScreen, KindFlow, KindReset,
	} {
		if kinds[kind] == 0 {
			t.Errorf("no recorded event of kind %s", kind)
		}
	}
}

// fillField gives a field some value of its type.
func fillField(t *rapid.T, f reflect.Value, text *rapid.Generator[string]) {
	switch v := f.Addr().Interface().(type) {
	case *Status:
		*v = rapid.SampledFrom([]Status{"up", "201", "-1", "a→b"}).Draw(t, "status")
	case *[]Sibling:
		*v = []Sibling{{Val: "a", Version: "b"}}
	case *map[string]int:
		*v = map[string]int{"hints": 2}
	case **Link:
		*v = &Link{From: 1, To: 2, Loss: 0.5}
	case **Pace:
		*v = &Pace{Name: PaceSlow, Rate: 0.05}
	case **Quorum:
		*v = &Quorum{N: 3, R: 1, W: 1}
	case **ReplicatedLog:
		*v = &ReplicatedLog{Leader: 1, Last: 2, Cells: []LogCell{{Index: 2, Term: 1, Key: "k"}}, Match: []LogMatch{{Node: 2, Index: 1}}}
	case **Point:
		*v = &Point{Type: "yes", Count: 4, Node: 1}
	case *[]Rule:
		*v = []Rule{{ID: "r", From: 1, Type: "*", Do: RuleHold}, {ID: "s", When: Point{Type: "yes", Count: 4}, Then: ThenKill}}
	case *json.RawMessage:
		*v = json.RawMessage(`{"a":[1]}`)
	case *[]byte:
		*v = []byte("a\x00b")
	case *[]NodeID:
		*v = rapid.SliceOf(rapid.Map(rapid.IntRange(0, 9), func(n int) NodeID { return NodeID(n) })).Draw(t, "nodes")
	default:
		switch f.Kind() {
		case reflect.String:
			f.SetString(text.Draw(t, "text"))
		case reflect.Int, reflect.Int64:
			f.SetInt(rapid.Int64().Draw(t, "int"))
		case reflect.Uint64:
			f.SetUint(rapid.Uint64().Draw(t, "uint"))
		case reflect.Bool:
			f.SetBool(true)
		default:
			t.Fatalf("a field of type %v, for which this test has no value", f.Type())
		}
	}
}

// BenchmarkEventLine shows why events are not written and read by reflection. It writes and
// reads arrays of four events with this package, with encoding/json and with
// github.com/go-json-experiment/json. All three write the same bytes. As in a cluster, each
// event has an id of its own.
func BenchmarkEventLine(b *testing.B) {
	// For the two libraries, one struct has all fields of the event and of its body. A
	// program would also have to read the kind first, to know the body.
	type flat struct {
		Seq  uint64    `json:"seq,omitempty"`
		Kind EventKind `json:"kind"`
		Node NodeID    `json:"node"`
		T    int64     `json:"t"`
		LC   uint64    `json:"lc"`
		V    Time      `json:"v,omitempty"`
		Sent
	}
	const arrays = 1000
	events, flats, lines := make([][]Event, arrays), make([][]flat, arrays), make([][]byte, arrays)
	for i := range arrays {
		for j := range 4 {
			n := i*4 + j
			op := OpID(fmt.Sprintf("%08x-0000-7000-8000-000000000000", n))
			m := Transit{
				Msg: fmt.Sprintf("1.0a1b2c3d.%d", n), From: 1, To: 2, Type: "store", Class: ClassRequest, Op: op,
				Label: fmt.Sprintf("op=%s city=Lisboa %d.1", op.Short(), n), Deadline: 1_700_000_000_000_000,
			}
			e := Event{Seq: uint64(n + 7), Node: 1, T: 1_700_000_000_000_000, LC: 1234, V: 1_700_000_000_000_000, Body: &Sent{Transit: m}}
			events[i] = append(events[i], e)
			flats[i] = append(flats[i], flat{e.Seq, KindSent, e.Node, e.T, e.LC, e.V, Sent{m}})
		}
		lines[i] = AppendEvents(nil, events[i])
		if text, err := json.Marshal(flats[i]); err != nil || !bytes.Equal(text, lines[i]) {
			b.Fatalf("encoding/json writes %s, this package %s (%v)", text, lines[i], err)
		}
	}
	var line []byte
	for _, way := range []struct {
		name string
		do   func(i int) error
	}{
		{"write/cluster", func(i int) error { line = AppendEvents(line[:0], events[i]); return nil }},
		{"write/encoding-json", func(i int) error { _, err := json.Marshal(flats[i]); return err }},
		{"write/experiment", func(i int) error { _, err := experiment.Marshal(flats[i]); return err }},
		{"read/cluster", func(i int) error { _, err := ParseEvents(lines[i]); return err }},
		{"read/encoding-json", func(i int) error { var all []flat; return json.Unmarshal(lines[i], &all) }},
		{"read/experiment", func(i int) error { var all []flat; return experiment.Unmarshal(lines[i], &all) }},
	} {
		b.Run(way.name, func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if err := way.do(i % arrays); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
