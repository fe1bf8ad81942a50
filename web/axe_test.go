package web_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp/kb"

	"capplayground/cluster/loopback"
	"capplayground/server/servertest"
)

// axePath is where npm puts axe-core (https://github.com/dequelabs/axe-core).
const axePath = "../scripts/node_modules/axe-core/axe.min.js"

// view is one of the page's states: the key or button (#id) that opens it, a
// condition that is true while it is open, and the key or button that closes it.
type view struct {
	name, open, is, shut string
}

// views are the views that every mode has.
var views = []view{
	{"stage", "", "true", ""},
	{"write", "w", "document.querySelector('#pop-write:popover-open')", kb.Escape},
	{"read", "r", "document.querySelector('#pop-read:popover-open')", kb.Escape},
	{"split", "p", "document.querySelector('#pop-split:popover-open')", kb.Escape},
	{"link", "e", "document.querySelector('#pop-link:popover-open form')", kb.Escape},
	{"rule", "x", "document.querySelector('#pop-rule:popover-open form')", kb.Escape},
	{"load", "o", "document.querySelector('#pop-load:popover-open')", kb.Escape},
	{"menu", "m", "document.querySelector('#menu:popover-open')", kb.Escape},
	{"replay", kb.PageUp, "document.querySelector('#badge').dataset.pace === 'replay'", kb.Escape},
	{"pace", "#badge", "document.querySelector('#pop-pace:popover-open')", kb.Escape},
	{"more", "#more", "document.querySelector('#pop-more:popover-open')", kb.Escape},
	{"by-hand", "y", "document.querySelector('#pop-hand:popover-open')", kb.Escape},
	{"help", "?", "document.querySelector('#help[open]')", kb.Escape},
	{"legend", "l", "document.querySelector('#legend[open]')", kb.Escape},
	{"node", "#tab-node", "!document.querySelector('#panel-node').hidden", "#tab-op"},
	{"session", "#tab-session", "!document.querySelector('#panel-session').hidden", "#tab-op"},
}

// TestAccessible runs axe over every view of the page in both themes: after a few
// operations and faults, in slow motion with a selected message, during a partition,
// with AP's siblings and hints, and on a phone. Axe must find nothing.
func TestAccessible(t *testing.T) {
	axe := axe(t)
	r := launch(t)
	b := open(t, r.URL+"/", 1280, 720)
	b.hasCount(5, "node", "status=up")
	eval[bool](b, axe)
	b.tour()

	r.MustWrite(2, "city", "Lisboa")
	b.press("4", "f")
	b.has("node", "node=4", "status=frozen")
	b.press("5", "k")
	b.has("node", "node=5", "status=killed")
	r.seen(b, 1, http.MethodPost, "/database/city/Porto", http.StatusServiceUnavailable)
	b.press("1") // a node that accepts writes
	b.accessible("ca", views...)
	b.focusOn(".rail [data-action=kill]")
	b.press("m")
	b.accessible("control", view{"curl", "", "document.querySelector('#menu:popover-open code')", ""})
	b.press(kb.Escape)
	b.size(390, 844)
	b.accessible("phone", views[0])
	b.size(1280, 720)

	r.Do(http.MethodPost, "/api/heal", "")
	r.Do(http.MethodPost, "/api/nodes/5/restart", "")
	b.hasCount(5, "node", "status=up")
	r.Do(http.MethodPut, "/api/pace", `{"pace":"step"}`)
	b.has("badge", "pace=step")
	r.Do(http.MethodPost, "/api/ops", `{"node":1,"kind":"write","key":"city","val":"Braga","wait":false}`)
	b.until("four prepares in the air", "document.querySelectorAll('[data-testid=msg][data-type=prepare][data-state=flying][tabindex]').length === 4")
	b.take(`[data-testid=msg][data-type=prepare][data-to="3"]`)
	b.accessible("hand", view{"card", "", "!document.querySelector('#card').hidden", ""})
	b.press(kb.Escape)
	r.Do(http.MethodPut, "/api/pace", `{"pace":"live"}`)
	b.has("op", "status=201")

	r.mode(b, "AP")
	r.siblings(b)
	r.Do(http.MethodPost, "/api/rules", `{"from":1,"to":2,"type":"*","do":"hold","count":1}`)
	b.has("chip", "chip=rules")
	b.accessible("ap", views[0], view{"plant", "y", "document.querySelector('#pop-hand:popover-open')", kb.Escape}, view{"sizes", "n", "document.querySelector('#pop-quorum:popover-open')", kb.Escape}, views[len(views)-2])

	r.mode(b, "CP")
	r.Do(http.MethodPost, "/api/partition", `{"groups":[[1,2],[3,4,5]]}`)
	r.seen(b, 1, http.MethodPost, "/database/city/Faro", http.StatusServiceUnavailable)
	b.accessible("cp", views[0])
}

// TestAccessibleSizes runs axe over the views of a page with 3 and with 9 nodes in each mode, and
// takes pictures of them. It takes a minute, so it runs only when pictures are asked for:
//
//	SHOTS=/tmp/axe go test ./web -run TestAccessibleSizes
func TestAccessibleSizes(t *testing.T) {
	if os.Getenv("SHOTS") == "" {
		t.Skip("SHOTS names no directory for pictures")
	}
	axe := axe(t)
	for _, nodes := range []int{3, 9} {
		t.Run(fmt.Sprint(nodes, " nodes"), func(t *testing.T) {
			block := loopback.Test(t, nodes)
			r := &real{servertest.Start(t, servertest.Options{Place: servertest.Place{Listen: block.Playground, Nodes: block.Addrs}}), t}
			b := open(t, r.URL+"/", 1280, 720)
			b.hasCount(nodes, "node", "status=up")
			eval[bool](b, axe)
			for _, mode := range []string{"CA", "AP", "CP", "RAFT"} {
				r.Do(http.MethodPut, "/api/mode", `{"mode":"`+mode+`"}`)
				b.until("mode "+mode, "document.documentElement.dataset.mode === '"+mode+"'")
				r.ready()
				b.hasCount(nodes, "node", "status=up")
				r.MustWrite(2, "city", "Lisboa")
				r.Do(http.MethodPost, "/api/partition", fmt.Sprintf(`{"groups":[[1],%s]}`, allButFirst(nodes)))
				r.Call(http.MethodPost, r.Node(1)+"/database/city/Faro", "")
				b.press("3", "f")
				b.has("node", "node=3", "status=frozen")
				r.Call(http.MethodPost, r.Node(2)+"/database/city/Porto", "")
				b.accessible(fmt.Sprint(nodes, "-", mode), views[0], view{"legend", "l", "document.querySelector('#legend[open]')", kb.Escape}, views[len(views)-2], views[len(views)-1])
				r.Do(http.MethodPost, "/api/heal", "")
				r.Do(http.MethodPost, "/api/nodes/3/unfreeze", "")
				b.hasCount(nodes, "node", "status=up")
			}
		})
	}
}

// allButFirst is the group of all nodes but node 1, as JSON.
func allButFirst(nodes int) string {
	ids := []int{}
	for id := 2; id <= nodes; id++ {
		ids = append(ids, id)
	}
	group, _ := json.Marshal(ids)
	return string(group)
}

// TestAccessiblePages runs axe over four other pages: a stage that follows another
// window, the comparison of the modes, the calls of the API, and a stage that has lost its
// playground.
func TestAccessiblePages(t *testing.T) {
	axe := axe(t)
	r := launch(t)
	b := open(t, r.URL+"/?follow", 1280, 720)
	b.hasCount(5, "node", "status=up")
	eval[bool](b, axe)
	b.accessible("follow", views[0])
	b.visit(r.URL + "/compare")
	eval[bool](b, axe)
	b.accessible("compare", views[0])
	b.visit(r.URL + "/api")
	b.until("a command for each call", "document.querySelectorAll('[data-testid=calls] code').length > 40 && document.body.textContent.includes('curl -X POST "+r.URL+"/api/nodes/4/freeze')")
	eval[bool](b, axe)
	b.accessible("api", views[0])
	b.shot("api")

	b.allowed = []string{"WebSocket connection to", "ERR_CONNECTION_REFUSED"} // the browser reports these errors while no playground runs
	b.visit(r.URL + "/")
	b.hasCount(5, "node", "status=up")
	eval[bool](b, axe)
	r.Stop()
	b.accessible("offline", view{"banner", "", "!document.querySelector('#banner').hidden && document.querySelector('#badge').textContent === 'OFFLINE'", ""})
}

// axe is the script of axe-core, as an expression.
func axe(t *testing.T) string {
	t.Helper()
	script, err := os.ReadFile(axePath)
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("axe is missing, run npm ci in scripts: %v", err)
		}
		t.Skipf("axe is missing, run npm ci in scripts: %v", err)
	}
	return string(script) + "; true"
}

// tour runs axe over the sentences of the first visit. In a browser that a test drives they
// do not open by themselves.
func (b *tab) tour() {
	b.t.Helper()
	eval[bool](b, "document.querySelector('#tour').hidden = false; document.querySelector('#tour-text').textContent = 'Five real processes.'; true")
	b.accessible("tour", view{"tour", "", "!document.querySelector('#tour').hidden", ""})
	eval[bool](b, "document.querySelector('#tour').hidden = true")
}

// accessible runs axe over views, each in both themes.
func (b *tab) accessible(when string, views ...view) {
	b.t.Helper()
	for _, theme := range themes {
		b.theme(theme.name)
		for _, v := range views {
			b.reach(v.open)
			b.until("view "+v.name, v.is)
			b.shot("axe-" + when + "-" + theme.name + "-" + v.name)
			if found := eval[string](b, violations+"("+theme.rules+")"); found != "" {
				b.t.Errorf("%s, %s, %s:\n%s", when, theme.name, v.name, found)
			}
			b.reach(v.shut)
			if v.shut != "" {
				b.until("view "+v.name+" to close, and its field to lose the keys", "!("+v.is+") && !document.activeElement?.closest('[popover]')")
			}
		}
	}
	b.theme("light")
}

// reach presses keys, or clicks an element if how is its id, as in #badge.
func (b *tab) reach(how string) {
	b.t.Helper()
	switch {
	case how == "":
	case strings.HasPrefix(how, "#"):
		b.click(how)
	default:
		b.press(how)
	}
}

// violations has a line for each thing that axe finds. It waits for the end of all
// animations, because axe must not see a colour in the middle of a fade. It leaves
// out the messages that a replay draws faintly because they come later: a screen reader
// does not get them either. rules are the rules of axe that are run.
const violations = `((rules) => Promise.all(` + animations + `)
	.then(() => axe.run({ exclude: ['[data-to-come]'] }, { resultTypes: ['violations'], ...(rules && { runOnly: rules }) }))
	.then((r) => r.violations.flatMap((v) => v.nodes.map((n) => v.id + ': ' + n.target.join(' ') + ': ' + n.failureSummary)).join('\n')))`

// themes are the rules of axe that are run in each theme. The light one gets all. A
// theme changes nothing but colours, so the dark one gets the rules about colours.
var themes = []struct{ name, rules string }{{"light", "null"}, {"dark", "['color-contrast', 'link-in-text-block']"}}

// animations are promises that resolve when the animations end. An animation that
// never ends is left out.
const animations = `document.getAnimations().filter((a) => a.effect?.getComputedTiming().iterations !== Infinity).map((a) => a.finished.catch(() => {}))`

// theme makes the system's theme light or dark.
func (b *tab) theme(name string) {
	b.t.Helper()
	b.media(&emulation.MediaFeature{Name: "prefers-color-scheme", Value: name})
}
