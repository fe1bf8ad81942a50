package scripts_test

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"capplayground/cluster"
	"capplayground/server/servertest"
)

// documents returns the text of each Markdown file of the project. The key is its path
// from the top directory.
func documents(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git"):
			return filepath.SkipDir
		case filepath.Ext(path) == ".md":
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			all[strings.TrimPrefix(filepath.ToSlash(path), "../")] = string(text)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 5 {
		t.Fatalf("only %d documents found: the test checks too little", len(all))
	}
	return all
}

// TestReadmeIsShort: the README is for a person who has five minutes.
func TestReadmeIsShort(t *testing.T) {
	t.Parallel()
	lines := strings.Split(strings.TrimSpace(documents(t)["README.md"]), "\n")
	if len(lines) > 250 {
		t.Errorf("README.md has %d lines, want at most 250", len(lines))
	}
	for i, line := range lines {
		if n := utf8.RuneCountInString(line); n > 120 {
			t.Errorf("README.md:%d has %d characters, want at most 120", i+1, n)
		}
	}
}

var (
	linkPattern = regexp.MustCompile(`\]\(([^)\s]+)\)|src="([^"]+)"`)
	pathPattern = regexp.MustCompile("`((?:\\./)?(?:cmd|server|cluster|web|templates|static|scripts|\\.ci|\\.github)/[^`\\s]+)`")
	testPattern = regexp.MustCompile("`((?:Test|Fuzz|Benchmark)[A-Z][A-Za-z0-9]*)`")
)

// TestDocumentsNameWhatExists: every relative link, path and test in a document exists.
func TestDocumentsNameWhatExists(t *testing.T) {
	t.Parallel()
	tests := testNames(t)
	for name, text := range documents(t) {
		here := filepath.Join("..", filepath.Dir(name))
		for _, m := range linkPattern.FindAllStringSubmatch(text, -1) {
			target, _, _ := strings.Cut(m[1]+m[2], "#")
			if target == "" || strings.Contains(target, "://") {
				continue
			}
			if _, err := os.Stat(filepath.Join(here, target)); err != nil {
				t.Errorf("%s links to %s, which does not exist", name, target)
			}
		}
		for _, m := range pathPattern.FindAllStringSubmatch(text, -1) {
			pattern := filepath.Join("..", regexp.MustCompile(`[.,:;]+$|NAME.*$`).ReplaceAllString(m[1], ""))
			if found, err := filepath.Glob(pattern); err != nil || len(found) == 0 {
				t.Errorf("%s names %s, which does not exist", name, m[1])
			}
		}
		for _, m := range testPattern.FindAllStringSubmatch(text, -1) {
			if !tests[m[1]] {
				t.Errorf("%s names the test %s, which does not exist", name, m[1])
			}
		}
	}
}

// testNames returns the names of all test functions.
func testNames(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	function := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark)\w*)\(`)
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && d.Name() == "node_modules" {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		text, err := os.ReadFile(path)
		for _, m := range function.FindAllSubmatch(text, -1) {
			names[string(m[1])] = true
		}
		return err
	})
	if err != nil || len(names) < 100 {
		t.Fatalf("%d tests, %v", len(names), err)
	}
	return names
}

// numbered returns a script that runs the commands. Before each command it prints the
// command's number, and after each answer of curl the status.
func numbered(commands string) string {
	script := "curl() { command curl -sS -w ' #%{http_code}\\n' \"$@\"; }\n"
	for i, line := range strings.Split(commands, "\n") {
		script += fmt.Sprintf("echo '@%d'\n%s\n", i, line)
	}
	return script
}

// TestReadmeCommands pastes the README's commands literally into sh. Each command must do
// what its comment says. On a busy machine a node may not be scheduled in time, and a
// write that should succeed is refused. So one wrong answer makes all commands run again.
func TestReadmeCommands(t *testing.T) {
	t.Parallel()
	needTools(t)
	p := servertest.Start(t, servertest.Options{Flags: []string{"--mode", "CA"}})
	commands := strings.Join(servertest.ReadmeBlocks(documents(t)["README.md"]), "\n")
	const tries = 3
	var wrong []string
	for range tries {
		if wrong = wrongAnswers(t, commands, runNumbered(t, p.Here(commands))); len(wrong) == 0 {
			break
		}
		t.Logf("the answers differ from the README:\n%s", strings.Join(wrong, "\n"))
		p.Do("POST", "/api/reset", "")
		p.Do("PUT", "/api/mode", `{"mode":"CA"}`)
	}
	if len(wrong) > 0 {
		t.Errorf("%d tries differ from the README, the last one:\n%s", tries, strings.Join(wrong, "\n"))
	}
	if c := p.Cluster(); c.Pace.Name != cluster.PaceLive {
		t.Errorf("after the commands of the README the pace is %v", c.Pace)
	}
}

// runNumbered runs commands in sh, and returns the output of each. The key is the number
// of the command's line.
func runNumbered(t *testing.T, commands string) map[int]string {
	t.Helper()
	cmd := exec.Command("sh", "-c", numbered(commands))
	cmd.Env = append(os.Environ(), "http_proxy=http://127.0.0.1:1", "ALL_PROXY=http://127.0.0.1:1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("sh ended with %v", err)
	}
	answers := map[int]string{}
	marks := regexp.MustCompile(`(?m)^@(\d+)$`)
	for i, part := range marks.Split(string(out), -1)[1:] {
		n, _ := strconv.Atoi(marks.FindAllStringSubmatch(string(out), -1)[i][1])
		answers[n] = part
	}
	return answers
}

// wrongAnswers compares the output of the commands with their comments, and describes
// each difference.
func wrongAnswers(t *testing.T, commands string, answers map[int]string) (wrong []string) {
	t.Helper()
	checked := 0
	for i, line := range strings.Split(commands, "\n") {
		var want int
		_, comment, _ := strings.Cut(line, "  # ")
		if _, err := fmt.Sscanf(strings.TrimSpace(comment), "%d", &want); strings.HasPrefix(line, "api ") {
			want = 200
		} else if err != nil || strings.HasSuffix(line, "&") {
			continue
		}
		checked++
		if !strings.Contains(answers[i], fmt.Sprintf("#%d", want)) {
			wrong = append(wrong, fmt.Sprintf("%s\nanswered %s\nwant %d", line, answers[i], want))
		}
		if strings.Contains(comment, "sibling") && !strings.Contains(answers[i], `"siblings":[{`) {
			wrong = append(wrong, fmt.Sprintf("%s\nanswered no sibling: %s", line, answers[i]))
		}
		if strings.HasPrefix(line, "api ") && strings.Contains(answers[i], "{") {
			wrong = append(wrong, fmt.Sprintf("%s\nprints a screen of JSON: %s", line, answers[i]))
		}
	}
	if checked < 20 {
		t.Fatalf("only %d commands were checked", checked)
	}
	return wrong
}
