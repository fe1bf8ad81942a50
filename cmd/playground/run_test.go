package main_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"capplayground/cluster/loopback"
	"capplayground/server/scenario"
	"capplayground/server/servertest"
)

// playground runs the program at free addresses. It returns what the program
// printed, and its exit status.
func playground(t *testing.T, args ...string) (said string, status int) {
	t.Helper()
	if testing.Short() {
		t.Skip("starts real processes")
	}
	block := loopback.Test(t, 5)
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	args = append(args, "--listen", block.Playground, "--peers", strings.Join(block.Addrs, ","), "--durability", "process")
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

// TestBuiltinScenariosGoAsTheyExpect plays every built-in scenario on five real
// processes.
func TestBuiltinScenariosGoAsTheyExpect(t *testing.T) {
	t.Parallel()
	said, status := playground(t, "run", "--check")
	n := len(scenario.Builtin())
	if status != 0 || !strings.Contains(said, fmt.Sprintf("%d of %d scenarios ok", n, n)) {
		t.Errorf("status %d\n%s", status, said)
	}
	t.Logf("\n%s", said)
}

// TestAWrongExpectationIsSaid plants a mistake into each scenario: a wrong
// status or value in the first step that expects an answer. The check must fail
// and say what differed.
func TestAWrongExpectationIsSaid(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var files []string
	for _, s := range scenario.Builtin() {
		text, err := os.ReadFile(filepath.Join("..", "..", "server", "scenario", "builtin", s.Name+".yaml"))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, filepath.Join(dir, s.Name+".yaml"))
		if err := os.WriteFile(files[len(files)-1], wrong(t, s.Name, string(text)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	said, status := playground(t, append([]string{"run"}, append(files, "--check")...)...)
	if status != 1 {
		t.Errorf("status %d", status)
	}
	for _, s := range scenario.Builtin() {
		differs := regexp.MustCompile(`(?m)^  ` + s.Name + `, step \d+ \([a-z]+\): expected .*: 299[^;]*; came .*: [245]\d\d`)
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
	if said, status := playground(t, "run", "--help"); status != 0 || !strings.Contains(said, "--check") {
		t.Errorf("help: status %d: %s", status, said)
	}
}
