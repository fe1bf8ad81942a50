package control

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"capplayground/server/verbs"
)

var update = flag.Bool("update", false, "write the tables of README.md anew")

// These lines stand before and after the tables of README.md.
const (
	callsBegin, callsEnd = "<!-- calls -->\n", "<!-- end of calls -->\n"
	verbsBegin, verbsEnd = "<!-- verbs -->\n", "<!-- end of verbs -->\n"
)

func callTable(calls []Call) string {
	var b strings.Builder
	b.WriteString("| call | body | what it does |\n|---|---|---|\n")
	for _, c := range calls {
		fmt.Fprintf(&b, "| `%s %s` | %s | %s |\n", c.Method, c.Path, code(c.Body), c.Summary)
	}
	return b.String()
}

func verbTable() string {
	var b strings.Builder
	b.WriteString("| verb | needs | may have | call | what it does |\n|---|---|---|---|---|\n")
	for _, v := range verbs.Table {
		name, call := "`"+v.Name+"`", ""
		if v.Also != "" {
			name += " (`" + v.Also + "`)"
		}
		if v.Path != "" {
			call = "`" + v.Method + " " + v.Path + "`"
		}
		needs := code(v.Needs)
		if v.Instead != nil {
			needs += "; or " + code(v.Instead)
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", name, needs, code(v.Takes), call, v.Summary)
	}
	return b.String()
}

func code(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return "`" + strings.Join(names, "`, `") + "`"
}

// replaced returns text with table between the marks begin and end.
func replaced(t *testing.T, text, begin, end, table string) string {
	t.Helper()
	before, rest, ok := strings.Cut(text, begin)
	_, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatalf("README.md has no %s … %s", begin, end)
	}
	return before + begin + table + end + after
}

// The tables of README.md must agree with the routes of the router and with the table
// of verbs.
func TestTheTablesOfTheREADMEAreTheRouters(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	calls := over(new(fake)).Calls()
	if len(calls) < 40 {
		t.Fatalf("only %d calls", len(calls))
	}
	for _, c := range calls {
		if c.Summary == "" {
			t.Errorf("%s %s: calls.go does not say what it does", c.Method, c.Path)
		}
	}
	want := replaced(t, string(text), callsBegin, callsEnd, callTable(calls))
	want = replaced(t, want, verbsBegin, verbsEnd, verbTable())
	if want == string(text) {
		return
	}
	if !*update {
		t.Error("README.md has other tables than the router (go test ./server/control -update writes them)")
		return
	}
	if err := os.WriteFile("README.md", []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestEveryVerbWithACallIsARoute(t *testing.T) {
	t.Parallel()
	api := over(new(fake))
	for _, v := range verbs.Table {
		if v.Path != "" && v.Path != verbs.OpsPath && api.verb(v) == nil {
			t.Errorf("%s: %s %s has no handler", v.Name, v.Method, v.Path)
		}
	}
}
