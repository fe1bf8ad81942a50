package web_test

import (
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"capplayground/web/site"
)

var comparesToEnd = flag.Bool("comparesToEnd", false, "TestTheSimulatedEdition plays a comparison to its end")

// most is the size in bytes that the module without RAFT may have, compressed as buildSite
// does it. It has 2,624,584. With the tables of lines, or with crypto/tls, it is larger (see
// site.Build).
const most = 2_700_000

// buildSite writes the simulated edition to a directory. The files are compressed less
// than those of a release, because that is quicker.
func buildSite(t *testing.T) string {
	t.Helper()
	cfg, err := site.Build(t.Context(), "-0")
	if err != nil {
		t.Fatal(err)
	}
	if size := len(cfg.Modules[site.Plain]); size > most {
		t.Errorf("the module without RAFT has %d bytes, compressed; want at most %d", size, most)
	}
	cfg.Version = "test"
	pages := t.TempDir()
	if err := site.Write(filepath.Join(pages, "talk"), cfg); err != nil {
		t.Fatal(err)
	}
	return pages
}

// chooseMode changes the mode with two presses: the first arms the button, the second
// changes the mode.
func (b *tab) chooseMode(mode string) {
	b.t.Helper()
	button := `.mode[data-mode="` + mode + `"]`
	b.click(button)
	b.until("the button to be armed", "document.querySelector(`"+button+"[data-armed]`)")
	b.click(button)
	b.until("mode "+mode, "document.documentElement.dataset.mode === '"+mode+"'")
	b.hasCount(5, "node", "status=up")
}

// reach is a JavaScript expression: the object by which the page reaches its playground.
const reach = "(await import(document.querySelector('script[type=module]').src.replace('simulated.js', 'source/reach.js'))).reach"

// opensItsLink loads the link of the page again. The page then plays the same run: a write,
// a frozen node, and a refused write.
func (b *tab) opensItsLink() {
	b.t.Helper()
	link := eval[string](b, "(async () => "+reach+".link(location.href))()")
	b.t.Logf("the link has %d characters", len(link))
	b.visit("about:blank")
	b.visit(link)
	b.reads("seed", "7")
	b.until("no run in the address", "!location.hash")
	b.has("op", "status=503")
	b.hasCount(5, "node", "value=Lisboa")
	b.hasCount(1, "node", "status=frozen")
	b.shot("simulated-link")
}

// TestTheSimulatedEdition opens the site from a server that only has files. It writes,
// freezes, opens a form and saves a recording. After that the page works without the server.
func TestTheSimulatedEdition(t *testing.T) {
	all := http.FileServer(http.Dir(buildSite(t)))
	var gone atomic.Bool // the port stays ours, so that no other server can answer in our place
	files := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if gone.Load() {
			panic(http.ErrAbortHandler) // closes the connection
		}
		all.ServeHTTP(w, r)
	}))
	defer files.Close()
	b := open(t, files.URL+"/talk/?seed=7", 1280, 720)
	b.hasCount(5, "node", "status=up")
	b.reads("seed", "7")
	b.until("the badge", "document.querySelector('[data-testid=simulated]')?.textContent.includes('SIMULATED')")

	b.write("Lisboa")
	b.has("op", "status=201")
	b.freeze(4)
	b.press("1")
	b.write("Porto")
	b.has("op", "status=503")
	b.until("the real playground in the command", "getComputedStyle(document.querySelector('[data-testid=op] code, code[data-text^=curl]'), '::before').content.includes('in the real playground')")
	b.shot("simulated")
	b.opensItsLink()
	b.heal()

	b.press("e") // the form of a link comes from the playground, by htmx
	b.until("the form of a link", "document.querySelector('#pop-link:popover-open form')")
	b.press(kb.Escape)

	for _, mode := range []string{"AP", "CP", "RAFT"} { // RAFT is in the second module
		b.chooseMode(mode)
		if mode == "RAFT" {
			b.until("a leader", "document.querySelector('.node[data-role=leader]')")
		}
		b.write("Roma")
		b.has("op", "status=201")
		b.until("a majority with the value", "document.querySelectorAll('.node[data-value=Roma]').length >= 3")
	}
	b.shot("simulated-raft")
	saved := eval[string](b, "(async () => (await "+reach+".ask('/api/recording')).text())()")
	if !strings.Contains(saved, "simulated, seed 7") || !strings.Contains(saved, "Roma") {
		t.Errorf("the recording is %.200s", saved)
	}

	eval[bool](b, "navigator.serviceWorker.ready.then(() => true)")
	gone.Store(true)
	b.visit(files.URL + "/talk/faithful.html")
	b.click("a")
	b.hasCount(5, "node", "status=up")
	b.write("Faro")
	b.has("op", "status=201")
	b.playsByFingers("02-one-silent-node", 5)
	b.do(chromedp.EmulateViewport(1280, 720))
	b.hasWindowsBeside()
}

// beside is a JavaScript expression: the window that the stage opened with this name.
func beside(name string) string { return "window.open('', '" + name + "')" }

// hasWindowsBeside opens the presenter's page and the page that compares modes. Both act on
// the nodes of the stage.
func (b *tab) hasWindowsBeside() {
	b.t.Helper()
	b.press("s")
	b.click("[data-testid=presenter]")
	shown := beside("presenter") + ".document"
	b.until("the presenter's page, with a list", "(("+shown+").querySelector('[data-press=list]')?.click(), ("+shown+").querySelector('[data-testid=scenario]'))")
	b.until("the badge", "("+shown+").querySelector('[data-testid=simulated]')")
	eval[bool](b, "("+shown+".querySelector('[data-name=\"02-one-silent-node\"]').click(), true)")
	b.reads("step-count", "1 of 5")
	b.until("the same step on both pages", "("+shown+").querySelector('[data-testid=step]').textContent === 'step 1 of 5'")
	b.until("the presenter's page to drive", "("+shown+".querySelector('#take').click(), "+shown+".querySelector('#drives[data-mine]'))")
	eval[bool](b, "("+shown+".querySelector('[data-press=next]').click(), true)")
	b.reads("step-count", "2 of 5")
	b.press(kb.Escape)
	b.until("the end of the scenario", "!document.documentElement.hasAttribute('data-talk')")
	eval[bool](b, "("+beside("presenter")+".close(), true)")

	// DevTools does not answer a key press that opens a window.
	_, err := chromedp.Call(b.ctx, runtime.Evaluate, runtime.EvaluateParams{UserGesture: new(true), Expression: "document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'C', shiftKey: true, bubbles: true }))"})
	if err != nil {
		b.t.Fatal(err)
	}
	shown = beside("compare") + ".document"
	b.until("the page that compares modes", "("+shown+").querySelector('#start') && ("+shown+").querySelector('[data-testid=simulated]')")
	b.until("a comparison that runs", "("+shown+".querySelector('#start').click(), !"+shown+".querySelector('#stop').hidden)")
	if *comparesToEnd {
		b.until("a comparison of three modes", shown+".querySelectorAll('[data-testid=lane]').length === 3 && "+shown+".querySelector('#stop')?.hidden")
		b.t.Log(eval[string](b, "[..."+shown+".querySelectorAll('[data-testid=lane]')].map((l) => l.dataset.mode + ': ' + l.querySelector('.verdict').textContent + ', ' + l.querySelector('.share').textContent).join('; ')"))
	} else {
		eval[bool](b, "("+shown+".querySelector('#stop').click(), true)")
		b.until("the end of the comparison", shown+".querySelector('#stop').hidden")
	}
	eval[bool](b, "("+beside("compare")+".close(), true)")
	b.hasCount(5, "node", "status=up")
}

// playsByFingers plays a scenario to its end on a phone, by touch only.
func (b *tab) playsByFingers(name string, steps int) {
	b.t.Helper()
	b.do(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile, chromedp.EmulateTouch))
	tap := func(what string) {
		b.t.Helper()
		b.until(what, "document.querySelector(`"+what+"`)?.checkVisibility()")
		eval[bool](b, "(document.querySelector(`"+what+"`).scrollIntoView({ block: 'nearest' }), true)")
		p := b.at(what)
		b.do(chromedp.TapXY(p.X, p.Y))
	}
	tap("#stories")
	tap("[data-testid=scenario][data-name=\"" + name + "\"]")
	for step := 1; step <= steps; step++ {
		if step > 1 {
			tap("[data-testid=talk-next]")
		}
		b.until("step "+strconv.Itoa(step), fmt.Sprintf("document.querySelector('[data-testid=step-count]').textContent === '%d of %d'", step, steps))
	}
	b.hasCount(5, "node", "value=Porto")
	b.has("op", "status=201")
	b.shot("simulated-phone")
	tap("[data-testid=talk-leave]")
	b.until("the end of the scenario", "!document.documentElement.hasAttribute('data-talk')")
}
