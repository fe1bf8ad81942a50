package verbs

import (
	"encoding/json"
	"net/url"
	"os/exec"
	"reflect"
	"slices"
	"strings"
	"testing"

	"capplayground/cluster"
	"capplayground/cluster/modes"
)

// argumentNames returns the names of all arguments, as Args writes them.
func argumentNames() (names []string) {
	t := reflect.TypeFor[Args]()
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		names = append(names, name)
	}
	return names
}

func TestEveryLineOfTheTableIsWhole(t *testing.T) {
	t.Parallel()
	known := argumentNames()
	for i, v := range Table {
		switch {
		case v.Name == "" || v.Summary == "":
			t.Errorf("%+v has an empty field", v)
		case (v.Method == "") != (v.Path == ""):
			t.Errorf("%s: %q %q is no call", v.Name, v.Method, v.Path)
		case v.EndedBy != "" && !slices.ContainsFunc(Table, func(end Verb) bool { return end.Name == v.EndedBy }):
			t.Errorf("%s is ended by %q, which is no verb", v.Name, v.EndedBy)
		}
		for _, name := range v.Arguments() {
			if !slices.Contains(known, name) {
				t.Errorf("%s takes %q, which is no argument", v.Name, name)
			}
		}
		for _, part := range strings.Split(v.Path, "{")[1:] {
			if name, _, _ := strings.Cut(part, "}"); !slices.Contains(v.Needs, name) {
				t.Errorf("%s: {%s} of its path is no needed argument", v.Name, name)
			}
		}
		for _, other := range Table[:i] {
			if other.Name == v.Name || v.Also != "" && (other.Name == v.Also || other.Also == v.Also) {
				t.Errorf("%s is named twice", v.Name)
			}
		}
		if got, ok := Of(v.Name); !ok || got.Name != v.Name {
			t.Errorf("Of(%q) = %+v, %v", v.Name, got, ok)
		}
	}
	if v, ok := Of("unfreeze"); !ok || v.Name != Thaw {
		t.Errorf("unfreeze is %+v, %v; want thaw", v, ok)
	}
	for _, name := range []string{"", "melt", "Freeze"} {
		if v, ok := Of(name); ok {
			t.Errorf("Of(%q) = %+v", name, v)
		}
	}
}

// For each operation of each mode there is a verb.
func TestEveryKindOfOperationHasAVerb(t *testing.T) {
	t.Parallel()
	kinds := []cluster.RequestKind{cluster.OpRead, cluster.OpWrite}
	for _, call := range modes.Calls() {
		kinds = append(kinds, call.Kind)
	}
	for _, kind := range kinds {
		if !slices.ContainsFunc(Table, func(v Verb) bool { return v.Kind == kind && v.Path == OpsPath }) {
			t.Errorf("no verb does %q", kind)
		}
	}
}

func TestRequest(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		action             Action
		method, path, body string
	}{
		{Action{Freeze, Args{Node: 4}}, "POST", "/api/nodes/4/freeze", ""},
		{Action{Thaw, Args{Node: 4}}, "POST", "/api/nodes/4/unfreeze", ""},
		{Action{Partition, Args{Groups: [][]cluster.NodeID{{1, 2}, {3}}}}, "POST", "/api/partition", `{"groups":[[1,2],[3]]}`},
		{Action{SetLink, Args{From: 1, To: 2, Cut: true}}, "PUT", "/api/links/1/2", `{"cut":true}`},
		{Action{Rule, Args{To: 1, Type: "*", Do: "hold", Count: 1}}, "POST", "/api/rules", `{"count":1,"do":"hold","from":"*","to":1,"type":"*"}`},
		{Action{Unrule, Args{Rule: "7"}}, "DELETE", "/api/rules/7", ""},
		{Action{Deliver, Args{Msg: "1.ab/7"}}, "POST", "/api/messages/1.ab%2F7/deliver", ""},
		{Action{Fire, Args{Node: 2, Timer: "votes:91"}}, "POST", "/api/timers/2/votes:91/fire", ""},
		{Action{SetQuorum, Args{N: 3, R: 1}}, "PUT", "/api/quorum", `{"n":3,"r":1,"w":0}`},
		{Action{SetPace, Args{Pace: "slow", Rate: 0.05}}, "PUT", "/api/pace", `{"pace":"slow","rate":0.05}`},
		{Action{Commit, Args{Node: 2, ID: "t7"}}, "POST", "/api/ops", `{"id":"t7","kind":"commit","node":2}`},
		{Action{Pause, Args{For: 1}}, "", "", `{"for":1}`},
	} {
		v, _ := Of(test.action.Verb)
		method, path, body := test.action.Request(v)
		if method != test.method || path != test.path || body != test.body {
			t.Errorf("%+v: %s %s %s; want %s %s %s", test.action, method, path, body, test.method, test.path, test.body)
		}
	}
}

// words returns the words of a command, as a real shell splits it.
func words(t *testing.T, command string) []string {
	t.Helper()
	script := `curl() { for word in "$@"; do printf '%s\0' "$word"; done; }` + "\n" + command
	out, err := exec.CommandContext(t.Context(), "sh", "-c", script).Output()
	if err != nil {
		t.Fatalf("sh: %v: %s", err, command)
	}
	return strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
}

// A shown command has the same effect as its verb, with any text in the key and the value.
// A real shell splits the command, and the parts are the original texts.
func TestCurlOfHostileKeysAndValues(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip(err)
	}
	nodes := []string{"http://127.0.0.1:3001", "http://127.0.0.2:3002"}
	for _, text := range []string{
		"city", "it's", "rock 'n' roll", "a(b)", ".", "..", "$(reboot)", "`x`", "a&b;c|d", "-n", "@file", "a\\b", "{1,2}", "[a-z]*",
		"Málaga", "x y", "#", "~", "!", "%2F", "a/b", "?q=1", "\"quoted\"", strings.Repeat("long'", 60),
	} {
		for _, kind := range []string{Write, Read, Plant, Propose} {
			command := Curl(Action{kind, Args{Node: 2, Key: text, Val: text, ID: "t1", TS: 5}}, "http://localhost:8080", nodes)
			got := words(t, command)
			address := slices.IndexFunc(got, func(w string) bool { return strings.HasPrefix(w, nodes[1]) })
			if address < 0 {
				t.Fatalf("%s names no node: %q", command, got)
			}
			u, err := url.Parse(got[address])
			if err != nil {
				t.Fatalf("%s: %v", command, err)
			}
			var val string
			if i := slices.Index(got, "--data-raw"); i >= 0 {
				val = got[i+1]
			}
			switch kind {
			case Write:
				path := strings.TrimPrefix(u.EscapedPath(), "/database/")
				key, inPath, short := strings.Cut(path, "/")
				if short {
					val, _ = url.PathUnescape(inPath)
				}
				if key, _ = url.PathUnescape(key); key != text || val != text {
					t.Errorf("%s\nwrites %q under %q; want %q", command, val, key, text)
				}
			case Read:
				if key := strings.TrimPrefix(u.Path, "/database/"); key != text {
					t.Errorf("%s\nreads %q; want %q", command, key, text)
				}
			default:
				var body struct{ ID, Key, Val string }
				if err := json.Unmarshal([]byte(val), &body); err != nil || body.Key != text || body.Val != text {
					t.Errorf("%s\nsends %s (%v); want %q", command, val, err, text)
				}
			}
			if (text == "." || text == "..") && kind == Read && !slices.Contains(got, "--path-as-is") {
				t.Errorf("%s: curl removes %q from a path", command, text)
			}
		}
	}
}

func TestCurlOfTheCluster(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		action Action
		want   string
	}{
		{Action{Heal, Args{}}, "curl -X POST http://localhost:8080/api/heal"},
		{Action{Partition, Args{Groups: [][]cluster.NodeID{{1, 2}, {3}}}}, `curl -X POST http://localhost:8080/api/partition -H 'Content-Type: application/json' --data-raw '{"groups":[[1,2],[3]]}'`},
		{Action{Workload, Args{}}, "curl -X DELETE http://localhost:8080/api/workload"},
		{Action{Write, Args{Node: 1, Key: "city", Val: "Porto"}}, "curl -X POST http://127.0.0.1:3001/database/city/Porto"},
		{Action{Pause, Args{}}, ""},
		{Action{"melt", Args{}}, ""},
	} {
		if got := Curl(test.action, "http://localhost:8080", []string{"http://127.0.0.1:3001"}); got != test.want {
			t.Errorf("%+v:\n%s; want\n%s", test.action, got, test.want)
		}
	}
}
