package web_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"capplayground/cluster"
	"capplayground/server/scenario"
	"capplayground/server/servertest"
)

// launchLanes starts a playground of three lanes.
func launchLanes(t *testing.T, flags ...string) *real {
	t.Helper()
	return &real{servertest.Start(t, servertest.Options{Lanes: []cluster.Mode{"CA", "AP", "CP"}, Flags: flags}), t}
}

// answers waits until the newest answer of each lane has the wanted status, in the lane's
// panel and in its cell of the client's box.
func (b *tab) answers(want ...int) {
	b.t.Helper()
	defer func() {
		if b.t.Failed() {
			b.t.Logf("the lanes show %s", eval[string](b, `[...document.querySelectorAll('[data-testid=lane-stamp], .client-cell, #badge')].map((e) => e.textContent).join(' | ')`))
		}
	}()
	for i, status := range want {
		b.until(fmt.Sprintf("lane %d answers %d", i+1, status), fmt.Sprintf(
			`document.querySelectorAll('[data-testid=lane-stamp] b')[%d].textContent === '%d' && document.querySelectorAll('.client-cell b')[%d].textContent === '%d'`, i, status, i, status))
	}
}

// TestLanesByKeyboard splits all lanes and writes once on each side, by the keyboard alone.
// Each lane answers as its mode requires.
func TestLanesByKeyboard(t *testing.T) {
	axe := axe(t)
	r := launchLanes(t)
	b := open(t, r.URL+"/lanes", 1920, 1080)
	eval[bool](b, axe)
	b.until("fifteen nodes", `document.querySelectorAll('.lane .node[data-status=up]').length === 15`)
	b.namesItsModules()
	write := func(node, val string) {
		b.press(node, "w")
		b.until("the form", `document.activeElement?.name === 'val'`)
		b.do(chromedp.KeyEvent("a", chromedp.KeyModifiers(2))) // Ctrl+A: the new value replaces the old one
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
	b.until("a client's box beside the names", nothingOnNames)
	b.roomText(28)
	b.size(1280, 720)
	b.rests()
	b.shot("lanes-1280")
	b.until("a client's box beside the names", nothingOnNames)
	b.roomText(20)
	b.accessible("lanes", views[0], views[1],
		view{"help", "?", "document.querySelector('#help[open]')", kb.Escape},
		view{"legend", "l", "document.querySelectorAll('#legend[open] .triangle').length === 2", kb.Escape})
	b.size(390, 844)
	b.rests()
	b.shot("lanes-390")
	b.until("lanes to swipe", `(() => { const l = document.querySelector('.lanes'); return l.scrollWidth > 2 * l.clientWidth && document.documentElement.scrollWidth <= 390 })()`)
	b.accessible("lanes on a phone", views[0])
	b.size(1280, 720)

	b.menusOfOneLane()
	b.press("C")
	b.until("why there is no comparison", `document.querySelector('#notice').textContent.includes('side by side already')`)
	b.press("h")
	b.until("no tear", `document.querySelectorAll('.lane [data-testid=tear]').length === 0`)
	b.press("]", "[") // at live speed ] does nothing; [ makes it slow 1/10
	b.has("badge", "pace=slow")
	r.pacesOfLanes("slow")
	b.press("]")
	b.has("badge", "pace=live")
	r.pacesOfLanes("live")
	b.stepsInLanes(r, write)
	b.press(",")
	b.has("badge", "pace=replay")
	b.has("badge", "pace=live") // by itself, at the end of the operation
	b.answers(201, 201, 201)
	b.click(`.lane[data-mode=AP] [data-testid=lane-page]`)
	b.hasCount(5, "node", "status=up")
	b.until("the stage of one lane", `location.pathname === '/lanes/AP/' && document.querySelector('.mode[aria-pressed=true]').textContent === 'AP'`)
	b.aDropInLanes(r.URL + "/lanes")
	b.connects(r.URL + "/lanes")
}

// nothingOnNames is true if the client's box covers no name of a lane, also if it is as wide
// as a read of a long value makes it.
const nothingOnNames = `(() => {
	const box = document.querySelector('#client').getBoundingClientRect();
	return [...document.querySelectorAll('.lane-name')].every((e) => e.getBoundingClientRect().top >= box.bottom);
})()`

// connects opens the page while no stream answers. The page does not say that a stream was
// lost, because it had none.
func (b *tab) connects(page string) {
	b.t.Helper()
	b.onNewDocument("window.WebSocket = class { close() {} }")
	b.do(chromedp.Navigate(page))
	b.until("that it connects", `document.querySelector('#badge').textContent === 'CONNECTING' && document.querySelector('#banner').hidden`)
}

// pacesOfLanes waits until each lane has the pace.
func (r *real) pacesOfLanes(pace string) {
	r.t.Helper()
	eventually(r.t, "the pace "+pace+" in each lane", func() bool {
		return strings.Count(r.Do("GET", "/api/lanes/cluster", ""), `"pace":"`+pace+`"`) == 3
	})
}

// stepsInLanes writes in step pace. No lane answers before messages are delivered by the
// key, and each lane answers after enough steps. Then the playheads of all lanes go to the
// beginning, and back to now.
func (b *tab) stepsInLanes(r *real, write func(node, val string)) {
	b.t.Helper()
	b.press(" ")
	b.has("badge", "pace=step")
	r.pacesOfLanes("step")
	write("2", "Braga")
	b.until("a call that waits in each lane", `[...document.querySelectorAll('.client-cell b')].map((e) => e.textContent).join() === '…,…,…'`)
	b.pressUntil(kb.ArrowRight, "the answer of each lane", `[...document.querySelectorAll('.client-cell b')].map((e) => e.textContent).join() === '201,201,201'`)
	r.pacesOfLanes("step")
	b.press(" ")
	b.has("badge", "pace=live")
	b.pressUntil(kb.Home, "the beginning in each lane", `[...document.querySelectorAll('[data-testid=lane-stamp] span')].map((e) => e.textContent).join() === 'nothing asked by hand yet,nothing asked by hand yet,nothing asked by hand yet'`)
	b.has("badge", "pace=replay")
	b.press(kb.End)
	b.has("badge", "pace=live")
	b.answers(201, 201, 201)
}

// pressUntil presses a key again and again until the JavaScript expression is true.
func (b *tab) pressUntil(key, what, expression string) {
	b.t.Helper()
	for began := time.Now(); !b.holds(expression); b.press(key) {
		if time.Since(began) > patience {
			b.t.Fatalf("pressed %q for %v, and saw no %s", key, patience, what)
		}
	}
}

// aDropInLanes drops a recording on the page of all lanes. The stage of a lane plays it, and
// has a button that leads back.
func (b *tab) aDropInLanes(page string) {
	b.t.Helper()
	text, err := os.ReadFile(refusedFile)
	if err != nil {
		b.t.Fatal(err)
	}
	b.do(chromedp.Navigate(page))
	b.hasCount(15, "node", "status=up")
	b.drop("x.jsonl", text)
	b.until("the recording on a stage", `document.querySelector('[data-testid=playback]')?.textContent.includes('224 events') && location.pathname === '/lanes/CA/' && location.search === ''`)
	b.has("badge", "pace=replay")
	b.click("[data-testid=playback-back]")
	b.until("the lanes again", `location.pathname === '/lanes'`)
}

// leave loads an empty page. A page that still draws would take processor time from other
// pages.
func (b *tab) leave() {
	b.t.Helper()
	b.do(chromedp.Navigate("about:blank"))
}

// menusOfOneLane freezes node 3 in one lane with the menu of the node, thaws it there with
// the keyboard, and opens a form that acts in one lane.
func (b *tab) menusOfOneLane() {
	b.t.Helper()
	frozen := func(what, want string) {
		b.t.Helper()
		b.until(what, fmt.Sprintf(`[...document.querySelectorAll('.lane .node[data-status=frozen]')].map((n) => n.closest('.lane').dataset.mode + n.dataset.node).join() === '%s'`, want))
	}
	b.click(`.lane[data-mode=AP] .node[data-node="3"] .touch`)
	b.until("the menu of the lane", `document.querySelector('#menu:popover-open .menu-title')?.textContent === 'AP: Node 3'`)
	b.shot("lanes-menu-1280")
	b.click(`#menu [data-action=freeze]`)
	frozen("one frozen node, in one lane", "AP3")
	b.focusOn(`.lane[data-mode=AP] .node[data-node="3"] .touch`)
	b.press("m")
	b.until("the menu with the focus", `document.querySelector('#menu:popover-open')?.contains(document.activeElement)`)
	b.focusOn(`#menu [data-action=freeze]`)
	b.press(kb.Enter)
	frozen("no frozen node", "")
	b.click(`.lane[data-mode=CP] .node[data-node="2"] .touch`)
	b.click(`#menu [data-action=write]`)
	b.until("the form of the lane", `document.querySelector('#pop-write:popover-open')?.dataset.lane === 'CP'`)
	b.press(kb.Escape, "f")
	frozen("a key acts on all lanes", "CA2,AP2,CP2")
	b.press("z")
	frozen("undo acts on all lanes", "")
}

// TestScenarioInLanes plays the twelfth scenario on the page of all lanes, by the clicker.
// It plays the first four steps: the question, the votes, the three answers, and the way
// back. With SHOTS it plays all steps, and takes a picture of each.
func TestScenarioInLanes(t *testing.T) {
	run := filepath.Join(t.TempDir(), "run.jsonl.gz")
	r := launchLanes(t, "--audience", "127.0.0.1:0", "--record", run)
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
	audience, _ := r.phonesAt("/api/lanes/audience")
	phone := openBeside(t, audience, 390, 844)
	phone.until("three lanes to look at, and no control", `document.querySelectorAll('.lane .node[data-status=up]').length === 15 && getComputedStyle(document.querySelector('.rail')).display === 'none'`)
	phone.hasCount(4, "vote")
	phone.shot("lanes-audience-390")
	phone.click("li:nth-child(1) > [data-testid=vote]")
	b.reads("voted", "2 have voted")
	phone.leave()
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
	presenter := openBeside(t, r.URL+"/lanes/presenter", 1440, 900)
	presenter.until("a ring for each lane", `document.querySelectorAll('.small-ring .node[data-status=up]').length === 15`)
	presenter.until("what came in each lane", `document.querySelectorAll('[data-testid=rows] .row:not([data-differs])').length > 6`)
	presenter.until("every row whole", `(({ scrollHeight, clientHeight }) => scrollHeight <= clientHeight)(document.querySelector('[data-testid=rows]'))`)
	presenter.shot("lanes-presenter-1440")
	presenter.leave()
	if os.Getenv("SHOTS") != "" {
		for _, w := range [][2]int64{{1280, 720}, {390, 844}, {1920, 1080}} {
			b.size(int(w[0]), int(w[1]))
			b.rests()
			b.shot(fmt.Sprintf("lanes-12-reveal-%d", w[0]))
		}
	}
	b.showsTheRecordings()
	b.press(kb.PageUp) // the first PageUp only moves the playhead back
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
	for _, mode := range []string{"CA", "AP", "CP"} {
		if info, err := os.Stat(strings.Replace(run, "run.", "run-"+mode+".", 1)); err != nil || info.Size() == 0 {
			t.Errorf("the recording of %s: %v", mode, err)
		}
	}
	b.click("[data-testid=lane][data-mode=AP] [data-testid=lane-page]")
	b.until("the stage of the lane", `location.pathname === '/lanes/AP/'`)
}

// showsTheRecordings shows the recordings of step 3 in each lane, and ends that. Meanwhile
// no control can change the cluster.
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

// roomText checks that the texts that the audience must read are at least so many pixels
// high.
func (b *tab) roomText(least float64) {
	b.t.Helper()
	small := eval[[]string](b, fmt.Sprintf(`[...document.querySelectorAll('.lane :is(.node .number, .node .value:not(.none, .long), .node .word, .msg .label, .msg .reason), .lane-says, .lane-stamp, .lane-figures dt, .lane-verdict, .client-asks, .client-cell b')]
		.filter((e) => e.textContent && parseFloat(getComputedStyle(e).fontSize) < %v - 0.5).map((e) => e.getAttribute('class') + ' ' + e.textContent + ' ' + getComputedStyle(e).fontSize)`, least))
	for _, one := range small {
		b.t.Errorf("under %v px: %s", least, one)
	}
}

// namesItsModules checks that the page names all modules that it has loaded, so that the
// browser asked for all of them at once.
func (b *tab) namesItsModules() {
	b.t.Helper()
	all := eval[[]string](b, `performance.getEntriesByType('resource').map((e) => e.name).filter((name) => name.endsWith('.js'))`)
	unnamed := eval[[]string](b, `(() => {
		const named = new Set([...document.querySelectorAll('link[rel=modulepreload]')].map((e) => e.href).concat([...document.scripts].map((e) => e.src)));
		return performance.getEntriesByType('resource').map((e) => e.name).filter((name) => name.endsWith('.js') && !named.has(name));
	})()`)
	if len(unnamed) > 0 || len(all) < 50 {
		b.t.Errorf("the page loaded %d scripts and does not name %q", len(all), unnamed)
	}
}
