package web_test

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"capplayground/server/scenario"
)

var (
	rescueSeed = flag.Uint64("rescue.seed", 1, "the seed of the keys that TestOnePressRescuesTheTalk presses; 0 draws one")
	rescueKeys = flag.Int("rescue.keys", 100, "how many keys TestOnePressRescuesTheTalk presses")
)

// wild are the keys of a keyboard and of a clicker that are pressed at random. The keys of a
// clicker come more often.
const wild = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,[]?+-" +
	kb.PageDown + kb.PageDown + kb.PageDown + kb.PageUp + kb.PageUp + kb.ArrowRight + kb.ArrowLeft + kb.ArrowUp + kb.ArrowDown +
	kb.Home + kb.End + kb.Enter + kb.Tab + kb.Backspace + kb.Escape + "..."

// TestOnePressRescuesTheTalk presses random keys on the stage of a running scenario. Then
// it holds the presenter's reset once, which must bring a known state. It prints how long
// that took; the aim is two seconds. It presses only 100 keys, because each key takes some
// milliseconds. The full test is
//
//	go test ./web -run TestOnePressRescuesTheTalk -rescue.keys 2000 -v
func TestOnePressRescuesTheTalk(t *testing.T) {
	r := launch(t)
	stage := open(t, r.URL+"/", 1280, 720)
	stage.hasCount(5, "node", "status=up")
	stage.allowed = []string{"Failed to load resource"} // the playground refuses keys that make no sense at the moment
	presenter := openBeside(t, r.URL+"/presenter", 1440, 900)
	presenter.allowed = stage.allowed
	r.Do(http.MethodPost, "/api/scenario", `{"name":"09-two-cannot-three-can"}`)
	stage.reads("step-count", "1 of 5")

	seed := *rescueSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	dice, began := rand.New(rand.NewPCG(seed, 0)), time.Now()
	keys := []rune(wild)
	for range *rescueKeys {
		stage.strike(keys[dice.IntN(len(keys))])
	}
	stage.visit(r.URL + "/compare") // Shift+C leads to this page if no scenario runs
	was := r.talk()
	t.Logf("seed %d: %d keys in %v; then scenario %v, step %d, %s; load average %s", seed, *rescueKeys, time.Since(began), was.Running, was.Step, was.Phase, load())

	// The stage may have taken the control over the scenario from the presenter's page.
	presenter.until("the presenter's page to know", "document.querySelector('[data-testid=drives]').textContent !== ''")
	if eval[bool](presenter, "!document.querySelector('[data-testid=take]').hidden") {
		presenter.click("[data-testid=take]")
		presenter.reads("drives", "this window drives")
	}
	presenter.focusOn("[data-testid=reset]")
	held := time.Now()
	presenter.hold(kb.Enter, "!document.querySelector('[data-testid=reset]').hasAttribute('data-pending')")
	pressed := time.Now()
	r.Await("a known state", patience, func() error {
		switch v := r.talk(); {
		case v.Black || v.Running && (v.Step != 1 || v.Phase != scenario.Ready || v.Failed):
			return fmt.Errorf("%+v; the presenter's page says %q", v, eval[string](presenter, "document.querySelector('[data-testid=notice]').textContent"))
		case !v.Running && !cuts(0)(r.cluster()):
			return errors.New("a link is cut")
		case v.Running:
			return nil
		}
		return r.AllUp()
	})
	t.Logf("a known state came %v after the end of the hold, which took %v", time.Since(pressed), pressed.Sub(held))
	stage.hasCount(5, "node", "status=up")
	r.Do(http.MethodDelete, "/api/scenario", "")
}

// strike presses one key, and does not wait for the effect.
func (b *tab) strike(r rune) {
	b.t.Helper()
	for _, e := range kb.Encode(r) {
		if e.Type == input.DispatchKeyEventTypeChar {
			continue
		}
		if _, err := chromedp.Call(b.ctx, input.DispatchKeyEvent, *e); err != nil {
			b.t.Fatalf("key %q: %v", r, err)
		}
	}
}
