package web_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// Actions of tests on a tab: press keys, wait for a condition, record the drawn arrows, take
// a picture.

func (b *tab) do(a chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, time.Minute)
	defer cancel()
	if err := chromedp.Do(ctx, a); err != nil {
		b.t.Fatal(err)
	}
}

// eval returns the value of a JavaScript expression in the page.
func eval[T any](b *tab, expression string) T {
	b.t.Helper()
	v, err := evaluate[T](b, expression)
	if err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
	return v
}

func evaluate[T any](b *tab, expression string) (T, error) {
	ctx, cancel := context.WithTimeout(b.ctx, 6*time.Minute) // a promise may take as long as -heap
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// until waits until the JavaScript expression is true. If that takes too long, the test fails,
// and what is in the message.
func (b *tab) until(what, expression string) {
	b.t.Helper()
	began := time.Now()
	for !b.holds(expression) {
		waited := time.Since(began)
		if waited > patience {
			b.shot("failed-" + strings.ReplaceAll(b.t.Name(), "/", "-"))
			b.t.Fatalf("waited %v for %s: %s", patience, what, expression)
		}
		time.Sleep(min(100*time.Millisecond, 10*time.Millisecond+waited/8)) // the pause between two checks; the loop ends with the condition
	}
}

// holds reports whether the JavaScript expression is true. It is false while the tab loads
// another page.
func (b *tab) holds(expression string) bool {
	b.t.Helper()
	v, err := evaluate[bool](b, "Boolean("+expression+")")
	if err != nil && !leaving(err) {
		b.t.Fatalf("%s: %v", expression, err)
	}
	return err == nil && v
}

// leaving reports whether an expression has no value because the tab left the page.
func leaving(err error) bool {
	return strings.Contains(err.Error(), "Inspected target navigated or closed") || strings.Contains(err.Error(), "Execution context was destroyed") ||
		strings.Contains(err.Error(), "Cannot find context with specified id")
}

// has waits for an element with the test id and the data attributes, given as
// "status=up", or as "locked" for any value.
func (b *tab) has(testid string, data ...string) {
	b.t.Helper()
	b.until(testid+" "+strings.Join(data, " "), "document.querySelector(`"+selector(testid, data...)+"`)")
}

// hasCount waits until there are n elements with the test id and the data attributes.
func (b *tab) hasCount(n int, testid string, data ...string) {
	b.t.Helper()
	b.until(fmt.Sprint(n, " of ", testid, " ", strings.Join(data, " ")),
		fmt.Sprintf("document.querySelectorAll(`%s`).length === %d", selector(testid, data...), n))
}

func selector(testid string, data ...string) string {
	s := `[data-testid="` + testid + `"]`
	for _, d := range data {
		name, value, given := strings.Cut(d, "=")
		if !given {
			s += `[data-` + name + `]`
			continue
		}
		s += `[data-` + name + `="` + value + `"]`
	}
	return s
}

// press types keys into the page, one after the other, as a keyboard does. A key also
// inserts its text, unless the page prevents that.
func (b *tab) press(keys ...string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, time.Minute)
	defer cancel()
	for _, r := range strings.Join(keys, "") {
		events := kb.Encode(r)
		if len(events) == 3 { // down, text, up: a separate text event would insert the text even if the page handles the key
			events[0].Text, events[0].UnmodifiedText = events[1].Text, events[1].UnmodifiedText
			events = []*input.DispatchKeyEventParams{events[0], events[2]}
		}
		for _, e := range events {
			if _, err := chromedp.Call(ctx, input.DispatchKeyEvent, *e); err != nil {
				b.t.Fatalf("key %q: %v", r, err)
			}
		}
	}
}

// shot saves a picture of the page, if SHOTS names a directory.
func (b *tab) shot(name string) {
	b.t.Helper()
	dir := os.Getenv("SHOTS")
	if dir == "" {
		return
	}
	ctx, cancel := context.WithTimeout(b.ctx, time.Minute)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.MkdirAll(dir, 0o755)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644)
	}
	if err != nil {
		b.t.Errorf("screenshot %s: %v", name, err)
	}
}

// small saves a small picture of the page, 360 pixels high, if SHOTS names a
// directory.
func (b *tab) small(name string) {
	b.t.Helper()
	dir := os.Getenv("SHOTS")
	if dir == "" {
		return
	}
	size := eval[[]float64](b, "[innerWidth, innerHeight]")
	ctx, cancel := context.WithTimeout(b.ctx, time.Minute)
	defer cancel()
	picture, err := chromedp.Call(ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{
		Format: page.CaptureScreenshotFormatWebp,
		Clip:   &page.Viewport{Width: size[0], Height: size[1], Scale: 360 / size[1]},
	})
	if err == nil {
		err = os.MkdirAll(dir, 0o755)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name+".webp"), picture.Data, 0o644)
	}
	if err != nil {
		b.t.Errorf("picture %s: %v", name, err)
	}
}

// watch begins to record every arrow that the page draws, by its data attributes, in
// window.drawn. Most arrows are gone when a test looks.
func (b *tab) watch() {
	b.t.Helper()
	eval[bool](b, `(() => {
		window.drawn = new Map();
		const note = (el) => {
			if (!(el instanceof Element)) return;
			for (const m of [el, ...el.querySelectorAll('[data-testid]')]) {
				const d = m.dataset;
				if (!['msg', 'lost', 'parked'].includes(d.testid)) continue;
				const id = d.id ?? [d.testid, d.from, d.to, d.node, d.why].join(' ');
				window.drawn.set(id, { ...window.drawn.get(id), ...d });
			}
		};
		new MutationObserver((changes) => {
			for (const c of changes) {
				if (c.type === 'attributes') note(c.target);
				for (const el of c.addedNodes) note(el);
			}
		}).observe(document, { subtree: true, childList: true, attributes: true });
		return true;
	})()`)
}

// drew waits until at least n arrows were drawn for which the JavaScript
// condition on m, the arrow's data attributes, holds.
func (b *tab) drew(n int, condition string) {
	b.t.Helper()
	b.until(fmt.Sprintf("%d arrows with %s", n, condition),
		fmt.Sprintf("[...window.drawn.values()].filter((m) => m.testid === 'msg' && %s).length >= %d", condition, n))
}
