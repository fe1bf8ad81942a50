package cluster

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

// Both ways of writing and reading a message agree with encoding/json's.
func TestMessageLineIsJSON(t *testing.T) {
	t.Parallel()
	text := rapid.OneOf(rapid.StringMatching(`[ -~]{0,12}`), rapid.String())
	rapid.Check(t, func(t *rapid.T) {
		m := Message{
			From: NodeID(rapid.IntRange(0, 9).Draw(t, "from")), To: NodeID(rapid.IntRange(-1, 9).Draw(t, "to")),
			Type: text.Draw(t, "type"), Class: rapid.SampledFrom([]Class{ClassRequest, ClassYes, ClassNo, ClassDecide, ClassRepair, "x"}).Draw(t, "class"),
			Sense: rapid.SampledFrom([]Sense{"", SenseCommit, SenseAbort}).Draw(t, "sense"), Op: OpID(text.Draw(t, "op")), Label: text.Draw(t, "label"),
			Via: rapid.SampledFrom([]Via{"", ViaHint}).Draw(t, "via"), For: NodeID(rapid.IntRange(0, 9).Draw(t, "for")),
			Deadline: Time(rapid.Int64().Draw(t, "deadline")), ID: text.Draw(t, "id"), Sent: Time(rapid.Int64().Draw(t, "sent")),
			Due: Time(rapid.Int64Min(0).Draw(t, "due")), Gen: rapid.Uint64().Draw(t, "gen"), LC: rapid.Uint64().Draw(t, "lc"),
			DupOf: text.Draw(t, "dup"), Held: rapid.Bool().Draw(t, "held"), Flow: rapid.Bool().Draw(t, "flow"),
		}
		if rapid.Bool().Draw(t, "body") {
			m.Body, _ = json.Marshal(map[string]any{"k": text.Draw(t, "k"), "l": []string{text.Draw(t, "l")}})
		}
		var want bytes.Buffer
		enc := json.NewEncoder(&want)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(m); err != nil {
			t.Fatal(err)
		}
		line := append(m.AppendJSON(nil), '\n')
		if len(m.Body) == 0 && !bytes.Equal(line, want.Bytes()) {
			t.Fatalf("wrote\n%s want\n%s", line, want.Bytes())
		}
		var ours, theirs Message
		if err := ours.ParseJSON(line); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(line, &theirs); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(ours, theirs) {
			t.Fatalf("of %s read\n%+v want\n%+v", line, ours, theirs)
		}
	})
}

// Events are written as encoding/json writes them, field by field, and read as
// it reads them.
func TestEventLineIsJSON(t *testing.T) {
	t.Parallel()
	text := rapid.OneOf(rapid.StringMatching(`[ -~→é]{0,12}`), rapid.String())
	rapid.Check(t, func(t *rapid.T) {
		events := make([]Event, rapid.IntRange(1, 3).Draw(t, "events"))
		for i := range events {
			v := reflect.ValueOf(&events[i]).Elem()
			for f := range v.NumField() {
				if rapid.Bool().Draw(t, v.Type().Field(f).Name) {
					fillField(t, v.Field(f), text)
				}
			}
		}
		var want bytes.Buffer
		enc := json.NewEncoder(&want)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(events); err != nil {
			t.Fatal(err)
		}
		line := AppendEvents(nil, events)
		if !bytes.Equal(line, bytes.TrimSpace(want.Bytes())) {
			t.Fatalf("wrote\n%s want\n%s", line, want.Bytes())
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
			t.Fatalf("of %s read\n%+v want\n%+v", line, ours, theirs)
		}
	})
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
	case *[]Rule:
		*v = []Rule{{ID: "r", From: 1, Type: "*", Do: RuleHold}}
	case *json.RawMessage:
		*v = json.RawMessage(`{"a":[1]}`)
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
			t.Fatalf("a field of type %v, which this test does not know", f.Type())
		}
	}
}

// What is not as AppendJSON writes it is read as encoding/json reads it.
func TestMessageOddLines(t *testing.T) {
	t.Parallel()
	for _, line := range []string{
		``, `{}`, `[]`, `null`, `{"from":1,"to":2`, `{"from":1.5}`, `{"from":01}`, `{"from":1}}`, `{"from":1} `, ` {"from" : 1 , "to":2}`,
		`{"from":1,"from":2}`, `{"FROM":3}`, `{"from":1,}`, `{"held":false}`, `{"held":truee}`, `{"gen":-1}`, `{"lc":18446744073709551615}`,
		`{"label":"a\u0041\n"}`, `{"label":"é\"}`, `{"body":{"a":"}\"]"},"to":2}`, `{"body":7}`, `{"body":"x","to":3}`, `{"body":null}`, `{"body":}`, `{"nobody":1}`,
	} {
		var ours, theirs Message
		got, want := ours.ParseJSON([]byte(line)), json.Unmarshal([]byte(line), &theirs)
		if (got == nil) != (want == nil) || want == nil && !reflect.DeepEqual(ours, theirs) {
			t.Errorf("%s read as %+v, %v; want %+v, %v", line, ours, got, theirs, want)
		}
	}
}

func BenchmarkMessageLine(b *testing.B) {
	m := Message{
		From: 1, To: 2, Type: "store", Class: ClassRequest, Op: "0198c0de-0000-7000-8000-000000000000", Label: "op=0198 city=Lisboa 8.1.0198",
		Deadline: 1_700_000_000_000_000, Body: json.RawMessage(`{"key":"city","put":{"tag":{"c":8,"n":1,"op":"0198c0de-0000-7000-8000-000000000000"},"val":"Lisboa"}}`),
		ID: "1.0a1b2c3d.77", Sent: 1_700_000_000_000_000, LC: 1234,
	}
	line := m.AppendJSON(nil)
	b.Run("append", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			line = m.AppendJSON(line[:0])
		}
	})
	b.Run("parse", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var m Message
			_ = m.ParseJSON(line)
		}
	})
}
