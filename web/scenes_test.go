package web_test

import (
	"fmt"
	"math"
	"net/http"
	"os"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// scene is one situation of a talk. play plays it on a real cluster until the page
// shows it at rest. end restores the cluster for the next scene.
type scene struct {
	name string
	play func(r *real, b *tab)
	end  func(r *real, b *tab)
}

// scenes are the four situations for which the stage was designed.
var scenes = []scene{
	{"split", playSplit, func(_ *real, b *tab) { b.heal() }},
	{"frozen", playFrozen, func(_ *real, b *tab) { b.heal() }},
	{"hand", playHand, endHand},
	{"hint", playHint, func(_ *real, b *tab) { b.heal() }},
}

// playSplit is CP with two nodes cut off from three: the three accept writes, the two refuse
// them.
func playSplit(r *real, b *tab) {
	r.mode(b, "CP")
	r.seen(b, 5, http.MethodPost, "/database/city/Lisboa", http.StatusCreated)
	r.Do(http.MethodPost, "/api/partition", `{"groups":[[1,2],[3,4,5]]}`)
	b.has("tear")
	r.seen(b, 4, http.MethodPost, "/database/city/Porto", http.StatusCreated)
	r.seen(b, 1, http.MethodPost, "/database/city/Faro", http.StatusServiceUnavailable)
	b.rests()
}

// playFrozen is CA with one frozen participant, which stops every write.
func playFrozen(r *real, b *tab) {
	r.mode(b, "CA")
	r.seen(b, 2, http.MethodPost, "/database/city/Lisboa", http.StatusCreated)
	b.freeze(4)
	b.press("1")
	r.seen(b, 1, http.MethodPost, "/database/city/Porto", http.StatusServiceUnavailable)
	b.until("an × that says timed out", "[...document.querySelectorAll('[data-testid=lost] .reason')].some((w) => w.textContent === 'timed out')")
	b.rests()
}

// playHand is CA in slow motion, with a dead participant and a selected vote of another
// participant.
func playHand(r *real, b *tab) {
	r.seen(b, 1, http.MethodPost, "/database/city/Lisboa", http.StatusCreated)
	b.press("5", "k")
	b.has("node", "node=5", "status=killed")
	b.press("1")
	r.Do(http.MethodPut, "/api/pace", `{"pace":"slow","rate":0.02}`)
	b.has("badge", "pace=slow")
	b.write("Porto")
	b.hasCount(3, "msg", "class=yes", "to=1", "state=flying")
	b.until("a vote well on its way", "document.querySelector('[data-testid=msg][data-class=yes][data-from=\"3\"][data-state=flying] .path').getTotalLength() > document.querySelector('#ring').clientHeight / 7")
	b.take(`[data-testid=msg][data-class=yes][data-from="3"][data-state=flying]`)
	b.settled()
}

func endHand(r *real, b *tab) {
	b.press(kb.Escape)
	b.has("badge", "pace=slow")
	r.Do(http.MethodPut, "/api/pace", `{"pace":"live"}`)
	b.title("write city = Porto", "503")
	b.press("5", "k")
	b.hasCount(5, "node", "status=up")
}

// playHint is AP with one frozen home: another node keeps a hint for it.
func playHint(r *real, b *tab) {
	r.mode(b, "AP")
	walk, n := r.homes("city")
	away, stranger := walk[n-1], walk[len(walk)-1]
	r.seen(b, walk[0], http.MethodPost, "/database/city/Lisboa", http.StatusCreated)
	b.until("three homes with the value", "document.querySelectorAll('[data-testid=node][data-value=Lisboa]').length === 3")
	b.freeze(away)
	b.press(fmt.Sprint(stranger))
	r.seen(b, stranger, http.MethodPost, "/database/city/Porto", http.StatusCreated)
	b.until("a node that keeps a hint", "[...document.querySelectorAll('.node .word')].some((w) => w.textContent.includes('keeps'))")
	b.rests()
}

// rests waits until no message flies or fades any more, and no notice is open.
func (b *tab) rests() {
	b.t.Helper()
	b.hasCount(0, "msg", "state=flying")
	b.until("no notice", "!document.querySelector('[data-testid=notice]:popover-open')")
	b.settled()
}

// settled waits for fonts, and for the end of all animations.
func (b *tab) settled() {
	b.t.Helper()
	eval[bool](b, fmt.Sprintf("Promise.all(%s).then(() => document.fonts.ready).then(() => true)", animations))
}

// window is a size of the page. zoom is the number of device pixels per pixel of the page.
type window struct {
	width, height int
	zoom          float64
}

func (w window) String() string {
	if w.zoom != 1 {
		return fmt.Sprintf("%dx%d-%g", w.width, w.height, w.zoom)
	}
	return fmt.Sprintf("%dx%d", w.width, w.height)
}

// windows are the sizes that the page supports: a projector, laptops, a laptop with a
// browser's own bars, small screens, a laptop at 150 %, a phone, and a projector at 200 %.
var windows = []window{
	{1920, 1080, 1}, {1440, 900, 1}, {1280, 720, 1}, {1280, 580, 1}, {1024, 768, 1}, {1024, 640, 1}, {853, 480, 1.5}, {390, 844, 1}, {960, 540, 2},
}

// show sets the size and the zoom of the tab.
func (b *tab) show(w window) {
	b.t.Helper()
	b.do(chromedp.EmulateViewport(int64(w.width), int64(w.height), chromedp.EmulateScale(w.zoom)))
}

// laidOut waits until the stage has the size of its window.
func (b *tab) laidOut() {
	b.t.Helper()
	b.until("the stage in its new size", "document.querySelector('#ring').getAttribute('viewBox') === '0 0 ' + document.querySelector('#ring').clientWidth + ' ' + document.querySelector('#ring').clientHeight")
}

// enlarged zooms a laptop's page from 100 to 200 % and checks the sizes of letters on the
// screen. Letters of sentences and figures grow by 4 % or more with each step, to twice their
// size. Up to 150 % the stage is beside its panel, and letters on the stage keep their size.
// Beyond 150 % the stage is as wide as the window, and its letters grow as far as there is
// room.
func (b *tab) enlarged() {
	b.t.Helper()
	const step = 1.04
	grown := map[string]float64{ // the least growth at 200 %
		".caption p": 2, ".meter .words span": 2, ".stamp b": 2, "#op-facts dt": 2, ".curl-line code": 2, ".verb": 2,
		".node .value": 1.4, ".node .word": 1.5, ".msg .reason": 1.5, ".client .status": 1.5, ".node .address": 1.6,
	}
	first, before := map[string]float64{}, map[string]float64{}
	for _, zoom := range []float64{1, 1.25, 1.5, 1.75, 2} {
		b.show(window{int(math.Round(1280 / zoom)), int(math.Round(720 / zoom)), zoom})
		b.laidOut()
		for letters, most := range grown {
			size := zoom * eval[float64](b, fmt.Sprintf("((el) => parseFloat(getComputedStyle(el).fontSize) * (el.ownerSVGElement ? el.getScreenCTM().a : 1))(document.querySelector(`%s`))", letters))
			onStage := most < 2
			switch {
			case zoom == 1:
				first[letters] = size
			case onStage && zoom <= 1.5:
				if size < 0.95*first[letters] {
					b.t.Errorf("%s at %g %%: %.1f px, and %.1f at 100 %%", letters, 100*zoom, size, first[letters])
				}
			case size < step*before[letters]:
				b.t.Errorf("%s at %g %%: %.1f px, and %.1f px one step before", letters, 100*zoom, size, before[letters])
			}
			if zoom == 2 && size < most*first[letters]-0.05 {
				b.t.Errorf("%s at 200 %%: %.1f px, want %g times %.1f", letters, size, most, first[letters])
			}
			before[letters] = size
		}
		if landscape := eval[bool](b, "document.querySelector('.panel').getBoundingClientRect().left > document.querySelector('#ring').getBoundingClientRect().left + 100"); landscape != (zoom <= 1.5) {
			b.t.Errorf("at %g %%: the panel is beside the stage: %v", 100*zoom, landscape)
		}
		if eval[bool](b, "document.documentElement.scrollWidth > innerWidth") {
			b.t.Errorf("at %g %% the page is wider than the window", 100*zoom)
		}
		b.shot(fmt.Sprintf("zoom-%g", 100*zoom))
	}
}

// legible returns a line for each fault of a visible text. A text that the audience must read
// has at least room pixels. Every other text has at least desk pixels. No text of the stage
// may touch another text.
const legible = `((room, desk) => {
	const tiers = '.caption p, .node .value:not(.long, .none), .node .sibling, .node .number, .node .word, .cell text:not([data-digits="2"], [data-digits="3"]), .ballot text, .client .name, .client .status, .msg text, .parked text, .stamp b, .stamp[data-outcome=good] span, .stamp[data-outcome=bad] span, .meter .words span';
	const seen = (el) => el.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && el.textContent.trim() !== '' && !el.closest('.spoken, title, .uplot');
	const texts = [...document.querySelectorAll('body *')].filter((el) => [...el.childNodes].some((c) => c.nodeType === 3 && c.data.trim()) && seen(el));
	const wrong = [];
	for (const el of texts) {
		const svg = el.ownerSVGElement;
		const size = parseFloat(getComputedStyle(el).fontSize) * (svg ? el.getScreenCTM().a : 1);
		const least = el.matches(tiers) ? room : desk;
		if (size < least - 0.05) wrong.push('"' + el.textContent.trim().slice(0, 30) + '" (' + (el.className.baseVal ?? el.className) + ') has ' + size.toFixed(1) + ' px, want ' + least);
	}
	// The box of the letters, without the space that the font keeps above and below.
	const boxes = texts.filter((el) => el.closest('.ring')).map((el) => {
		const b = el.getBoundingClientRect();
		const size = parseFloat(getComputedStyle(el).fontSize);
		const base = el.getScreenCTM().f + Number(el.getAttribute('y') ?? 0);
		return { text: el.textContent, left: b.left, right: b.right, top: base - 0.7 * size, bottom: base + 0.2 * size };
	});
	boxes.forEach((a, i) => boxes.slice(i + 1).forEach((b) => {
		const w = Math.min(a.right, b.right) - Math.max(a.left, b.left);
		const h = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
		if (w > 1 && h > 1) wrong.push('"' + a.text + '" touches "' + b.text + '"');
	}));
	return wrong;
})`

// cut returns a line for each fact of the operation that is cut, or that does not end within the
// panel.
const cut = `(() => {
	const panel = document.querySelector('#panel-op').getBoundingClientRect();
	return [...document.querySelectorAll('#op-facts > *, .overlap > *')].filter((el) => {
		const letters = document.createRange();
		letters.selectNodeContents(el);
		const box = letters.getBoundingClientRect();
		return el.checkVisibility() && (el.scrollWidth > el.clientWidth + 1 || box.left < panel.left || box.right > panel.right || box.bottom > panel.bottom);
	}).map((el) => '"' + el.textContent + '" is cut');
})()`

// widths returns a line for each text whose width in the embedded font differs from the
// width that the page computes. Kerning makes a text narrower, never wider.
const widths = `import(document.querySelector('script[type=module]').src.replace('main.js', 'draw/letters.js')).then(async ({ textWidth }) => {
	await document.fonts.ready;
	const probe = document.createElement('span');
	probe.style.cssText = 'position: absolute; white-space: pre; font-size: 100px';
	document.body.append(probe);
	const wrong = [];
	for (const text of ['coordinator', 'home · coordinator', 'WWWWWWWW', 'Portugal', 'Illlij', '127.0.0.1:3001', 'prepare ×4', 'Łódź, Ångström', '東京都', 'keeps 2 writes']) {
		for (const [face, style] of [[{}, '600'], [{ bold: true }, '700'], [{ mono: true }, '400']]) {
			const font = style + ' 100px ' + (face.mono ? '"Hyperlegible Mono"' : '"Hyperlegible Next"') + ', system-ui, sans-serif';
			probe.style.font = font;
			probe.style.fontVariantNumeric = 'tabular-nums';
			probe.textContent = text;
			await document.fonts.load(font, text);
			const [is, reckoned] = [probe.getBoundingClientRect().width, textWidth(text, 100, face)];
			if (is > 1.01 * reckoned || is < 0.93 * reckoned) wrong.push('"' + text + '" at ' + style + ' is ' + is + ' px wide, and reckoned with ' + reckoned);
		}
	}
	probe.remove();
	return wrong;
})`

// tiers are the least letter sizes in pixels: of texts that the audience must read, and of
// all other texts.
var tiers = map[window][2]float64{{1920, 1080, 1}: {28, 16}, {1280, 720, 1}: {20, 13}}

// TestLegible plays the four situations and checks that they can be read from the back row.
// It checks the size of all letters at 1920 and at 1280. At every size it checks that no text
// of the stage touches another, and that the panel cuts no fact. SHOTS keeps a picture in each size and theme.
func TestLegible(t *testing.T) {
	r := launch(t)
	b := open(t, r.URL+"/", 1920, 1080)
	b.hasCount(5, "node", "status=up")
	for _, wrong := range eval[[]string](b, widths) {
		t.Error(wrong)
	}
	for _, s := range scenes {
		t.Run(s.name, func(t *testing.T) {
			r, b := r.in(t), b.in(t)
			s.play(r, b)
			for _, w := range windows {
				b.show(w)
				b.laidOut()
				least := tiers[w]
				for _, wrong := range eval[[]string](b, fmt.Sprintf("%s(%g, %g)", legible, least[0], least[1])) {
					t.Errorf("%v: %s", w, wrong)
				}
				for _, wrong := range eval[[]string](b, cut) {
					t.Errorf("%v: %s", w, wrong)
				}
				if os.Getenv("SHOTS") == "" {
					continue
				}
				for _, theme := range []string{"dark", "light"} {
					b.theme(theme)
					b.settled()
					b.shot(fmt.Sprintf("%s-%v-%s", s.name, w, theme))
				}
			}
			if s.name == "frozen" {
				b.enlarged()
			}
			b.size(1920, 1080)
			s.end(r, b)
		})
	}
}
