package main_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"capplayground/cluster/loopback"
	"capplayground/server/scenario"
	"capplayground/server/servertest"
)

// playground runs the program at free addresses of five nodes. It returns what the
// program printed, and its exit status.
func playground(t *testing.T, args ...string) (said string, status int) {
	t.Helper()
	return playgroundIn(t, 1, args...)
}

// playgroundIn is playground with the addresses of so many lanes.
func playgroundIn(t *testing.T, lanes int, args ...string) (said string, status int) {
	t.Helper()
	if testing.Short() {
		t.Skip("starts real processes")
	}
	block := loopback.Test(t, 5)
	addrs := block.Addrs
	for range lanes - 1 {
		addrs = append(addrs, loopback.Test(t, 5).Addrs...)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	args = append(args, "--listen", block.Playground, "--peers", strings.Join(addrs, ","), "--durability", "process")
	out, err := exec.CommandContext(ctx, servertest.MustProgram(t), args...).CombinedOutput()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		t.Fatal(err)
	}
	if ended != nil {
		status = ended.ExitCode()
	}
	return string(out), status
}

// outcome is the line about a scenario that was played.
var outcome = regexp.MustCompile(`(?m)^(\S+) +(ok|NOT AS EXPECTED) +[0-9.]+ s$`)

// TestBuiltinScenariosGoAsTheyExpect plays every built-in scenario on real processes. On a
// busy machine a node may not be scheduled in time, and a write that should succeed is
// refused. So a scenario that did not go as it expects is played again. Each scenario is
// recorded. Its recording must agree with the shipped recording, by whatMatters. With
// -update the shipped recording is written again.
func TestBuiltinScenariosGoAsTheyExpect(t *testing.T) {
	t.Parallel()
	const tries = 3
	var names []string // none: all of them
	want := len(scenario.Builtin())
	for range tries {
		dir := t.TempDir()
		said, status := playgroundIn(t, lanesOf(names), append(append([]string{"run"}, builtinFiles(names)...), "--check", "--record", dir)...)
		t.Logf("\n%s", said)
		outcomes := outcome.FindAllStringSubmatch(said, -1)
		if len(outcomes) != want {
			t.Fatalf("status %d, and %d of %d scenarios were played", status, len(outcomes), want)
		}
		names = nil
		var asExpected []string
		for _, m := range outcomes {
			if m[2] != "ok" {
				names = append(names, m[1])
			} else {
				asExpected = append(asExpected, m[1])
			}
		}
		names = append(names, checkRecordings(t, dir, asExpected)...)
		if want = len(names); want == 0 {
			if status != 0 {
				t.Errorf("all are ok, but the status is %d", status)
			}
			return
		}
	}
	t.Errorf("%d times in a row not as expected: %v", tries, names)
}

// lanesOf returns how many clusters a run of these built-in scenarios needs; nil are all.
func lanesOf(names []string) int {
	lanes := 1
	for _, s := range scenario.Builtin() {
		if names == nil || slices.Contains(names, s.Name) {
			lanes = max(lanes, len(s.Modes))
		}
	}
	return lanes
}

// builtinFiles returns the files of these built-in scenarios.
func builtinFiles(names []string) (files []string) {
	for _, name := range names {
		files = append(files, builtinFile(name))
	}
	return files
}

// builtinFile is the file of a built-in scenario.
func builtinFile(name string) string {
	return filepath.Join("..", "..", "server", "scenario", "builtin", name+".yaml")
}

// A scenario that did not go as it expects is played again by itself. It may need one cluster
// only.
func TestABuiltinScenarioIsPlayedByItself(t *testing.T) {
	t.Parallel()
	names := []string{"03-by-hand"}
	said, _ := playgroundIn(t, lanesOf(names), append(append([]string{"run"}, builtinFiles(names)...), "--check")...)
	if !outcome.MatchString(said) {
		t.Errorf("%v was not played:\n%s", names, said)
	}
}

// TestAWrongExpectationIsSaid plants a mistake into each scenario: a wrong
// status or value in the first step that expects an answer. The check must fail
// and say what differed.
func TestAWrongExpectationIsSaid(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var files []string
	for _, s := range scenario.Builtin() {
		text, err := os.ReadFile(builtinFile(s.Name))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, filepath.Join(dir, s.Name+".yaml"))
		if err := os.WriteFile(files[len(files)-1], wrong(t, s.Name, string(text)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	said, status := playgroundIn(t, 3, append([]string{"run"}, append(files, "--check")...)...)
	if status != 1 {
		t.Errorf("status %d", status)
	}
	for _, s := range scenario.Builtin() {
		differs := regexp.MustCompile(`(?m)^  ` + s.Name + `, step \d+ \([a-z]+\): (?:CA: )?expected .*: 299[^;]*; came .*: [245]\d\d`)
		if !differs.MatchString(said) {
			t.Errorf("for %s the output does not say what differed", s.Name)
		}
	}
	t.Logf("\n%s", said)
}

// wrong changes the first expected status of a scenario, and removes the steps after
// it.
func wrong(t *testing.T, name, text string) []byte {
	t.Helper()
	at := regexp.MustCompile(`(- answer: \{[^}]*status: )(\d+)`).FindStringSubmatchIndex(text)
	if at == nil {
		t.Fatalf("%s expects no answer", name)
	}
	text = text[:at[4]] + "299" + text[at[5]:]
	if next := strings.Index(text[at[4]:], "\n  - id: "); next >= 0 {
		text = text[:at[4]+next+1]
	}
	return []byte(text)
}

func TestRunSaysWhatIsWrongWithAFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "bad.yaml")
	if err := os.WriteFile(file, []byte("version: 1\ntitel: x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	said, status := playground(t, "run", file, "--check")
	if status != 1 || !strings.Contains(said, file+`:2:1: unknown field "titel"`) {
		t.Errorf("status %d: %s", status, said)
	}
	if said, status := playground(t, "run", file+"x"); status != 2 {
		t.Errorf("a file that does not exist: status %d: %s", status, said)
	}
	if said, status := playground(t, "run", builtinFile("03-by-hand"), builtinFile("03-by-hand"), "--record", t.TempDir()); status != 2 || !strings.Contains(said, "two scenarios are called 03-by-hand") {
		t.Errorf("one recording for two scenarios: status %d: %s", status, said)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "03-by-hand.jsonl.gz"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if said, status := playground(t, "run", builtinFile("03-by-hand"), "--record", dir); status != 2 || !strings.Contains(said, "is there already") {
		t.Errorf("a recording file that already exists: status %d: %s", status, said)
	}
	if said, status := playground(t, "run", "--help"); status != 0 || !strings.Contains(said, "--check") {
		t.Errorf("help: status %d: %s", status, said)
	}
}
