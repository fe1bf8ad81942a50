package simnodes_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"capplayground/cluster"
	"capplayground/cluster/modes"
	"capplayground/cluster/simulated"
	"capplayground/server/scenario"
	"capplayground/server/simnodes"
)

// ask makes a call of the page.
func (r *rig) ask(method, path, body string) (int, []byte) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), method, "http://localhost:8080"+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	answer := simnodes.Serve(r.Edition, req)
	text, _ := io.ReadAll(answer.Body) // it is in memory
	return answer.StatusCode, text
}

// made makes a run that has a second epoch. It returns the run in the form that a link
// contains, the events of the nodes, and the settings that a new page gets. It leaves a
// node killed, a link cut and the pace slow.
func made(t *testing.T, mode cluster.Mode) (run simnodes.Run, events []cluster.Event, settings string) {
	t.Helper()
	play(t, mode, func(r *rig) {
		r.operate(1, cluster.OpWrite, "city", "Roma") // is not part of the second epoch
		if err := r.Verbs.Reset(r.t.Context()); err != nil {
			r.t.Fatal(err)
		}
		r.makeTrouble()
		if err := r.Verbs.Kill(r.t.Context(), 2); err != nil {
			r.t.Fatal(err)
		}
		r.operate(2, cluster.OpRead, "city", "") // the node is killed, so it sends no event of this read
		if status, text := r.ask(http.MethodPut, "/api/links/1/3", `{"cut":true}`); status != http.StatusOK {
			r.t.Fatalf("%d %s", status, text)
		}
		if status, text := r.ask(http.MethodPut, "/api/pace", `{"pace":"slow","rate":0.05}`); status != http.StatusOK {
			r.t.Fatalf("%d %s", status, text)
		}
		r.operate(1, cluster.OpRead, "city", "")
		status, text := r.ask(http.MethodGet, "/api/run", "")
		if err := json.Unmarshal(text, &run); err != nil || status != http.StatusOK {
			r.t.Fatal(status, err)
		}
		events, settings = r.seen(), r.settings()
	})
	return run, events, settings
}

// settings returns the settings that a new page gets.
func (r *rig) settings() string {
	r.t.Helper()
	greeting, _, _ := r.Collect.Retained()
	var hello struct {
		Epoch  int
		Pace   cluster.Pace
		Quorum cluster.Quorum
		Links  []cluster.Link
		Rules  []cluster.Rule
	}
	if err := json.Unmarshal(greeting, &hello); err != nil {
		r.t.Fatal(err)
	}
	text, _ := json.Marshal(hello) // words and numbers: this cannot fail
	return string(text)
}

// TestALinkRepeatsTheRun: an edition that is opened with the run of another one gives the
// same events at the same times, and has the same settings after it. This holds if the run
// is repeated in its own time, and also if it is repeated at once. After it a client can
// make further calls.
func TestALinkRepeatsTheRun(t *testing.T) {
	t.Parallel()
	for _, mode := range modes.Names() {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			run, events, settings := made(t, mode)
			for _, atOnce := range []bool{false, true} {
				playWith(t, simnodes.EditionConfig{Run: &run, AtOnce: atOnce}, func(r *rig) {
					for r.Nodes.Repeats() {
						if atOnce {
							r.t.Fatal("some actions of the run are not repeated yet")
						}
						time.Sleep(time.Second) // of the fake time
					}
					time.Sleep(2 * time.Minute) // until then all effects of the last actions have happened, even in slow motion
					synctest.Wait()
					compareAll(r.t, events, r.seen())
					if now := r.settings(); now != settings {
						r.t.Errorf("the settings were\n%s\nand are\n%s", settings, now)
					}
					if a := r.operate(2, cluster.OpRead, "city", ""); a.Status != http.StatusServiceUnavailable {
						r.t.Errorf("a read at the node that is killed: %d %s", a.Status, a.Body)
					}
					if err := r.Verbs.Recover(r.t.Context()); err != nil {
						r.t.Fatal(err)
					}
					time.Sleep(time.Minute) // slow motion: an election may be due
					if a := r.operate(3, cluster.OpWrite, "city", "Faro"); a.Status != http.StatusCreated {
						r.t.Errorf("a write after the run: %d %s", a.Status, a.Body)
					}
				})
			}
		})
	}
}

// compareAll compares the events of the nodes, including those that clients reported. The
// events of the run may be more at the end.
func compareAll(t *testing.T, was, again []cluster.Event) {
	t.Helper()
	for id := cluster.NodeID(1); id <= 5; id++ {
		a, b := allOf(was, id), allOf(again, id)
		if len(b) < len(a) || len(a) < 10 {
			t.Fatalf("node %d: %d events, again %d", id, len(a), len(b))
		}
		for i := range a {
			if !bytes.Equal(a[i], b[i]) {
				t.Fatalf("node %d, event %d: was\n%s\nagain\n%s", id, i, a[i], b[i])
			}
		}
	}
}

func allOf(events []cluster.Event, node cluster.NodeID) (texts [][]byte) {
	for _, e := range events {
		if e.Kind() != cluster.KindFlow && e.Node == node {
			texts = append(texts, e.AppendJSON(nil))
		}
	}
	return texts
}

// TestAHandEndsTheRepetition: a call that may change something is carried out, and the
// remaining actions are dropped. A call that only reads does not end the repetition.
func TestAHandEndsTheRepetition(t *testing.T) {
	t.Parallel()
	run, _, _ := made(t, modes.Default())
	playWith(t, simnodes.EditionConfig{Run: &run}, func(r *rig) {
		if status, text := r.ask(http.MethodGet, "/api/cluster", ""); status != http.StatusOK || !r.Nodes.Repeats() {
			r.t.Errorf("a call that only reads: %d %s, repeats %v", status, text, r.Nodes.Repeats())
		}
		if status, text := r.ask(http.MethodPost, "/api/nodes/4/kill", ""); status != http.StatusOK || r.Nodes.Repeats() {
			r.t.Errorf("a kill: %d %s, repeats %v", status, text, r.Nodes.Repeats())
		}
		if status := r.Collect.Status(4); status != cluster.StatusKilled {
			r.t.Errorf("node 4 is %s", status)
		}
	})
}

// TestALinkHasTheScenario: the pages see the scenario of the run, and no scenario after the
// first press.
func TestALinkHasTheScenario(t *testing.T) {
	t.Parallel()
	var run simnodes.Run
	name := ""
	play(t, modes.Default(), func(r *rig) {
		for _, s := range r.scenarios() {
			if name = s; r.Talk.Play(s) == nil {
				break
			}
		}
		time.Sleep(20 * time.Second) // of the fake time: the first step has ended
		run, _ = r.Nodes.Run()
	})
	playWith(t, simnodes.EditionConfig{Run: &run, AtOnce: true}, func(r *rig) {
		if talk := r.shownTalk(); !talk.Running || talk.Name != name {
			r.t.Errorf("the pages see %+v, want the scenario %s", talk, name)
		}
		_, _ = r.ask(http.MethodPost, "/api/scenario/next", "")
		if talk := r.shownTalk(); talk.Running {
			r.t.Errorf("after a press the pages see %+v", talk)
		}
	})
}

// scenarios returns the names of all scenarios.
func (r *rig) scenarios() (names []string) {
	for _, s := range scenario.Builtin() {
		names = append(names, s.Name)
	}
	return names
}

// shownTalk returns the talk that a new page gets.
func (r *rig) shownTalk() (talk scenario.Talk) {
	r.t.Helper()
	greeting, _, _ := r.Collect.Retained()
	hello := struct{ Talk *scenario.Talk }{&talk}
	if err := json.Unmarshal(greeting, &hello); err != nil {
		r.t.Fatal(err)
	}
	return talk
}

// TestABadRunIsRefused: for a run that a stranger has changed, there is an error and no
// edition.
func TestABadRunIsRefused(t *testing.T) {
	t.Parallel()
	good, _, _ := made(t, modes.Default())
	text, err := json.Marshal(good)
	if err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*simnodes.Run){
		"no action":          func(r *simnodes.Run) { r.Actions = nil },
		"three nodes":        func(r *simnodes.Run) { r.Nodes = 3 },
		"before 1970":        func(r *simnodes.Run) { r.Began = -1 },
		"no epoch":           func(r *simnodes.Run) { r.Actions = r.Actions[1:] },
		"no mode":            func(r *simnodes.Run) { r.Actions[0].Epoch.Mode = "ZZ" },
		"a second epoch":     func(r *simnodes.Run) { r.Actions[5] = r.Actions[0] },
		"time runs back":     func(r *simnodes.Run) { r.Actions[len(r.Actions)-1].At = 1 },
		"settings of two":    func(r *simnodes.Run) { r.Actions[0].Settings = r.Actions[0].Settings[:2] },
		"a pace of a second": func(r *simnodes.Run) { r.Actions[0].Settings[0].Pace.Rate = 2 },
		"no request": func(r *simnodes.Run) {
			r.Actions[len(r.Actions)-1].Do = simulated.DoRequest
			r.Actions[len(r.Actions)-1].Request = nil
		},
		"an event of a node": func(r *simnodes.Run) {
			r.Actions[5].Do, r.Actions[5].Events = simulated.DoPublish, []cluster.Event{{Node: 1, Body: &cluster.KeyChanged{}}}
		},
	} {
		var run simnodes.Run
		if err := json.Unmarshal(text, &run); err != nil {
			t.Fatal(err)
		}
		spoil(&run)
		if _, err := simnodes.Open(simnodes.EditionConfig{Run: &run, Clock: cluster.Steady(0)}); !errors.Is(err, cluster.ErrBadFault) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
