package web_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestByHandAndWhatIsSet does on the page all that the original talk did in a
// terminal: propose, commit, roll back, plant, read at one node. In CA it also kills a
// coordinator at the moment when all votes have arrived, at live speed. Then it sets a
// rule, a load, a link and the sizes: each has a chip, and a click on the chip ends the
// setting. At the end it resets the cluster: a short press of the key shows that the key
// must be held, and then the test holds it.
func TestByHandAndWhatIsSet(t *testing.T) {
	r := launch(t)
	b := open(t, r.URL+"/", 1920, 1080)
	b.hasCount(5, "node", "status=up")
	r.MustWrite(3, "city", "Porto")
	b.title("write city = Porto", "201")
	r.endedApart(b)
	b.heal()
	r.diesAtItsMoment(b)

	r.mode(b, "AP")
	r.MustWrite(1, "city", "Porto")
	homes, n := r.homes("city")
	r.trick(b, homes[:n][0])
	r.whatIsSet(b)
	r.snapshot(b)
	b.legend()
	r.resetByKey(b)
}

// endedApart proposes T1 at nodes 1 and 2. It commits T1 at node 1 in the node's menu, and
// rolls T1 back at node 2 in the node's tab. So the two nodes disagree about T1.
func (r *real) endedApart(b *tab) {
	b.t.Helper()
	for node, value := range []string{"", "London", "London"} {
		if node == 0 {
			continue
		}
		b.press(fmt.Sprint(node), "y")
		b.until("the form", "document.querySelector('#pop-hand:popover-open [data-part=transactions]:not([hidden])')")
		if node == 1 {
			b.fill("#pop-hand [data-form=propose] [name=val]", value)
		}
		b.until("the command of this proposal", fmt.Sprintf("document.querySelector('#pop-hand [data-form=propose] [data-fill=curl]').textContent === `curl -X POST %s/2pc/propose -H 'Content-Type: application/json' -d '{\"id\":\"T1\",\"key\":\"city\",\"val\":\"London\"}'`", r.Place.Nodes[node-1]))
		if node == 2 {
			b.shot("byhand-form-1920")
		}
		b.press(kb.Enter)
		b.until("an answer of 200", "document.querySelector('[data-testid=op]').dataset.status === '200'")
		b.until("a lock", fmt.Sprintf("document.querySelector('[data-testid=node][data-node=\"%d\"][data-locked]')", node))
	}
	b.press("1", "m")
	commit := "#menu:popover-open [data-action=commit][data-id=T1]"
	b.until("the open transaction in the menu", "document.querySelector('"+commit+"')?.textContent.includes('Commit T1 city = London')")
	b.shot("byhand-menu-1920")
	b.poke(b.at(commit))
	b.until("London at 1", "document.querySelector('[data-testid=node][data-node=\"1\"]:not([data-locked])')")

	b.press("2")
	b.click("#tab-node")
	row := "#node-open [data-testid=transaction][data-tx=T1]"
	b.until("both commands of the end", fmt.Sprintf("[...document.querySelectorAll('%s code')].map((c) => c.textContent).join() === 'curl -X POST %[2]s/2pc/commit/T1,curl -X POST %[2]s/2pc/rollback/T1'", row, r.Place.Nodes[1]))
	b.shot("byhand-node-1920")
	b.clickAway(row + " [data-action=rollback]")
	b.until("no lock at 2", "document.querySelector('[data-testid=node][data-node=\"2\"]:not([data-locked])')")
	b.rests()
	for _, w := range []window{{1920, 1080, 1}, {1280, 580, 1}, {390, 844, 1}} {
		b.show(w)
		b.settled()
		b.shot(fmt.Sprintf("byhand-ended-%d", w.width))
	}
	b.show(windows[0])
}

// snapshot saves the state under a name, changes the mode, and returns to the saved state
// with one press.
func (r *real) snapshot(b *tab) {
	b.t.Helper()
	b.press("S")
	b.until("the form of the snapshots", "document.activeElement?.matches('#pop-snapshots:popover-open [name=name]')")
	b.press(kb.Enter)
	b.until("a snapshot in the list", "document.querySelector('#snapshots b')?.textContent === 'AP 1' && document.querySelector('#snapshots span').textContent.startsWith('AP, ')")
	b.shot("snapshots-1920")
	b.press(kb.Escape)
	r.Do(http.MethodPut, "/api/mode", `{"mode":"CP"}`)
	b.until("the other mode", "document.querySelector('.mode[data-mode=CP]').getAttribute('aria-pressed') === 'true'")
	b.press("S")
	b.until("the form again", "document.activeElement?.matches('#pop-snapshots:popover-open [name=name]')")
	b.tap("#snapshots button")
	b.until("the mode of the snapshot", "document.querySelector('.mode[data-mode=AP]').getAttribute('aria-pressed') === 'true'")
	b.until("that it is reached", "document.querySelector('#notice').textContent.startsWith('As in AP 1: AP, ')")
}

// diesAtItsMoment opens the form of such a rule by its key, sets the rule, and writes. The
// coordinator dies between the votes and its decision, and the other nodes are in doubt.
// Another rule is set in the menu of a node and ended at its chip.
func (r *real) diesAtItsMoment(b *tab) {
	b.t.Helper()
	b.press("3", "K")
	form := "document.querySelector('#pop-moment:popover-open')"
	b.until("the curl of the rule", form+`?.querySelector('[data-fill=curl]').textContent.includes('{"when":{"type":"yes","count":4,"node":3},"then":"kill"}')`)
	b.until("the moments of the mode", form+`.querySelector('[name=when]').textContent === 'the votes are inthe commit comes in'`)
	b.laidOut()
	b.shot("moment-form-1920")
	eval[bool](b, "("+form+".requestSubmit(), true)")
	chip := "document.querySelector('[data-chip=point]')"
	b.until("its chip", chip+"?.textContent.startsWith('kill 3 when the votes are in')")
	for _, w := range []window{{1920, 1080, 1}, {1280, 580, 1}, {390, 844, 1}} {
		b.show(w)
		b.laidOut()
		b.shot(fmt.Sprintf("moment-chip-%d", w.width))
		if over := eval[float64](b, "document.documentElement.scrollWidth - innerWidth"); over > 0 {
			b.t.Errorf("%v: the page is %v px wider than the window", w, over)
		}
	}
	b.show(windows[0])
	b.press("3")
	b.write("Faro")
	b.has("node", "node=3", "status=killed")
	b.until("four locks", "document.querySelectorAll(`[data-testid=node][data-locked]:not([data-node=\"3\"])`).length === 4")
	b.until("what that means", "document.querySelector('#caption').textContent.startsWith('Node 3 died before it told any node.')")
	b.hasCount(0, "chip", "chip=point")
	b.rests()
	b.shot("moment-killed-1920")

	b.press("2", "m")
	entry := "#menu:popover-open [data-action=kill-when][data-id='0']"
	b.until("the moment in the menu", "document.querySelector(`"+entry+"`)?.textContent === 'Kill when the votes are in'")
	b.shot("moment-menu-1920")
	b.poke(b.at(entry))
	b.until("the chip of node 2", chip+"?.textContent.startsWith('kill 2 when')")
	b.click("[data-chip=point]")
	b.hasCount(0, "chip", "chip=point")
	r.Do(http.MethodPost, "/api/nodes/3/restart", "")
	b.hasCount(0, "node", "locked")
}

// trick plants an old value at one home, and reads the value of that node alone.
func (r *real) trick(b *tab, node int) {
	b.t.Helper()
	b.press(fmt.Sprint(node), "y")
	b.until("the form", "document.querySelector('#pop-hand:popover-open [data-part=plant]:not([hidden])')")
	b.fill("#pop-hand [data-form=plant] [name=val]", "Atlantis")
	b.shot("byhand-plant-1920")
	b.press(kb.Enter)
	b.until("an answer of 200", "document.querySelector('[data-testid=op]').dataset.status === '200'")
	b.press("m")
	b.until("the menu", "document.querySelector('#menu:popover-open [data-action=local-read]')")
	b.poke(b.at("#menu [data-action=local-read]"))
	b.until("what the node alone holds", fmt.Sprintf("document.querySelector('#op-curl').textContent.endsWith('%s/quorum/read/city')", r.Place.Nodes[node-1]))
}

// whatIsSet makes each setting that has a chip, and ends it at the chip.
func (r *real) whatIsSet(b *tab) {
	b.t.Helper()
	r.Do(http.MethodPost, "/api/rules", `{"from":1,"to":2,"type":"*","do":"hold","count":1}`)
	r.Do(http.MethodPut, "/api/links/3/4", `{"delay_ms":80,"loss":0.25}`)
	r.Do(http.MethodPut, "/api/links/4/5", `{"cut":true}`)
	r.Do(http.MethodPut, "/api/quorum", `{"n":5,"r":1,"w":1}`)
	r.Do(http.MethodPost, "/api/workload", `{"rate":20,"clients":4,"keys":3,"read_ratio":0.5}`)
	for _, what := range []string{"rules", "load", "links", "cuts", "sizes"} {
		b.has("chip", "chip="+what)
	}
	for _, w := range []window{{1920, 1080, 1}, {1280, 720, 1}, {1280, 580, 1}, {1024, 640, 1}, {390, 844, 1}} {
		b.show(w)
		b.laidOut()
		b.shot(fmt.Sprintf("chips-%dx%d", w.width, w.height))
		if over := eval[float64](b, "document.documentElement.scrollWidth - innerWidth"); over > 0 {
			b.t.Errorf("%v: the page is %v px wider than the window", w, over)
		}
	}
	b.show(windows[0])
	b.theme("dark")
	b.shot("chips-dark")
	b.theme("light")
	for _, what := range []string{"rules", "load", "links", "cuts", "sizes"} {
		b.click("[data-chip=" + what + "]")
		b.hasCount(0, "chip", "chip="+what)
	}
	r.is("nothing set", func(c clusterState) bool { return len(c.Links) == 0 && c.Quorum.N == 3 && c.Quorum.W == 2 })
}

// legend checks the legend, and that a word under the pointer shows its explanation.
func (b *tab) legend() {
	b.t.Helper()
	b.press("l")
	b.until("the glossary", "document.querySelector('#legend[open]') && [...document.querySelectorAll('#legend-words dt')].some((dt) => dt.textContent === 'hint')")
	for _, w := range []window{{1920, 1080, 1}, {1280, 580, 1}, {390, 844, 1}} {
		b.show(w)
		b.settled()
		b.shot(fmt.Sprintf("legend-%d", w.width))
	}
	b.show(windows[0])
	b.theme("dark")
	b.shot("legend-dark")
	b.theme("light")
	b.press(kb.Escape)
	b.until("the stage", "!document.querySelector('#legend[open]')")
	const sentence = "document.querySelector('#word:popover-open')?.textContent.length > 20"
	for deadline := time.Now().Add(patience); !eval[bool](b, "Boolean("+sentence+")"); {
		if time.Now().After(deadline) {
			b.t.Fatal("no word below a node shows its explanation")
		}
		b.mouse(chromedp.MouseMoved, b.at(".node .word:not(:empty)")) // the words change while nodes hand over hints
	}
	b.shot("word-1920")
}

// resetByKey presses the key of the reset shortly, which shows that the key must be held.
// Then it holds the key.
func (r *real) resetByKey(b *tab) {
	b.t.Helper()
	r.Do(http.MethodPut, "/api/quorum", `{"n":3,"r":1,"w":1}`)
	r.Do(http.MethodPut, "/api/pace", `{"pace":"slow","rate":0.1}`)
	b.has("chip", "chip=sizes")
	b.press("0")
	b.until("the word that it must be held", "document.querySelector('#notice:popover-open')?.textContent.startsWith('Hold it for one second')")
	key := func(kind input.DispatchKeyEventType) {
		b.t.Helper()
		if _, err := chromedp.Call(b.ctx, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: kind, Key: "0", Code: "Digit0"}); err != nil {
			b.t.Fatal(err)
		}
	}
	key(input.DispatchKeyEventTypeKeyDown)
	b.until("a reset", "document.querySelector('[data-testid=op]').dataset.status === 'none'")
	key(input.DispatchKeyEventTypeKeyUp)
	b.has("badge", "pace=live")
	b.hasCount(0, "chip")
	r.is("the usual sizes", func(c clusterState) bool { return c.Quorum.R == 2 && c.Quorum.W == 2 && c.Pace.Pace == "live" })
}

// fill types a text into a field, as a user does.
func (b *tab) fill(selector, text string) {
	b.t.Helper()
	eval[bool](b, fmt.Sprintf("(() => { const f = document.querySelector('%s'); f.focus(); f.value = '%s'; f.dispatchEvent(new Event('input', { bubbles: true })); return true; })()", selector, text))
}
