package web_test

import (
	"cmp"
	"fmt"
	"math"
	"net/http"
	"slices"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// moment has the state of the page at one place of the playhead.
type moment struct {
	Title, Badge   string
	Values         []string // of the five nodes in the ring; "": no value
	Yes, Said      int      // the yes votes that the meter counts, and those that the slots show
	Pointer, Drawn float64  // the places of the pointer and of the diagram's playhead, px
}

// theMoment reads ring, cards, meter and diagram at one moment, with the pointer at x.
const theMoment = `((x) => {
	const canvas = document.querySelector('#diagram-canvas'), box = canvas.getBoundingClientRect(), k = devicePixelRatio;
	const at = canvas.getContext('2d').getImageData(0, Math.round(canvas.height * 0.02) + 5, canvas.width, 1).data;
	const probe = document.createElement('i');
	document.body.append(probe);
	probe.style.color = 'var(--request)';
	const [r, g, b] = getComputedStyle(probe).color.match(/\d+/g).map(Number);
	probe.remove();
	let drawn = [];
	for (let i = 0; i < canvas.width; i++) if (Math.hypot(at[4 * i] - r, at[4 * i + 1] - g, at[4 * i + 2] - b) < 40 && at[4 * i + 3] > 200) drawn.push(i);
	return {
		Title: document.querySelector('#op-title').textContent, Badge: document.querySelector('#badge').dataset.pace,
		Values: [...document.querySelectorAll('.node')].map((n) => n.dataset.value ?? ''),
		Yes: Number(document.querySelector('#panel-op').dataset.yes ?? 0), Said: document.querySelectorAll('.slot[data-said=yes]').length,
		Pointer: x, Drawn: drawn.length ? box.x + drawn[drawn.length >> 1] / k : -1,
	};
})`

// TestLookingBack drags the playhead back over two writes. Ring, cards, meter and diagram
// show the same moment, also while new events arrive. The badge always names what the page
// shows, and leads back to LIVE. Then the test moves and zooms the diagram, and points at
// messages in it. A page at rest requests no frames.
func TestLookingBack(t *testing.T) {
	r := launch(t)
	b := open(t, r.URL+"/", 1280, 720)
	b.allowed = []string{"willReadFrequently"} // the browser warns because this test reads the canvas often
	b.hasCount(5, "node", "status=up")
	r.seen(b, 1, http.MethodPost, "/database/city/Lisboa", http.StatusCreated)
	b.hasCount(5, "node", "value=Lisboa")
	r.seen(b, 2, http.MethodPost, "/database/city/Porto", http.StatusCreated)
	b.hasCount(5, "node", "value=Porto")
	b.hasCount(0, "msg", "state=flying")
	b.still("once the writes are over")

	canvas := b.at("#diagram-canvas")
	box := eval[point](b, "(({x, width}) => ({X: x, Y: width}))(document.querySelector('#diagram-canvas').getBoundingClientRect())")
	between := false // true once the page has shown a moment with some votes of the first write
	var m moment
	b.mouse(chromedp.MousePressed, point{box.X + box.Y*0.8, canvas.Y}, chromedp.ButtonLeft)
	// Near the left edge the diagram moves and the playhead stays. So the pointer stays
	// there, too, until the playhead is before the first write.
	edge := box.X + 0.14*box.Y
	for moves := 0; m.Title != "Nothing asked yet"; moves++ {
		if moves > 400 {
			t.Fatalf("no moment before the first write: %+v", m)
		}
		x := box.X + box.Y*0.8 - 9*float64(moves)
		if x < edge {
			x = box.X + 60 + float64(moves%2)
		}
		b.mouse(chromedp.MouseMoved, point{x, canvas.Y}, chromedp.ButtonLeft)
		if x >= edge {
			b.until(fmt.Sprintf("the diagram's playhead under the pointer at %v", x), fmt.Sprintf("(({Drawn}) => Drawn > %v && Drawn < %v)(%s(0))", x-3, x+3, theMoment))
		}
		m = eval[moment](b, fmt.Sprintf("new Promise((done) => requestAnimationFrame(() => done(%s(%v))))", theMoment, x))
		if m.Badge != "replay" {
			t.Errorf("the badge shows %q while the playhead is dragged", m.Badge)
		}
		if x >= edge && math.Abs(m.Drawn-x) > 3 {
			t.Errorf("the diagram's playhead is at %v, the pointer at %v", m.Drawn, x)
		}
		if m.Yes != m.Said {
			t.Errorf("the meter counts %d votes, and %d cards show yes: %+v", m.Yes, m.Said, m)
		}
		for _, v := range m.Values {
			switch {
			case m.Title == "write city = Lisboa" && v == "Porto":
				t.Errorf("the ring shows Porto before it was written: %+v", m)
			case m.Title == "write city = Porto" && v == "":
				t.Errorf("the ring shows no value after Lisboa was written: %+v", m)
			}
		}
		between = between || m.Title == "write city = Lisboa" && m.Yes > 0 && m.Yes < 5
	}
	b.mouse(chromedp.MouseReleased, point{m.Pointer, canvas.Y}, chromedp.ButtonLeft)
	if !between {
		t.Error("no moment at which the first write had some of its votes")
	}
	b.shot("replay-before-the-first")
	b.still("with the playhead parked")

	r.curl(3, http.MethodPost, "/database/city/Faro")
	b.until("the stream to have told", "window.__frames.totals().seq > 0 && document.querySelector('#playhead')")
	if now := eval[moment](b, theMoment+"(0)"); now.Badge != "replay" || now.Title != "Nothing asked yet" {
		t.Errorf("after new events the page shows another moment: %+v", now)
	}
	b.click("#badge")
	b.has("badge", "pace=live")
	b.hasCount(5, "node", "value=Faro")
	b.title("write city = Faro", "201")

	b.press(kb.PageUp)
	b.has("badge", "pace=replay")
	b.press("4", "f") // the action needs the present, so the page returns to the present
	b.has("badge", "pace=live")
	b.has("node", "node=4", "status=frozen")
	b.press("f")
	b.has("node", "node=4", "status=up")

	b.wheel("deltaX: -400")
	b.until("a diagram that follows no more", "!document.querySelector('#follow').hidden")
	b.shot("diagram-panned")
	b.click("#follow")
	b.until("a diagram that follows", "document.querySelector('#follow').hidden")
	b.twoFingers()
	b.wheel("deltaY: -100")

	b.focusOn("#diagram-canvas")
	b.press(kb.ArrowLeft)
	b.until("a card that shows a message and its whole curl", "!document.querySelector('[data-testid=glance]').hidden && (({ textContent, clientHeight, scrollHeight }) => textContent.startsWith('curl ') && scrollHeight <= clientHeight)(document.querySelector('[data-testid=glance] code'))")
	b.until("the same message lit in the ring", "document.querySelector('.msg[data-lit]')")
	b.shot("diagram-pointed")
	b.press("-", kb.End)
	b.focusOn("#stage")
	b.press("B")
	b.until("background traffic message by message", "document.querySelector('#notice:popover-open')?.textContent.includes('each message')")
	b.press("B")

	for pace, badge := range map[string]string{`{"pace":"step"}`: "STEP", `{"pace":"slow","rate":0.05}`: "SLOW 1/20", `{"pace":"live"}`: "LIVE"} {
		r.Do(http.MethodPut, "/api/pace", pace)
		b.until("the badge to say "+badge, "document.querySelector('#badge').textContent === '"+badge+"'")
	}
	r.Do(http.MethodPut, "/api/pace", `{"pace":"live"}`)
	b.sizes()
}

// still checks that the page comes to rest: it requests no frame for 1.5 s. An
// idle cluster sends events of its timers in that time.
func (b *tab) still(when string) {
	b.t.Helper()
	b.until("the page to rest "+when, `new Promise((done) => {
		const ask = window.requestAnimationFrame, asked = [];
		window.requestAnimationFrame = (f) => (asked.push(f), ask(f));
		setTimeout(() => { window.requestAnimationFrame = ask; done(asked.length === 0); }, 1500);
	}).then((rests) => rests)`)
}

// twoFingers moves the diagram with two fingers, like a map: each finger stays on the place
// of the diagram that it touched. The playhead moves only when a single finger taps or
// drags.
func (b *tab) twoFingers() {
	b.t.Helper()
	b.still("before fingers touch the diagram") // until the page is at rest, the diagram moves by itself
	canvas := b.at("#diagram-canvas")
	at := func(x float64) point { return point{canvas.X + x, canvas.Y} } // px from the diagram's middle
	msgs := eval[[]spot](b, pointAtAll+"('all')")
	near := func(x float64) spot { // the message whose place is nearest to x
		return slices.MinFunc(msgs, func(a, b spot) int { return cmp.Compare(math.Abs(a.X-x), math.Abs(b.X-x)) })
	}
	early, late := near(500), near(700)
	if late.X-early.X < 50 {
		b.t.Fatalf("no two messages are 50 px apart: %v", msgs)
	}
	expect := func(when string, wantEarly, wantLate float64, badge string) {
		b.t.Helper()
		for id, want := range map[string]float64{early.ID: wantEarly, late.ID: wantLate} {
			b.until(fmt.Sprintf("%s: a message at %.0f", when, want), fmt.Sprintf("%s('%s').then((all) => Math.abs(all[0]?.X - %g) < 4)", pointAtAll, id, want))
		}
		b.has("badge", "pace="+badge)
	}
	middle := eval[float64](b, "document.querySelector('#diagram-canvas').clientWidth / 2")

	b.fingers("touchStart", at(-100))
	expect("one finger down", early.X, late.X, "live")
	b.fingers("touchStart", at(-100), at(100))
	for d := 10.0; d <= 50; d += 10 {
		b.fingers("touchMove", at(-100+d), at(100+d))
	}
	expect("both 50 to the right", early.X+50, late.X+50, "live")
	b.until("a diagram that follows no more", "!document.querySelector('#follow').hidden")
	for d := 20.0; d <= 100; d += 20 {
		b.fingers("touchMove", at(-50), at(150+d))
	}
	zoomed := func(x float64) float64 { return middle - 50 + 1.5*(x+50-(middle-50)) }
	expect("one 100 away from the other", zoomed(early.X), zoomed(late.X), "live")
	b.shot("diagram-pinched")
	b.fingers("touchMove", at(-50))
	b.fingers("touchMove", at(-30))
	expect("the other one lifted, this one 20 to the right", zoomed(early.X)+20, zoomed(late.X)+20, "live")
	b.fingers("touchEnd")
	expect("both lifted", zoomed(early.X)+20, zoomed(late.X)+20, "live")

	b.fingers("touchStart", at(0), at(8)) // the fingers are so near that they count as one above the other
	b.fingers("touchMove", at(-40), at(-32))
	expect("both 40 to the left", zoomed(early.X)-20, zoomed(late.X)-20, "live")
	b.fingers("touchEnd")

	b.fingers("touchStart", at(-30))
	b.fingers("touchEnd")
	b.has("badge", "pace=replay")
	b.click("#badge")
	b.has("badge", "pace=live")
	b.fingers("touchStart", at(-30))
	b.fingers("touchMove", at(-60))
	b.has("badge", "pace=replay")
	b.fingers("touchEnd")
	b.click("#badge")
	b.has("badge", "pace=live")
}

// spot is the middle of a message in the diagram, in px from the diagram's left edge.
type spot struct {
	ID string
	X  float64
}

// pointAtAll visits the messages of the diagram with the arrow keys, the newest first. It
// records the place of each message's card.
const pointAtAll = `(async (only) => {
	const canvas = document.querySelector('#diagram-canvas'), card = document.querySelector('[data-testid=glance]');
	const key = (key) => canvas.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
	await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
	const all = [];
	for (let i = 0; i < 99; i++) key('ArrowRight');
	for (let before = ''; !card.hidden && card.dataset.msg !== before; key('ArrowLeft')) {
		before = card.dataset.msg;
		all.push({ ID: before, X: parseFloat(card.style.left) - 14 });
	}
	canvas.dispatchEvent(new PointerEvent('pointerleave'));
	return all.filter((m) => only === 'all' || m.ID === only);
})`

// wheel turns the wheel over the diagram.
func (b *tab) wheel(how string) {
	b.t.Helper()
	eval[bool](b, "document.querySelector('#diagram-canvas').dispatchEvent(new WheelEvent('wheel', { bubbles: true, cancelable: true, "+how+" })) || true")
}

// sizes checks the scroll bars. The stage must have none at any size. An upright page and a
// page at 200 % may have a vertical one only. If the browser's own bars leave little room,
// the diagram is 40 px high.
func (b *tab) sizes() {
	b.t.Helper()
	for _, size := range [][2]int{{1920, 1080}, {1440, 900}, {1280, 720}, {1280, 580}, {1024, 768}} {
		b.size(size[0], size[1])
		b.until(fmt.Sprintf("no scroll bar at %v", size), "document.documentElement.scrollHeight <= innerHeight && document.documentElement.scrollWidth <= innerWidth")
		b.shot(fmt.Sprintf("size-%dx%d", size[0], size[1]))
		if size[1] == 580 {
			b.until("a diagram of 40 px", "Math.round(document.querySelector('#diagram').getBoundingClientRect().height) === 40")
		}
	}
	for _, size := range [][2]int{{640, 360}, {390, 844}} { // the first is 1280×720 at 200 %
		b.size(size[0], size[1])
		b.until(fmt.Sprintf("nothing beside the page at %v", size), "document.documentElement.scrollWidth <= innerWidth")
		b.until("all that can be pressed to be within its width", `[...document.querySelectorAll('button')].filter((e) => e.offsetParent && !e.closest('[hidden]')).every((e) => { const r = e.getBoundingClientRect(); return r.left >= -1 && r.right <= innerWidth + 1; })`)
		b.shot(fmt.Sprintf("size-%dx%d", size[0], size[1]))
	}
	b.size(1280, 720)
}
