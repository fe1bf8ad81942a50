package web_test

import (
	"context"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// axePath is where npm puts axe-core (https://github.com/dequelabs/axe-core).
const axePath = "../scripts/node_modules/axe-core/axe.min.js"

// TestAccessible runs axe over every view of the page in both themes, with a
// cluster in which something happened: it must find nothing.
func TestAccessible(t *testing.T) {
	axe, err := os.ReadFile(axePath)
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("axe is missing, run npm ci in scripts: %v", err)
		}
		t.Skipf("axe is missing, run npm ci in scripts: %v", err)
	}
	r := launch(t)
	b := open(t, r.url+"/", 1280, 720)
	b.hasCount(5, "node", "status=up")
	if status := r.curl(2, http.MethodPost, "/database/city/Lisboa"); status != http.StatusCreated {
		t.Fatalf("a write: %d", status)
	}
	b.press("4", "f")
	b.has("node", "node=4", "status=frozen")
	b.press("5", "k")
	b.has("node", "node=5", "status=killed")
	if status := r.curl(1, http.MethodPost, "/database/city/Porto"); status != http.StatusServiceUnavailable {
		t.Errorf("a write with two nodes gone: %d, want 503", status)
	}
	b.has("op", "status=503")

	b.press("1") // a node that can be written to
	eval[bool](b, string(axe)+"; true")
	for _, theme := range []string{"light", "dark"} {
		b.theme(theme)
		for _, view := range []struct {
			name string
			open string // keys that open it
			shut string // and close it again
		}{
			{"stage", "", ""},
			{"write", "w", kb.Escape},
			{"read", "r", kb.Escape},
			{"split", "p", kb.Escape},
			{"help", "?", kb.Escape},
			{"legend", "l", kb.Escape},
		} {
			if view.open != "" {
				b.press(view.open)
			}
			b.shot("axe-" + theme + "-" + view.name)
			if found := eval[string](b, violations); found != "" {
				t.Errorf("%s, %s:\n%s", theme, view.name, found)
			}
			if view.shut != "" {
				b.press(view.shut)
			}
		}
	}
}

// violations is a line for each thing that axe finds, once all that moves has
// come to rest: a colour half-way through a fade is not what it looks at. Two
// rules are left out: the names of nodes and clients are sentences, not the
// scattered texts of their drawing, and the caption stands outside the
// landmarks.
const violations = `Promise.all(document.getAnimations().filter((a) => a.effect?.getComputedTiming().iterations !== Infinity).map((a) => a.finished.catch(() => {})))
	.then(() => axe.run(document, { resultTypes: ['violations'], rules: { 'label-content-name-mismatch': { enabled: false }, region: { enabled: false } } }))
	.then((r) => r.violations.flatMap((v) => v.nodes.map((n) => v.id + ': ' + n.target.join(' ') + ': ' + n.failureSummary)).join('\n'))`

// theme makes the system's theme light or dark.
func (b *tab) theme(name string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, time.Minute)
	defer cancel()
	_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}},
	})
	if err != nil {
		b.t.Fatal(err)
	}
}
