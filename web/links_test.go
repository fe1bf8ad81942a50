package web_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// copied replaces the clipboard of the page by variables that a test can read.
const copied = `Object.defineProperty(navigator, 'clipboard', { value: {
	writeText: async (text) => { window.copied = text; },
	write: async ([item]) => { window.copiedItem = item; },
} })`

// In refused.jsonl, a write waits at this moment for the vote of node 4, which is frozen.
const (
	refusedOp     = "21715244-0682-41ab-b9c7-b33301bd7dfb"
	refusedMoment = "#at=1795744056353000&op=" + refusedOp + "&tab=op&node=4"
)

// TestLinks copies links in the menus of an operation, a message and the diagram,
// and opens them: they lead to the same moment. Back and forward of the browser go from
// one deliberate move to the next. A link that is wrong or too old shows the reason, and
// changes nothing.
func TestLinks(t *testing.T) {
	url := replayFile(t, refusedFile)
	b := open(t, "about:blank", 1280, 720)
	b.onNewDocument(copied)
	b.linkOpens(url + refusedMoment)
	b.until("the write that waits", `document.querySelector('#op-title').textContent === 'write city = Porto' && !Number(document.querySelector('[data-testid=op]').dataset.status)`)
	b.has("node", "node=4", "status=frozen")
	b.until("the chosen node", "document.querySelector('.node[data-node=\"4\"][data-selected]')")
	parked := eval[float64](b, playhead)

	b.settled()
	message := b.copyLink(func() { b.right(b.at("[data-testid=msg][data-state=parked] .hit")) })
	if want := url + refusedMoment; message != want {
		t.Errorf("the link of the message is %s, want %s", message, want)
	}
	diagram := b.copyLink(func() { b.right(b.at("#diagram-canvas")) })
	b.click("#tab-session")
	b.until("two operations", "document.querySelectorAll('#session-ops [data-op]').length === 2")
	operation := b.copyLink(func() { // the charts above the list load late and move it, so the test does not press a place
		eval[bool](b, "document.querySelector('#session-ops li:nth-child(2) [data-op]').dispatchEvent(new MouseEvent('contextmenu', { bubbles: true, cancelable: true })), true")
	})

	b.linkOpens(message)
	b.until("the place of the link", "Math.abs("+playhead+" - "+number(parked)+") < 1")
	b.linkOpens(diagram)
	b.until("another place", "Math.abs("+playhead+" - "+number(parked)+") > 1")
	b.linkOpens(operation)
	b.title("write city = Lisboa", "201")
	b.until("the tab of the link", "!document.querySelector('#panel-session').hidden")

	b.linkOpens(url + refusedMoment)
	b.backAndForward()
	b.wrongLinks()
}

// copyLink opens a menu and copies its link.
func (b *tab) copyLink(openMenu func()) string {
	b.t.Helper()
	eval[bool](b, "window.copied = '', true")
	openMenu()
	b.until("a menu with a link", "document.querySelector('#menu:popover-open [data-action=copy-link]')")
	b.shot("link-menu")
	b.click("#menu [data-action=copy-link]")
	b.until("a copied link", "window.copied.includes('#at=')")
	return eval[string](b, "window.copied")
}

// linkOpens opens a link in a new page, and waits until the page shows it.
func (b *tab) linkOpens(link string) {
	b.t.Helper()
	b.do(chromedp.Navigate("about:blank"))
	b.visit(link)
	b.hasCount(5, "node")
	b.until("the moment of the link", playhead+" > 0")
}

// backAndForward moves the playhead by a key and by a drag. Each of the two is one entry of
// the history, although the drag moves pixel by pixel.
func (b *tab) backAndForward() {
	b.t.Helper()
	before := eval[int](b, "history.length")
	at := func(hash string) string { return "location.hash === '" + hash + "'" }
	b.press(kb.PageUp)
	b.until("another moment", "!("+at(refusedMoment)+")")
	first := eval[string](b, "location.hash")

	canvas := b.at("#diagram-canvas")
	b.mouse(chromedp.MousePressed, canvas, chromedp.ButtonLeft)
	for i := range 20 {
		b.mouse(chromedp.MouseMoved, point{canvas.X - float64(5*i), canvas.Y}, chromedp.ButtonLeft)
	}
	b.mouse(chromedp.MouseReleased, point{canvas.X - 95, canvas.Y}, chromedp.ButtonLeft)
	b.until("two entries for two moves", fmt.Sprintf("history.length === %d && !(%s)", before+2, at(first)))
	dragged := eval[string](b, "location.hash")

	eval[bool](b, "history.back(), true")
	b.until("the first move", at(first))
	eval[bool](b, "history.back(), true")
	b.until("the link", at(refusedMoment))
	b.has("node", "node=4", "status=frozen")
	b.until("the write that waits", `document.querySelector('#op-title').textContent === 'write city = Porto' && !Number(document.querySelector('[data-testid=op]').dataset.status)`)
	eval[bool](b, "history.go(2), true")
	b.until("where the drag ended", at(dragged)+" && document.querySelectorAll('[data-testid=node][data-status=frozen]').length === 0")
}

// wrongLinks opens wrong fragments. The page shows the reason and does not move.
func (b *tab) wrongLinks() {
	b.t.Helper()
	place := eval[float64](b, playhead)
	for fragment, says := range map[string]string{
		"#at=1":                    "The link leads to a moment that the page does not remember any more.",
		"#at=9999999999999999":     "The link leads to a moment that has not come yet.",
		"#node=9":                  "The link names node 9, and there is none.",
		"#tab=%3Cb%3E":             "The link has tab=%3Cb%3E. Wanted: op, node, session.",
		refusedMoment + "&at=5":    "The link has at twice.",
		"#op=none&tab=node&node=1": "The link is about an operation that the page does not know at that moment.",
		"#nonsense":                "The link has \"nonsense\". A link has at, op, tab and node.",
	} {
		eval[bool](b, fmt.Sprintf("location.hash = %q, true", fragment))
		b.until("the sentence for "+fragment, fmt.Sprintf("document.querySelector('[data-testid=notice]').textContent === %q", says))
		if now := eval[float64](b, playhead); now != place {
			b.t.Errorf("%s moved the playhead from %v to %v", fragment, place, now)
		}
		if strings.Contains(eval[string](b, "document.querySelector('[role=tab][aria-selected=true]').dataset.tab"), "node") {
			b.t.Errorf("%s opened a tab", fragment)
		}
	}
}
