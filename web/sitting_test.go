package web_test

import (
	"fmt"
	"net/http"
	"os"
	"regexp"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"capplayground/server/scenario"
)

// TestSittings plays the built-in scenarios as a student alone sees them, on a laptop of
// 1280 by 720, and as the audience sees them on a phone of 390 by 844. It is for people who
// look at the pictures:
//
//	SHOTS=/tmp/shots SCENARIO=04 go test ./web -run TestSittings
//
// takes a picture of both pages after each step, and of the phone before and after its vote.
func TestSittings(t *testing.T) {
	if os.Getenv("SHOTS") == "" {
		t.Skip("SHOTS is not set")
	}
	wanted := regexp.MustCompile(os.Getenv("SCENARIO"))
	var one, lanes []*scenario.Scenario
	for _, s := range scenario.Builtin() {
		switch {
		case !wanted.MatchString(s.Name):
		case len(s.Modes) > 0:
			lanes = append(lanes, s)
		default:
			one = append(one, s)
		}
	}
	t.Run("stage", func(t *testing.T) {
		if len(one) > 0 {
			launch(t, "--audience", "127.0.0.1:0").sit("/", "/api", one)
		}
	})
	t.Run("lanes", func(t *testing.T) {
		if len(lanes) > 0 {
			launchLanes(t, "--audience", "127.0.0.1:0").sit("/lanes", "/api/lanes", lanes)
		}
	})
}

// sit plays scenarios on a page of a laptop, and shows them on a phone. api is the path of the
// calls of the talk.
func (r *real) sit(page, api string, all []*scenario.Scenario) {
	r.t.Helper()
	laptop := open(r.t, r.URL+page, 1280, 720)
	laptop.until("all nodes", "document.querySelectorAll('.node[data-status=up]').length >= 5")
	audience, _ := r.phonesAt(api + "/audience")
	phone := openBeside(r.t, audience, 390, 844)
	for _, s := range all {
		r.Do(http.MethodPost, api+"/scenario", fmt.Sprintf(`{"name":%q}`, s.Name))
		for i, step := range s.Steps {
			if i > 0 {
				laptop.press(kb.PageDown)
			}
			r.awaitStep(api, i+1)
			name := fmt.Sprintf("%s-%d-%s", s.Name, i+1, step.ID)
			laptop.isStill()
			laptop.shot(name + "-laptop")
			phone.isStill()
			phone.shot(name + "-phone")
			if step.Ask != nil {
				phone.click(fmt.Sprintf("li:nth-child(%d) > [data-testid=vote]", step.Ask.Answer%len(step.Ask.Choices)+1)) // a wrong choice
				phone.until("the vote to be marked", "document.querySelector('[aria-pressed=true]')")
				phone.isStill()
				phone.shot(name + "-phone-voted")
			}
		}
		r.Do(http.MethodDelete, api+"/scenario", "")
		phone.until("no scenario", "!document.documentElement.hasAttribute('data-talk')")
		phone.isStill()
		phone.shot(s.Name + "-9-end-phone")
		laptop.shot(s.Name + "-9-end-laptop")
	}
}

// awaitStep waits until a step of a talk is over.
func (r *real) awaitStep(api string, step int) {
	r.t.Helper()
	eventually(r.t, fmt.Sprintf("step %d to be over", step), func() bool {
		v := r.talkAt(api + "/scenario")
		return v.Step == step && v.Phase == scenario.Ready
	})
}
