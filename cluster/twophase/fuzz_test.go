package twophase

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"capplayground/cluster"
	"capplayground/cluster/script"
)

func five(id cluster.NodeID) *Machine {
	m := newMachine(cluster.Config{ID: id, Nodes: []cluster.NodeID{1, 2, 3, 4, 5}})
	m.Step(cluster.Input{Kind: cluster.InputStart, Now: 1})
	return m
}

// FuzzMessage: a node survives any message of its peers. A message that is neither JSON nor
// in the compact form changes nothing.
func FuzzMessage(f *testing.F) {
	for typ := range classes {
		for _, body := range []string{``, `{"k":"city","v":"Rome"}`, `{"n":1}`, `{"n":18446744073709551615}`, `{"why":"no"}`, `{"n":-1}`, `null`, "\x01\x04city\x04Rome\x00", "\x01\x01", "\x01\x02\x03"} {
			f.Add(typ, body)
		}
	}
	f.Fuzz(func(t *testing.T, typ, body string) {
		inputs := []cluster.Input{{Kind: cluster.InputRequest, Now: 1, Request: cluster.Request{Op: "7", Kind: cluster.OpWrite, Key: "city", Val: "v"}}}
		for from := range cluster.NodeID(6) {
			for _, tx := range []cluster.OpID{"7", "8"} {
				inputs = append(inputs, cluster.Input{Kind: cluster.InputMessage, Now: 2, Message: cluster.Message{From: from, To: 1, Type: typ, Op: tx, Body: []byte(body)}})
			}
		}
		m := script.Twice(t, func() *Machine { return five(1) }, inputs)
		for _, k := range m.Snapshot().Keys {
			if !json.Valid([]byte(body)) && !strings.HasPrefix(body, "\x01") && body != "" && k.Val != "" {
				t.Fatalf("after %s %q it holds %+v", typ, body, k)
			}
		}
	})
}

// FuzzRecord: a node starts with any records on its disk, and goes on.
func FuzzRecord(f *testing.F) {
	for _, prefix := range []string{prefixValue, prefixOldPart, prefixDecision, prefixTransaction, ""} {
		for _, val := range []string{``, `{"k":"city","v":"x","c":2}`, `{"w":"city=x","n":3}`, `{"v":"x","n":2}`, `a`, `h7`, `{"n":18446744073709551615}`, `{"c":-9}`} {
			f.Add(prefix+"1", []byte(val))
		}
	}
	f.Fuzz(func(t *testing.T, key string, val []byte) {
		a := newMachine(cluster.Config{ID: 1, Nodes: []cluster.NodeID{1, 2, 3, 4, 5}})
		b := newMachine(cluster.Config{ID: 1, Nodes: []cluster.NodeID{1, 2, 3, 4, 5}})
		for _, in := range []cluster.Input{
			{Kind: cluster.InputStart, Now: 1, Records: []cluster.Record{{Key: key, Val: val}}},
			{Kind: cluster.InputMessage, Now: 2, Message: cluster.Message{From: 2, To: 1, Type: typeAsk, Op: "1"}},
			{Kind: cluster.InputRequest, Now: 3, Request: cluster.Request{Op: "7", Kind: cluster.OpWrite, Key: "city", Val: "v"}},
			{Kind: cluster.InputTimer, Now: 2_000_000, Timer: cluster.Timer{Name: timerAsk, Op: "1"}},
		} {
			if x, y := a.Step(in), b.Step(in); !reflect.DeepEqual(x, y) {
				t.Fatalf("%+v: once\n%+v, then\n%+v", in, x, y)
			}
		}
		if x, y := a.Snapshot(), b.Snapshot(); !reflect.DeepEqual(x, y) {
			t.Fatalf("once %+v, then %+v", x, y)
		}
	})
}
