package sim_test

import (
	"errors"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"capplayground/cluster/majority"
	"capplayground/cluster/sim"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestMainPrints checks that a sweep without violations prints its summary, and that a sweep
// with a violation returns the error and prints the transcript and the command that
// repeats the run.
func TestMainPrints(t *testing.T) {
	t.Parallel()
	var stdout, stderr strings.Builder
	if err := sim.Main(t.Context(), []string{"--mode", "cp", "--seeds", "3", "--ops", "50", "--parallel"}, &stdout, &stderr); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"CP: 3 seeds", "seeds per second", "virtual hours", "operations"} {
		if !strings.Contains(stdout.String(), want) {
			t.Errorf("%q does not contain %q", stdout.String(), want)
		}
	}
	stdout.Reset()
	err := sim.Main(t.Context(), []string{"--mode", "cp", "--seeds", "20", "--bug", majority.BugMinority}, &stdout, &stderr)
	if !errors.Is(err, sim.ErrViolation) {
		t.Fatalf("the planted bug ended in %v", err)
	}
	for _, want := range []string{"n1 starts", " query ", "# playground sim --mode CP --seed ", "not linearizable"} {
		if !strings.Contains(stdout.String(), want) {
			t.Errorf("the transcript has no %q", want)
		}
	}
}

func TestMainRefuses(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"--mode", "PC"}, {"--nodes", "12"}, {"--ops", "-1"}, {"--seeds", "x"}, {"--what"}, {"extra"}} {
		var out strings.Builder
		if err := sim.Main(t.Context(), args, &out, &out); !errors.Is(err, sim.ErrUsage) {
			t.Errorf("%v: %v, want ErrUsage", args, err)
		}
	}
}
