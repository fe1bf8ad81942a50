package history

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"capplayground/cluster"
)

func TestMain(m *testing.M) {
	patience, thoroughness = time.Minute, time.Minute
	os.Exit(m.Run())
}

// TestKnownHistories judges histories whose verdict is known. They are written
// as porcupine's own test data are, in the form of Jepsen's logs: one invoke,
// ok, fail or info a line, in the order of time; each good one has a bad twin.
func TestKnownHistories(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.edn")
	if err != nil || len(files) < 16 || len(files)%2 != 0 {
		t.Fatalf("%d files, want pairs: %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".edn")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := Linearizable
			if strings.HasSuffix(name, "-bad") {
				want = NotLinearizable
			}
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			h := New(Config{often: 1})
			for i, ev := range events(t, string(text)) {
				h.Add(ev)
				if i%50 == 0 {
					h.Report() // live: judged while it happens
				}
			}
			if r := h.Report(); r.Verdict != want {
				t.Errorf("verdict %q, want %q: %+v", r.Verdict, want, r.Keys)
			}
		})
	}
}

var ednLine = regexp.MustCompile(`^\{:process (\d+), :type :(\w+), :f :(get|put), :key "(\w*)", :value (nil|"\w*")\}$`)

// statuses are the HTTP statuses of Jepsen's types of answers.
var statuses = map[string]map[cluster.RequestKind]string{
	"ok":   {cluster.OpRead: "200", cluster.OpWrite: "201"},
	"fail": {cluster.OpRead: "503", cluster.OpWrite: "503"},
	"info": {cluster.OpRead: "504", cluster.OpWrite: "504"},
}

// events turns a history into the events that the nodes would have sent.
func events(t *testing.T, text string) []cluster.Event {
	t.Helper()
	var out []cluster.Event
	open := map[string]cluster.OpID{}
	for n, line := range strings.Split(text, "\n") {
		if line == "" || strings.HasPrefix(line, ";") {
			continue
		}
		m := ednLine.FindStringSubmatch(line)
		if m == nil {
			t.Fatalf("line %d: %q", n+1, line)
		}
		process, kind, val := m[1], m[2], strings.Trim(m[5], `"`)
		ev := cluster.Event{Node: cluster.NodeID(len(process)), T: int64(1_000_000 + 10*n), LC: uint64(n + 1)}
		call := cluster.ClientCall{Key: m[4], OpKind: cluster.OpRead}
		if m[3] == "put" {
			call.OpKind = cluster.OpWrite
		}
		if m[5] != "nil" {
			call.Value = cluster.ValueOf(val)
		}
		if kind == "invoke" {
			open[process] = cluster.OpID(fmt.Sprint(n))
			call.Op = open[process]
			ev.Body = &cluster.Invoked{ClientCall: call}
		} else {
			call.Op = open[process]
			status := cluster.Status(statuses[kind][call.OpKind])
			if call.OpKind == cluster.OpRead && m[5] == "nil" && kind == "ok" {
				status = "404"
			}
			ev.Body = &cluster.Returned{ClientCall: call, Status: status}
		}
		out = append(out, ev)
	}
	return out
}
