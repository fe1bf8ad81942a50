package majority

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"capplayground/cluster"
	"capplayground/cluster/script"
)

// FuzzMessage: a node survives any message of its peers. A message that is neither JSON nor
// in the compact form changes nothing.
func FuzzMessage(f *testing.F) {
	f.Add(typeStore, string(cluster.Encode(&store{"k", tagged{tag{1, 1, 2, "7"}, "v"}})))
	f.Add(typeStore, `{"key":"k","put":{"tag":{"c":1,"n":1,"op":"7"},"val":"v"}}`)
	f.Add(typeAnswer, `{"round":{"boot":1,"n":1},"held":{"tag":{"c":4,"n":2,"op":"6"},"val":"v"}}`)
	f.Add(typeStore, `{"key":"k","put":{"tag":{"c":18446744073709551615,"n":9,"op":""}}}`)
	f.Add(typeWriteBack, `{"key":"k","put":{"tag":{"c":-1}}}`)
	f.Fuzz(func(t *testing.T, typ, body string) {
		inputs := []cluster.Input{{Kind: cluster.InputRequest, Now: 1, Request: cluster.Request{Op: "7", Kind: cluster.OpRead, Key: "k"}}}
		for from := range cluster.NodeID(6) {
			inputs = append(inputs, cluster.Input{Kind: cluster.InputMessage, Now: 2, Message: cluster.Message{From: from, To: 1, Type: typ, Op: "7", Body: []byte(body)}})
		}
		if m := script.Twice(t, func() *Machine { return five(1) }, inputs); !json.Valid([]byte(body)) && !strings.HasPrefix(body, "\x01") && len(m.Snapshot().Keys) > 0 {
			t.Fatalf("after %s %q it holds %+v", typ, body, m.Snapshot())
		}
	})
}

// FuzzRecord: a node starts with any records on its disk. If it writes its state and starts
// again, its state is the same.
func FuzzRecord(f *testing.F) {
	f.Add(recordKey+"k", []byte(`{"tag":{"c":1,"n":1,"op":"7"},"val":"v"}`))
	f.Add(recordBoot, []byte(`18446744073709551615`))
	f.Add(recordKey, []byte(`{"tag":{"c":0}}`))
	f.Fuzz(func(t *testing.T, key string, val []byte) {
		m := newMachine(cluster.Config{ID: 1, Nodes: []cluster.NodeID{1, 2, 3, 4, 5}})
		out := m.Step(cluster.Input{Kind: cluster.InputStart, Now: 1, Records: []cluster.Record{{Key: key, Val: val}}})
		again := newMachine(cluster.Config{ID: 1, Nodes: []cluster.NodeID{1, 2, 3, 4, 5}})
		for k, v := range m.keys {
			out.Records = append(out.Records, cluster.Record{Key: recordKey + k, Val: cluster.Encode(&v)})
		}
		again.Step(cluster.Input{Kind: cluster.InputStart, Now: 1, Records: out.Records})
		if x, y := m.Snapshot(), again.Snapshot(); !reflect.DeepEqual(x, y) {
			t.Fatalf("from %q %q it holds %+v, and after another start %+v", key, val, x, y)
		}
	})
}
