package web_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// oneBrowser lets one Chromium run at a time: a page that must share two cores
// with three others is slow, and a test that waits for it says nothing.
var oneBrowser sync.Mutex

// tab is a page in a Chromium of its own, with a profile of its own.
type tab struct {
	t   *testing.T
	ctx context.Context

	mu      sync.Mutex
	console []string
	allowed []string // what the console may say in this test
}

// open starts Chromium at url with a window of width×height. When the test
// ends the console must be empty. Without Chromium the test is skipped, or, in
// CI, fails. Flags are more of Chromium's own, as "name=value".
func open(t *testing.T, url string, width, height int, flags ...string) *tab {
	t.Helper()
	path := chromium(t)
	oneBrowser.Lock()
	t.Cleanup(oneBrowser.Unlock)

	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.UserDataDir(t.TempDir()), chromedp.WindowSize(width, height),
		chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
	)
	for _, f := range flags {
		name, value, _ := strings.Cut(f, "=")
		options = append(options, chromedp.Flag(name, value))
	}
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(func() {
		_ = chromedp.Cancel(ctx)
		cancel()
	})
	b := &tab{t: t, ctx: ctx}
	heard := b.listen()
	t.Cleanup(heard)
	b.do(chromedp.EmulateViewport(int64(width), int64(height)))
	b.do(chromedp.Navigate(url))
	return b
}

// chromium is the browser's path: CHROMIUM, or the first that is found.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{os.Getenv("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"} {
		if name == "" {
			continue
		}
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("CI") == "true" {
		t.Fatal("no Chromium: install it, or name it in CHROMIUM")
	}
	t.Skip("no Chromium: install it, or name it in CHROMIUM")
	return ""
}

// listen collects what the console says. The function that it returns checks
// that it was nothing.
func (b *tab) listen() func() {
	ctx, cancel := context.WithCancel(b.ctx)
	messages := chromedp.Console(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for m, err := range messages {
			if err != nil {
				return
			}
			b.mu.Lock()
			b.console = append(b.console, fmt.Sprintf("%s (%s:%d)", m, m.URL, m.Line+1))
			b.mu.Unlock()
		}
	}()
	return func() {
		cancel()
		<-done
		for _, line := range b.console {
			if !b.may(line) {
				b.t.Errorf("console: %s", line)
			}
		}
	}
}

func (b *tab) may(line string) bool {
	for _, a := range b.allowed {
		if strings.Contains(line, a) {
			return true
		}
	}
	return false
}

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
	ctx, cancel := context.WithTimeout(b.ctx, time.Minute)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// until waits until the JavaScript expression is true, and says what it waited
// for when it gives up.
func (b *tab) until(what, expression string) {
	b.t.Helper()
	deadline := time.Now().Add(patience)
	for !eval[bool](b, "Boolean("+expression+")") {
		if time.Now().After(deadline) {
			b.shot("failed-" + strings.ReplaceAll(b.t.Name(), "/", "-"))
			b.t.Fatalf("waited %v for %s: %s", patience, what, expression)
		}
		time.Sleep(20 * time.Millisecond) // between looks: the condition decides
	}
}

// has waits for an element with the test id and the data attributes, given as
// "status=up".
func (b *tab) has(testid string, data ...string) {
	b.t.Helper()
	b.until(testid+" "+strings.Join(data, " "), "document.querySelector(`"+selector(testid, data...)+"`)")
}

// hasCount waits until there are n elements like that.
func (b *tab) hasCount(n int, testid string, data ...string) {
	b.t.Helper()
	b.until(fmt.Sprint(n, " of ", testid, " ", strings.Join(data, " ")),
		fmt.Sprintf("document.querySelectorAll(`%s`).length === %d", selector(testid, data...), n))
}

func selector(testid string, data ...string) string {
	s := `[data-testid="` + testid + `"]`
	for _, d := range data {
		name, value, _ := strings.Cut(d, "=")
		s += `[data-` + name + `="` + value + `"]`
	}
	return s
}

// press types keys into the page, one after the other.
func (b *tab) press(keys ...string) {
	b.t.Helper()
	for _, k := range keys {
		b.do(chromedp.KeyEvent(k))
	}
}

// shot saves what the page looks like now, if SHOTS names a directory.
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

// watch begins to note every arrow that the page ever draws, since most are
// gone when a test looks: by its data attributes, in window.drawn.
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
