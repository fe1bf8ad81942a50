package majority

import (
	"encoding/json"
	"reflect"
	"testing"

	"capplayground/cluster"
)

// twice runs the same machine twice: whatever it is told, it does the same.
func twice(t *testing.T, inputs []cluster.Input) *Machine {
	t.Helper()
	a, b := five(1), five(1)
	for _, in := range inputs {
		x, y := a.Step(in), b.Step(in)
		if !reflect.DeepEqual(x, y) {
			t.Fatalf("%+v: once\n%+v, then\n%+v", in, x, y)
		}
		for _, msg := range x.Messages {
			if msg.From != 1 || msg.To == 1 || msg.To < 1 || msg.To > 5 {
				t.Fatalf("%+v: sends %v", in, msg)
			}
		}
		for _, timer := range x.Timers {
			if timer.Due.Sub(in.Now) < cluster.MinTimer {
				t.Fatalf("%+v: %v is due in %v", in, timer, timer.Due.Sub(in.Now))
			}
		}
	}
	if x, y := a.Snapshot(), b.Snapshot(); !reflect.DeepEqual(x, y) {
		t.Fatalf("once %+v, then %+v", x, y)
	}
	return a
}

// FuzzMessage: whatever its peers send, a node goes on, and a message that
// encoding/json cannot read changes nothing that it holds.
func FuzzMessage(f *testing.F) {
	f.Add(typeStore, `{"key":"k","put":{"tag":{"c":1,"n":1,"op":"7"},"val":"v"}}`)
	f.Add(typeAnswer, `{"round":{"boot":1,"n":1},"held":{"tag":{"c":4,"n":2,"op":"6"},"val":"v"}}`)
	f.Add(typeStore, `{"key":"k","put":{"tag":{"c":18446744073709551615,"n":9,"op":""}}}`)
	f.Add(typeWriteBack, `{"key":"k","put":{"tag":{"c":-1}}}`)
	f.Fuzz(func(t *testing.T, typ, body string) {
		inputs := []cluster.Input{{Kind: cluster.InputRequest, Now: 1, Request: cluster.Request{Op: "7", Kind: cluster.OpRead, Key: "k"}}}
		for from := range cluster.NodeID(6) {
			inputs = append(inputs, cluster.Input{Kind: cluster.InputMessage, Now: 2, Message: cluster.Message{From: from, To: 1, Type: typ, Op: "7", Body: []byte(body)}})
		}
		if m := twice(t, inputs); !json.Valid([]byte(body)) && len(m.Snapshot().Keys) > 0 {
			t.Fatalf("of %s %q it holds %+v", typ, body, m.Snapshot())
		}
	})
}

// FuzzRecord: whatever its disk holds, a node starts, and keeps what it can
// read as it was.
func FuzzRecord(f *testing.F) {
	f.Add(recordKey+"k", []byte(`{"tag":{"c":1,"n":1,"op":"7"},"val":"v"}`))
	f.Add(recordBoot, []byte(`18446744073709551615`))
	f.Add(recordKey, []byte(`{"tag":{"c":0}}`))
	f.Fuzz(func(t *testing.T, key string, val []byte) {
		m := New(cluster.Config{ID: 1, Nodes: []cluster.NodeID{1, 2, 3, 4, 5}})
		out := m.Step(cluster.Input{Kind: cluster.InputStart, Now: 1, Records: []cluster.Record{{Key: key, Val: val}}})
		again := New(cluster.Config{ID: 1, Nodes: []cluster.NodeID{1, 2, 3, 4, 5}})
		for k, v := range m.keys {
			out.Records = append(out.Records, cluster.Record{Key: recordKey + k, Val: body(v)})
		}
		again.Step(cluster.Input{Kind: cluster.InputStart, Now: 1, Records: out.Records})
		if x, y := m.Snapshot(), again.Snapshot(); !reflect.DeepEqual(x, y) {
			t.Fatalf("of %q %q it holds %+v, and after another start %+v", key, val, x, y)
		}
	})
}
