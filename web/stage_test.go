package web_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestStageTwoPhaseCommit is the main use of the page. The page draws the arrows of a write
// that came by curl. A frozen node stops every write until it is thawed. A node that is killed
// and restarted has kept its data.
func TestStageTwoPhaseCommit(t *testing.T) {
	r := launch(t)
	b := open(t, r.URL+"/", 1280, 720)
	b.hasCount(5, "node", "status=up")
	b.shot("ca-first-open")

	b.watch()
	r.seen(b, 2, http.MethodPost, "/database/city/Lisboa", http.StatusCreated)
	b.drew(4, `m.from === '2' && m.class === 'request' && m.type === 'prepare'`)
	b.drew(4, `m.to === '2' && m.class === 'yes'`)
	b.drew(4, `m.from === '2' && m.class === 'decide'`)
	b.has("op", "status=201", "need=5", "yes=5")
	for i := range 5 {
		b.has("node", "node="+string(rune('1'+i)), "value=Lisboa")
	}
	b.shot("ca-written")

	b.freeze(4)
	outcome := make(chan int, 1)
	go func() { outcome <- r.curl(1, http.MethodPost, "/database/city/Porto") }()
	b.has("parked", "node=4", "count=1")
	b.shot("ca-parked")
	b.title("write city = Porto", "503")
	b.has("client", "node=1", "status=503")
	b.until("an × that timed out", "[...window.drawn.values()].some((m) => m.testid === 'lost' && m.to === '4' && m.why === 'timeout')")
	b.until("its word", "[...document.querySelectorAll('[data-testid=lost][data-to=\"4\"] .reason')].some((w) => w.textContent === 'timed out')")
	b.shot("ca-frozen-503")
	if status := <-outcome; status != http.StatusServiceUnavailable {
		t.Errorf("a write with node 4 frozen: %d, want 503", status)
	}

	b.press("4", "f")
	b.has("node", "node=4", "status=up")
	r.seen(b, 1, http.MethodPost, "/database/city/Porto", http.StatusCreated)
	b.has("node", "node=4", "value=Porto")
	b.hasCount(0, "parked")

	b.press("3", "k")
	b.has("node", "node=3", "status=killed")
	b.shot("ca-killed")
	b.press("k")
	b.has("node", "node=3", "status=up")
	b.has("node", "node=3", "value=Porto")
	body, _ := r.seen(b, 3, http.MethodGet, "/database/city", http.StatusOK)
	if got := value(body); got != "Porto" {
		t.Errorf("the restarted node 3 holds %q, want Porto", got)
	}

	b.freeze(4)
	go r.curl(1, http.MethodPost, "/database/city/Braga")
	b.title("write city = Braga", "503")
	b.forcedColours()
}

// TestStageComesBack: a page that has lost its playground shows that. When a playground
// serves at the address again, the page shows the state of that playground.
func TestStageComesBack(t *testing.T) {
	r := launch(t)
	b := open(t, r.URL+"/", 1280, 720)
	b.allowed = []string{"WebSocket connection to", "ERR_CONNECTION_REFUSED"} // the browser reports these errors while no playground runs
	b.hasCount(5, "node", "status=up")
	b.until("no banner", "document.querySelector(`[data-testid=banner]`).hidden")
	r.Stop()
	b.until("the banner", "!document.querySelector(`[data-testid=banner]`).hidden")
	b.shot("cut-off")
	r.Start()
	b.until("no banner", "document.querySelector(`[data-testid=banner]`).hidden")
	b.hasCount(5, "node", "status=up")
	b.watch()
	r.MustWrite(2, "city", "Faro")
	b.drew(4, `m.from === '2' && m.type === 'prepare'`)
	b.has("node", "node=5", "value=Faro")
}

// TestCountsUnderLoad makes five real nodes send so many messages that they report sums and
// not single messages. It counts as a page does. Once no message moves any more, every
// message of each lane was delivered or lost.
func TestCountsUnderLoad(t *testing.T) {
	r := launch(t, "--mode", "CP")
	counted := count(t, (&playground{addr: strings.TrimPrefix(r.URL, "http://")}).dial(t, ""))
	r.Do(http.MethodPost, "/api/workload", `{"rate":300,"clients":8,"keys":10,"read_ratio":0.5}`)
	eventually(t, "600 operations", func() bool { return counted.operations() >= 600 })
	r.Do(http.MethodDelete, "/api/workload", "")
	eventually(t, "no message under way", func() bool { return len(counted.moving()) == 0 })
	t.Log(counted)
}
