package web_test

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/css"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/heapprofiler"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

var (
	framesFor = flag.Duration("frames", 0, "how long TestFrames watches the page's frames; then it also demands a p95 under 20 ms")
	framesOps = flag.Int("frames.ops", 150, "operations a second under which TestFrames runs; 150 make about 2,000 messages a second, 375 about 5,000")
	heapFor   = flag.Duration("heap", 0, "how long TestFrames watches the page's heap, once the page remembers as much as it ever will; then it also demands growth under 10 MB")
)

// measured has the times of the page's own frames, in ms, as the page measured them
// (static/js/draw/frames.js).
type measured struct {
	Seconds                float64
	Frames                 int
	P50, P95, P99, Longest float64
	Totals                 struct{ Kept, Dropped int }
}

// TestFrames lets five real nodes exchange about 2,000 messages a second (-frames.ops) while a page
// and a plain client of /ws read the stream. Once no message moves any more, the page's
// session tab must show exactly the numbers that the client counted. With -frames the page
// measures its own frames under that load. The published figures come from
//
//	go test ./web -run TestFrames -frames 20s -heap 5m -v -timeout 15m
//
// on a machine without other load.
func TestFrames(t *testing.T) {
	r := launch(t, "--mode", "CP")
	conn := (&playground{addr: strings.TrimPrefix(r.URL, "http://")}).dial(t, "")
	counted := count(t, conn)
	b := open(t, r.URL+"/", 1920, 1080)
	b.hasCount(5, "node", "status=up")
	empty := b.heap()

	r.Do(http.MethodPost, "/api/workload", fmt.Sprintf(`{"rate":%d,"clients":8,"keys":10,"read_ratio":0.3}`, *framesOps))
	eventually(t, "4,000 messages", func() bool { return counted.total().Sent > 4000 })
	if *framesFor > 0 {
		b.framesUnderLoad(counted)
	}
	if *heapFor > 0 {
		b.heapUnderLoad(empty)
	}

	r.Do(http.MethodDelete, "/api/workload", "")
	b.click("#tab-session")
	var want totals
	var shown string
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("counted %+v, shown %q", want, shown)
		}
	})
	eventually(t, "the page to show what was sent and how it ended", func() bool {
		want = counted.total()
		shown = eval[string](b, "document.querySelector('#session-facts').textContent")
		return want.Sent > 0 && want.Sent == want.Delivered+want.Lost &&
			strings.Contains(shown, fmt.Sprintf("%d sent, %d taken in, %d ×", want.Sent, want.Delivered, want.Lost))
	})
	t.Logf("the page shows the counted numbers: %d sent, %d delivered, %d lost", want.Sent, want.Delivered, want.Lost)
	if m := eval[measured](b, "window.__frames.measure(300)"); m.Frames == 0 || m.P50 <= 0 {
		t.Errorf("the page measured no frames: %+v", m)
	}
}

// framesUnderLoad measures the page's frames for the time that -frames gives.
func (b *tab) framesUnderLoad(counted *counter) {
	b.t.Helper()
	b.everyFrame()
	b.unobserved()
	b.until("the workload to be seen", "window.__frames.totals().sent > 500")
	first, began, before := counted.total().Sent, time.Now(), load()
	m := eval[measured](b, fmt.Sprintf("window.__frames.measure(%d)", framesFor.Milliseconds()))
	rate := float64(counted.total().Sent-first) / time.Since(began).Seconds()
	b.t.Logf("%.0f messages a second; %d frames in %.0f s: p50 %.1f ms, p95 %.1f, p99 %.1f, longest %.1f; load average %s, then %s",
		rate, m.Frames, m.Seconds, m.P50, m.P95, m.P99, m.Longest, before, load())
	if m.P95 >= 20 {
		b.t.Errorf("p95 of a frame: %.1f ms, want under 20", m.P95)
	}
}

// unobserved turns off the reports of DevTools to the test. DevTools reports each changed
// attribute, each style and each frame of a WebSocket. Under load these reports cost the
// page more than its own work, and a page of a user does not send them.
func (b *tab) unobserved() {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, time.Minute)
	defer cancel()
	for _, disable := range []cdp.Command[cdp.Empty, cdp.Empty]{css.Disable, dom.Disable, network.Disable} {
		if _, err := chromedp.Call(ctx, disable, cdp.Empty{}); err != nil {
			b.t.Fatal(err)
		}
	}
}

// heapUnderLoad compares the heap at the beginning and at the end of the time that -heap
// gives. It begins when the page has dropped its first events. Until then the heap grows,
// because the page keeps every event.
func (b *tab) heapUnderLoad(empty float64) {
	b.t.Helper()
	full := "window.__frames.totals().dropped > 0"
	for deadline := time.Now().Add(3 * time.Minute); !eval[bool](b, full); time.Sleep(time.Second) { // the pause between two checks; the loop ends with the condition
		if time.Now().After(deadline) {
			b.t.Fatalf("after three minutes the page has not dropped any event: %s", eval[string](b, "JSON.stringify(window.__frames.totals())"))
		}
	}
	start := b.heap()
	m := eval[measured](b, fmt.Sprintf("window.__frames.measure(%d)", heapFor.Milliseconds()))
	end := b.heap()
	b.t.Logf("heap after collection: %.1f MB empty, %.1f MB with %d events remembered, %.1f MB %.0f s later; frames meanwhile: p50 %.1f ms, p95 %.1f, p99 %.1f, longest %.1f; load average %s",
		empty/1e6, start/1e6, m.Totals.Kept, end/1e6, m.Seconds, m.P50, m.P95, m.P99, m.Longest, load())
	if end-start >= 10e6 {
		b.t.Errorf("the heap grew by %.1f MB, want under 10", (end-start)/1e6)
	}
}

// heap returns the size of the page's objects in bytes, after a garbage collection.
func (b *tab) heap() float64 {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, time.Minute)
	defer cancel()
	if _, err := chromedp.Call(ctx, heapprofiler.CollectGarbage, cdp.Empty{}); err != nil {
		b.t.Fatal(err)
	}
	usage, err := chromedp.Call(ctx, runtime.GetHeapUsage, cdp.Empty{})
	if err != nil {
		b.t.Fatal(err)
	}
	return usage.UsedSize
}

// load returns the machine's load average over a minute; "unknown": the system does not
// provide it.
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	of, _, _ := strings.Cut(string(text), " ")
	return of
}
