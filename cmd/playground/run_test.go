package main_test

import (
	"bytes"
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

	"capplayground/cluster"
	"capplayground/cluster/loopback"
	"capplayground/server/recording"
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
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
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

// TestBuiltinScenariosGoAsTheyExpect plays every built-in scenario on real processes.
// On a busy machine a node may not be scheduled in time, and a write that should
// succeed is refused. So a scenario that did not go as it expects is played again. Each
// is recorded, and its recording is whole.
func TestBuiltinScenariosGoAsTheyExpect(t *testing.T) {
	t.Parallel()
	const tries = 3
	outcome := regexp.MustCompile(`(?m)^(\S+) +(ok|NOT AS EXPECTED) +[0-9.]+ s$`)
	var files []string // none: all of them
	want := len(scenario.Builtin())
	for range tries {
		dir := t.TempDir()
		said, status := playgroundIn(t, 3, append(append([]string{"run"}, files...), "--check", "--record", dir)...)
		t.Logf("\n%s", said)
		outcomes := outcome.FindAllStringSubmatch(said, -1)
		if len(outcomes) != want {
			t.Fatalf("status %d, and %d of %d scenarios were played", status, len(outcomes), want)
		}
		files = nil
		for _, m := range outcomes {
			if m[2] != "ok" {
				files = append(files, builtinFile(m[1]))
			}
			checkRecordings(t, dir, m[1])
		}
		if want = len(files); want == 0 {
			if status != 0 {
				t.Errorf("all are ok, and the status is %d", status)
			}
			return
		}
	}
	t.Errorf("%d times in a row not as expected: %v", tries, files)
}

// checkRecordings holds the recordings of a scenario against its steps.
func checkRecordings(t *testing.T, dir, name string) {
	t.Helper()
	i := slices.IndexFunc(scenario.Builtin(), func(s *scenario.Scenario) bool { return s.Name == name })
	s := scenario.Builtin()[i]
	if len(s.Modes) == 0 {
		checkRecording(t, filepath.Join(dir, name+".jsonl.gz"), s, s.Mode)
	}
	for _, mode := range s.Modes {
		checkRecording(t, filepath.Join(dir, name+"-"+string(mode)+".jsonl.gz"), s, mode)
	}
}

// checkRecording holds the recording of one cluster against the steps of its scenario.
func checkRecording(t *testing.T, name string, s *scenario.Scenario, mode cluster.Mode) {
	t.Helper()
	file, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	rec, err := recording.Read(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	if len(rec.Missing) > 0 || !rec.FromState() || rec.Head.Scenario != s.Name || rec.Head.Mode != mode || rec.Head.Title != s.Title {
		t.Errorf("%s: missing %q, head %+v", name, rec.Missing, rec.Head)
	}
	for i, step := range s.Steps {
		if i >= len(rec.Markers) || rec.Markers[i].Step != i+1 || rec.Markers[i].Text == "" {
			t.Errorf("%s: no marker of step %d (%s)", name, i+1, step.ID)
		}
	}
}

// builtinFile is the file of a built-in scenario.
func builtinFile(name string) string {
	return filepath.Join("..", "..", "server", "scenario", "builtin", name+".yaml")
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
			t.Errorf("of %s it does not say what differed", s.Name)
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
		t.Errorf("a file that is not there: status %d: %s", status, said)
	}
	if said, status := playground(t, "run", builtinFile("03-by-hand"), builtinFile("03-by-hand"), "--record", t.TempDir()); status != 2 || !strings.Contains(said, "two scenarios are called 03-by-hand") {
		t.Errorf("one recording for two scenarios: status %d: %s", status, said)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "03-by-hand.jsonl.gz"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if said, status := playground(t, "run", builtinFile("03-by-hand"), "--record", dir); status != 2 || !strings.Contains(said, "is there already") {
		t.Errorf("a recording that is there: status %d: %s", status, said)
	}
	if said, status := playground(t, "run", "--help"); status != 0 || !strings.Contains(said, "--check") {
		t.Errorf("help: status %d: %s", status, said)
	}
}
