// Package linetest has the tests that each protocol makes of its hand-written JSON
// bodies: encoding/json must read what the protocol writes, and the other way round.
package linetest

import (
	"encoding/json"
	"reflect"
	"testing"

	experiment "github.com/go-json-experiment/json"
	"pgregory.net/rapid"

	"capplayground/cluster"
)

// IsJSON fails unless encoding/json and the protocol write the same body, and read it
// alike. text is the body as the protocol writes it.
func IsJSON[T any](t *rapid.T, v T, text []byte, read func(*T, *cluster.LineReader)) {
	t.Helper()
	theirs, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range [][]byte{text, theirs} {
		var again, byThem T
		if !cluster.ReadLine(b, &again, read) || json.Unmarshal(b, &byThem) != nil || !reflect.DeepEqual(again, byThem) {
			t.Fatalf("%s is read as %+v, by encoding/json as %+v", b, again, byThem)
		}
	}
	var fromOurs, fromTheirs T
	if json.Unmarshal(text, &fromOurs) != nil || json.Unmarshal(theirs, &fromTheirs) != nil || !reflect.DeepEqual(fromOurs, fromTheirs) {
		t.Fatalf("written as %s, by encoding/json as %s", text, theirs)
	}
}

// IsReadByHand fails if a body is left to encoding/json, which is slow. The reader must
// read all of the text.
func IsReadByHand(t *testing.T, text []byte, read func(*cluster.LineReader)) {
	t.Helper()
	r := cluster.NewLineReader(text)
	if read(&r); !r.Done() {
		t.Errorf("%s is left to encoding/json", text)
	}
}

// Benchmark compares how a body is written and read: by the protocol of that name, by
// encoding/json and by github.com/go-json-experiment/json. It shows why bodies are not
// written and read by reflection.
func Benchmark[T any](b *testing.B, name string, v T, write func() []byte, read func(*T, *cluster.LineReader)) {
	text := write()
	for _, way := range []struct {
		name string
		do   func() error
	}{
		{"append/" + name, func() error { write(); return nil }},
		{"append/encoding-json", func() error { _, err := json.Marshal(v); return err }},
		{"append/experiment", func() error { _, err := experiment.Marshal(v); return err }},
		{"read/" + name, func() error { var v T; cluster.ReadLine(text, &v, read); return nil }},
		{"read/encoding-json", func() error { var v T; return json.Unmarshal(text, &v) }},
		{"read/experiment", func() error { var v T; return experiment.Unmarshal(text, &v) }},
	} {
		b.Run(way.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := way.do(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
