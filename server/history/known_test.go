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
	patience, cutPatience = time.Minute, time.Minute
	os.Exit(m.Run())
}

// TestKnownHistories judges histories whose verdict is known. They have the form of
// Porcupine's own test data, which is that of Jepsen's logs: one invoke, ok, fail or info a
// line, in the order of time. Each good history has a bad twin.
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
					h.Report() // live: the history is judged while it grows
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

func TestTheHistoryBeginsWithWhatDisksHold(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		play func(p *tape)
		want string
	}{
		"a read of the old value": {func(p *tape) {
			p.holds(1, "old")
			p.holds(2, "old")
			p.read(3, "old")
		}, Linearizable},
		"nodes hold different values, as two disks may": {func(p *tape) {
			p.holds(1, "old")
			p.holds(2, "older")
			p.read(3, "old")
			p.read(3, "old")
		}, Linearizable},
		"the old value after a write of another": {func(p *tape) {
			p.holds(1, "old")
			p.write(1, "new", 201)
			p.read(2, "new")
			p.read(3, "old")
		}, NotLinearizable},
		"the old value after a write of another, never read": {func(p *tape) {
			p.holds(1, "old")
			p.write(1, "new", 201)
			p.read(3, "old")
		}, NotLinearizable},
		"a node that joins later brings a value that wins": {func(p *tape) {
			p.write(1, "new", 201)
			p.read(2, "new")
			p.holds(5, "brought")
			p.read(3, "brought")
			p.read(4, "brought")
		}, Linearizable},
		"what it brought is read, and then what was before": {func(p *tape) {
			p.write(1, "new", 201)
			p.holds(5, "brought")
			p.read(3, "brought")
			p.read(4, "new")
		}, NotLinearizable},
		"a value that no disk held": {func(p *tape) {
			p.holds(1, "old")
			p.read(3, "never")
		}, NotLinearizable},
		"a node reports a value before the event of its write": {func(p *tape) {
			p.holds(1, "new")
			op := p.invoke(1, cluster.OpWrite, "new")
			p.ret(1, op, 201, "")
			p.write(2, "newer", 201)
			p.read(3, "new")
		}, NotLinearizable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newTape()
			c.play(p)
			if got := p.verdict(t); got.Verdict != c.want {
				t.Errorf("%+v, want %s", got, c.want)
			}
		})
	}
}

// A lagging node reports a value again. The value was not on a disk before the
// history began, even if its write is so old that it is forgotten.
func TestAForgottenWriteIsNotTakenForAnOldDisk(t *testing.T) {
	t.Parallel()
	p := newTape()
	for i := range 2*keptWrites + 2 {
		p.write(1, fmt.Sprint("v", i), 201)
	}
	p.holds(5, "v0")
	p.read(3, "v0")
	if got := p.verdict(t); got.Verdict != NotLinearizable {
		t.Errorf("%+v", got)
	}
}
