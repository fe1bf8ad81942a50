package main

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"sync"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// windows are the windows of one real browser. All show the page. Their number changes.
type windows struct {
	url     string
	browser context.Context
	stop    func()

	mu   sync.Mutex
	open []*window
}

type window struct {
	ctx   context.Context
	close func()
}

var errNoBrowser = errors.New("no Chromium: install it, or name it in CHROMIUM")

// openBrowser starts Chromium with one window on the page.
func openBrowser(url string) (*windows, error) {
	program := ""
	for _, name := range []string{os.Getenv("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); name != "" && err == nil {
			program = found
			break
		}
	}
	if program == "" {
		return nil, errNoBrowser
	}
	profile, err := os.MkdirTemp("", "soak-browser-")
	if err != nil {
		return nil, err
	}
	allocator, stop := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program), chromedp.UserDataDir(profile), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))...)
	ctx, cancel := chromedp.NewContext(allocator)
	w := &windows{url: url, browser: ctx, stop: func() {
		_ = chromedp.Cancel(ctx)
		cancel()
		stop()
		_ = os.RemoveAll(profile)
	}}
	if err := chromedp.Do(ctx); err != nil {
		w.stop()
		return nil, err
	}
	return w, w.add()
}

// add opens one more window on the page.
func (w *windows) add() error {
	ctx, cancel := chromedp.NewContext(w.browser)
	if err := chromedp.Do(ctx); err != nil { // the window closes when its context ends
		cancel()
		return err
	}
	one := &window{ctx: ctx, close: func() { _ = chromedp.Cancel(ctx); cancel() }}
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(1280, 720)); err != nil {
		one.close()
		return err
	}
	// A stopped playground does not answer yet. That is not an error of the window. The
	// page is loaded when the playground continues.
	_ = one.do(chromedp.Navigate(w.url))
	w.mu.Lock()
	defer w.mu.Unlock()
	w.open = append(w.open, one)
	return nil
}

// any returns a random window.
func (w *windows) any(rnd *rand.Rand) *window {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.open[rnd.IntN(len(w.open))]
}

// shut closes a window, if there is another one.
func (w *windows) shut(rnd *rand.Rand) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.open) < 2 {
		return
	}
	i := rnd.IntN(len(w.open))
	w.open[i].close()
	w.open = append(w.open[:i], w.open[i+1:]...)
}

// windowPatience is how long an action in a window may take. The playground may be
// stopped meanwhile, so a window that does not answer in time is not a violation.
const windowPatience = 10 * time.Second

func (w *window) do(a chromedp.Action[chromedp.Void]) error {
	ctx, cancel := context.WithTimeout(w.ctx, windowPatience)
	defer cancel()
	return chromedp.Do(ctx, a)
}

// press presses and releases a key.
func (w *window) press(key rune) error {
	ctx, cancel := context.WithTimeout(w.ctx, windowPatience)
	defer cancel()
	for _, e := range kb.Encode(key) {
		if _, err := chromedp.Call(ctx, input.DispatchKeyEvent, *e); err != nil {
			return err
		}
	}
	return nil
}

// hide minimizes the window and freezes its page, or undoes both. For Chromium a page that
// was frozen stays hidden until its window changes, and Chromium draws nothing in it. The
// window may not be minimized: it did not answer in time when it was hidden. So it is
// minimized first in any case.
func (w *window) hide(hidden bool) error {
	ctx, cancel := context.WithTimeout(w.ctx, windowPatience)
	defer cancel()
	if hidden {
		return errors.Join(setLifecycle(ctx, page.SetWebLifecycleStateStateFrozen), setBounds(ctx, browser.WindowStateMinimized))
	}
	return errors.Join(setLifecycle(ctx, page.SetWebLifecycleStateStateActive),
		setBounds(ctx, browser.WindowStateMinimized), setBounds(ctx, browser.WindowStateNormal))
}

func setLifecycle(ctx context.Context, state page.SetWebLifecycleStateState) error {
	_, err := chromedp.Call(ctx, page.SetWebLifecycleState, page.SetWebLifecycleStateParams{State: state})
	return err
}

func setBounds(ctx context.Context, state browser.WindowState) error {
	own, err := chromedp.Call(ctx, browser.GetWindowForTarget, browser.GetWindowForTargetParams{})
	if err != nil {
		return err
	}
	_, err = chromedp.Call(ctx, browser.SetWindowBounds, browser.SetWindowBoundsParams{WindowID: own.WindowID, Bounds: &browser.Bounds{WindowState: state}})
	return err
}

// shows returns the value of a JavaScript expression in the window.
func shows[T any](w *window, expression string) (T, error) {
	ctx, cancel := context.WithTimeout(w.ctx, windowPatience)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](expression))
}
