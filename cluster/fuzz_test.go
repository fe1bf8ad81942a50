package cluster

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"
)

// FuzzFrame: bytes are refused, or read as a message. This message is the same after it is
// written and read again.
func FuzzFrame(f *testing.F) {
	for _, m := range []Message{{}, {From: 1, To: 2, Type: "prepare", Class: ClassRequest, Body: []byte(`{"k":"a"}`), ID: "1.a.1", Sent: 5}} {
		_, frame := cutLength(f, m.AppendFrame(nil))
		f.Add(frame)
	}
	f.Add([]byte{1, 2, 0, 4})
	f.Fuzz(func(t *testing.T, frame []byte) {
		var m, again Message
		if m.ParseFrame(frame) != nil {
			return
		}
		if _, written := cutLength(t, m.AppendFrame(nil)); again.ParseFrame(written) != nil || !reflect.DeepEqual(m, again) {
			t.Fatalf("%q: read again\n%+v, want\n%+v", frame, again, m)
		}
	})
}

// FuzzEventLine: this package and encoding/json read the same events from a line. The events
// are the same after they are written and read again.
func FuzzEventLine(f *testing.F) {
	f.Add([]byte(`[{"kind":"sent","node":1,"t":5,"lc":7,"msg":"1.a.1","from":1,"to":2,"type":"prepare","class":"request"}]`))
	f.Add([]byte(`[{"kind":"return","node":1,"t":5,"lc":7,"op":"7","status":201},{"kind":"status","status":"up","node":2,"t":0,"lc":0}]`))
	f.Add([]byte(`[{"kind":"key","node":1,"t":1,"lc":1,"siblings":[{"val":"a","version":"b"}],"homes":[1,2]}]`))
	f.Add([]byte(`[{"kind":"progress","node":1,"t":1,"lc":1,"yes":[1,22],"badges":{"hints":2},"report":{"a":[1]}}] `))
	f.Add([]byte(`[null,{}]`))
	f.Fuzz(func(t *testing.T, line []byte) {
		ours, err := ParseEvents(line)
		var theirs []Event
		theirErr := json.Unmarshal(line, &theirs)
		if (err == nil) != (theirErr == nil) {
			t.Fatalf("%q: %v, encoding/json returns %v", line, err, theirErr)
		}
		if err != nil {
			return
		}
		if !same(ours, theirs) {
			t.Fatalf("%q: read\n%+v, want\n%+v", line, ours, theirs)
		}
		again, err := ParseEvents(AppendEvents(nil, ours))
		if err != nil || !same(again, ours) {
			t.Fatalf("%q: read again\n%+v, want\n%+v (%v)", line, again, ours, err)
		}
	})
}

// same compares the JSON of events by encoding/json. An empty list is the same as no list.
func same(a, b []Event) bool {
	x, err1 := json.Marshal(a)
	y, err2 := json.Marshal(b)
	return err1 == nil && err2 == nil && (len(a) == 0 && len(b) == 0 || bytes.Equal(x, y))
}
