package server

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"capplayground/cluster/modes"
	"capplayground/server/servertest"
)

// nonsense lists bodies that are wrong for every call that takes JSON.
var nonsense = []struct {
	name, body string
	status     int
	says       string
}{
	{"white space", " \r\n", 400, "not one well-formed JSON document"},
	{"null", `null`, 422, "wrong fields: null"},
	{"an array", `[]`, 422, "wrong fields"},
	{"a string", `"x"`, 422, "wrong fields"},
	{"a number", `7`, 422, "wrong fields"},
	{"a truth", `true`, 422, "wrong fields"},
	{"byte order mark", "\ufeff{}", 400, "not one well-formed JSON document"},
	{"trailing document", `{}{}`, 400, "not one well-formed JSON document"},
	{"trailing text", `{}x`, 400, "not one well-formed JSON document"},
	{"cut short", `{"a":"`, 400, "not one well-formed JSON document"},
	{"single quotes", `{'a':1}`, 400, "not one well-formed JSON document"},
	{"a comment", `{/**/}`, 400, "not one well-formed JSON document"},
	{"trailing comma", `{"a":1,}`, 400, "not one well-formed JSON document"},
	{"NaN", `{"rate":NaN}`, 400, "not one well-formed JSON document"},
	{"Infinity", `{"rate":-Infinity}`, 400, "not one well-formed JSON document"},
	{"hexadecimal", `{"rate":0x1}`, 400, "not one well-formed JSON document"},
	{"depth 10,001", `{"a":` + strings.Repeat("[", 10_001) + strings.Repeat("]", 10_001) + `}`, 0, ""}, // too large for some calls, too deep for the others
	{"depth 33", strings.Repeat("[", 33) + strings.Repeat("]", 33), 400, "nested deeper than 32"},
	{"invalid UTF-8", "{\"a\":\"\xff\"}", 400, "not valid UTF-8"},
	{"overlong UTF-8", "{\"a\":\"\xc0\xaf\"}", 400, "not valid UTF-8"},
	{"surrogate in UTF-8", "{\"a\":\"\xed\xa0\x80\"}", 400, "not valid UTF-8"},
	{"half a surrogate pair", `{"\ud83d":1}`, 400, "invalid surrogate pair"},
	{"a control character", "{\"a\":\"\x01\"}", 400, "not one well-formed JSON document"},
	{"NUL", "{\x00}", 400, "not one well-formed JSON document"},
	{"unknown field", `{"nonesuch":1}`, 422, `unknown field \"nonesuch\"`},
	{"__proto__", `{"__proto__":{}}`, 422, `unknown field \"__proto__\"`},
	{"field twice", `{"nonesuch":1,"nonesuch":1}`, 422, "wrong fields"},
	{"zero-width in a name", `{"mo\u200bde":"AP"}`, 422, "unknown field"},
	{"a form", `mode=AP`, 400, "not one well-formed JSON document"},
	{"XML", `<mode>AP</mode>`, 400, "not one well-formed JSON document"},
	{"gzip", "\x1f\x8b\x08\x00\x00", 400, "not valid UTF-8"},
	{"500 KiB", strings.Repeat(" ", 500<<10), 413, "body too large"},
}

// jsonCalls are all calls that take JSON. Those that begin with "node " are calls
// of node 1.
var jsonCalls = []string{
	"PUT /api/mode", "PUT /api/quorum", "PUT /api/pace", "PUT /api/links/1/2", "POST /api/partition", "POST /api/rules",
	"POST /api/ops", "POST /api/workload", "POST /api/compare", "node POST /2pc/propose",
}

// inputs are bad inputs to a real playground and its node 1 in mode CA, each with
// its exact answer.
var inputs = []struct {
	call, body string
	status     int
	says       string
}{
	{"PUT /api/mode", `{"mode":"XY"}`, 422, `unknown mode: \"XY\" (want ` + modes.Choice() + `)`},
	{"PUT /api/mode", `{}`, 422, "unknown mode"},
	{"PUT /api/mode", `{"mode":null}`, 422, "null"},
	{"PUT /api/mode", `{"mode":1}`, 422, "mode cannot be a number"},
	{"PUT /api/mode", `{"Mode":"AP"}`, 422, "unknown field"},
	{"PUT /api/mode", `{"mode":"AP","mode":"CP"}`, 422, "twice"},
	{"PUT /api/mode", `{"mode":"\u0410P"}`, 422, "unknown mode"}, // a Cyrillic A
	{"PUT /api/quorum", `{"n":0,"r":1,"w":1}`, 422, "n=0 r=1 w=1"},
	{"PUT /api/quorum", `{"n":6,"r":1,"w":1}`, 422, "n=6 r=1 w=1"},
	{"PUT /api/quorum", `{"n":3,"r":4,"w":1}`, 422, "n=3 r=4 w=1"},
	{"PUT /api/quorum", `{"n":3,"r":2,"w":-1}`, 422, "w=-1"},
	{"PUT /api/quorum", `{"n":3.5,"r":2,"w":2}`, 422, "number 3.5"},
	{"PUT /api/quorum", `{"n":9223372036854775808,"r":2,"w":2}`, 422, "number 9223372036854775808"},
	{"PUT /api/quorum", `{"n":"3","r":2,"w":2}`, 422, "n cannot be a string"},
	{"PUT /api/pace", `{"pace":"warp"}`, 422, `pace \"warp\"`},
	{"PUT /api/pace", `{"pace":"slow","rate":0}`, 422, "rate 0"},
	{"PUT /api/pace", `{"pace":"slow","rate":-1}`, 422, "rate -1"},
	{"PUT /api/pace", `{"pace":"slow","rate":1e12}`, 422, "rate 1e+12"},
	{"PUT /api/pace", `{"pace":"slow","rate":1e400}`, 422, "number 1e400"},
	{"PUT /api/pace", `{"pace":"slow","rate":1e-400}`, 422, "rate 0"},
	{"PUT /api/links/1/2", `{"cut":false,"delay_ms":-1}`, 422, "delay_ms and jitter_ms are 0 to 60000"},
	{"PUT /api/links/1/2", `{"cut":false,"delay_ms":1e12}`, 422, "delay_ms and jitter_ms are 0 to 60000"},
	{"PUT /api/links/1/2", `{"cut":false,"jitter_ms":60001}`, 422, "delay_ms and jitter_ms are 0 to 60000"},
	{"PUT /api/links/1/2", `{"loss":1.5}`, 422, "loss is 0 to 1"},
	{"PUT /api/links/1/2", `{"loss":-0.1}`, 422, "loss is 0 to 1"},
	{"PUT /api/links/1/2", `{"cut":"yes"}`, 422, "cut cannot be a string"},
	{"PUT /api/links/1/1", `{"cut":true}`, 404, "no link from node 1 to itself"},
	{"PUT /api/links/1/9", `{"cut":true}`, 404, "no such node: 9"},
	{"PUT /api/links/0/2", `{"cut":true}`, 404, `no such node: \"0\"`},
	{"PUT /api/links/1/%32%32", `{"cut":true}`, 404, `no such node: \"22\"`},
	{"PUT /api/links/-1/2", `{"cut":true}`, 404, `no such node: \"-1\"`},
	{"POST /api/partition", `{}`, 422, "two groups or more"},
	{"POST /api/partition", `{"groups":[[1,2,3,4,5]]}`, 422, "two groups or more"},
	{"POST /api/partition", `{"groups":[[1,2],[2,3]]}`, 422, "node 2 is in two groups"},
	{"POST /api/partition", `{"groups":[[1],[9]]}`, 404, "no such node: 9"},
	{"POST /api/partition", `{"groups":[[1],[null]]}`, 422, "null"},
	{"POST /api/partition", `{"groups":[["1"],["2"]]}`, 422, "string"},
	{"POST /api/rules", `{"from":"*","to":"*","type":"*","do":"eat","count":1}`, 422, `do \"eat\"`},
	{"POST /api/rules", `{"from":"*","to":"*","type":"","do":"hold","count":1}`, 422, `type \"\"`},
	{"POST /api/rules", `{"from":"*","to":"*","type":"*","do":"hold","count":-1}`, 422, "count -1"},
	{"POST /api/rules", `{"from":"*","to":"*","type":"*","do":"hold","count":1000001}`, 422, "count 1000001"},
	{"POST /api/rules", `{"from":7,"to":"*","type":"*","do":"hold","count":1}`, 404, "there are 5"},
	{"POST /api/rules", `{"from":-7,"to":"*","type":"*","do":"hold","count":1}`, 422, "no such node: -7"},
	{"POST /api/rules", `{"from":"*","to":"*","type":"` + strings.Repeat("x", 65) + `","do":"hold","count":1}`, 422, "type"},
	{"POST /api/rules", `{"when":{"type":"yes","count":4,"node":1},"then":"melt"}`, 422, `then \"melt\" (want kill, freeze, isolate)`},
	{"POST /api/rules", `{"when":{"type":"yes"},"then":"kill","do":"hold","type":"yes"}`, 422, "either from, to, type and do, or when and then"},
	{"POST /api/rules", `{"when":{"type":"yes","count":4}}`, 422, `then \"\"`},
	{"POST /api/rules", `{"when":{"type":"nay"},"then":"kill"}`, 422, `when.type \"nay\" (in `},
	{"POST /api/rules", `{"when":{},"then":"kill"}`, 422, `when.type \"\"`},
	{"POST /api/rules", `{"when":{"type":"*"},"then":"kill"}`, 422, `when.type \"*\"`},
	{"POST /api/rules", `{"when":{"type":"yes","count":-4},"then":"kill"}`, 422, "when.count -4"},
	{"POST /api/rules", `{"when":{"type":"yes","node":9},"then":"kill"}`, 404, "there are 5"},
	{"POST /api/rules", `{"when":{"type":"yes","what":9},"then":"kill"}`, 422, "what"},
	{"DELETE /api/rules/", "", 404, "no such call"},
	{"DELETE /api/rules/..", "", 404, "no such rule"},
	{"DELETE /api/rules/99", "", 404, "no such rule"},
	{"POST /api/ops", `{"node":1,"kind":"melt","key":"k"}`, 422, `kind \"melt\"`},
	{"POST /api/ops", `{"node":1,"kind":"plant","key":"k"}`, 404, "belongs to mode AP, this node runs in mode CA"},
	{"POST /api/ops", `{"node":1,"kind":"commit"}`, 422, "commit needs the id of its transaction"},
	{"POST /api/ops", `{"node":1,"kind":"propose","id":"../7","key":"k","val":"v"}`, 400, "a transaction's id has 1 to 64"},
	{"GET /api/recording?format=x", "", 400, `no format \"x\"`},
	{"POST /api/ops", `{"node":9,"kind":"read","key":"k"}`, 404, "no such node"},
	{"POST /api/ops", `{"node":-1,"kind":"read","key":"k"}`, 404, "no such node"},
	{"POST /api/ops", `{"node":1,"kind":"read","key":""}`, 400, "a key has at least one byte"},
	{"POST /api/ops", `{"node":1,"kind":"read","key":"\u0000"}`, 400, "control characters"},
	{"POST /api/ops", `{"node":1,"kind":"write","key":"` + strings.Repeat("k", 257) + `","val":"v"}`, 400, "at most 256 bytes"},
	{"POST /api/ops", `{"node":1,"kind":"write","key":"k","val":"` + strings.Repeat("v", 65537) + `"}`, 413, "more than 65536 bytes"},
	{"POST /api/ops", `{"node":1,"kind":"write","key":"k","val":"\u001b[2J"}`, 400, "control characters"},
	{"POST /api/workload", `{"rate":-1}`, 422, "rate"},
	{"POST /api/workload", `{"rate":1e12}`, 422, "rate"},
	{"POST /api/workload", `{"rate":10,"clients":65}`, 422, "clients 65"},
	{"POST /api/workload", `{"rate":10,"keys":-1}`, 422, "keys"},
	{"POST /api/workload", `{"rate":10,"read_ratio":2}`, 422, "read"},
	{"POST /api/workload", `{"rate":10,"seed":9007199254740992}`, 422, "seed 9007199254740992 is not between 0 and 9007199254740991"},
	{"POST /api/workload", `{"rate":10,"seed":-1}`, 422, "seed cannot be the number -1"},
	{"POST /api/workload", `{"rate":10,"seed":"x"}`, 422, "seed cannot be a string"},
	{"POST /api/compare", `{"length":"x"}`, 422, ""},
	{"POST /api/compare", `{"length":"-1s"}`, 422, ""},
	{"POST /api/compare", `{"length":"1000000h"}`, 422, ""},
	{"POST /api/nodes/9/kill", "", 404, "no such node: 9"},
	{"POST /api/nodes/../kill", "", 404, "no such node"},
	{"POST /api/nodes/%2F/kill", "", 404, "no such node"},
	{"POST /api/nodes/%00/kill", "", 404, "no such node"},
	{"POST /api/nodes/%EF%BC%91/kill", "", 404, "no such node"}, // a full-width 1
	{"POST /api/nodes/1%E2%80%8B/kill", "", 404, "no such node"},
	{"POST /api/nodes/1/wipe", "", 409, "AP"},
	{"POST /api/nodes/1/restart/", "", 404, "no such call"},
	{"POST //api/nodes/1/kill", "", 404, "nothing here"},
	{"POST /api//nodes/1/kill", "", 404, "no such call"},
	{"POST /API/nodes/1/kill", "", 404, "nothing here"},
	{"GET /api/nodes/1/kill", "", 405, "this call is POST"},
	{"DELETE /api/mode", "", 405, "this call is PUT"},
	{"PATCH /api/mode", `{"mode":"AP"}`, 405, "this call is PUT"},
	{"TRACE /api/cluster", "", 405, "this call is GET"},
	{"POST /", "", 405, "only GET"},
	{"POST /api/messages/none/deliver", "", 404, "no such message"},
	{"POST /api/messages/%00/drop", "", 404, "no such message"},
	{"POST /api/timers/1/none/fire", "", 404, "no such timer"},
	{"POST /api/timers/x/none/fire", "", 404, "no such node"},
	{"GET /api/history?n=-1", "", 400, "1 or more"},
	{"GET /api/history?n=99999999999999999999", "", 400, "1 or more"},
	{"GET /api/keys/", "", 404, "no such call"},
	{"GET /api/keys/%FF", "", 400, "UTF-8"},
	{"GET /api/keys/%C0%AF", "", 400, "UTF-8"},
	{"GET /api/keys/%ED%A0%80", "", 400, "UTF-8"},
	{"GET /api/keys/" + strings.Repeat("k", 257), "", 400, "256 bytes"},
	{"GET /api/verdict/none", "", 404, "no value"},
	{"GET /static/../go.mod", "", 404, "no"},
	{"GET /static/%2e%2e/go.mod", "", 404, "no such file"},
	{"GET /debug/pprof/", "", 404, "nothing here"},
	{"GET /fragments/rule?nodes=99", "", 400, "needs its numbers"},
	{"GET /ws?since=-1", "", 400, "since must be a number"},
	{"GET /ws", "", 426, ""},
	{"POST /link", "", 405, "a node joins by a WebSocket"},

	{"node GET /database/", "", 400, "a key has at least one byte"},
	{"node GET /database/%00", "", 400, "control characters"},
	{"node GET /database/%C0%AF", "", 400, "valid UTF-8"},
	{"node GET /database/%ED%A0%80", "", 400, "valid UTF-8"},
	{"node GET /database/none?x", "", 400, "a query has no meaning here"},
	{"node GET /database/" + strings.Repeat("k", 257), "", 400, "at most 256 bytes"},
	{"node PUT /database/k", strings.Repeat("v", 65537), 413, "more than 65536 bytes"},
	{"node PUT /database/k", strings.Repeat("v", 10<<20), 413, "more than 65536 bytes"},
	{"node PUT /database/k", "\xff", 400, "valid UTF-8"},
	{"node POST /database/k/a%0Ab", "", 400, "PUT takes lines"},
	{"node DELETE /database/k", "", 405, "not with this method"},
	{"node PATCH /2pc/propose", "{}", 405, "not with this method"},
	{"node POST /2pc/propose", `{"id":"7","key":"k"}`, 422, "want id, key and val"},
	{"node POST /2pc/propose", `{"id":"../7","key":"k","val":"v"}`, 400, "a transaction's id has 1 to 64"},
	{"node POST /quorum/repair", `{"key":"k","val":"v","ts":1}`, 404, "belongs to mode AP, this node runs in mode CA"},
	{"node GET /peer", "", 426, "this address takes streams of peers"},
}

// TestBadInput makes calls with bad input. Each changes nothing, and its answer has
// the right status and a text that says what is wrong.
func TestBadInput(t *testing.T) {
	t.Parallel()
	r := newRig(t, "CA")
	r.MustWrite(1, "city", "Lisboa")
	r.quiet()
	before, tried := r.still(), 0

	check := func(name, call, body, kind string, status int, says string) {
		t.Helper()
		tried++
		got, answer := r.raw(call, body, kind)
		if status == 0 && (got == 400 && strings.Contains(answer, "deeper") || got == 413) {
			return
		}
		if got != status || !strings.Contains(answer, says) {
			t.Errorf("%.80s, %s: %d %.300s, want %d …%s…", call, name, got, answer, status, says)
		}
	}
	for _, call := range jsonCalls {
		for _, n := range nonsense {
			check(n.name, call, n.body, "application/json", n.status, n.says)
		}
		for _, kind := range []string{"", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json; charset=utf-16", "application/json\r\nContent-Encoding: gzip"} {
			check(kind, call, `{"id":"7","key":"k","val":"v"}`, kind, 415, "wrong content type")
		}
		if call != "POST /api/compare" { // its empty body means the usual script
			check("nothing", call, "", "application/json", 400, "not one well-formed JSON document")
		}
	}
	for _, in := range inputs {
		check(in.body[:min(len(in.body), 60)], in.call, in.body, "application/json", in.status, in.says)
	}
	if after := r.still(); after != before {
		t.Errorf("something changed: %s", changed(before, after))
	}
	t.Logf("%d bad inputs", tried)
}

// TestTransactionsByHandTwice uses ids of transactions a second time, and ids that
// no transaction has. Such a call changes nothing.
func TestTransactionsByHandTwice(t *testing.T) {
	t.Parallel()
	r := newRig(t, "CA")
	for _, step := range []struct {
		call, body string
		status     int
		says       string
		val        string // that node 1 holds afterwards
	}{
		{"commit/a", "", 404, "no such transaction", ""},
		{"propose", `{"id":"a","key":"city","val":"Rome"}`, 200, `"vote":"yes"`, ""},
		{"propose", `{"id":"a","key":"city","val":"Rome"}`, 200, `"vote":"yes"`, ""}, // the same call again
		{"propose", `{"id":"a","key":"river","val":"Tiber"}`, 409, "", ""},
		{"propose", `{"id":"b","key":"city","val":"Bonn"}`, 409, "", ""},
		{"rollback/b", "", 404, "no such transaction", ""},
		{"commit/a", "", 200, "", "Rome"},
		{"commit/a", "", 0, "", "Rome"},
		{"rollback/a", "", 0, "", "Rome"},
		{"propose", `{"id":"a","key":"city","val":"Oslo"}`, 409, "", "Rome"},
		{"propose", `{"id":"c","key":"city","val":"Oslo"}`, 200, "", "Rome"},
		{"rollback/c", "", 200, "", "Rome"},
		{"commit/c", "", 0, "", "Rome"},
		{"propose", `{"id":"c","key":"city","val":"Oslo"}`, 409, "", "Rome"},
	} {
		status, body := r.Call("POST", r.Node(1)+"/2pc/"+step.call, step.body)
		if step.status != 0 && status != step.status || step.status == 0 && status != 200 && status != 404 && status != 409 || !strings.Contains(body, step.says) {
			t.Errorf("%s %s: %d %s, want %d", step.call, step.body, status, body, step.status)
		}
		if val, lock := r.Holds(1, "city"); val != step.val {
			t.Errorf("after %s %s node 1 holds %q, locked by %q, want %q", step.call, step.body, val, lock, step.val)
		}
	}
}

// raw sends the bytes of a request as they are, and reads one answer.
func (r *rig) raw(call, body, kind string) (status int, answer string) {
	call, base := r.at(call)
	if kind != "" {
		kind = "Content-Type: " + kind + "\r\n"
	}
	return r.wire(base, fmt.Sprintf("%s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n%sContent-Length: %d\r\n\r\n%s", call, base, kind, len(body), body))
}

// at is the address that a call goes to: the playground's, or node 1's for
// "node …".
func (r *rig) at(call string) (rest, addr string) {
	if rest, ofNode := strings.CutPrefix(call, "node "); ofNode {
		return rest, strings.TrimPrefix(r.Node(1), "http://")
	}
	return call, r.s.listener.addr()
}

func (r *rig) wire(addr, request string) (status int, answer string) {
	r.t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		r.t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(servertest.Patience))
	go func() { _, _ = io.WriteString(conn, request) }() // an answer may come before the whole request is read
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		r.t.Errorf("%.100q: the connection ended without an answer: %v", request, err)
		return 0, ""
	}
	defer resp.Body.Close()
	if method, _, _ := strings.Cut(request, " "); method == "HEAD" || resp.StatusCode == http.StatusSwitchingProtocols {
		return resp.StatusCode, ""
	}
	got, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(got)
}

// TestOnTheWire sends bytes to playground and node that no HTTP client would send.
// Each request changes nothing, and is answered before the connection ends.
func TestOnTheWire(t *testing.T) {
	t.Parallel()
	r := newRig(t, "CA")
	before := r.still()
	for _, at := range []struct{ addr, get, put string }{
		{r.s.listener.addr(), "/api/cluster", "/api/mode"},
		{strings.TrimPrefix(r.Node(1), "http://"), "/database/none", "/database/city"},
	} {
		fill := strings.NewReplacer("OWN", at.addr, "GET_IT", "GET "+at.get+" HTTP/1.1\r\n", "PUT_IT", "PUT "+at.put+" HTTP/1.1\r\nContent-Type: application/json\r\n")
		for _, c := range []struct {
			name, request string
			status        []int
		}{
			{"two hosts", "GET_ITHost: OWN\r\nHost: evil\r\n\r\n", []int{400}},
			{"the same host twice", "GET_ITHost: OWN\r\nHost: OWN\r\n\r\n", []int{400}},
			{"no host", "GET_IT\r\n", []int{400}},
			{"no host in HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", []int{403}},
			{"an empty host", "GET_ITHost:\r\n\r\n", []int{403}},
			{"a host with a space", "GET_ITHost: OWN evil\r\n\r\n", []int{400}},
			{"two lengths", "PUT_ITHost: OWN\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", []int{400}},
			{"a list of lengths", "PUT_ITHost: OWN\r\nContent-Length: 1, 2\r\n\r\nab", []int{400}},
			{"a negative length", "PUT_ITHost: OWN\r\nContent-Length: -1\r\n\r\n", []int{400}},
			{"a length in words", "PUT_ITHost: OWN\r\nContent-Length: two\r\n\r\nab", []int{400}},
			{"a length of 2^63", "PUT_ITHost: OWN\r\nContent-Length: 9223372036854775808\r\n\r\nab", []int{400}},
			{"a length of 2^62", "PUT_ITHost: OWN\r\nContent-Length: 4611686018427387904\r\n\r\nab", []int{413}},
			{"an unknown transfer encoding", "PUT_ITHost: OWN\r\nTransfer-Encoding: gzip\r\n\r\nab", []int{501}},
			{"two transfer encodings", "PUT_ITHost: OWN\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n", []int{400, 501}},
			{"a chunk of nonsense", "PUT_ITHost: OWN\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", []int{400}},
			{"a chunk of 2^64", "PUT_ITHost: OWN\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000000\r\n", []int{400}},
			{"half an escape", "GET /% HTTP/1.1\r\nHost: OWN\r\n\r\n", []int{400}},
			{"no escape", "GET /%zz HTTP/1.1\r\nHost: OWN\r\n\r\n", []int{400}},
			{"a raw control character", "GET /\x01 HTTP/1.1\r\nHost: OWN\r\n\r\n", []int{400}},
			{"a raw NUL", "GET /\x00 HTTP/1.1\r\nHost: OWN\r\n\r\n", []int{400}},
			{"raw UTF-8", "GET /\u00e9 HTTP/1.1\r\nHost: OWN\r\n\r\n", []int{404}},
			{"no path", "GET HTTP/1.1\r\nHost: OWN\r\n\r\n", []int{400}},
			{"a relative path", "GET api/cluster HTTP/1.1\r\nHost: OWN\r\n\r\n", []int{400}},
			{"a backslash", "GET \\api\\cluster HTTP/1.1\r\nHost: OWN\r\n\r\n", []int{400}},
			{"another site's URL", "GET http://evil.example/ HTTP/1.1\r\nHost: OWN\r\n\r\n", []int{403}},
			{"a tunnel", "CONNECT evil.example:80 HTTP/1.1\r\nHost: evil.example:80\r\n\r\n", []int{403}},
			{"a tunnel to us", "CONNECT OWN HTTP/1.1\r\nHost: OWN\r\n\r\n", []int{404, 405}},
			{"options of everything", "OPTIONS * HTTP/1.1\r\nHost: evil.example\r\n\r\n", []int{403}},
			{"a header without colon", "GET_ITHost: OWN\r\nnonsense\r\n\r\n", []int{400}},
			{"a header with a space in its name", "GET_ITHost: OWN\r\nX Y: z\r\n\r\n", []int{400}},
			{"a header with NUL", "GET_ITHost: OWN\r\nX: a\x00b\r\n\r\n", []int{400}},
			{"a header of 64 KiB", "GET_ITHost: OWN\r\nX: " + strings.Repeat("x", 64<<10) + "\r\n\r\n", []int{431}},
			{"a path of 64 KiB", "GET /" + strings.Repeat("x", 64<<10) + " HTTP/1.1\r\nHost: OWN\r\n\r\n", []int{431}},
			{"HTTP/0.9", "GET /\r\n\r\n", []int{400}},
			{"HTTP/3.0", "GET / HTTP/3.0\r\nHost: OWN\r\n\r\n", []int{505}},
			{"the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", []int{400, 403, 405, 505}},
			{"TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", []int{400}},
			{"no HTTP", "hello\r\n\r\n", []int{400}},
			{"a method in small letters", "get " + at.get + " HTTP/1.1\r\nHost: OWN\r\n\r\n", []int{405}},
			{"no method", " " + at.get + " HTTP/1.1\r\nHost: OWN\r\n\r\n", []int{400}},
			{"great expectations", "PUT_ITHost: OWN\r\nExpect: everything\r\nContent-Length: 1\r\n\r\n", []int{417}},
			{"64 KiB and one more", "PUT_ITHost: OWN\r\nContent-Length: 65537\r\n\r\n" + strings.Repeat("x", 65537), []int{413}},
		} {
			status, _ := r.wire(at.addr, fill.Replace(c.request))
			ok := false
			for _, want := range c.status {
				ok = ok || status == want
			}
			if !ok {
				t.Errorf("%s at %s: %d, want %v", c.name, at.addr, status, c.status)
			}
		}
	}
	if after := r.still(); after != before {
		t.Errorf("something changed: %s", changed(before, after))
	}
}
