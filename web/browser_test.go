package web_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// oneTab lets only one test at a time have a page. Four pages on two processors are so slow
// that tests would reach their time limits.
var oneTab sync.Mutex

// theBrowser is the one Chromium of all tests. The first test that needs it starts
// it. Each tab has a browser context of its own, so tabs share nothing but the
// process.
var theBrowser struct {
	sync.Mutex
	ctx  context.Context
	stop func()
}

// tests runs the tests and then ends the browser, before goroutines are counted.
type tests struct{ *testing.M }

func (t tests) Run() int {
	status := t.M.Run()
	theBrowser.Lock()
	defer theBrowser.Unlock()
	if theBrowser.stop != nil {
		theBrowser.stop()
	}
	return status
}

// browser is the context in which tabs are made. Without Chromium the test is
// skipped; in CI it fails.
func browser(t *testing.T) context.Context {
	t.Helper()
	path := chromium(t)
	theBrowser.Lock()
	defer theBrowser.Unlock()
	if theBrowser.ctx != nil {
		return theBrowser.ctx
	}
	profile, err := os.MkdirTemp("", "playground-browser-")
	if err != nil {
		t.Fatal(err)
	}
	allocator, stop := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.UserDataDir(profile), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("host-resolver-rules", "MAP *.example 127.0.0.1"), // foreign names that resolve to the address of the playground
	)...)
	ctx, cancel := chromedp.NewContext(allocator)
	end := func() {
		_ = chromedp.Cancel(ctx)
		cancel()
		stop()
		_ = os.RemoveAll(profile)
	}
	if err := chromedp.Do(ctx); err != nil {
		end()
		t.Fatal(err)
	}
	theBrowser.ctx, theBrowser.stop = ctx, end
	return ctx
}

// tab is a page in a browser context of its own: it has no cookies and no storage of
// other tests.
type tab struct {
	t   *testing.T
	ctx context.Context

	mu      sync.Mutex
	console []string
	allowed []string // texts that console messages of this test may contain
}

// open shows url in a window of width×height. When the test ends the console
// must be empty.
func open(t *testing.T, url string, width, height int) *tab {
	t.Helper()
	browser(t)
	oneTab.Lock()
	t.Cleanup(oneTab.Unlock)
	return openBeside(t, url, width, height)
}

// openBeside is open for a test that needs several pages at once.
func openBeside(t *testing.T, url string, width, height int) *tab {
	t.Helper()
	parent := browser(t)
	ctx, cancel := chromedp.NewContext(parent, chromedp.WithNewBrowserContext())
	t.Cleanup(func() {
		_ = chromedp.Cancel(ctx)
		cancel()
	})
	b := &tab{t: t, ctx: ctx}
	// The first action binds the tab's life to its context, so it has no timeout.
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.listen())
	b.size(width, height)
	b.visitedBefore()
	b.fewFrames()
	b.visit(url)
	return b
}

// networkChanged is the error of each request that Chromium gives up because the machine
// got or lost a network interface. Each container that starts adds such an interface.
const networkChanged = "ERR_NETWORK_CHANGED"

// visit loads url. If the network changed meanwhile, it loads url again.
func (b *tab) visit(url string) {
	b.t.Helper()
	for range 5 {
		before := b.changes()
		b.do(chromedp.Navigate(url))
		eval[bool](b, "true") // the browser sends the console's messages before this answer
		if b.changes() == before {
			return
		}
	}
}

// changes counts the requests that Chromium gave up because the network changed.
func (b *tab) changes() (n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, line := range b.console {
		if strings.Contains(line, networkChanged) {
			n++
		}
	}
	return n
}

// visitedBefore makes this browser remember an earlier visit. Otherwise the list and the
// tour of the first visit would cover the page.
func (b *tab) visitedBefore() {
	b.t.Helper()
	b.onNewDocument("try { localStorage.setItem('tour-seen', '1'); localStorage.setItem('stories-seen', '1') } catch {}")
}

// fewFrames limits a page of this tab to ten frames a second, instead of 60. Without a
// graphics processor most of the processor time of these tests goes into frames. As in a
// browser, one frame runs all that was asked for, in the order in which it was asked for.
// everyFrame removes the limit.
func (b *tab) fewFrames() {
	b.t.Helper()
	b.onNewDocument(`(() => {
		const frame = requestAnimationFrame.bind(window), asked = [];
		const askAll = () => asked.splice(0).forEach((draw) => frame(draw));
		window.frameGap = 100; // milliseconds
		window.requestAnimationFrame = (draw) => {
			if (!window.frameGap) return frame(draw);
			if (asked.push(draw) === 1) setTimeout(askAll, window.frameGap - performance.now() % window.frameGap);
			return asked.length;
		};
	})()`)
}

// TestFewFrames asks for frames in pairs, at many parts of a millisecond. The first of a
// pair must run first: tests ask for a frame to read what the page drew in it.
func TestFewFrames(t *testing.T) {
	b := open(t, "about:blank", 300, 200)
	turned := eval[int](b, `(async () => {
		let turned = 0;
		for (let pair = 0; pair < 10; pair++) {
			const ran = [];
			await new Promise((done) => {
				for (let i = 0; i < 20; i++) {
					for (const from = performance.now(); performance.now() < from + 0.3;);
					requestAnimationFrame(() => ran.push(i) === 20 && done());
				}
			});
			turned += ran.filter((i, at) => i !== at).length;
		}
		return turned;
	})()`)
	if turned > 0 {
		t.Errorf("%d of 200 frames ran out of turn", turned)
	}
}

func (b *tab) everyFrame() {
	b.t.Helper()
	eval[int](b, "window.frameGap = 0")
}

// onNewDocument runs a script in each page of this tab, before its own.
func (b *tab) onNewDocument(script string) {
	b.t.Helper()
	_, err := chromedp.Call(b.ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script})
	if err != nil {
		b.t.Fatal(err)
	}
}

// size changes the size of the tab's window.
func (b *tab) size(width, height int) {
	b.t.Helper()
	b.do(chromedp.EmulateViewport(int64(width), int64(height)))
}

// chromium is the path of the browser: CHROMIUM, or the first one that is installed.
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

// listen collects the messages of the console. The function that it returns fails
// the test if there was one that is not allowed.
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
	for _, a := range append([]string{networkChanged}, b.allowed...) {
		if strings.Contains(line, a) {
			return true
		}
	}
	return false
}
