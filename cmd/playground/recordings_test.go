package main_test

import (
	"bytes"
	"compress/gzip"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"capplayground/cluster"
	"capplayground/server/recording"
	"capplayground/server/scenario"
)

var update = flag.Bool("update", false, "write the recordings of the built-in scenarios anew")

// checkRecordings reads the recordings of built-in scenarios that went as expected, and
// compares each with the shipped recording of the same scenario. It returns the names of
// the scenarios whose recordings differ, by whatMatters. A scenario in lanes has a
// recording for each lane.
func checkRecordings(t *testing.T, dir string, names []string) (differ []string) {
	t.Helper()
	for _, s := range scenario.Builtin() {
		if !slices.Contains(names, s.Name) {
			continue
		}
		modes := s.Modes
		if len(modes) == 0 {
			modes = []cluster.Mode{s.Mode}
		}
		for i, name := range s.RecordingNames() {
			rec := checkRecording(t, s, modes[i], readFile(t, filepath.Join(dir, name)))
			if *update {
				ship(t, filepath.Join(filepath.Dir(builtinFile(s.Name)), name), i, rec)
				continue
			}
			shipped := checkRecording(t, s, modes[i], s.Recordings[modes[i]])
			if diff := cmp.Diff(whatMatters(shipped), whatMatters(rec)); diff != "" {
				t.Logf("%s went differently from its recording %s in server/scenario/builtin (-shipped +now); if the new run is right, -update writes the recording again:\n%s", s.Name, name, diff)
				differ = append(differ, s.Name)
			}
		}
	}
	return slices.Compact(differ)
}

func readFile(t *testing.T, name string) []byte {
	t.Helper()
	file, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// checkRecording compares the recording of one cluster with the steps of its scenario.
func checkRecording(t *testing.T, s *scenario.Scenario, mode cluster.Mode, file []byte) *recording.Recording {
	t.Helper()
	rec, err := recording.Read(bytes.NewReader(file))
	if err != nil {
		t.Fatalf("%s: %v", s.Name, err)
	}
	if len(rec.Missing) > 0 || !rec.FromState() || rec.Head.Scenario != s.Name || rec.Head.Mode != mode || rec.Head.Title != s.Title {
		t.Errorf("%s: missing %q, head %+v", s.Name, rec.Missing, rec.Head)
	}
	if len(rec.Markers) != len(s.Steps) {
		t.Fatalf("%s: %d markers of %d steps", s.Name, len(rec.Markers), len(s.Steps))
	}
	for i, step := range s.Steps {
		if m := rec.Markers[i]; m.Step != i+1 || m.Text == "" {
			t.Errorf("%s: marker %+v at step %d (%s)", s.Name, m, i+1, step.ID)
		}
	}
	return rec
}

// testAddress matches the address of a node of a test. The stage shows addresses, so a
// shipped recording has the default addresses of the nodes.
var testAddress = regexp.MustCompile(`127\.\d+\.\d+\.(\d+):(\d+)`)

// ship writes a recording that is shipped with the program. Scenarios of one cluster have
// the addresses of lane 0.
func ship(t *testing.T, name string, lane int, rec *recording.Recording) {
	t.Helper()
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err == nil {
		_, err = z.Write(testAddress.ReplaceAll(rec.Text, []byte(fmt.Sprintf("127.0.%d.$1:$2", lane))))
	}
	if err == nil {
		err = z.Close()
	}
	if err == nil {
		err = os.WriteFile(name, b.Bytes(), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// whatMatters returns the parts that two recordings of one scenario must have in common.
// These are, for each step, the answers of the operations that ended in it and why messages
// were lost; and the verdict at the end. Times, ids and the order of messages differ from
// run to run.
func whatMatters(rec *recording.Recording) []string {
	var all []string
	for i, m := range rec.Markers {
		end := len(rec.Events)
		if i+1 < len(rec.Markers) {
			end = rec.Markers[i+1].After
		}
		for _, line := range ofStep(rec.Events[m.After:end]) {
			all = append(all, fmt.Sprintf("step %d: %s", m.Step, line))
		}
	}
	return append(all, "verdict: "+string(rec.Judge().Report().Verdict))
}

// ofStep returns the part of whatMatters that comes from the events of one step. A loss
// matters if a rule or a person made it, or if its operation was not done. Other losses are
// accidents: a late answer is lost only if the link is cut before it arrives. The
// operations of a workload differ from run to run.
func ofStep(events []cluster.Event) []string {
	var answers, losses []string
	done := map[cluster.OpID]bool{}
	for i := range events {
		if x, ok := events[i].Body.(*cluster.Returned); ok && x.Client != "load" {
			answers = append(answers, fmt.Sprintf("%s %s at node %d: %s", x.OpKind, x.Key, events[i].Node, x.Status))
			done[x.Op] = x.Status < "300"
		}
	}
	for i := range events {
		x, ok := events[i].Body.(*cluster.Lost)
		if !ok || x.Class == cluster.ClassBackground {
			continue
		}
		if ok, ended := done[x.Op]; x.Why == "dropped" || ended && !ok {
			losses = append(losses, fmt.Sprintf("%s lost: %s", x.Type, x.Why))
		}
	}
	slices.Sort(answers) // of operations that ran at the same time
	slices.Sort(losses)
	return append(answers, slices.Compact(losses)...)
}
