package web_test

import (
	"net/http"
	"testing"
)

// TestStageTwoPhaseCommit is the main job, seen with a browser's eyes: five
// nodes; a write by curl as arrows; a frozen node that stops every write; the
// thaw that ends it; a node killed and restarted that kept its data.
func TestStageTwoPhaseCommit(t *testing.T) {
	r := launch(t)
	b := open(t, r.url+"/", 1280, 720)
	b.hasCount(5, "node", "status=up")
	b.shot("ca-first-open")

	b.watch()
	if status := r.curl(2, http.MethodPost, "/database/city/Lisboa"); status != http.StatusCreated {
		t.Fatalf("a write at node 2: %d, want 201", status)
	}
	b.drew(4, `m.from === '2' && m.class === 'request' && m.type === 'prepare'`)
	b.drew(4, `m.to === '2' && m.class === 'yes'`)
	b.drew(4, `m.from === '2' && m.class === 'decide'`)
	b.has("op", "status=201", "need=5", "yes=5")
	for i := range 5 {
		b.has("node", "node="+string(rune('1'+i)), "value=Lisboa")
	}
	b.shot("ca-written")

	b.press("4", "f")
	b.has("node", "node=4", "status=frozen")
	outcome := make(chan int, 1)
	go func() { outcome <- r.curl(1, http.MethodPost, "/database/city/Porto") }()
	b.has("parked", "node=4")
	b.shot("ca-parked")
	b.has("op", "status=503")
	b.until("an × that says why", "[...window.drawn.values()].some((m) => m.testid === 'lost' && m.to === '4' && m.why === 'timeout')")
	b.shot("ca-frozen-503")
	if status := <-outcome; status != http.StatusServiceUnavailable {
		t.Errorf("a write with node 4 frozen: %d, want 503", status)
	}

	b.press("4", "f")
	b.has("node", "node=4", "status=up")
	if status := r.curl(1, http.MethodPost, "/database/city/Porto"); status != http.StatusCreated {
		t.Errorf("a write after the thaw: %d, want 201", status)
	}
	b.has("op", "status=201")
	b.has("node", "node=4", "value=Porto")

	b.press("3", "k")
	b.has("node", "node=3", "status=killed")
	b.shot("ca-killed")
	b.press("k")
	b.has("node", "node=3", "status=up")
	b.has("node", "node=3", "value=Porto")
	if status := r.curl(3, http.MethodGet, "/database/city"); status != http.StatusOK {
		t.Errorf("a read at the restarted node 3: %d, want 200", status)
	}
	b.has("op", "status=200")
}

// TestStageComesBack: a page that lost its playground says so, and catches up
// by itself when another one is there.
func TestStageComesBack(t *testing.T) {
	r := launch(t)
	b := open(t, r.url+"/", 1280, 720)
	b.allowed = []string{"WebSocket connection to", "ERR_CONNECTION_REFUSED"} // the browser's own complaints, while nobody is there
	b.hasCount(5, "node", "status=up")
	b.until("no banner", "document.querySelector(`[data-testid=banner]`).hidden")
	r.end()
	b.until("the banner", "!document.querySelector(`[data-testid=banner]`).hidden")
	b.shot("cut-off")
	r.start()
	b.until("no banner", "document.querySelector(`[data-testid=banner]`).hidden")
	b.hasCount(5, "node", "status=up")
	b.watch()
	if status := r.curl(2, http.MethodPost, "/database/city/Faro"); status != http.StatusCreated {
		t.Errorf("a write after the restart: %d, want 201", status)
	}
	b.drew(4, `m.from === '2' && m.type === 'prepare'`)
	b.has("node", "node=5", "value=Faro")
}
