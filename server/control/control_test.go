package control

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"capplayground/cluster"
	"capplayground/server/export"
	"capplayground/server/operation"
	"capplayground/server/verbs"
	"capplayground/server/workload"
)

// fake implements the interfaces of Config, except Comparison and Talk. It records the
// called methods in asked, and returns err.
type fake struct {
	asked []string
	err   error

	resetting error // that Resetting returns
}

func (f *fake) note(format string, args ...any) error {
	f.asked = append(f.asked, fmt.Sprintf(format, args...))
	return f.err
}

func (f *fake) Kill(_ context.Context, id cluster.NodeID) error    { return f.note("kill %d", id) }
func (f *fake) Restart(_ context.Context, id cluster.NodeID) error { return f.note("restart %d", id) }
func (f *fake) Freeze(_ context.Context, id cluster.NodeID) error  { return f.note("freeze %d", id) }
func (f *fake) Thaw(_ context.Context, id cluster.NodeID) error    { return f.note("thaw %d", id) }
func (f *fake) Isolate(_ context.Context, id cluster.NodeID) error { return f.note("isolate %d", id) }
func (f *fake) Rejoin(_ context.Context, id cluster.NodeID) error  { return f.note("rejoin %d", id) }
func (f *fake) Wipe(_ context.Context, id cluster.NodeID) error    { return f.note("wipe %d", id) }

func (f *fake) Dump(_ context.Context, id cluster.NodeID) (operation.Answer, error) {
	return operation.Answer{Status: 200, Body: []byte("{}")}, f.note("dump %d", id)
}

func (f *fake) Clean(_ context.Context, id cluster.NodeID) (operation.Answer, error) {
	return operation.Answer{Status: 200, Body: []byte("{}")}, f.note("clean %d", id)
}

func (f *fake) SetLink(_ context.Context, l cluster.Link) (cluster.Link, error) {
	return l, f.note("link %d %d cut %v delay %v jitter %v loss %v", l.From, l.To, l.Cut, l.DelayMS, l.JitterMS, l.Loss)
}

func (f *fake) Partition(_ context.Context, groups [][]cluster.NodeID) error {
	return f.note("partition %d", groups)
}
func (f *fake) Heal(context.Context) error { return f.note("heal") }
func (f *fake) Rules() []cluster.Rule      { return []cluster.Rule{} }

func (f *fake) AddRule(_ context.Context, r cluster.Rule) (cluster.Rule, error) {
	return r, f.note("%s %d of %s from %d to %d", r.Do, r.Count, r.Type, r.From, r.To)
}
func (f *fake) DeleteRule(_ context.Context, id string) error       { return f.note("delete rule %s", id) }
func (f *fake) SetMode(_ context.Context, m cluster.Mode) error     { return f.note("mode %s", m) }
func (f *fake) SetQuorum(_ context.Context, q cluster.Quorum) error { return f.note("quorum %d", q) }
func (f *fake) Reset(context.Context) error                         { return f.note("reset") }
func (f *fake) Resetting() error                                    { return f.resetting }
func (f *fake) Handle(_ context.Context, m, do string) error        { return f.note("%s %s", do, m) }
func (f *fake) Fire(_ context.Context, id cluster.NodeID, timer string) error {
	return f.note("fire %d %s", id, timer)
}

func (f *fake) SetPace(_ context.Context, name string, rate float64) (cluster.Pace, error) {
	return cluster.Pace{Name: name, Rate: rate}, f.note("pace %s %v", name, rate)
}

func (f *fake) Do(_ context.Context, op operation.Op) (cluster.OpID, operation.Answer) {
	_ = f.note("%s %d %q %q by %s", op.Kind, op.Node, op.Key, op.Val, op.Client)
	return "7", operation.Answer{Status: 201, Header: http.Header{"X-Sys-Id": {"3001"}}, Body: []byte(`{"val":"x"}`)}
}

func (f *fake) Start(op operation.Op) (cluster.OpID, error) {
	return "7", f.note("start %s %d", op.Kind, op.Node)
}

func (f *fake) Check(id cluster.NodeID) error {
	if id < 1 || id > 5 {
		return cluster.ErrNoSuchNode
	}
	return nil
}

func (f *fake) StartLoad(want workload.Load) error { return f.note("load %v", want) }
func (f *fake) StopLoad()                          { _ = f.note("stop") }
func (f *fake) Running() (workload.Load, bool)     { return workload.Load{}, false }

func (f *fake) Cluster() any                                 { return map[string]string{"mode": "AP"} }
func (f *fake) Now() cluster.Time                            { return 1000 }
func (f *fake) Inflight() (messages, timers []cluster.Event) { return nil, nil }
func (f *fake) Key(string) []cluster.Event                   { return nil }
func (f *fake) Nodes() []cluster.NodeID                      { return []cluster.NodeID{1, 2, 3, 4, 5} }
func (f *fake) Mode() cluster.Mode                           { return "AP" }
func (f *fake) Quorum() cluster.Quorum                       { return cluster.DefaultQuorum() }
func (f *fake) Record(w io.Writer) error                     { _, err := io.WriteString(w, "{}\n"); return err }

func (f *fake) Export(format string, of export.Selection) (export.File, error) {
	switch {
	case format != "mermaid":
		return export.File{}, export.ErrFormat
	case of.Op == "no":
		return export.File{}, export.ErrSelection
	}
	return export.File{Name: "x.mmd", Mime: "text/plain", Text: []byte("x")}, nil
}

func serve(f *fake, method, path, body string) *httptest.ResponseRecorder {
	api := over(f)
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	w := httptest.NewRecorder()
	api.ServeHTTP(w, r)
	return w
}

func TestCalls(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		call, body string
		status     int
		asks       string
	}{
		{"GET /api/cluster", "", 200, ""},
		{"PUT /api/mode", `{"mode":"ac"}`, 200, "mode CA"},
		{"PUT /api/mode", `{"mode":"XY"}`, 422, ""},
		{"PUT /api/mode", `{"mode":"CA","x":1}`, 422, ""},
		{"PUT /api/mode", `{"mode":"CA","mode":"CP"}`, 422, ""},
		{"PUT /api/mode", `{"mode":null}`, 422, ""},
		{"PUT /api/mode", `{"mode":"CA"} {}`, 400, ""},
		{"PUT /api/mode", `{"mode":"C` + "\xff" + `A"}`, 400, ""},
		{"PUT /api/mode", `{"mode":"` + strings.Repeat("x", maxBody) + `"}`, 413, ""},
		{"POST /api/mode", `{"mode":"CA"}`, 405, ""},
		{"PUT /api/quorum", `{"n":3,"r":1,"w":1}`, 200, "quorum {3 1 1}"},
		{"PUT /api/quorum", `{"n":9223372036854775808,"r":1,"w":1}`, 422, ""},
		{"PUT /api/quorum", `{"n":1.5,"r":1,"w":1}`, 422, ""},
		{"PUT /api/pace", `{"pace":"slow","rate":0.05}`, 200, "pace slow 0.05"},
		{"PUT /api/pace", `{"pace":"slow","rate":1e400}`, 422, ""},
		{"PUT /api/pace", `{"pace":"slow","rate":NaN}`, 400, ""},
		{"POST /api/reset", "", 200, "reset"},
		{"POST /api/nodes/3/kill", "", 200, "kill 3"},
		{"POST /api/nodes/3/restart", "", 200, "restart 3"},
		{"POST /api/nodes/3/freeze", "", 200, "freeze 3"},
		{"POST /api/nodes/3/unfreeze", "", 200, "thaw 3"},
		{"POST /api/nodes/3/isolate", "", 200, "isolate 3"},
		{"POST /api/nodes/3/rejoin", "", 200, "rejoin 3"},
		{"POST /api/nodes/3/wipe", "", 200, "wipe 3"},
		{"POST /api/nodes/3/dump", "", 200, "dump 3"},
		{"POST /api/nodes/3/clean", "", 200, "clean 3"},
		{"POST /api/nodes/0/kill", "", 404, ""},
		{"POST /api/nodes/x/kill", "", 404, ""},
		{"POST /api/nodes/33/kill", "", 404, ""},
		{"POST /api/nodes/%2E%2E/kill", "", 404, ""},
		{"POST /api/nodes/3/explode", "", 404, ""},
		{"GET /api/nodes/3/kill", "", 405, ""},
		{"PUT /api/links/1/2", `{"cut":true,"delay_ms":5,"jitter_ms":1,"loss":0.5}`, 200, "link 1 2 cut true delay 5 jitter 1 loss 0.5"},
		{"PUT /api/links/1/x", `{"cut":true}`, 404, ""},
		{"POST /api/partition", `{"groups":[[1,2],[3,4,5]]}`, 200, "partition [[1 2] [3 4 5]]"},
		{"POST /api/partition", `{"groups":[["1"]]}`, 422, ""},
		{"POST /api/heal", "", 200, "heal"},
		{"GET /api/rules", "", 200, ""},
		{"POST /api/rules", `{"from":"*","to":1,"type":"yes","do":"hold","count":2}`, 201, "hold 2 of yes from 0 to 1"},
		{"POST /api/rules", `{"from":"x","to":1,"type":"yes","do":"hold"}`, 422, ""},
		{"DELETE /api/rules/7", "", 200, "delete rule 7"},
		{"GET /api/inflight", "", 200, ""},
		{"POST /api/messages/1.ab.7/deliver", "", 200, "deliver 1.ab.7"},
		{"POST /api/messages/1.ab.7/drop", "", 200, "drop 1.ab.7"},
		{"POST /api/messages/1.ab.7/duplicate", "", 200, "duplicate 1.ab.7"},
		{"POST /api/messages/1.ab.7/eat", "", 404, ""},
		{"POST /api/timers/2/votes:91be-00/fire", "", 200, "fire 2 votes:91be-00"},
		{"POST /api/timers/2/votes%3A91be%2F0/fire", "", 200, "fire 2 votes:91be/0"},
		{"GET /api/keys/city", "", 200, ""},
		{"GET /api/keys/a%2Fb", "", 200, ""},
		{"GET /api/keys/" + strings.Repeat("k", 257), "", 400, ""},
		{"GET /api/keys/%FF", "", 400, ""},
		{"POST /api/ops", `{"node":2,"kind":"write","key":"k","val":"v"}`, 201, `write 2 "k" "v" by curl`},
		{"POST /api/ops", `{"node":2,"kind":"read","key":"k","wait":false}`, 202, "start read 2"},
		{"POST /api/ops", `{"node":7,"kind":"read","key":"k"}`, 404, ""},
		{"POST /api/ops", `{"node":2,"kind":"plant","key":"k","val":"v","ts":7}`, 201, `plant 2 "k" "v" by curl`},
		{"POST /api/ops", `{"node":2,"kind":"commit","id":"t7"}`, 201, `commit 2 "" "" by curl`},
		{"POST /api/ops", `{"node":2,"kind":"commit"}`, 422, ""},
		{"POST /api/ops", `{"node":2,"kind":"melt","key":"k"}`, 422, ""},
		{"GET /api/workload", "", 200, ""},
		{"POST /api/workload", `{"rate":100}`, 200, "load {100 8 10 0.5 0}"},
		{"DELETE /api/workload", "", 200, "stop"},
		{"GET /api/recording", "", 200, ""},
		{"GET /api/recording?format=jsonl", "", 200, ""},
		{"GET /api/recording?format=x", "", 400, ""},
		{"GET /api/recording?format=mermaid&op=7", "", 200, ""},
		{"GET /api/recording?format=mermaid&op=no", "", 400, ""},
		{"GET /api", "", 200, ""},
		{"GET /api/modes", "", 200, ""},
		{"HEAD /api/cluster", "", 200, ""},
		{"HEAD /api/heal", "", 405, ""},
		{"GET /api/nonesuch", "", 404, ""},
	} {
		f := new(fake)
		method, path, _ := strings.Cut(tc.call, " ")
		w := serve(f, method, path, tc.body)
		if got := strings.Join(f.asked, "; "); w.Code != tc.status || got != tc.asks {
			t.Errorf("%s %.60s: %d %s, asks %q (want %d, %q)", tc.call, tc.body, w.Code, w.Body, got, tc.status, tc.asks)
		}
		var body struct{ Error, Code string }
		if err := json.Unmarshal(w.Body.Bytes(), &body); w.Code >= 400 && (err != nil || body.Error == "" || !slices.Contains(cluster.Codes(), body.Code)) {
			t.Errorf("%s: %d says %q", tc.call, w.Code, w.Body)
		}
	}
}

// Each call accepts its example as a body. Each call with fields has an example.
func TestExamplesAreTaken(t *testing.T) {
	t.Parallel()
	for _, c := range over(new(fake)).Calls() {
		if len(c.Body) > 0 && c.Example == nil {
			t.Errorf("%s %s has no example", c.Method, c.Path)
		}
		path := strings.NewReplacer("{node}", "4", "{from}", "1", "{to}", "2").Replace(c.Path)
		if c.Example != nil {
			if w := serve(new(fake), c.Method, path, string(c.Example)); w.Code >= 300 {
				t.Errorf("%s %s %s: %d %s", c.Method, c.Path, c.Example, w.Code, w.Body)
			}
		}
	}
}

func TestErrorsHaveTheirStatus(t *testing.T) {
	t.Parallel()
	for err, status := range map[error]int{
		cluster.ErrNoSuchNode: 404, cluster.ErrNoSuchMessage: 404, cluster.ErrNoSuchTimer: 404, cluster.ErrNoSuchRule: 404,
		cluster.ErrNotNow: 409, cluster.ErrBadFault: 422, cluster.ErrUnknownMode: 422, cluster.ErrStopping: 503,
		context.Canceled: 503, io.ErrUnexpectedEOF: 500,
	} {
		if w := serve(&fake{err: fmt.Errorf("why: %w", err)}, "POST", "/api/nodes/1/freeze", ""); w.Code != status {
			t.Errorf("%v: %d (want %d)", err, w.Code, status)
		}
	}
}

// A form on a foreign page can send a body of another Content-Type. Calls that
// take a body refuse it.
func TestBodiesAreJSONByTheirType(t *testing.T) {
	t.Parallel()
	f := new(fake)
	api := over(f)
	walked := 0
	err := chi.Walk(api.Routes().(chi.Router), func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		path := strings.NewReplacer("{msg}", "m", "{rule}", "1", "{from}", "1", "{to}", "2", "{node}", "1", "{timer}", "x", "{key}", "k").Replace(route)
		r := httptest.NewRequest(method, path, strings.NewReader("mode=CA"))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		api.ServeHTTP(w, r)
		if w.Code >= 500 || method == "PUT" && w.Code != 415 {
			t.Errorf("%s %s: %d %s", method, route, w.Code, w.Body)
		}
		walked++
		return nil
	})
	if err != nil || walked < 25 {
		t.Errorf("walked %d routes: %v", walked, err)
	}
}

// TestAResetRefusesOtherChanges: while a reset is under way, each call that changes the
// cluster is refused and changes nothing. Another reset is not, and the calls that only read
// answer.
func TestAResetRefusesOtherChanges(t *testing.T) {
	t.Parallel()
	for _, v := range verbs.Table {
		if v.Path == "" {
			continue
		}
		f := &fake{resetting: fmt.Errorf("%w: a reset is under way", cluster.ErrNotNow)}
		path := strings.NewReplacer("{node}", "4", "{from}", "1", "{to}", "2", "{msg}", "1.ab.7", "{rule}", "7", "{timer}", "votes").Replace(v.Path)
		w := serve(f, v.Method, path, `{"node":2,"kind":"read","key":"k"}`)
		refused := w.Code == http.StatusConflict && strings.Contains(w.Body.String(), "a reset is under way") && len(f.asked) == 0
		if is := v.Name != verbs.Reset; refused != is {
			t.Errorf("%s during a reset: %d %s, asks %q", v.Name, w.Code, w.Body, f.asked)
		}
		if w := serve(f, http.MethodGet, "/api/cluster", ""); w.Code != http.StatusOK {
			t.Errorf("GET /api/cluster during a reset: %d", w.Code)
		}
	}
}
