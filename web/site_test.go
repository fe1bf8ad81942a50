package web_test

import (
	"net/http"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"capplayground/server/servertest"
)

// noSiteData blocks site data, as a browser's settings can: every access throws an error.
// It also removes other optional functions of the browser.
const noSiteData = `
	for (const name of ['localStorage', 'sessionStorage', 'indexedDB', 'caches']) {
		Object.defineProperty(window, name, { get() { throw new DOMException('Access is denied for this document.', 'SecurityError'); } });
	}
	for (const name of ['wakeLock', 'clipboard', 'vibrate', 'locks', 'share']) delete Navigator.prototype[name];
`

// TestBlockedSiteData opens the stage in a browser that blocks site data. The
// page shows the cluster and a write, also after a choice that the page would store.
func TestBlockedSiteData(t *testing.T) {
	r := launch(t)
	b := open(t, "about:blank", 1280, 720)
	b.onNewDocument(noSiteData)
	b.visit(r.URL + "/")
	b.hasCount(5, "node", "status=up")
	r.seen(b, 1, http.MethodPost, "/database/city/Faro", http.StatusCreated)
	b.hasCount(5, "node", "value=Faro")
	b.press("?")
	b.until("help", "document.getElementById('help').open")
	eval[bool](b, "(document.getElementById('letters').click(), true)") // a choice that the page stores
	b.press("?")
	b.until("no help", "!document.getElementById('help').open")
	b.poke(b.at("#tab-session"))
	b.until("the session tab", "!document.querySelector('#panel-session').hidden")
	b.shot("no-site-data")
	b.visit(r.URL + "/presenter")
	b.reads("title", "No scenario")
}

// TestThePageOutlivesItsPlayground ends a playground of five nodes. At the same address it
// starts a playground of three nodes in another mode. The open page must show the new nodes,
// the new mode, and a node and an address for the next write that exist.
func TestThePageOutlivesItsPlayground(t *testing.T) {
	r := launch(t)
	b := open(t, r.URL+"/", 1280, 720)
	b.allowed = []string{"WebSocket connection to", "ERR_CONNECTION_REFUSED"} // the browser reports these errors while no playground runs
	b.hasCount(5, "node", "status=up")
	r.seen(b, 5, http.MethodPost, "/database/city/Faro", http.StatusCreated)
	b.press("5")
	b.until("node 5 is chosen", "document.querySelector('.node[data-node=\"5\"][data-selected]')")
	r.Stop()
	b.until("the banner", "!document.querySelector(`[data-testid=banner]`).hidden")

	place := servertest.Place{Listen: r.Place.Listen, Nodes: r.Place.Nodes[:3]}
	three := &real{servertest.Start(t, servertest.Options{Place: place, Flags: []string{"--mode", "CP"}}), t}
	b.until("no banner", "document.querySelector(`[data-testid=banner]`).hidden")
	b.until("CP", "document.documentElement.dataset.mode === 'CP'")
	b.hasCount(3, "node")
	b.hasCount(3, "node", "status=up")
	b.until("no value of the other playground", "[...document.querySelectorAll('.node')].every((n) => !n.dataset.value)")
	b.press("w")
	b.until("a form that writes at a node of this playground", "/at node [123]$/.test(document.querySelector('#pop-write:popover-open #pop-write-title')?.textContent)")
	b.until("a curl with the address of a node", "/ (http:\\/\\/)?127[.0-9]+:[0-9]+\\/database\\//.test(document.querySelector('#pop-write code').textContent)")
	b.shot("another-playground")
	// The list of earlier messages for screen readers stays, so it is left out here.
	b.until("no word of node 4 or 5", "!/node [45]\\b/i.test(document.body.innerText.replace(document.querySelector('#spoken').innerText, ''))")
	b.press(kb.Escape)
	three.seen(b, 2, http.MethodPost, "/database/city/Porto", http.StatusCreated)
	b.hasCount(3, "node", "value=Porto")
}
