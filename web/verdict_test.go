package web_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"
)

// soonRed is how long it may take from the first bad answer until the page
// shows the verdict in red.
const soonRed = 10 * time.Second

// ok makes a call of the playground that must succeed.
func (r *real) ok(method, path, body string) {
	r.t.Helper()
	if status, answer := r.call(method, r.url+path, body); status/100 != 2 {
		r.t.Fatalf("%s %s %s: %d %s", method, path, body, status, answer)
	}
}

// tap clicks the first element that matches.
func (b *tab) tap(selector string) {
	b.t.Helper()
	b.until(selector, "document.querySelector(`"+selector+"`)")
	eval[bool](b, "(document.querySelector(`"+selector+"`).click(), true)")
}

// TestPlantedBugsTurnTheVerdictRed runs real nodes with a known mistake under
// load and a fault that brings it out, and waits for the page to say so.
func TestPlantedBugsTurnTheVerdictRed(t *testing.T) {
	for _, test := range []struct {
		mode, bug string
		disturb   func(*real)
	}{
		{"CP", "majority-of-two", func(r *real) {
			r.ok("POST", "/api/partition", `{"groups":[[1,2],[3,4,5]]}`)
		}},
		{"CP", "no-write-back", func(r *real) {
			for _, to := range []int{3, 4, 5} { // stores of 1 and 2 reach a majority late, its neighbours soon
				for _, from := range []int{1, 2} {
					r.ok("PUT", fmt.Sprintf("/api/links/%d/%d", from, to), `{"cut":false,"delay_ms":60,"jitter_ms":120,"loss":0.3}`)
				}
			}
		}},
		{"CA", "reads-through-lock", func(r *real) {
			for _, to := range []int{2, 3, 4, 5} {
				r.ok("PUT", fmt.Sprintf("/api/links/1/%d", to), `{"cut":false,"delay_ms":40,"jitter_ms":40,"loss":0}`)
			}
		}},
	} {
		t.Run(test.mode+" "+test.bug, func(t *testing.T) {
			r := launch(t, "--mode", test.mode, "--bug", test.bug)
			b := open(t, r.url+"/", 1280, 720)
			b.hasCount(5, "node", "status=up")
			b.tap(`#tab-session`)
			r.ok("POST", "/api/workload", `{"rate":150,"clients":32,"keys":3,"read_ratio":0.6}`)
			test.disturb(r)
			b.until("a bad answer", `document.querySelector('[data-testid=bad-read]') || document.querySelector('[data-testid=verdict][data-tone=bad]')`)
			began := time.Now()
			b.has("verdict", "tone=bad")
			if took := time.Since(began); took > soonRed {
				t.Errorf("red %v after the first bad answer was shown", took)
			}
			b.shot("red-" + test.mode + "-" + test.bug)
		})
	}
}

// TestSessionFollowsWhatIsMeasured: with a partition, AP answers and is wrong;
// the triangle says so, and a stale read leads to the write that it missed.
func TestSessionFollowsWhatIsMeasured(t *testing.T) {
	r := launch(t, "--mode", "AP")
	b := open(t, r.url+"/", 1280, 720)
	b.hasCount(5, "node", "status=up")
	b.tap(`#tab-session`)
	r.ok("POST", "/api/workload", `{"rate":40,"clients":16,"keys":3,"read_ratio":0.5}`)
	b.has("verdict", "tone=good")
	b.until("consistency and availability measured", `document.querySelector('#triangle[data-c=kept][data-a=kept][data-p=no]')`)
	b.shot("session-good")
	r.ok("POST", "/api/partition", `{"groups":[[1,2],[3,4,5]]}`)
	b.has("bad-read")
	b.until("the triangle of AP", `document.querySelector('#triangle[data-c=broken][data-p=now]')`)
	b.shot("session-ap")
	r.ok("DELETE", "/api/workload", "")
	r.ok("POST", "/api/heal", "")
	b.until("a read that knows what it missed", `[...document.querySelectorAll('[data-testid=bad-read]')].some((e) => /write/.test(e.textContent))`)
	b.tap(`[data-testid=bad-read]`)
	b.until("the operation tab", `!document.getElementById('panel-op').hidden`)
	b.shot("session-cause")
	status, page := r.call(http.MethodGet, r.url+"/api/verdict/load1", "")
	if status != http.StatusOK || len(page) < 10_000 {
		t.Errorf("Porcupine's page: %d, %d bytes", status, len(page))
	}
}

// TestPorcupinesPage opens in the browser by itself, with no network.
func TestPorcupinesPage(t *testing.T) {
	r := launch(t)
	if status := r.curl(1, http.MethodPost, "/database/city/Lisboa"); status != http.StatusCreated {
		t.Fatalf("a write: %d", status)
	}
	if status := r.curl(2, http.MethodGet, "/database/city"); status != http.StatusOK {
		t.Fatalf("a read: %d", status)
	}
	deadline := time.Now().Add(patience)
	for status := 0; status != http.StatusOK; { // the judge waits a little for what may come late
		if status, _ = r.call(http.MethodGet, r.url+"/api/verdict/city", ""); time.Now().After(deadline) {
			t.Fatalf("Porcupine's page: %d", status)
		}
		time.Sleep(20 * time.Millisecond) // between looks: the condition decides
	}
	b := open(t, r.url+"/api/verdict/city", 1280, 720)
	b.until("the operations drawn", `/write Lisboa/.test(document.body.textContent) || document.querySelector('svg rect')`)
	if origin := eval[string](b, "String(self.origin)"); origin != "null" {
		t.Errorf("it runs as %s, which it must not", origin)
	}
	b.shot("porcupine")
}

// TestCompareInTheBrowser plays a short script by the page's button.
func TestCompareInTheBrowser(t *testing.T) {
	r := launch(t)
	b := open(t, r.url+"/compare", 1280, 720)
	b.has("compare-start")
	r.ok("POST", "/api/compare", `{"length":"1.5s","load":{"rate":80,"clients":16,"keys":5,"read_ratio":0.5},"faults":[{"at":"300ms","do":"freeze","node":4},{"at":"900ms","do":"unfreeze","node":4}]}`)
	if status, _ := r.call(http.MethodPost, r.url+"/api/compare", ""); status != http.StatusConflict {
		t.Errorf("a second comparison: %d, want 409", status)
	}
	if status, _ := r.call(http.MethodPut, r.url+"/api/mode", `{"mode":"AP"}`); status != http.StatusConflict {
		t.Errorf("another mode meanwhile: %d, want 409", status)
	}
	eval[bool](b, "(location.reload(), true)")
	b.until("progress", `/CA|AP|CP/.test(document.querySelector('[data-testid=progress]')?.textContent ?? '')`)
	b.hasCount(3, "lane")
	b.shot("compare-short")
}
