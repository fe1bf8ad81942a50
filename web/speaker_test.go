package web_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// focusOn gives the focus to an element, as a click or Tab would. The actions of chromedp
// that find an element keep its number in the browser's tree, and fail if the page draws the
// element anew meanwhile.
func (b *tab) focusOn(selector string) {
	b.t.Helper()
	b.until(selector+" with the focus", "(() => { const el = document.querySelector(`"+selector+"`); el?.focus(); return el !== null && document.activeElement === el; })()")
}

// TestSpeaker uses the stage as a speaker does: a clicker, full screen, and keys that must do
// nothing. It tries an action that the page refuses with a reason, the curl commands of
// controls, and the two actions that need a confirmation.
func TestSpeaker(t *testing.T) {
	r := launch(t)
	b := open(t, r.URL+"/", 1280, 720)
	b.hasCount(5, "node", "status=up")
	eval[bool](b, `(() => {
		window.asked = []; window.copied = ''; window.prevented = {};
		const ask = window.fetch;
		window.fetch = (path, how) => { window.asked.push((how?.method ?? 'GET') + ' ' + path); return ask(path, how); };
		navigator.clipboard.writeText = (text) => { window.copied = text; return Promise.resolve(); };
		addEventListener('keydown', (e) => { window.prevented[e.key] = e.defaultPrevented; });
		return true;
	})()`)

	// Full screen: the screen stays on. F5 does nothing in full screen, and reloads otherwise.
	b.key("F5", "F5", "")
	b.until("F5 to be left to the browser", "window.prevented.F5 === false")
	b.press("u")
	b.until("full screen", "document.fullscreenElement")
	b.until("a screen that stays on", "document.documentElement.hasAttribute('data-awake')")
	b.key("F5", "F5", "")
	b.until("F5 to be swallowed", "window.prevented.F5 === true")
	b.press("u")
	b.until("no full screen, and a screen that may go dark", "!document.fullscreenElement && !document.documentElement.hasAttribute('data-awake')")

	// A clicker: next does nothing in live, and makes a step in Step. Previous only moves the
	// playhead.
	b.press(kb.PageDown)
	b.press(".") // the clicker's black screen; any key of the clicker ends it, and does nothing else
	b.until("black", "!document.querySelector('[data-testid=black]').hidden")
	b.press(kb.PageDown)
	b.until("light", "document.querySelector('[data-testid=black]').hidden")
	b.press(" ")
	b.has("badge", "pace=step")
	r.Do(http.MethodPost, "/api/ops", `{"node":1,"kind":"write","key":"city","val":"Lisboa","wait":false}`)
	b.until("four messages in the air", "document.querySelectorAll('[data-testid=msg][data-state=flying]').length === 4")
	b.press(kb.PageDown)
	b.until("one of them taken in", "document.querySelectorAll('[data-testid=msg][data-type=prepare][data-state=flying]').length === 3")
	b.press(kb.PageUp)
	b.has("badge", "pace=replay")
	b.press(kb.Escape)
	b.has("badge", "pace=step")
	b.press(" ")
	b.has("badge", "pace=live")
	b.has("op", "status=201")
	if asked := eval[string](b, "window.asked.filter((call) => !call.startsWith('GET')).map((call) => call.replace(/messages\\/[^/]+/, 'messages/{id}')).join(', ')"); asked != "POST /api/scenario/black, POST /api/scenario/black, PUT /api/pace, POST /api/messages/{id}/deliver, PUT /api/pace" {
		t.Errorf("the clicker made the calls %q", asked)
	}

	// A digit is identified by its place on the keyboard. A key with a modifier, or a key that
	// repeats because it is held, does nothing.
	b.key("&", "Digit3", "")
	b.until("node 3 is chosen", "document.querySelector('.node[data-node=\"3\"][data-selected]')")
	for _, how := range []string{"ctrlKey: true", "altKey: true", "metaKey: true", "repeat: true"} {
		b.key("k", "KeyK", how)
		b.key("p", "KeyP", how)
	}
	b.until("no form", "!document.querySelector('[popover]:popover-open:not(.notice)')")
	b.press("k")
	b.has("node", "node=3", "status=killed")
	if killed := eval[int](b, "window.asked.filter((call) => call.endsWith('/kill')).length"); killed != 1 {
		t.Errorf("%d calls of kill, want 1, for the key without a modifier", killed)
	}

	// An action that makes no sense shows the reason at its button, and makes no call.
	freeze := `.rail [data-action=freeze]`
	b.until("a greyed freeze with its reason", "document.querySelector('"+freeze+"[aria-disabled=true]')?.title === 'node 3 is killed'")
	at := b.at(freeze)
	b.poke(at)
	b.until("the reason, where it was pressed", fmt.Sprintf(`(() => {
		const n = document.querySelector('#notice:popover-open'), r = n?.getBoundingClientRect();
		return n?.textContent === 'Freeze: node 3 is killed.' && Math.abs(r.bottom - %v) < 70 && r.left < %v;
	})()`, at.Y, at.X+60))
	b.shot("refused")
	if eval[bool](b, "window.asked.some((call) => call.endsWith('/freeze'))") {
		t.Error("a grey button made a call of freeze")
	}

	// Every control shows its curl command, which can be copied, by pointer and by key.
	b.right(b.at(`.rail [data-action=kill]`))
	b.until("the curl of restart", "document.querySelector('#menu:popover-open code')?.textContent === `curl -X POST ${location.origin}/api/nodes/3/restart`")
	b.shot("control-curl")
	b.poke(b.at("#menu [role=menuitem]"))
	b.until("the curl to be copied", "window.copied === `curl -X POST ${location.origin}/api/nodes/3/restart`")
	b.focusOn(`.rail [data-action=isolate]`)
	b.press("m")
	b.until("the curl of isolate", "document.querySelector('#menu:popover-open code')?.textContent.endsWith('/api/nodes/3/isolate') && document.activeElement.closest('#menu')")
	b.press(kb.Enter)
	b.until("the curl of isolate to be copied", "window.copied.endsWith('/api/nodes/3/isolate')")
	b.press("1", "w")
	b.until("the form's curl", "document.querySelector('#pop-write:popover-open code')?.textContent.includes('/database/city/')")
	b.poke(b.at("#pop-write [data-action=copy-curl]"))
	b.until("the form's curl to be copied", "window.copied === document.querySelector('#pop-write code').textContent")
	b.press(kb.Escape)
	b.press("?")
	b.until("help with a curl for every action that has one", "document.querySelectorAll('#help-rows code').length >= 15 && document.querySelectorAll('#help-rows code').length === document.querySelectorAll('#help-rows [data-action=copy-curl]').length")
	b.shot("help-curls")
	b.press("?")

	// Recover also starts killed nodes. Undo shows that there is nothing to undo.
	b.press("H")
	b.hasCount(5, "node", "status=up")
	b.until("nothing to undo", "document.querySelector('[data-action=undo][aria-disabled=true]')?.title === 'nothing to undo'")

	// The first press arms the button of a mode, which then shows that the databases will be
	// emptied. After a while the button is no longer armed.
	b.click(".mode[data-mode=CP]")
	b.until("an armed mode that says what it empties", "document.querySelector('.mode[data-mode=CP]').dataset.armed === 'CP empties every database: press again' && document.querySelector('#spoken').textContent.includes('press again')")
	b.until("the mode to calm down", "!document.querySelector('.mode[data-armed]')")
	b.until("still CA", "document.documentElement.dataset.mode === 'CA'")

	// Reset must be held. If it is released early, it does nothing.
	b.click("[data-action=more]")
	b.until("a hold that has begun", `(() => {
		const reset = document.querySelector('[data-action=reset]');
		reset.scrollIntoView();
		reset.dispatchEvent(new PointerEvent('pointerdown', { bubbles: true, button: 0, isPrimary: true }));
		const began = 'pending' in reset.dataset;
		reset.dispatchEvent(new PointerEvent('pointerup', { bubbles: true }));
		return began && !('pending' in reset.dataset);
	})()`)
	b.focusOn("[data-action=reset]")
	b.hold(kb.Enter, "window.asked.includes('POST /api/reset')")
	b.hasCount(5, "node", "status=up")
	b.until("empty databases", "[...document.querySelectorAll('.node')].every((n) => !n.dataset.value)")
	if resets := eval[int](b, "window.asked.filter((call) => call === 'POST /api/reset').length"); resets != 1 {
		t.Errorf("%d calls of reset, want 1, for the held button", resets)
	}
}

// key sends the stage a key as a keyboard with another layout sends it.
func (b *tab) key(key, code, more string) {
	b.t.Helper()
	eval[bool](b, fmt.Sprintf("document.querySelector('#stage').dispatchEvent(new KeyboardEvent('keydown', { key: '%s', code: '%s', bubbles: true, cancelable: true, %s })) || true", key, code, more))
}

// hold keeps a key down until the condition holds.
func (b *tab) hold(key, until string) {
	b.t.Helper()
	for _, e := range kb.Encode([]rune(key)[0]) {
		if e.Type == "keyUp" {
			b.until("what a held key leads to", until)
		}
		if _, err := chromedp.Call(b.ctx, input.DispatchKeyEvent, *e); err != nil {
			b.t.Fatal(err)
		}
	}
}
