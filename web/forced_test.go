package web_test

import (
	"context"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// forcedColours checks the stage in a contrast theme. In such a theme a browser replaces
// all colours, and draws neither backgrounds nor shadows.
func (b *tab) forcedColours() {
	b.t.Helper()
	b.media(&emulation.MediaFeature{Name: "forced-colors", Value: "active"})
	b.until("the theme", `matchMedia('(forced-colors: active)').matches`)
	b.until("the quorum bar to have a filling that is not the page's colour", `(() => {
		const fill = [...document.querySelectorAll('#op-meter .fill')].at(-1);
		return fill.clientWidth > 0 && getComputedStyle(fill).backgroundColor !== getComputedStyle(document.body).backgroundColor;
	})()`)
	b.until("the chosen tab to differ from the others", `(() => {
		const tabs = [...document.querySelectorAll('[role=tab]')].filter((t) => t.offsetParent);
		const line = (t) => getComputedStyle(t).borderBottomColor + getComputedStyle(t).textDecorationLine;
		const chosen = tabs.filter((t) => t.ariaSelected === 'true');
		return chosen.length === 1 && tabs.length > 1 && tabs.every((t) => t === chosen[0] || line(t) !== line(chosen[0]));
	})()`)
	b.until("the diagram's texts to differ from their halos", `import(document.querySelector('script[type=module]').src.replace('main.js', 'draw/pen.js')).then(({ Pen }) => {
		const canvas = document.createElement('canvas');
		document.body.append(canvas);
		const pen = new Pen(canvas);
		pen.recolour();
		canvas.remove();
		return ['ink', 'ink2', 'yes', 'no', 'request', 'dead'].every((token) => pen.colour[token] !== pen.colour.paper);
	})`)
	b.until("the ring's texts to differ from their halos", `[...document.querySelectorAll('#ring text')].filter((x) => x.textContent && x.checkVisibility()).every((x) => {
		const { fill, stroke } = getComputedStyle(x);
		return stroke === 'none' || fill !== stroke;
	})`)
	b.shot("forced-colours")
	b.media(&emulation.MediaFeature{Name: "forced-colors", Value: "none"})
}

// media sets a media feature (CSS @media) to the value that it has on another system.
func (b *tab) media(feature *emulation.MediaFeature) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, time.Minute)
	defer cancel()
	if _, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{feature}}); err != nil {
		b.t.Fatal(err)
	}
}
