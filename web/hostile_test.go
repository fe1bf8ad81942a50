package web_test

import (
	"fmt"
	"net/http"
	"testing"

	"capplayground/cluster"
)

// hostile are texts that the page must show as text only, and never run as script or
// markup.
var hostile = []string{
	`<img src=x onerror="window.pwned=1">`,
	`</script><script>window.pwned=1</script>`,
	`"><svg onload=window.pwned=1>`,
	`' onmouseover='window.pwned=1`,
	`javascript:window.pwned=1`,
	`<style>*{display:none}</style>`,
	`<iframe srcdoc="<script>parent.pwned=1</script>">`,
	`{{constructor.constructor('window.pwned=1')()}}`,
	"`+(window.pwned=1)+`",
	`__proto__`,
	"\u202egnirts\u202c \u200b\ufeff\u0000\u001b[31m",
	`]]><!--`,
}

// TestHostileTexts puts such texts into every field that a node or a client can set. On the
// page no script of them runs, they make no element, and the console is empty.
func TestHostileTexts(t *testing.T) {
	src := &source{hello: stageHello}
	p := serve(t, src, withAPI(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNoContent) // no verdict, and no load
	})))
	b := open(t, "http://"+p.addr+"/", 1280, 720)
	b.hasCount(5, "node")
	before := eval[string](b, elements)
	for i, text := range hostile {
		op := cluster.OpID(fmt.Sprintf("%d-%s", i, text))
		p.emit(
			cluster.Event{Node: 1, Body: &cluster.Invoked{ClientCall: cluster.ClientCall{Op: op, Client: text, OpKind: cluster.OpWrite, Key: text, Value: cluster.Value{Val: text}}}},
			cluster.Event{Node: 1, Body: &cluster.Sent{Transit: cluster.Transit{Msg: "m" + text, From: 1, To: 2, Type: text, Class: cluster.ClassRequest, Op: op, Label: text}}},
			cluster.Event{Node: 1, Body: &cluster.Progressed{Op: op, Phase: text, Need: 5, Yes: []cluster.NodeID{1}, Waiting: []cluster.NodeID{2}, Timer: text}},
			cluster.Event{Node: 1, Body: &cluster.KeyChanged{Value: cluster.Value{Val: text}, Key: text, Version: text, LockedBy: op, Siblings: []cluster.Sibling{{Val: text, Version: text}}}},
			cluster.Event{Node: 2, Body: &cluster.RoleChanged{Role: text, Badges: map[string]int{text: 1}}},
			cluster.Event{Node: 1, Body: &cluster.TimerChanged{Name: text, Op: op, State: text}},
			cluster.Event{Node: 1, Body: &cluster.Lost{Transit: cluster.Transit{Msg: "m" + text, From: 1, To: 2, Type: text, Class: cluster.ClassRequest, Op: op}, Why: text}},
			cluster.Event{Node: 1, Body: &cluster.ScreenLine{Text: text}},
			cluster.Event{Node: 1, Body: &cluster.Returned{ClientCall: cluster.ClientCall{Op: op, Client: text, OpKind: cluster.OpWrite, Key: text, Value: cluster.Value{Val: text}}, Status: "409"}},
		)
	}
	p.emit(cluster.Event{Node: 3, Body: &cluster.KeyChanged{Value: cluster.Value{Val: hostile[0]}, Key: "city"}},
		cluster.Event{Node: 3, Body: &cluster.Invoked{ClientCall: cluster.ClientCall{Op: "last", Client: "curl", OpKind: cluster.OpRead, Key: "city"}}},
		cluster.Event{Node: 3, Body: &cluster.Returned{ClientCall: cluster.ClientCall{Op: "last", Client: "curl", OpKind: cluster.OpRead, Key: "city", Value: cluster.Value{Val: hostile[0]}}, Status: "200"}})
	b.has("op", "status=200")
	b.press("1")
	if eval[bool](b, "'pwned' in window") {
		t.Error("a text was run as a script")
	}
	if after := eval[string](b, elements); after != before {
		t.Errorf("kinds of elements in the page: %s before, %s after", before, after)
	}
}

// elements selects kinds of elements that the page itself never makes. If there
// is one, a text has become markup.
const elements = `[...new Set([...document.querySelectorAll('img,iframe,object,embed,style,script:not([type=module]),base,form:not([data-action]):not([class]):not([id])')].map((e) => e.localName))].sort().join()`

// stageHello is the hello of a cluster at rest.
func stageHello(at uint64) any {
	nodes := []any{}
	for i := 1; i <= 5; i++ {
		nodes = append(nodes, map[string]any{"id": i, "url": fmt.Sprintf("http://127.0.0.%d:300%d", i, i), "status": "up", "pid": 100 + i})
	}
	pace := cluster.LivePace()
	return map[string]any{
		"kind": "hello", "seq": at, "epoch": 1, "boot": boot,
		"cluster": map[string]any{"mode": "CA", "pace": pace, "quorum": cluster.DefaultQuorum(), "nodes": nodes, "links": []any{}},
		"pace":    pace, "links": []any{}, "rules": []any{}, "quorum": cluster.DefaultQuorum(),
		"inflight": []any{}, "timers": []any{}, "roles": []any{}, "keys": []any{}, "ops": []any{}, "events": []any{},
	}
}
