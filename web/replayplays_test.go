package web_test

import (
	"net/http"
	"strconv"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// playhead is the place of the playhead on the elastic axis, in ms.
const playhead = "window.__frames.playhead().x"

// atEnd is true if the playhead is at the end of the shown recording.
const atEnd = "(({ x, end }) => x === end)(window.__frames.playhead())"

// TestReplayPlays replays an operation by keys and by buttons. The replay plays, stops, goes
// wave by wave and begins again. Each way back to the present that the page names works.
// Messages that come later are drawn pale.
func TestReplayPlays(t *testing.T) {
	r := launch(t)
	b := open(t, r.URL+"/", 1920, 1080)
	b.hasCount(5, "node", "status=up")
	r.seen(b, 1, http.MethodPost, "/database/city/Lisboa", http.StatusCreated)
	r.seen(b, 2, http.MethodPost, "/database/city/Porto", http.StatusCreated)
	b.hasCount(5, "node", "value=Porto")
	live := func(how string) {
		t.Helper()
		b.until("LIVE after "+how, "document.querySelector('#badge').dataset.pace === 'live' && document.querySelector('[data-testid=transport]').hidden")
	}

	// It plays by itself to the end, and then the page shows the present.
	b.playAgain("a pale message to come", "document.querySelector('[data-testid=to-come]') && document.querySelector('#badge').dataset.pace === 'replay'")
	live("the operation was played again")
	b.title("write city = Porto", "201")

	b.playAgain("the pale status of what is to come, and Space then", "document.querySelector('#op-stamp[data-to-come]') && key(' ', 'Space')")
	b.until("a button that plays", "document.querySelector('.transport [data-action=pause]').getAttribute('aria-label') === 'Play'")
	b.press(kb.Home)
	start := eval[float64](b, playhead)
	b.press(kb.ArrowRight, kb.ArrowRight)
	b.until("two waves later", playhead+" > "+number(start))
	b.until("it to stand", "document.querySelector('.transport [data-action=pause]').getAttribute('aria-label') === 'Play'")
	b.until("what is still to come", "document.querySelectorAll('[data-testid=to-come]').length > 3")
	b.settled()
	b.shot("replay-1920")
	b.size(1280, 720)
	b.settled()
	b.shot("replay-1280")
	b.size(1920, 1080)
	later := eval[float64](b, playhead)
	b.press(kb.ArrowLeft)
	b.until("one wave earlier", playhead+" < "+number(later))
	b.press(kb.Escape)
	live("Escape")

	for how, back := range map[string]func(){
		"End":   func() { b.press(kb.End) },
		"badge": func() { b.click("#badge") },
		"now":   func() { b.click(".transport [data-action=now]") },
	} {
		b.press(kb.ArrowLeft)
		b.has("badge", "pace=replay")
		back()
		live(how)
	}

	// The tour of the first visit waits, so that it covers no button, and takes no key, of a replay.
	eval[bool](b, "(document.querySelector('#pop-more [data-action=tour]').click(), true)")
	b.until("the tour", "document.querySelector('#tour').checkVisibility()")
	b.press(kb.ArrowLeft)
	b.has("badge", "pace=replay")
	b.until("no tour over the buttons", "!document.querySelector('#tour').checkVisibility()")
	b.press(kb.Escape)
	live("Escape while the tour waits")
	b.until("the tour again", "document.querySelector('#tour').checkVisibility()")
	b.press(kb.Escape)
	b.until("the end of the tour", "document.querySelector('#tour').hidden")

	// A press on the handle of the playhead does not move it.
	b.press(kb.ArrowLeft) // the diagram of a replay does not move by itself
	b.has("badge", "pace=replay")
	b.settled()
	const handleX = "document.querySelector('#diagram-canvas').getBoundingClientRect().x + window.__frames.playhead().px"
	canvas := eval[point](b, "(({right, bottom}) => ({X: right, Y: bottom}))(document.querySelector('#diagram-canvas').getBoundingClientRect())")
	handle, parked := point{eval[float64](b, handleX), canvas.Y - 12}, eval[float64](b, playhead)
	b.mouse(chromedp.MousePressed, handle, chromedp.ButtonLeft)
	b.mouse(chromedp.MouseReleased, handle, chromedp.ButtonLeft)
	b.until("the focus on the stage", "document.activeElement.id === 'stage'")
	if x := eval[float64](b, playhead); x != parked {
		t.Errorf("a press on the handle moved the playhead from %v to %v", parked, x)
	}
	b.mouse(chromedp.MousePressed, handle, chromedp.ButtonLeft)
	b.mouse(chromedp.MouseMoved, point{handle.X - 120, handle.Y}, chromedp.ButtonLeft)
	b.mouse(chromedp.MouseReleased, point{handle.X - 120, handle.Y}, chromedp.ButtonLeft)
	b.until("the handle under the pointer", "Math.abs("+handleX+" - "+number(handle.X-120)+") < 2")
	b.press(" ") // the stage has the focus, so it gets the key
	live("Space played to the end")
}

// TestReplayPlaysInRAFT plays a replay while a leader sends heartbeats, which move the
// present as fast as the replay plays. The replay ends all the same.
func TestReplayPlaysInRAFT(t *testing.T) {
	r := launch(t, "--mode", "RAFT")
	b := open(t, r.URL+"/", 1280, 720)
	b.has("node", "role=leader")
	r.seen(b, 1, http.MethodPost, "/database/city/Lisboa", http.StatusCreated)
	b.press(kb.ArrowLeft, kb.ArrowLeft)
	b.has("badge", "pace=replay")
	b.press(" ")
	b.until("LIVE after Space", "document.querySelector('#badge').dataset.pace === 'live'")
}

// playAgain plays the last operation again until the condition holds while it plays.
// A replay takes a second. On a busy machine it may end between two checks. So the condition
// may also act: its function key sends a key to the stage before the replay ends.
func (b *tab) playAgain(what, condition string) {
	b.t.Helper()
	b.until(what, `(() => {
		const key = (key, code) => document.querySelector('#stage').dispatchEvent(new KeyboardEvent('keydown', { key, code, bubbles: true, cancelable: true })) || true;
		if (`+condition+`) return true;
		if (document.querySelector('[data-testid=transport]').hidden) key(',', 'Comma');
		return false;
	})()`)
}

func number(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }
