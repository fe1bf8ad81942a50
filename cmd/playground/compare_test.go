package main_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"capplayground/cluster"
	"capplayground/cluster/loopback"
	"capplayground/server/compare"
	"capplayground/server/history"
	"capplayground/server/servertest"
)

var schedules = flag.Int("schedules", 0, "how many times to play the whole default schedule of faults; 0 plays a short one, once")

// shortSchedule is the default schedule in half the time.
const shortSchedule = `
length: 5s
load: {rate: 110, clients: 64, keys: 8, read_ratio: 0.5}
faults:
  - {at: 300ms, do: freeze, node: 4}
  - {at: 1s, do: unfreeze, node: 4}
  - {at: 1400ms, do: partition, groups: [[1, 2], [3, 4, 5]]}
  - {at: 3200ms, do: heal}
  - {at: 3600ms, do: kill, node: 3}
  - {at: 4200ms, do: restart, node: 3}
`

// TestFixedSchedule plays one schedule of faults under load in CA, AP and CP. CA and CP
// stay linearizable. AP has wrong reads, and the result names them. AP answers a larger
// share of the calls than CP. CP answers a larger share than CA.
func TestFixedSchedule(t *testing.T) {
	if testing.Short() {
		t.Skip("plays with real processes for half a minute")
	}
	dir := t.TempDir()
	binary := servertest.MustProgram(t)
	args := []string{}
	if *schedules == 0 {
		script := filepath.Join(dir, "short.yaml")
		if err := os.WriteFile(script, []byte(shortSchedule), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, "--faults", script)
	}
	for n := range max(1, *schedules) {
		block := loopback.Test(t, 5)
		file, page := filepath.Join(dir, fmt.Sprint(n, ".json")), filepath.Join(dir, fmt.Sprint(n, ".html"))
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
		var said bytes.Buffer
		cmd := exec.CommandContext(ctx, binary, append([]string{"compare", "--listen", block.Playground, "--peers", strings.Join(block.Addrs, ","),
			"--json", file, "--html", page}, args...)...)
		cmd.Stdout, cmd.Stderr = &said, &said
		err := cmd.Run()
		cancel()
		t.Logf("run %d:\n%s", n+1, said.String())
		if err != nil {
			t.Fatal(err)
		}
		checkSchedule(t, file)
		if text, err := os.ReadFile(page); err != nil || bytes.Count(text, []byte(`data-testid="lane"`)) != 3 || bytes.Contains(text, []byte("<script")) {
			t.Errorf("the page: %d bytes, %v; want three lanes and no script", len(text), err)
		}
	}
}

func checkSchedule(t *testing.T, file string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var result compare.Result
	if err := json.Unmarshal(text, &result); err != nil {
		t.Fatal(err)
	}
	share := map[cluster.Mode]float64{}
	for _, lane := range result.Lanes {
		if lane.Totals.Availability == nil {
			t.Fatalf("%s: the clients made no call", lane.Mode)
		}
		share[lane.Mode] = *lane.Totals.Availability
		wrong := lane.Totals.Stale + lane.Totals.Conflicting
		switch {
		case lane.Mode == "AP" && wrong == 0:
			t.Error("AP: no stale or conflicting read")
		case lane.Mode == "AP":
			nameWrongReads(t, lane)
		case *schedules > 0 && lane.Verdict != history.Linearizable, lane.Verdict == history.NotLinearizable, wrong > 0:
			t.Errorf("%s is %s, with %d wrong reads: %+v", lane.Mode, lane.Verdict, wrong, lane.Keys)
		}
	}
	if !(share["AP"] > share["CP"] && share["CP"] > share["CA"]) {
		t.Errorf("availability %v, want AP > CP > CA", share)
	}
}

// nameWrongReads checks that each stale read names a write that there was.
func nameWrongReads(t *testing.T, lane compare.Lane) {
	t.Helper()
	writes := map[cluster.OpID]bool{}
	for _, op := range lane.Ops {
		writes[op.ID] = op.Kind == cluster.OpWrite
	}
	for _, op := range lane.Ops {
		if (op.Outcome == history.WordStale || op.Outcome == history.WordLost) && !writes[op.Missed] {
			t.Errorf("AP: the read %s at node %d missed %q, but there is no such write", op.ID, op.Node, op.Missed)
		}
	}
}
