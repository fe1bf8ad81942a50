package web_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"capplayground/server/history"
)

// tap clicks the first element that matches.
func (b *tab) tap(selector string) {
	b.t.Helper()
	b.until(selector, "document.querySelector(`"+selector+"`)")
	eval[bool](b, "(document.querySelector(`"+selector+"`).click(), true)")
}

// TestSessionFollowsWhatIsMeasured puts load on AP and splits the cluster. AP still answers,
// and some answers are wrong. The triangle shows that. A click on a stale read shows the
// write that the read missed, and the message that was lost. The load is started and stopped
// on the page.
func TestSessionFollowsWhatIsMeasured(t *testing.T) {
	r := launch(t, "--mode", "AP")
	b := open(t, r.URL+"/", 1280, 720)
	b.hasCount(5, "node", "status=up")
	b.tap(`#tab-session`)
	b.load(map[string]int{"rate": 40, "clients": 12, "keys": 3, "reads": 60})
	if got := r.Do("GET", "/api/workload", ""); !strings.HasPrefix(got, `{"running":true,"rate":40,"clients":12,"keys":3,"read_ratio":0.6`) {
		t.Errorf("the load is %s", got)
	}
	b.until("the load in words", `document.querySelector('[data-testid=traffic]').textContent === 'Load: 40/s by 12 clients on 3 keys, 60 % reads.'`)
	// AP promises no fresh read. On a busy machine nodes are late, and a read may be stale
	// before the split.
	b.until("a verdict", `['good', 'bad'].includes(document.querySelector('[data-testid=verdict]')?.dataset.tone)`)
	eventually(t, "the triangle to show what was measured", func() bool { return r.trianglePlausible(b) })
	b.shot("session-good")
	r.Do("POST", "/api/partition", `{"groups":[[1,2],[3,4,5]]}`)
	b.has("bad-read")
	b.until("the triangle of AP", `document.querySelector('#triangle .cp[data-state=broken]')`)
	b.shot("session-ap")
	for _, height := range []int{580, 720} {
		b.size(1280, height)
		b.until("verdict and figures without scrolling", "(({ clientHeight, scrollHeight, clientWidth, scrollWidth }) => clientHeight > 300 && scrollHeight <= clientHeight && scrollWidth <= clientWidth)(document.querySelector('#panel-session'))")
		b.shot(fmt.Sprintf("session-ap-%d", height))
	}
	b.tap(`[data-testid=chip][data-chip=load]`)
	b.until("no load", `document.querySelector('[data-testid=traffic]').textContent === '' && !document.querySelector('[data-chip=load]')`)
	// Some reads miss a write because its message was never sent: the forward still waits.
	// This test needs a read that missed a write because its message was lost in the cut.
	r.Do("POST", "/api/workload", `{"rate":20,"clients":8,"keys":1,"read_ratio":0.5}`)
	b.until("a read that knows which message was cut off", `(() => {
		const e = [...document.querySelectorAll('[data-testid=bad-read]')].find((e) => /of write .* was cut off/.test(e.textContent));
		if (!e) return false;
		globalThis.clicked = e.dataset.op;
		e.click();
		return true;
	})()`)
	r.Do("DELETE", "/api/workload", "")
	op := eval[string](b, `clicked`)
	missed := r.missed(op)
	b.has("op", "op="+missed.Op)
	b.until("the moment when it was lost", fmt.Sprintf(`document.querySelector('#badge[data-pace=replay]') && document.querySelector('[data-testid=lost][data-from="%d"][data-to="%d"]')`, missed.From, missed.To))
	b.shot("session-cause")
	r.Do("POST", "/api/heal", "")
}

// trianglePlausible reports whether the triangle agrees with the measurement. The side that
// AP promises holds, and no other side is broken. On an overloaded machine a read may be
// wrong, which breaks the sides of consistency. Calls may get no answer, which may break the
// sides of availability.
func (r *real) trianglePlausible(b *tab) bool {
	r.t.Helper()
	var report struct {
		Verdict string
		Recent  struct{ Asked, Answered, Stale, Conflicting int }
	}
	if err := json.Unmarshal([]byte(r.Do("GET", "/api/verdict", "")), &report); err != nil {
		r.t.Fatal(err)
	}
	side := func(name, state string) bool {
		return eval[bool](b, fmt.Sprintf("Boolean(document.querySelector('#triangle .%s[data-state=%s]'))", name, state))
	}
	consistency := "open"
	if report.Recent.Stale+report.Recent.Conflicting > 0 || report.Verdict == history.NotLinearizable {
		consistency = "broken"
	}
	unanswered := report.Recent.Answered < report.Recent.Asked
	return side("cp", consistency) && (side("ap", "holds") || unanswered && side("ap", "broken"))
}

// load starts a load with the form on the page.
func (b *tab) load(fields map[string]int) {
	b.t.Helper()
	b.tap(`[data-action=more]`)
	b.tap(`[data-testid=load]`)
	b.until("the form", `document.querySelector('#pop-load:popover-open')`)
	for name, n := range fields {
		eval[bool](b, fmt.Sprintf(`(() => { const i = document.querySelector('#pop-load [name=%s]'); i.value = '%d'; i.dispatchEvent(new Event('input', { bubbles: true })); return true; })()`, name, n))
	}
	b.until("the call as curl", fmt.Sprintf(`document.querySelector('#pop-load [data-fill=curl]').textContent.includes('"rate":%d,"clients":%d,"keys":%d,')`, fields["rate"], fields["clients"], fields["keys"]))
	b.shot("load-form")
	eval[bool](b, `(document.querySelector('#pop-load').requestSubmit(), true)`)
	b.until("the form to close", `!document.querySelector('#pop-load:popover-open')`)
	b.until("the load to be there", `document.querySelector('[data-testid=traffic]').textContent !== ''`)
}

// cause is the lost message that made a read stale.
type cause struct {
	Op   string `json:"op"`
	From int    `json:"from"`
	To   int    `json:"to"`
}

// missed returns the message that made a read stale.
func (r *real) missed(op string) cause {
	r.t.Helper()
	var list struct {
		Ops []struct {
			Op   string `json:"op"`
			Word struct {
				Newest string `json:"newest"`
				Cause  cause  `json:"cause"`
			} `json:"word"`
		} `json:"ops"`
	}
	if err := json.Unmarshal([]byte(r.Do("GET", "/api/history", "")), &list); err != nil {
		r.t.Fatal(err)
	}
	for _, o := range list.Ops {
		if o.Op == op && o.Word.Newest != "" && o.Word.Newest == o.Word.Cause.Op {
			return o.Word.Cause
		}
	}
	r.t.Fatalf("the read %s has no cause in the history", op)
	return cause{}
}

// TestPorcupinesPage opens Porcupine's page of one key. The page must load nothing from the
// network.
func TestPorcupinesPage(t *testing.T) {
	r := launch(t)
	r.MustWrite(1, "city", "Lisboa")
	r.Do("POST", "/api/nodes/4/freeze", "")
	if status := r.curl(2, http.MethodGet, "/database/city"); status != http.StatusOK {
		t.Fatalf("a read: %d", status)
	}
	r.Do("POST", "/api/nodes/4/unfreeze", "")
	deadline := time.Now().Add(patience)
	for status := 0; status != http.StatusOK; { // the playground judges only after events that may come late
		if status, _ = r.Call(http.MethodGet, r.URL+"/api/verdict/city", ""); time.Now().After(deadline) {
			t.Fatalf("Porcupine's page: %d", status)
		}
		time.Sleep(20 * time.Millisecond) // the pause between two checks; the loop ends with the condition
	}
	b := open(t, r.URL+"/api/verdict/city", 1280, 720)
	b.until("the operations drawn", `/write Lisboa/.test(document.body.textContent) && /freeze 4/.test(document.body.textContent)`)
	if origin := eval[string](b, "String(self.origin)"); origin != "null" {
		t.Errorf("the page has the origin %s, and must have none", origin)
	}
	b.until("the way back to the stage", `/Close this tab/.test(document.querySelector('#back')?.textContent)`)
	b.shot("porcupine")
	b.theme("dark")
	b.shot("porcupine-dark")
}

// TestCompareInTheBrowser plays a short script, and checks the page of the comparison.
func TestCompareInTheBrowser(t *testing.T) {
	r := launch(t)
	b := open(t, r.URL+"/compare", 1280, 720)
	b.has("compare-start")
	b.tap("#start") // the first press only arms the button
	b.until("the warning", `document.querySelector('#start').textContent.includes('Press again')`)
	if state := r.Do("GET", "/api/compare", ""); strings.Contains(state, `"running":true`) {
		t.Errorf("a comparison runs after one press: %s", state)
	}
	r.Do("POST", "/api/compare", `{"length":"3s","load":{"rate":80,"clients":16,"keys":5,"read_ratio":0.5},"faults":[{"at":"300ms","do":"freeze","node":4},{"at":"900ms","do":"unfreeze","node":4}]}`)
	if status, _ := r.Call(http.MethodPost, r.URL+"/api/compare", ""); status != http.StatusConflict {
		t.Errorf("a second comparison at the same time: %d, want 409", status)
	}
	if status, _ := r.Call(http.MethodPut, r.URL+"/api/mode", `{"mode":"AP"}`); status != http.StatusConflict {
		t.Errorf("a change of the mode during the comparison: %d, want 409", status)
	}
	b.do(chromedp.Reload())
	b.until("progress", `/CA|AP|CP/.test(document.querySelector('[data-testid=progress]')?.textContent ?? '') && document.querySelector('.empty p').textContent.startsWith('The lane of each mode')`)
	b.until("a lane while the others play", `[1, 2].includes(document.querySelectorAll('[data-testid=lane]').length) && !document.querySelector('#share').hidden && /AP|CP/.test(document.querySelector('[data-testid=progress]').textContent)`)
	b.shot("compare-fills")
	b.hasCount(3, "lane")
	b.shot("compare-short")
}
