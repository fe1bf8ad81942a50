package web_test

import (
	"net/http"
	"os/exec"
	"runtime"
	"testing"

	"capplayground/server/servertest"
)

// TestKindsOfFreeze: the playground freezes a node that it started with a signal. It may not
// send a signal to a node that was started by hand, so it sends a command, and the node
// pauses itself. The page shows the kind of the freeze. Otherwise both kinds look the same.
// On a system without such a signal all nodes pause themselves.
func TestKindsOfFreeze(t *testing.T) {
	r := launch(t)
	b := open(t, r.URL+"/", 1280, 720)
	b.hasCount(5, "node", "status=up")
	r.seen(b, 1, http.MethodPost, "/database/city/Lisboa", http.StatusCreated)
	kind := func(words string) {
		t.Helper()
		b.freeze(4)
		b.until("the words in the node's tab", "document.querySelector('#node-title').textContent === 'Node 4: frozen' && document.querySelector('#node-freeze').innerText === '"+words+"'")
		b.until("the same words for who does not see it", "document.querySelector('.node[data-node=\"4\"] .touch').getAttribute('aria-label').startsWith('Node 4, frozen, "+words+", ')")
		r.seen(b, 1, http.MethodPost, "/database/city/Porto", http.StatusServiceUnavailable)
		b.has("parked", "node=4")
		b.has("lost", "to=4", "why=timeout")
	}
	b.press("4")
	b.click("#tab-node")

	launched := "stopped by a signal"
	if runtime.GOOS == "windows" {
		launched = "pauses itself"
	}
	kind(launched)
	b.rests()
	b.click("#tab-node")
	b.shot("freeze-signal")
	b.press("f")
	b.has("node", "node=4", "status=up")
	b.until("no such words any more", "!document.querySelector('#node-freeze').checkVisibility()")

	b.press("k")
	b.has("node", "node=4", "status=killed")
	r.byHand("4")
	b.has("node", "node=4", "status=up")
	kind("pauses itself")
	b.rests()
	b.click("#tab-node")
	b.shot("freeze-self")
	b.press("f")
	b.has("node", "node=4", "status=up")
	r.seen(b, 1, http.MethodPost, "/database/city/Faro", http.StatusCreated)
	b.has("node", "node=4", "value=Faro")
}

// byHand starts a node by hand, in place of a killed node.
func (r *real) byHand(number string) {
	r.t.Helper()
	said := &servertest.Log{}
	cmd := exec.Command(r.Program, "node", number, "--playground", r.URL, "--durability", "process")
	cmd.Env = append(cmd.Environ(), "MODE=")
	cmd.Stdout, cmd.Stderr = said, said
	if err := cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if r.t.Failed() {
			r.t.Logf("output of node %s, started by hand:\n%s", number, said)
		}
	})
}
