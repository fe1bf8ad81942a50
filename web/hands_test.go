package web_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// point is a place in the window.
type point struct{ X, Y float64 }

// at returns the middle of the first element that a selector finds. It waits until the
// element does not move from one frame to the next and nothing covers it, but no longer than
// 20 frames, which is two seconds where frames are few. If the
// place were measured while a menu opens or a list grows, it would be wrong at the time of
// the press.
func (b *tab) at(selector string) point {
	b.t.Helper()
	b.until(selector, "document.querySelector(`"+selector+"`)")
	return eval[point](b, atRest+"(`"+selector+"`)")
}

// atRest is the part of at that runs in the browser.
const atRest = `(async (selector) => {
	let last = {}, here = {};
	for (let looks = 0; looks < 20; looks++) {
		const el = document.querySelector(selector);
		if (el) {
			const { x, y, width, height } = el.getBoundingClientRect();
			last = here;
			here = { X: x + width / 2, Y: y + height / 2 };
			const over = document.elementFromPoint(here.X, here.Y);
			if (here.X === last.X && here.Y === last.Y && (el.contains(over) || over?.contains(el))) break;
		}
		await new Promise((done) => requestAnimationFrame(() => setTimeout(done, 30)));
	}
	return here;
})`

// now returns the present middle of the first element that a selector finds, also while it
// moves. It is for messages, which move.
func (b *tab) now(selector string) point {
	b.t.Helper()
	b.until(selector, "document.querySelector(`"+selector+"`)")
	return eval[point](b, "(({x, y, width, height}) => ({X: x + width / 2, Y: y + height / 2}))((document.querySelector(`"+selector+"`) ?? document.body).getBoundingClientRect())")
}

func (b *tab) mouse(kind input.DispatchMouseEventType, p point, options ...chromedp.MouseOption) {
	b.t.Helper()
	b.do(chromedp.MouseEvent(kind, p.X, p.Y, append(options, chromedp.ClickCount(1))...))
}

// poke presses and releases the pointer at a place. right does it with the right
// button.
func (b *tab) poke(p point) {
	b.t.Helper()
	b.mouse(chromedp.MousePressed, p, chromedp.ButtonLeft)
	b.mouse(chromedp.MouseReleased, p, chromedp.ButtonLeft)
}

func (b *tab) right(p point) {
	b.t.Helper()
	b.mouse(chromedp.MousePressed, p, chromedp.ButtonRight)
	b.mouse(chromedp.MouseReleased, p, chromedp.ButtonRight)
}

// drag moves the pressed pointer from one place to another.
func (b *tab) drag(from, to point) {
	b.t.Helper()
	b.mouse(chromedp.MousePressed, from, chromedp.ButtonLeft)
	for _, f := range []float64{0.2, 0.6, 1} {
		b.mouse(chromedp.MouseMoved, point{from.X + (to.X-from.X)*f, from.Y + (to.Y-from.Y)*f}, chromedp.ButtonLeft)
	}
	b.mouse(chromedp.MouseReleased, to, chromedp.ButtonLeft)
}

// clusterState is the part of GET /api/cluster that these tests need.
type clusterState struct {
	Pace struct {
		Pace string
		Rate float64
	}
	Quorum struct{ N, R, W int }
	Nodes  []struct {
		ID     int
		Status string
	}
	Links []struct {
		From, To int
		Cut      bool
		DelayMS  float64 `json:"delay_ms"`
		Loss     float64
	}
}

func (r *real) cluster() clusterState {
	r.t.Helper()
	var c clusterState
	if _, body := r.Call(http.MethodGet, r.URL+"/api/cluster", ""); json.Unmarshal([]byte(body), &c) != nil {
		r.t.Fatalf("not a cluster: %s", body)
	}
	return c
}

// is waits until the condition holds for the state of the cluster.
func (r *real) is(what string, condition func(clusterState) bool) {
	r.t.Helper()
	deadline := time.Now().Add(patience)
	for !condition(r.cluster()) {
		if time.Now().After(deadline) {
			r.t.Fatalf("waited %v for %s: %+v", patience, what, r.cluster())
		}
		time.Sleep(20 * time.Millisecond) // the pause between two checks; the loop ends with the condition
	}
}

func cuts(n int) func(clusterState) bool {
	return func(c clusterState) bool {
		count := 0
		for _, l := range c.Links {
			if l.Cut {
				count++
			}
		}
		return count == n
	}
}

// flying returns a selector for a message of a type that flies and is not hidden.
func flying(kind string) string {
	return `.msg[data-type="` + kind + `"][data-state=flying][tabindex]:not([data-gone]) .head`
}

// grab presses on a moving message until it is selected. On a busy machine a press may miss,
// because the message moves between the measurement of its place and the press.
func (b *tab) grab(selector string) {
	b.t.Helper()
	deadline := time.Now().Add(patience)
	for eval[bool](b, "document.querySelector('[data-testid=card]').hidden") {
		if time.Now().After(deadline) {
			b.t.Fatalf("no press within %v selected %s", patience, selector)
		}
		b.poke(b.now(selector))
	}
}

// TestMessageInHand selects messages in flight, by pointer and by keyboard, and delivers,
// drops and duplicates them. Virtual time stands still while a message is selected.
func TestMessageInHand(t *testing.T) {
	r := launch(t)
	b := open(t, r.URL+"/", 1280, 720)
	b.hasCount(5, "node", "status=up")
	b.watch()
	pace := func(name string) {
		t.Helper()
		r.is("pace "+name, func(c clusterState) bool { return c.Pace.Pace == name })
		b.has("badge", "pace="+name)
	}

	b.press("[", "[", "[") // slow, 1/50
	pace("slow")
	r.is("1/50", func(c clusterState) bool { return c.Pace.Rate == 0.02 })
	b.press("w", kb.Enter)
	b.grab(flying("prepare"))
	pace("step")
	b.shot("hand-slow")
	b.until("deliver is possible", "document.querySelector('[data-testid=card] [data-action=deliver]:not([aria-disabled])')")
	b.poke(b.at("[data-testid=card] [data-action=deliver]"))
	b.until("an empty hand", "document.querySelector('[data-testid=card]').hidden")
	pace("slow")
	b.drew(1, "m.state === 'delivered' && m.type === 'prepare'")

	b.grab(`.msg[data-class=yes][data-to="1"][data-state=flying][tabindex]:not([data-gone]) .head`)
	pace("step")
	b.poke(b.at("[data-testid=card] [data-action=drop]"))
	b.has("lost", "why=dropped")
	pace("slow")
	b.shot("hand-dropped")
	b.press("]", "]", "]")
	b.has("op", "status=503")

	b.press(" ") // step
	pace("step")
	b.press("w", kb.Enter)
	b.hasCount(4, "inbox")
	b.shot("step-inboxes")
	b.until("a message with the focus", `(() => { const m = document.querySelector('.msg[data-type=prepare][tabindex]:not([data-gone])'); m?.focus(); return document.activeElement === m; })()`)
	b.press(kb.Enter)
	b.until("a card", "!document.querySelector('[data-testid=card]').hidden")
	b.until("double is possible", "document.querySelector('[data-testid=card] [data-action=duplicate]:not([aria-disabled])')")
	before := eval[int](b, "window.drawn.size")
	b.until("the card's button with the focus", `(() => { const d = document.querySelector('[data-testid=card] [data-action=duplicate]'); d.focus(); return document.activeElement === d; })()`)
	b.press(kb.Enter)
	b.until("a twin", fmt.Sprintf("window.drawn.size > %d", before))
	b.press(kb.Backspace)
	b.until("an empty hand", "document.querySelector('[data-testid=card]').hidden")
	b.until("the stage has the focus", "document.activeElement.id === 'stage'")
	pace("step")
	deadline := time.Now().Add(patience)
	for !eval[bool](b, "[...window.drawn.values()].some((m) => m.type === 'commit')") { // the steps deliver prepares and votes first
		if time.Now().After(deadline) {
			b.t.Fatal("the steps did not lead to a decision")
		}
		if eval[bool](b, "Boolean(document.querySelector('.inbox'))") {
			b.press(kb.ArrowRight)
		}
	}
	b.shot("step-decision")
	b.press(" ")
	pace("live")
	b.has("op", "status=201")
}

// TestLinksByHand cuts links with a stroke of the pointer, sets a link in its popover, makes
// and ends a rule, splits the cluster by one key, and undoes and heals these faults.
func TestLinksByHand(t *testing.T) {
	r := launch(t)
	b := open(t, r.URL+"/", 1280, 720)
	b.hasCount(5, "node", "status=up")
	ring := b.at("#ring")

	b.drag(point{ring.X, 110}, point{ring.X + 6, 555}) // a stroke through the middle of the ring
	r.is("cut links", func(c clusterState) bool { return len(c.Links) >= 8 && cuts(len(c.Links))(c) })
	b.shot("links-stroke")
	b.press("z")
	r.is("no cut", cuts(0))

	b.poke(b.at(`[data-testid=link][data-from="3"][data-to="4"] .hit`))
	b.until("settings", "document.querySelector('#pop-link:popover-open form[data-from=\"3\"]')")
	b.shot("links-settings")
	eval[bool](b, `(() => { const f = document.querySelector('#pop-link form[data-from="3"]');
		f.querySelector('[name=delay_ms]').value = 80; f.querySelector('[name=loss]').value = 25;
		f.querySelector('[name=loss]').dispatchEvent(new Event('input', { bubbles: true })); f.requestSubmit(); return true; })()`)
	r.is("a slow, lossy direction", func(c clusterState) bool {
		return len(c.Links) == 1 && c.Links[0].From == 3 && c.Links[0].To == 4 && c.Links[0].DelayMS == 80 && c.Links[0].Loss == 0.25
	})
	b.press(kb.Escape)
	b.press("h")
	r.is("healed", func(c clusterState) bool { return len(c.Links) == 0 })

	b.right(b.at(`[data-testid=link][data-from="2"][data-to="5"] .hit`))
	b.until("a menu", "document.querySelector('#menu:popover-open [data-action=drop-next]')")
	b.shot("links-menu")
	b.poke(b.at("#menu [data-action=cut]"))
	r.is("a cut link", cuts(2))

	for i, cut := range []int{12, 8, 8} { // 1 2 | 3 4 5, then 1 | 2 3 4 5, then a bridge
		b.press("p") // shows the list of partitions
		b.until("the splits", "document.querySelector('#pop-split:popover-open [aria-current=true]') === document.activeElement")
		if i == 0 {
			b.shot("links-split")
		}
		b.press("p") // makes the marked partition
		b.until("no popover over the ring", "!document.querySelector('#pop-split:popover-open')")
		r.is("a split", cuts(cut))
	}
	b.press("p")
	b.until("the field of own groups", "document.querySelector('#pop-split:popover-open #split-own input')")
	eval[bool](b, `(() => { const f = document.querySelector('#split-own'); f.groups.value = '1 5 | 2'; f.requestSubmit(); return true; })()`)
	r.is("a split into 1 5, 2, and 3 4", cuts(16))
	b.press("h")
	r.is("healed", cuts(0))
	b.press(kb.Escape)

	// After a new beginning the key takes the usual split first, again.
	for range 2 {
		b.press("p")
		b.until("the splits", "document.querySelector('#pop-split:popover-open [aria-current=true]') === document.activeElement")
		b.press("p")
		r.is("the usual split", cuts(12))
		r.Do(http.MethodPost, "/api/reset", "")
		b.until("empty databases", "document.querySelector('#caption').textContent.startsWith('Every database is empty.')")
	}

	b.press("x")
	b.until("the form of a rule", "document.querySelector('#pop-rule:popover-open form')")
	eval[bool](b, `(() => { const f = document.querySelector('#pop-rule form'); f.do.value = 'drop'; f.count.value = 2; f.requestSubmit(); return true; })()`)
	b.has("rule")
	b.shot("links-rule")
	b.poke(b.at("[data-testid=rule] button"))
	b.hasCount(0, "rule")
}
