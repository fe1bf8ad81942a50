package sloppy

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"capplayground/cluster"
	"capplayground/cluster/script"
)

// FuzzMessage: a node survives any message of its peers.
func FuzzMessage(f *testing.F) {
	for i, typ := range slices.Sorted(maps.Keys(handlers)) {
		f.Add(typ, garbage[i%len(garbage)])
		f.Add(typ, garbage[len(garbage)-1-i%len(garbage)])
	}
	f.Fuzz(func(t *testing.T, typ, body string) {
		inputs := []cluster.Input{{Kind: cluster.InputRequest, Now: 1, Request: cluster.Request{Op: "7", Kind: cluster.OpWrite, Key: "city", Val: "v"}}}
		for from := range cluster.NodeID(6) {
			inputs = append(inputs, cluster.Input{Kind: cluster.InputMessage, Now: 2, Message: cluster.Message{From: from, To: 1, Type: typ, Op: "7", Deadline: 3, Body: []byte(body)}})
		}
		if m := script.Twice(t, func() *Machine { return five(1) }, inputs); !json.Valid([]byte(body)) && !strings.HasPrefix(body, "\x01") && len(m.Snapshot().Keys)+len(m.Snapshot().Hints) > 0 {
			t.Fatalf("after %s %q it holds %+v", typ, body, m.Snapshot())
		}
	})
}

// FuzzRecord: a node starts with any records on its disk. If it writes its state and
// starts again, its state is the same.
func FuzzRecord(f *testing.F) {
	f.Add(recordKeys+"city", []byte(`{"set":`+goodSet+`}`))
	f.Add(recordHints+"4/city", []byte(goodSet))
	f.Add(recordHints+"4/city", []byte("\x01\x01\x00\x04d2\x00\x00\x00\x00\x00\x00\x01\x01\x01\x01\x00"))
	f.Add(recordStarts, []byte(`9007199254740993`))
	f.Add(recordKeys+"city", []byte(`{"set":{"known":"0"},"planted":{"op":"7","ts":1,"val":"x"}}`))
	f.Fuzz(func(t *testing.T, key string, val []byte) {
		start := func(records ...cluster.Record) *Machine {
			m := newMachine(cluster.Config{ID: 1, Nodes: []cluster.NodeID{1, 2, 3, 4, 5}, Database: "d1"})
			m.Step(cluster.Input{Kind: cluster.InputStart, Now: 1, Records: records})
			return m
		}
		m := start(cluster.Record{Key: key, Val: val})
		var records []cluster.Record
		for k, h := range m.keys {
			records = append(records, cluster.Record{Key: recordKeys + k, Val: cluster.Encode(&value{h.set, h.planted})})
		}
		for home, h := range m.hints {
			for k, s := range h.sets {
				records = append(records, cluster.Record{Key: hintRecord(home, k), Val: cluster.Encode(&s)})
			}
		}
		if x, y := m.Snapshot(), start(records...).Snapshot(); !reflect.DeepEqual(x, y) {
			t.Fatalf("from %q %q it holds %+v, and after another start %+v", key, val, x, y)
		}
	})
}

// FuzzBody: a set that is written in a body is the same after it is read.
func FuzzBody(f *testing.F) {
	var good set
	if !cluster.Decode([]byte(goodSet), &good) {
		f.Fatal("goodSet cannot be read")
	}
	f.Add(cluster.Encode(&keyed{"city", good}))
	f.Add([]byte("\x01\x00\x01\x0100\x00")) // the first span has the origin of the span before
	f.Add([]byte(`{"key":"city","set":` + goodSet + `}`))
	f.Add([]byte(`{"key":"\u0063", "set":` + goodSet + `}`))
	f.Add([]byte(`{"key":"city","set":{"live":[{"d":"n1.d1.1:1-1","v":"x"}],"known":"n1.d1.1:1,2-3"}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var k, again keyed
		if !cluster.Decode(b, &k) {
			return
		}
		once := cluster.Encode(&k)
		if !cluster.Decode(once, &again) || !bytes.Equal(cluster.Encode(&again), once) {
			t.Fatalf("%q is written %q, and then %q", b, once, cluster.Encode(&again))
		}
	})
}

// FuzzVersion: a version that a client sends in If-Match is refused, or is the same
// after it is written and read again.
func FuzzVersion(f *testing.F) {
	f.Add("n1.d1.1:1-2,4+n2.d2.7@n1.d1.1:9~n1.d1.1:3")
	f.Add("0")
	f.Add("n1.d1.1:9007199254740992")
	f.Fuzz(func(t *testing.T, text string) {
		v, err := ParseVersion(text)
		if err != nil {
			return
		}
		if back, err := ParseVersion(v.String()); err != nil || !back.All().Equal(v.All()) {
			t.Errorf("%q is read as %q (%v)", text, v, err)
		}
	})
}
