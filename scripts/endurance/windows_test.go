package main

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
)

// TestAHiddenWindowIsShownAgain hides a window and shows it again. Its page must draw
// frames then: a window that stays hidden shows an old state for ever.
func TestAHiddenWindowIsShownAgain(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a browser")
	}
	t.Parallel()
	counter := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = fmt.Fprint(w, "<script>var frames = 0; (function draw() { frames++; requestAnimationFrame(draw); })()</script>")
	}))
	defer counter.Close()
	windows, err := openBrowser(counter.URL)
	if errors.Is(err, errNoBrowser) && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer windows.stop()
	w := windows.open[0]
	const drawsOn = "document.visibilityState === 'visible' && frames > seen"
	hide := func() error { return w.hide(true) }
	// A window that did not answer in time was frozen, but not minimized.
	freeze := func() error { return setLifecycle(w.ctx, page.SetWebLifecycleStateStateFrozen) }
	for _, hide := range []func() error{hide, hide, freeze, freeze, hide} {
		if err := hide(); err != nil {
			t.Fatal(err)
		}
		waitFor(t, w, "document.visibilityState === 'hidden'")
		seen, err := shows[int](w, "var seen = frames; seen")
		if err != nil {
			t.Fatal(err)
		}
		if err := w.hide(false); err != nil {
			t.Fatal(err)
		}
		waitFor(t, w, drawsOn)
		t.Logf("it drew on after %d frames", seen)
	}
}

// waitFor waits until a JavaScript expression is true in a window.
func waitFor(t *testing.T, w *window, expression string) {
	t.Helper()
	for end := time.Now().Add(endPatience); ; time.Sleep(20 * time.Millisecond) {
		is, err := shows[bool](w, expression)
		if is {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("the expression did not become true: %s (%v)", expression, err)
		}
	}
}
