package nodeapi_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"capplayground/cluster/modes"
	"capplayground/cluster/nodeapi"
)

// The README's table has every call of the router, and no other. Calls without
// a key are errors, and the streams of peers are not for people.
func TestTheTableOfTheREADMEIsTheRouters(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, row := range regexp.MustCompile("(?m)^\\| `([A-Z]+ /[^`]*)`").FindAllStringSubmatch(string(text), -1) {
		told = append(told, row[1])
	}
	var calls []string
	for _, call := range nodeapi.Calls() {
		if !strings.HasPrefix(call, "HEAD ") && !strings.HasSuffix(call, "/") && !strings.Contains(call, "//") && call != "GET /peer" {
			calls = append(calls, call)
		}
	}
	slices.Sort(told)
	slices.Sort(calls)
	if !slices.Equal(told, calls) || len(calls) < 10 {
		t.Errorf("README.md has the calls\n%s\nthe router has\n%s", strings.Join(told, "\n"), strings.Join(calls, "\n"))
	}
	for _, call := range modes.Calls() {
		body := ""
		for i, name := range call.Body {
			body += map[bool]string{true: " ", false: ", "}[i == 0] + "`" + name + "`"
		}
		row := fmt.Sprintf("| `%s %s`%s | %s | %s |", call.Method, call.Path, body, modes.Words(modes.Having(call.Kind)), call.Summary)
		if !strings.Contains(string(text), row+"\n") {
			t.Errorf("README.md has no row %s", row)
		}
	}
}
