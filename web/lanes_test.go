package web_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"capplayground/cluster"
	"capplayground/server/scenario"
	"capplayground/server/servertest"
)

// launchLanes starts a playground of three lanes.
func launchLanes(t *testing.T) *real {
	t.Helper()
	return &real{servertest.Start(t, servertest.Options{Lanes: []cluster.Mode{"CA", "AP", "CP"}}), t}
}

// answers waits until the newest answers of the lanes are these, each in its panel
// and in its cell of the client's box.
func (b *tab) answers(want ...int) {
	b.t.Helper()
	for i, status := range want {
		b.until(fmt.Sprintf("lane %d answers %d", i+1, status), fmt.Sprintf(
			`document.querySelectorAll('[data-testid=lane-stamp] b')[%d].textContent === '%d' && document.querySelectorAll('.client-cell b')[%d].textContent === '%d'`, i, status, i, status))
	}
}

// One person splits all lanes and writes once at each side, by the keyboard alone.
// Each lane answers in its way.
func TestLanesByKeyboard(t *testing.T) {
	axe := axe(t)
	r := launchLanes(t)
	b := open(t, r.URL+"/lanes", 1920, 1080)
	eval[bool](b, axe)
	b.until("fifteen nodes", `document.querySelectorAll('.lane .node[data-status=up]').length === 15`)
	write := func(node, val string) {
		b.press(node, "w")
		b.until("the form", `document.activeElement?.name === 'val'`)
		b.do(chromedp.KeyEvent("a", chromedp.KeyModifiers(2))) // the whole value is replaced
		b.do(chromedp.KeyEvent(val + kb.Enter))
	}
	write("1", "Lisboa")
	b.answers(201, 201, 201)
	b.press("p", "p")
	b.until("a tear in each lane", `document.querySelectorAll('.lane [data-testid=tear]').length === 3`)
	write("1", "Faro")
	b.answers(503, 201, 503)
	write("4", "Porto")
	b.answers(503, 201, 201)
	b.until("verdicts", `document.querySelectorAll('[data-testid=lane-verdict][data-verdict]').length === 3`)
	b.until("figures", `[...document.querySelectorAll('[data-figure=refused] dd')].map((e) => e.textContent).join() === '2,0,1'`)
	b.rests()
	b.shot("lanes-1920")
	b.roomText(28)
	b.size(1280, 720)
	b.rests()
	b.shot("lanes-1280")
	b.roomText(20)
	b.accessible("lanes", views[0], views[1], view{"help", "?", "document.querySelector('#help[open]')", kb.Escape})
	b.size(390, 844)
	b.rests()
	b.shot("lanes-390")
	b.until("lanes to swipe", `(() => { const l = document.querySelector('.lanes'); return l.scrollWidth > 2 * l.clientWidth && document.documentElement.scrollWidth <= 390 })()`)
	b.accessible("lanes on a phone", views[0])
	b.size(1280, 720)

	b.press("C")
	b.until("why there is no comparison", `document.querySelector('#notice').textContent.includes('side by side already')`)
	b.press("h")
	b.until("no tear", `document.querySelectorAll('.lane [data-testid=tear]').length === 0`)
	b.press("]", "[") // live cannot be faster; slow 1/10
	b.has("badge", "pace=slow")
	b.press("]")
	b.has("badge", "pace=live")
	b.press(",")
	b.has("badge", "pace=replay")
	b.press(kb.Escape)
	b.has("badge", "pace=live")
	b.do(chromedp.Click(`.lane[data-mode=AP] [data-testid=lane-page]`))
	b.hasCount(5, "node", "status=up")
	b.until("the stage of one lane", `location.pathname === '/lanes/AP/' && document.querySelector('.mode[aria-pressed=true]').textContent === 'AP'`)
}

// TestScenarioInLanes plays the twelfth scenario on the page of all lanes, by the clicker.
// It plays the first four steps: the question, the votes, the three answers, and the way
// back. With SHOTS it plays all, and takes a picture of each step.
func TestScenarioInLanes(t *testing.T) {
	r := launchLanes(t)
	b := open(t, r.URL+"/lanes", 1920, 1080)
	b.until("fifteen nodes", `document.querySelectorAll('.lane .node[data-status=up]').length === 15`)
	b.press("s")
	b.until("one scenario in the list", `document.querySelectorAll('[data-testid=scenario]').length === 1`)
	b.press(kb.Enter)
	over := func(step int) {
		t.Helper()
		eventually(t, fmt.Sprintf("step %d to be over", step), func() bool {
			v := r.talkAt("/api/lanes/scenario")
			return v.Step == step && v.Phase == scenario.Ready
		})
		b.until("the page at the step", fmt.Sprintf(`document.querySelector('.progress').getAttribute('aria-valuenow') === '%d'`, step))
		b.until("nothing beside the page", `document.documentElement.scrollWidth <= innerWidth && document.querySelector('.lanes').getBoundingClientRect().bottom <= innerHeight`)
		b.shot(fmt.Sprintf("lanes-12-%d", step))
	}
	over(1)
	b.press(kb.PageDown)
	over(2)
	b.until("an open question", `document.querySelectorAll('.question [data-testid=choice]').length === 4`)
	r.Do("POST", "/api/lanes/scenario/vote", `{"choice":2}`)
	r.Do("POST", "/api/lanes/CP/scenario/vote", `{"choice":1}`)
	b.reads("voted", "2 have voted")
	if os.Getenv("SHOTS") != "" {
		for _, w := range [][2]int64{{1280, 720}, {390, 844}, {1920, 1080}} {
			b.size(int(w[0]), int(w[1]))
			b.rests()
			b.shot(fmt.Sprintf("lanes-12-ask-%d", w[0]))
		}
	}
	b.press(kb.PageDown)
	over(3)
	b.until("the answers of each lane", `[...document.querySelectorAll('.happened p')].map((p) => p.textContent).join() === 'CA503503200,AP201201200,CP503201503'`)
	b.answers(200, 200, 503)
	if os.Getenv("SHOTS") != "" {
		for _, w := range [][2]int64{{1280, 720}, {390, 844}, {1920, 1080}} {
			b.size(int(w[0]), int(w[1]))
			b.rests()
			b.shot(fmt.Sprintf("lanes-12-reveal-%d", w[0]))
		}
	}
	b.showsTheRecordings()
	b.press(kb.PageUp) // looks back first
	b.has("badge", "pace=replay")
	b.press(kb.PageDown)
	b.has("badge", "pace=live")
	b.press(".")
	b.until("black", `!document.querySelector('[data-testid=black]').hidden`)
	b.press(kb.PageDown)
	b.until("no longer black", `document.querySelector('[data-testid=black]').hidden`)
	if os.Getenv("SHOTS") != "" {
		for step := 4; step <= 7; step++ {
			b.press(kb.PageDown)
			over(step)
		}
	}
	b.press(kb.Escape)
	b.until("no scenario", `!document.documentElement.hasAttribute('data-talk')`)
	b.click("[data-testid=report]")
	b.until("what ran in each lane, with the partition", `[...document.querySelectorAll('[data-testid=lane]')].map((l) => l.dataset.tone + (l.querySelector('.tear') ? ' split' : '')).join() === 'good split,bad split,good split'`)
	b.shot("lanes-report")
	b.click("[data-testid=lane][data-mode=AP] [data-testid=lane-page]")
	b.until("the stage of the lane", `location.pathname === '/lanes/AP/'`)
}

// showsTheRecordings shows how step 3 went in each lane when it was recorded, and ends
// that. Nothing can be changed meanwhile.
func (b *tab) showsTheRecordings() {
	b.t.Helper()
	b.press("A")
	b.until("the recordings", `document.querySelector('[data-testid=playback]')?.textContent.startsWith('This is how step 3 went')`)
	b.has("badge", "pace=replay")
	b.press("w")
	b.until("why nothing can be written", `document.querySelector('[data-testid=notice]').textContent === 'Write: this is a recording, nothing runs.'`)
	b.press(kb.End)
	b.until("the answers of the recordings", `[...document.querySelectorAll('[data-testid=lane-stamp] b')].map((e) => e.textContent).join() === '200,200,503'`)
	b.shot("lanes-12-recording")
	b.press(kb.Escape)
	b.until("no recording", `document.querySelector('[data-testid=playback]').hidden`)
	b.has("badge", "pace=live")
	b.answers(200, 200, 503)
}

// roomText checks that what tells the story is at least so high, in pixels.
func (b *tab) roomText(least float64) {
	b.t.Helper()
	small := eval[[]string](b, fmt.Sprintf(`[...document.querySelectorAll('.lane :is(.node .number, .node .value:not(.none, .long), .node .word, .msg .label, .msg .reason), .lane-says, .lane-stamp, .lane-figures dt, .lane-verdict, .client-asks, .client-cell b')]
		.filter((e) => e.textContent && parseFloat(getComputedStyle(e).fontSize) < %v - 0.5).map((e) => e.getAttribute('class') + ' ' + e.textContent + ' ' + getComputedStyle(e).fontSize)`, least))
	for _, one := range small {
		b.t.Errorf("under %v px: %s", least, one)
	}
}
