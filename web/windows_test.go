package web_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestTimersAndSizes fires a timer by hand, opens a node's menu by key, sets
// AP's sizes by their button, and wipes a node.
func TestTimersAndSizes(t *testing.T) {
	r := launch(t)
	b := open(t, r.URL+"/", 1280, 720)
	b.hasCount(5, "node", "status=up")

	b.press("4", "f")
	b.has("node", "node=4", "status=frozen")
	b.press(" ")
	b.has("badge", "pace=step")
	b.press("1", "w", kb.Enter)
	b.hasCount(4, "inbox")
	b.poke(b.at("#tab-node"))
	b.until("a held timer", "document.querySelector('#node-timers li b')?.textContent === 'held'")
	b.shot("timers")
	b.poke(b.at("#node-timers button"))
	b.has("op", "status=503")
	b.press("h", " ")
	b.has("badge", "pace=live")
	b.has("node", "node=4", "status=up")

	b.press("2", "m")
	b.until("a menu with the focus in it", "document.querySelector('#menu:popover-open')?.contains(document.activeElement)")
	b.until("a greyed wipe with its reason", "document.querySelector('#menu [data-action=wipe][aria-disabled=true] small')")
	b.shot("node-menu")
	for range 20 {
		if eval[bool](b, "document.activeElement.dataset.action === 'freeze'") {
			break
		}
		b.press(kb.ArrowDown)
	}
	b.press(kb.Enter)
	b.has("node", "node=2", "status=frozen")
	b.press("z")
	b.has("node", "node=2", "status=up")

	b.poke(b.at(".mode[data-mode=AP]"))
	b.until("an armed mode, with its warning in the place of the caption", "document.querySelector('.mode[data-mode=AP][data-armed]') && getComputedStyle(document.querySelector('#caption')).visibility === 'hidden'")
	b.poke(b.at(".mode[data-mode=AP]"))
	b.until("AP", "document.documentElement.dataset.mode === 'AP'")
	b.hasCount(5, "node", "status=up")
	b.press("n") // by key, because the button moves when the badge or the text beside it changes
	b.until("the sizes", "document.querySelector('#pop-quorum:popover-open input[name=w]')")
	eval[bool](b, `(() => { const w = document.querySelector('#pop-quorum [name=w]'); w.value = 1; w.dispatchEvent(new Event('input', { bubbles: true })); return true; })()`)
	b.shot("sizes")
	b.poke(b.at("#pop-quorum button.primary"))
	r.is("W=1", func(c clusterState) bool { return c.Quorum.W == 1 })
	b.until("W=1 on the button", "document.querySelector('[data-testid=sizes]').textContent === 'N 3 R 2 W 1'")
	b.panelOfANode()
	if status, _ := r.Call(http.MethodPost, r.URL+"/api/nodes/3/wipe", ""); status != http.StatusOK {
		t.Errorf("wipe: %d", status)
	}
}

// panelOfANode writes at a home of the key, which is in AP, and looks at it: a version is short until it is
// pressed, and the screen is in view when the node is asked to write there.
func (b *tab) panelOfANode() {
	b.t.Helper()
	b.press("5", "w", kb.Enter)
	b.until("a write in AP", "document.querySelector('#op-title').textContent.startsWith('write city') && document.querySelector('[data-testid=op]').dataset.status === '201'")
	b.click("#tab-node")
	version := "document.querySelector('[data-testid=version]')"
	b.until("a short version", version+"?.textContent === 'v1 by 5'")
	b.click("[data-testid=version]")
	b.until("the whole version", version+".textContent.startsWith('n5.')")
	b.press("d")
	b.until("the end of the screen in view", `(() => {
		const screen = document.querySelector('#node-screen');
		const below = screen.getBoundingClientRect().bottom - document.querySelector('#panel-node').getBoundingClientRect().bottom;
		return screen.textContent.includes('n5 holds 1 key') && screen.clientHeight > 90 && screen.scrollHeight - screen.clientHeight - screen.scrollTop < 9 && below < 1;
	})()`)
	b.shot("node-panel")
}

// TestSheets: help, legend and tour open and close without Escape. Keys can be switched
// off. A replay of the past changes nothing.
func TestSheets(t *testing.T) {
	r := launch(t)
	b := open(t, r.URL+"/", 1280, 720)
	b.hasCount(5, "node", "status=up")
	for _, s := range []struct{ name, key string }{{"help", "?"}, {"legend", "l"}} {
		for _, shut := range []string{s.key, kb.Backspace} {
			b.press(s.key)
			b.until(s.name, "document.getElementById('"+s.name+"').open")
			b.press("k") // it does nothing while a sheet is open
			b.shot(s.name)
			b.press(shut)
			b.until("no "+s.name, "!document.getElementById('"+s.name+"').open")
		}
	}
	b.hasCount(5, "node", "status=up")

	b.press("?")
	eval[bool](b, "(document.getElementById('letters').click(), true)")
	b.press(kb.Backspace)
	b.press("k", "3")
	b.press("?")
	b.until("help by its key, letters off", "document.getElementById('help').open")
	eval[bool](b, "(document.getElementById('letters').click(), true)")
	b.press(kb.Backspace)
	b.press("3")
	b.until("node 3 is chosen", "document.querySelector('.node[data-node=\"3\"][data-selected]')")
	b.hasCount(5, "node", "status=up")

	b.poke(b.at("[data-action=more]"))
	eval[bool](b, "(document.querySelector('#pop-more [data-action=tour]').click(), true)")
	for range 4 {
		b.poke(b.at("#tour [data-tour=next]"))
	}
	b.until("the last sentence", "document.querySelector('#tour [data-tour=next]').textContent === 'Done'")
	b.shot("tour")
	b.press(kb.Backspace)
	b.until("no tour", "document.getElementById('tour').hidden")

	r.curl(1, http.MethodPost, "/database/city/Lisboa")
	b.has("op", "status=201")
	b.press(kb.PageUp)
	b.has("badge", "pace=replay")
	for range 9 {
		b.press(kb.PageDown)
	}
	b.has("badge", "pace=live")
}

// TestProjectorFollows: a window sends the node, the tab and the playhead that it shows. A
// window that was opened as /?follow shows the same.
func TestProjectorFollows(t *testing.T) {
	r := launch(t)
	b := open(t, r.URL+"/", 1280, 720)
	b.hasCount(5, "node", "status=up")
	r.curl(1, http.MethodPost, "/database/city/Lisboa")
	b.has("op", "status=201")
	eval[bool](b, `(() => { window.told = {}; window.other = new WebSocket(location.origin.replace('http', 'ws') + '/ws?follow=');
		other.onmessage = (f) => { for (const e of JSON.parse(f.data)) if (e.kind === 'focus') window.told = e; }; return true; })()`)
	b.until("another window's stream", "window.other.readyState === 1")
	b.press("3")
	b.until("node 3 told", "window.told.node === 3 && !window.told.at")
	b.press(kb.PageUp)
	b.until("a moment told", "window.told.at > 0")
	told := eval[string](b, "JSON.stringify(window.told)")

	b.visit(r.URL + "/?follow")
	b.hasCount(5, "node", "status=up")
	eval[bool](b, `(() => { window.other = new WebSocket(location.origin.replace('http', 'ws') + '/ws'); return true; })()`)
	b.until("another window's stream", "window.other.readyState === 1")
	eval[bool](b, `(window.other.send('`+told+`'), true)`)
	b.until("node 3", "document.querySelector('.node[data-node=\"3\"][data-selected]')")
	b.has("badge", "pace=replay")
	b.shot("follow")
	eval[bool](b, `(window.other.send('{"kind":"focus","node":2,"tab":"node"}'), true)`)
	b.until("the node's tab", "!document.getElementById('panel-node').hidden")
	b.has("badge", "pace=live")
	b.press("f") // a window that follows has no controls
	b.hasCount(5, "node", "status=up")
}

// TestTouch: a tap selects a message. A finger that rests on a node, a link or a message opens
// its menu.
func TestTouch(t *testing.T) {
	r := launch(t)
	b := open(t, r.URL+"/", 390, 844)
	b.do(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile, chromedp.EmulateTouch))
	b.hasCount(5, "node", "status=up")
	b.until("a caption without a key", "document.querySelector('#caption').textContent.startsWith('Tap Write.')")
	b.do(chromedp.EmulateViewport(844, 390, chromedp.EmulateMobile, chromedp.EmulateTouch, chromedp.EmulateLandscape))
	b.until("a rail that names no key", "[...document.querySelectorAll('.rail .verb')].every((verb) => verb.checkVisibility() && !verb.querySelector('kbd').checkVisibility())")
	b.until("all of the menu within the reach of a scroll", `(() => {
		const more = document.querySelector('#pop-more');
		more.showPopover();
		more.scrollTop = more.scrollHeight;
		const last = [...more.querySelectorAll('button')].at(-1).getBoundingClientRect();
		more.hidePopover();
		return last.top > 0 && last.bottom < innerHeight;
	})()`)
	b.do(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile, chromedp.EmulateTouch))
	r.Do(http.MethodPut, "/api/pace", `{"pace":"step"}`)
	b.has("badge", "pace=step")
	r.Do(http.MethodPost, "/api/ops", `{"node":1,"kind":"write","key":"city","val":"Braga","wait":false}`)
	b.hasCount(4, "inbox")
	const inHand = "(card => !card.hidden && card.textContent.includes('from 1 to 4'))(document.querySelector('[data-testid=card]'))"
	for deadline := time.Now().Add(patience); !eval[bool](b, inHand); {
		if time.Now().After(deadline) {
			t.Fatal("no tap selected the message to node 4")
		}
		b.press(kb.Escape)                                                // the card of another message may cover this one
		p := b.at(`.msg[data-type=prepare][data-to="4"][tabindex] .head`) // wait until they have moved apart: all messages start at one place
		b.do(chromedp.TapXY(p.X+12, p.Y+8))                               // not exactly on the mark, as fingers do
	}
	b.shot("touch-hand")
	p := b.at("[data-testid=card] [data-action=drop]:not([aria-disabled])")
	b.do(chromedp.TapXY(p.X, p.Y))
	b.has("lost", "why=dropped")

	for _, long := range []struct{ on, title, action string }{
		{`.node[data-node="3"] .touch`, "Node 3", "freeze"},
		{`.msg[data-type=prepare][data-to="3"][tabindex] .head`, "prepare, from 1 to 3", "deliver"},
		{`[data-testid=link][data-from="2"][data-to="5"] .hit`, "Link 2 – 5", "cut"},
	} {
		p := b.at(long.on)
		b.touch("touchStart", p)
		b.until("the menu of "+long.title, "document.querySelector('#menu:popover-open #menu-title')?.textContent === '"+long.title+"' && document.querySelector('#menu [data-action="+long.action+"]')")
		b.touch("touchEnd", p)
		b.until("a menu that names no key", "[...document.querySelectorAll('#menu kbd')].every((k) => !k.checkVisibility())")
		b.shot("touch-menu-" + long.action)
		b.press(kb.Escape)
	}
}

// touch puts a finger on the screen at a place, or lifts the finger.
func (b *tab) touch(kind input.DispatchTouchEventType, p point) {
	b.t.Helper()
	if kind == "touchEnd" {
		b.fingers(kind)
		return
	}
	b.fingers(kind, p)
}

// fingers sends a touch event with the places of all fingers on the screen.
func (b *tab) fingers(kind input.DispatchTouchEventType, at ...point) {
	b.t.Helper()
	fingers := []*input.TouchPoint{}
	for i, p := range at {
		id := float64(i)
		fingers = append(fingers, &input.TouchPoint{X: p.X, Y: p.Y, ID: &id})
	}
	if _, err := chromedp.Call(b.ctx, input.DispatchTouchEvent, input.DispatchTouchEventParams{Type: kind, TouchPoints: fingers}); err != nil {
		b.t.Fatal(err)
	}
}
