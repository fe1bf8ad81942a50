package web_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"capplayground/cluster/loopback"
	"capplayground/server/scenario"
	"capplayground/server/servertest"
)

// moments has the decisive moment of each scenario: the name of the step, and a JavaScript
// condition that must hold on the stage then.
var moments = map[string]struct{ step, shows string }{
	"01-all-or-nothing":            {"decide", "nodes('[data-value=Porto]') === 5 && status('201')"},
	"02-one-silent-node":           {"see", "nodes('[data-status=frozen]') === 1 && status('503') && status('200')"},
	"03-by-hand":                   {"see", "nodes('[data-value=London]') === 1"},
	"04-in-doubt":                  {"doubt", "nodes('[data-locked]') === 4 && nodes('[data-status=killed]') === 1 && status('503')"},
	"05-the-trick":                 {"see", "nodes('[data-value=London]') === 3 && status('200')"},
	"06-both-sides-say-yes":        {"see", "nodes('[data-conflict]') === 3 && status('200')"},
	"07-a-guest-keeps-your-letter": {"write", "nodes('[data-status=frozen]') === 1 && [...document.querySelectorAll('.node .word')].some((w) => w.textContent.includes('keeps'))"},
	"08-four-is-more-than-three":   {"see", "tear() && status('200')"},
	"09-two-cannot-three-can":      {"see", "tear() && status('503') && status('201')"},
	"10-why-a-read-writes":         {"see", "status('200')"},
	"11-nobody-knows":              {"new", "nodes('[data-value=Paris]') >= 3 && status('200')"},
}

// looks are the JavaScript functions that the conditions of moments use.
const looks = `const nodes = (how) => document.querySelectorAll('[data-testid=node]' + how).length;
	const status = (code) => !!document.querySelector('[data-testid=client][data-status="' + code + '"]');
	const tear = () => !!document.querySelector('[data-testid=tear]');`

// TestMomentsOfScenarios plays scenarios with the clicker on the real stage,
// beside the presenter's page, and waits for the decisive moment of each. All sentences,
// questions and choices must fit on the stage. By default it plays one scenario. With
//
//	SHOTS=testdata/shots go test ./web -run TestMomentsOfScenarios
//
// it plays all of them, or those whose names match SCENARIO, and takes a picture
// of each step.
func TestMomentsOfScenarios(t *testing.T) {
	block := loopback.Test(t, 5)
	place := servertest.Place{Listen: block.Playground, Nodes: block.Addrs}
	if os.Getenv("SHOTS") != "" {
		place.Nodes = usual(block.Addrs)
	}
	r := &real{servertest.Start(t, servertest.Options{Place: place}), t}
	stage := open(t, r.URL+"/", 1920, 1080)
	stage.hasCount(5, "node", "status=up")
	presenter := openBeside(t, r.URL+"/presenter", 1440, 900)
	for _, s := range scenario.Builtin() {
		moment, ok := moments[s.Name]
		switch {
		case len(s.Modes) > 0: // TestScenarioInLanes plays these
		case !ok:
			t.Errorf("%s has no moment", s.Name)
		case os.Getenv("SHOTS") == "" && s.Name != "04-in-doubt", !regexp.MustCompile(os.Getenv("SCENARIO")).MatchString(s.Name):
		default:
			r.playOnStage(stage, presenter, s, moment.step, moment.shows)
		}
	}
}

// playOnStage plays a scenario to its end, by the clicker.
func (r *real) playOnStage(stage, presenter *tab, s *scenario.Scenario, moment, shows string) {
	r.t.Helper()
	r.Do(http.MethodPost, "/api/scenario", fmt.Sprintf(`{"name":%q}`, s.Name))
	if !slices.ContainsFunc(s.Steps, func(step scenario.Step) bool { return step.ID == moment }) {
		r.t.Fatalf("%s has no step %s", s.Name, moment)
	}
	for i, step := range s.Steps {
		if i > 0 {
			stage.press(kb.PageDown)
		}
		view := r.stepIsOver(i + 1)
		if view.Failed {
			r.t.Errorf("%s, step %s: %+v", s.Name, step.ID, view.Rows)
		}
		stage.reads("step-count", fmt.Sprintf("%d of %d", i+1, len(s.Steps)))
		if step.ID == moment {
			stage.until("the moment of "+s.Name, "(() => {"+looks+" return "+shows+"; })()")
		}
		stage.isStill()
		stage.fits(s.Name + " " + step.ID)
		name := fmt.Sprintf("%s-%d-%s", s.Name, i+1, step.ID)
		stage.shot(name)
		presenter.reads("step", fmt.Sprintf("step %d of %d", i+1, len(s.Steps)))
		presenter.shot(name + "-presenter")
		if s.Name == strip {
			stage.small(fmt.Sprintf("strip-%d-stage", i+1))
			presenter.small(fmt.Sprintf("strip-%d-presenter", i+1))
		}
	}
	if os.Getenv("SHOTS") != "" {
		r.timeBack(s)
	}
}

// strip is the scenario that the README shows as a series of pictures.
const strip = "04-in-doubt"

// timeBack prints the time of the longest way back: from the last step, because then all
// steps before it are played again.
func (r *real) timeBack(s *scenario.Scenario) {
	r.t.Helper()
	began := time.Now()
	r.Do(http.MethodPost, "/api/scenario/back", "")
	eventually(r.t, "the steps before to be played again", func() bool {
		v := r.talk()
		return v.Step == len(s.Steps)-1 && (v.Phase == scenario.Running || v.Phase == scenario.Ready)
	})
	r.t.Logf("%s: back to the beginning of step %d in %v; load average %s", s.Name, len(s.Steps)-1, time.Since(began).Round(10*time.Millisecond), load())
	r.stepIsOver(len(s.Steps) - 1)
}

// talkView is the part of the answer of GET /api/scenario that tests need.
type talkView struct {
	Running bool
	Black   bool
	Step    int
	Phase   string
	Failed  bool
	Rows    []scenario.Row
}

func (r *real) talk() talkView {
	r.t.Helper()
	return r.talkAt("/api/scenario")
}

// talkAt returns the talk that a path answers.
func (r *real) talkAt(path string) (v talkView) {
	r.t.Helper()
	if err := json.Unmarshal([]byte(r.Do(http.MethodGet, path, "")), &v); err != nil {
		r.t.Fatal(err)
	}
	return v
}

// stepIsOver waits until a step is over, and returns the talk.
func (r *real) stepIsOver(step int) (v talkView) {
	r.t.Helper()
	eventually(r.t, fmt.Sprintf("step %d to be over", step), func() bool {
		v = r.talk()
		return v.Step == step && v.Phase == scenario.Ready
	})
	return v
}

// isStill waits until the ring and the question have not changed for half a second, but no
// longer than three seconds.
func (b *tab) isStill() {
	b.t.Helper()
	b.settled()
	eval[bool](b, `new Promise((done) => {
		let last = '', same = 0, looks = 0;
		const look = () => { // nodes in doubt ask again and again: then three seconds are enough
			const now = [...document.querySelectorAll("svg.ring, #ring")].map((ring) => ring.innerHTML).join() + document.querySelector('.question').innerHTML;
			same = now === last ? same + 1 : 0;
			last = now;
			if (same < 5 && ++looks < 30) setTimeout(look, 100);
			else done(true);
		};
		look();
	})`)
}

// fits checks that no projected text is cut off: the sentence has at most two lines, and the
// question's card has room for all its texts.
func (b *tab) fits(where string) {
	b.t.Helper()
	cut := eval[[]string](b, `[...document.querySelectorAll('#caption, .question, .question h2, .question .text, .question .happened p span, .promise')]
		.filter((e) => e.checkVisibility() && (e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 12))
		.map((e) => (e.id || e.className || e.tagName) + ': ' + e.textContent)`)
	for _, text := range cut {
		b.t.Errorf("%s: cut off: %s", where, text)
	}
}
