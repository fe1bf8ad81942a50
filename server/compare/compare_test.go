package compare

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"capplayground/cluster"
	"capplayground/server/history"
	"capplayground/server/workload"
)

// fake is a Cluster that records its calls and their times.
type fake struct {
	began  time.Time
	did    []string
	broken string // the fault that fails
	ops    []history.Op
}

func (f *fake) note(s string) {
	f.did = append(f.did, time.Since(f.began).String()+" "+s)
}
func (f *fake) SetMode(_ context.Context, mode cluster.Mode) error { f.note(string(mode)); return nil }
func (f *fake) StartLoad(workload.Load) error                      { f.note("load"); return nil }
func (f *fake) Mode() cluster.Mode                                 { return "CA" }
func (f *fake) Release()                                           {}
func (f *fake) StopLoad(context.Context)                           { f.note("no load") }
func (f *fake) Recover(ctx context.Context) error                  { f.note("recover"); return ctx.Err() }
func (f *fake) Fault(_ context.Context, x Fault) error {
	f.note(x.String())
	if x.String() == f.broken {
		return errors.New("it does not")
	}
	return nil
}
func (f *fake) Seen(context.Context) (history.Listing, history.Report) {
	return history.Listing{Ops: f.ops}, history.Report{Verdict: history.Linearizable}
}

func TestRunPlaysTheScriptUnderEachMode(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fake{began: time.Now()}
		var last Progress
		var ended []int
		result, err := Run(t.Context(), f, Default(), []cluster.Mode{"CA", "AP"}, func(p Progress) { last = p }, func(r Result) { ended = append(ended, len(r.Lanes)) })
		if err != nil {
			t.Fatal(err)
		}
		want := []string{
			"0s CA", "0s load", "1s freeze 4", "2.5s thaw 4", "3.5s partition 1 2 | 3 4 5", "5.5s heal", "6.5s kill 3", "7.5s restart 3", "9s no load", "9s recover",
			"9s AP", "9s load", "10s freeze 4", "11.5s thaw 4", "12.5s partition 1 2 | 3 4 5", "14.5s heal", "15.5s kill 3", "16.5s restart 3", "18s no load", "18s recover",
		}
		if diff := cmp.Diff(want, f.did); diff != "" {
			t.Error(diff)
		}
		if len(result.Lanes) != 2 || len(result.Lanes[1].Faults) != 6 || result.Lanes[1].Faults[0].AtMS != 1000 {
			t.Errorf("lanes %+v", result.Lanes)
		}
		if last.Lane != 1 || last.Of != 2 || last.Done < 0.9 {
			t.Errorf("the last progress was %+v", last)
		}
		if !slices.Equal(ended, []int{1, 2}) {
			t.Errorf("the lanes that had ended were %v, want one and then two", ended)
		}
	})
}

func TestRunRecoversTheClusterWhenItFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fake{began: time.Now(), broken: "thaw 4"}
		if _, err := Run(t.Context(), f, Default(), []cluster.Mode{"CA"}, func(Progress) {}, func(Result) {}); err == nil || !strings.Contains(err.Error(), "thaw 4") {
			t.Errorf("error %v, want one that names the fault", err)
		}
		if end := f.did[len(f.did)-2:]; !slices.Equal(end, []string{"2.5s no load", "2.5s recover"}) {
			t.Errorf("it ended with %v", end)
		}
	})
}

func TestParseRefusesWhatCannotBePlayed(t *testing.T) {
	t.Parallel()
	good := "length: 3s\nload: {rate: 100, clients: 4, seed: 7}\nfaults:\n- {at: 1s, do: freeze, node: 2}\n- {at: 2s, do: partition, groups: [[1, 2], [3]]}\n"
	s, err := Parse("faults.yaml", []byte(good))
	if err != nil {
		t.Fatal(err)
	}
	if s.Faults[1].String() != "partition 1 2 | 3" || s.Faults[0].At.Duration() != time.Second || s.Load.Seed != 7 {
		t.Errorf("read as %+v", s)
	}
	for name, bad := range map[string]string{
		"no length":        "faults: []\n",
		"too long":         "length: 11m\n",
		"unknown field":    good + "colour: red\n",
		"out of order":     strings.Replace(good, "at: 1s", "at: 2500ms", 1),
		"past the end":     strings.Replace(good, "at: 2s", "at: 4s", 1),
		"unknown fault":    strings.Replace(good, "freeze", "melt", 1),
		"no node":          strings.Replace(good, ", node: 2", "", 1),
		"one group":        strings.Replace(good, ", [3]", "", 1),
		"impossible rate":  strings.Replace(good, "rate: 100", "rate: -1", 1),
		"negative seed":    strings.Replace(good, "seed: 7", "seed: -7", 1),
		"not a script":     "- 1\n",
		"not even YAML":    "\x00{",
		"a time in inches": strings.Replace(good, "3s", "3in", 1),
	} {
		if _, err := Parse("faults.yaml", []byte(bad)); !errors.Is(err, ErrScript) {
			t.Errorf("%s: error %v, want ErrScript", name, err)
		}
	}
}

// The parser of scenarios reads scripts, so an error names its line and column.
func TestAnErrorOfAScriptNamesItsPlace(t *testing.T) {
	t.Parallel()
	_, err := Parse("faults.yaml", []byte("length: 3s\nfaults:\n- {at: 1s, do: melt, node: 2}\n- {at: 2s, do: unfreeze, node: 22}\n"))
	want := `unusable script: faults.yaml:3:16: found "melt", want freeze, thaw, unfreeze, kill, restart, isolate, rejoin, partition or heal
faults.yaml:4:32: found 22, want a whole number from 1 to 9`
	if err == nil || err.Error() != want {
		t.Errorf("%v; want\n%s", err, want)
	}
}

func TestPrintShowsTheWorstOfEachMoment(t *testing.T) {
	t.Parallel()
	share := 0.5
	r := Result{Script: Default(), Lanes: []Lane{{
		Mode: "AP", Verdict: history.NotLinearizable, Totals: history.Figures{Asked: 4, Answered: 2, Availability: &share},
		Ops: []Op{{FromMS: 0, Outcome: "accepted"}, {FromMS: 1000, Outcome: "refused"}, {FromMS: 1001, Outcome: "stale"}, {FromMS: 2000, Outcome: "unknown"}},
	}}}
	var out bytes.Buffer
	if err := r.Print(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"50.0 %", "not linearizable", "  AP ·         !         ?", "^freeze 4 "} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, out.String())
		}
	}
	text, err := json.Marshal(r)
	if err != nil || !strings.Contains(string(text), `"length":"9s"`) {
		t.Errorf("as JSON: %v %s", err, text)
	}
}
