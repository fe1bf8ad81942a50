package web_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

const phones = 20 // that vote

// pages is how many of the phones are pages in the browser.
var pages = flag.Int("audience.pages", 4, "how many of the twenty phones of TestATalk are pages of Chromium, 4 to 20")

// phonesOf returns the addresses of the audience's page and of the remote.
func (r *real) phonesOf() (audience, remote string) { return r.phonesAt("/api/audience") }

// phonesAt is phonesOf for a playground whose call has another path.
func (r *real) phonesAt(path string) (audience, remote string) {
	r.t.Helper()
	status, answer := r.Control(http.MethodGet, path, "")
	var is struct {
		URL       string `json:"url"`
		RemoteURL string `json:"remote_url"`
	}
	if err := json.Unmarshal([]byte(answer), &is); status != http.StatusOK || err != nil {
		r.t.Fatalf("%d %s", status, answer)
	}
	return is.URL, is.RemoteURL
}

// vote opens the audience's page and votes, as a phone does, but without a browser: twenty
// pages of Chromium on two processors would take half a minute.
func vote(t *testing.T, audience string, choice int) {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	phone := http.Client{Jar: jar, Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}}
	opened, err := phone.Get(audience)
	if err != nil {
		t.Fatal(err)
	}
	_ = opened.Body.Close()
	voted, err := phone.Post(opened.Request.URL.JoinPath("../vote").String(), "application/json", strings.NewReader(fmt.Sprintf(`{"choice":%d}`, choice)))
	if err != nil {
		t.Fatal(err)
	}
	_ = voted.Body.Close()
	if opened.StatusCode != http.StatusOK || voted.StatusCode != http.StatusOK {
		t.Fatalf("a phone: the page answers %s, the vote %s", opened.Status, voted.Status)
	}
}

// reads waits until an element has this text.
func (b *tab) reads(testid, text string) {
	b.t.Helper()
	b.until(fmt.Sprintf("%s to say %q", testid, text), fmt.Sprintf("document.querySelector('[data-testid=%s]')?.textContent === %q", testid, text))
}

// TestATalk plays a scenario from the stage, the presenter's page and the
// remote, with twenty phones that vote.
func TestATalk(t *testing.T) {
	r := launch(t, "--audience", "127.0.0.1:0")
	stage := open(t, r.URL+"/", 1920, 1080)
	stage.hasCount(5, "node", "status=up")

	// The list opens by itself only at the first visit. The tour waits until the list is
	// closed.
	stage.firstVisit()
	stage.listOpens()
	stage.reads("caption", "Each node is a database and a process of its own. Pick a story.")
	stage.shot("talk-home-1920")
	stage.click("[data-testid=explore]")
	stage.until("the tour", "document.querySelector('#tour').checkVisibility() && document.querySelector('[data-testid=scenarios]').hidden")
	stage.shot("talk-explore-1920")
	stage.visit(r.URL + "/")
	stage.hasCount(5, "node", "status=up")
	stage.until("no list", "document.querySelector('[data-testid=scenarios]').hidden")
	stage.press("s")
	stage.listOpens()
	stage.press("s")
	stage.until("no list", "document.querySelector('[data-testid=scenarios]').hidden")
	stage.click("[data-testid=stories]")
	stage.listOpens()
	stage.click(`[data-name="02-one-silent-node"]`)
	stage.reads("step-count", "1 of 5")
	stage.reads("caption", "Five databases, one value.")
	stage.until("no list", "document.querySelector('[data-testid=scenarios]').hidden")

	presenter := openBeside(t, r.URL+"/presenter", 1440, 900)
	presenter.reads("say", "Five databases, one value.")
	presenter.reads("step", "step 1 of 5")
	presenter.until("the notes", "document.querySelector('[data-testid=notes] b')?.textContent === 'two-phase commit'")
	audience, remoteURL := r.phonesOf()
	remote := openBeside(t, remoteURL, 390, 844)
	remote.allowed = []string{"409 (Conflict)"} // the answer while another page drives
	remote.reads("say", "Five databases, one value.")
	crowd := make([]*tab, *pages)
	for i := range crowd {
		crowd[i] = openBeside(t, audience, 390, 844)
	}

	// The question opens on all pages. While it is open, no page that the audience sees shows
	// the votes.
	stage.until("the first step to be over", "document.querySelectorAll('[data-testid=client][data-status=\"201\"]').length === 1")
	stage.click("[data-testid=talk-next]") // a mouse has no clicker
	stage.until("the question", "!document.querySelector('[data-testid=question]').hidden")
	for i, phone := range crowd {
		phone.hasCount(3, "vote")
		phone.click(fmt.Sprintf("li:nth-child(%d) > [data-testid=vote]", i%3+1))
		phone.until("the vote to be marked", fmt.Sprintf("document.querySelector('li:nth-child(%d) > [aria-pressed=true]')", i%3+1))
	}
	for i := *pages; i < phones; i++ {
		vote(t, audience, i%3+1)
	}
	crowd[0].click("li:nth-child(2) > [data-testid=vote]") // a phone may change its vote
	stage.reads("voted", "20 have voted")
	stage.click("li:nth-child(3) > [data-testid=vote]") // a raised hand
	stage.reads("voted", "21 have voted")
	stage.shot("talk-ask-1920")
	stage.until("no bars", "!document.querySelector('.question .bar')")
	presenter.until("the counts", "[...document.querySelectorAll('[data-testid=poll] .vote')].map((v) => v.querySelector('b:nth-of-type(2)').textContent).join() === '6,8,7'")
	crowd[3].shot("talk-vote-390")

	// The remote takes over with a second press. The deciding step shows the votes.
	remote.click("[data-press=next]")
	remote.reads("notice", "Another page drives. Press again to drive from here.")
	remote.click("[data-press=next]")
	stage.reads("step-count", "3 of 5")
	stage.until("the votes beside what happened", `document.querySelectorAll('[data-testid=choice] .bar').length === 3 &&
		document.querySelector('[data-testid=choice][data-right] .text').textContent === 'read, not write' &&
		document.querySelector('[data-testid=happened]').textContent.includes('write at node 1503')`)
	crowd[2].until("the bars", "document.querySelectorAll('.question .bar').length === 3 && !document.querySelector('[data-testid=vote]')")
	presenter.until("what came", "document.querySelectorAll('[data-testid=rows] .row').length > 3 && !document.querySelector('[data-differs]')")
	stage.shot("talk-reveal-1920")
	presenter.shot("talk-presenter-1440")
	remote.shot("talk-remote-390")

	// Every page can be reloaded at any moment.
	stage.visit(r.URL + "/")
	stage.reads("step-count", "3 of 5")
	stage.reads("caption", "Reads go on. No write can commit.")
	stage.until("the bars again", "document.querySelectorAll('.question .bar').length === 3")

	// All pages that the audience sees turn black. Any press ends that, and does nothing else.
	remote.click("[data-press=black]")
	for _, b := range []*tab{stage, crowd[0]} {
		b.until("black", "!document.querySelector('[data-testid=black]').hidden")
	}
	remote.click("[data-press=next]")
	stage.until("light", "document.querySelector('[data-testid=black]').hidden")
	stage.reads("step-count", "3 of 5")

	// PageUp first moves the playhead back. A second PageUp goes back one step.
	presenter.click("[data-testid=take]")
	presenter.reads("drives", "this window drives")
	presenter.press(kb.PageUp)
	stage.reads("step-count", "2 of 5")
	presenter.press(kb.PageDown)
	stage.reads("step-count", "3 of 5")

	// The presenter shows the recording of the step. A press of the remote ends the recording,
	// and does nothing else.
	presenter.click("[data-testid=recording]")
	stage.reads("playback", "This is how step 3 went when it was recorded.Back to the playground")
	stage.has("badge", "pace=replay")
	stage.until("it to play to its end", atEnd)
	stage.shot("talk-recording-1920")
	presenter.until("what the stage shows", "document.querySelector('[data-testid=recording-on]') && document.querySelector('[data-testid=recording][aria-pressed=true]')")
	presenter.shot("talk-recording-presenter-1440")
	remote.click("[data-press=next]")
	remote.reads("notice", "Another page drives. Press again to drive from here.")
	remote.click("[data-press=next]")
	stage.has("badge", "pace=live")
	stage.reads("step-count", "3 of 5")

	// After the talk the stage is as it was before.
	stage.click("[data-testid=talk-leave]")
	stage.until("the rail", "getComputedStyle(document.querySelector('.rail')).visibility === 'visible' && document.querySelector('[data-testid=question]').hidden")
	presenter.reads("title", "No scenario")
}

// firstVisit loads the page as in a browser that has never loaded it. From then on the
// browser stores only the data that the page itself stores.
func (b *tab) firstVisit() {
	b.t.Helper()
	b.onNewDocument(`
		const kept = JSON.parse(sessionStorage.kept ?? '{}');
		localStorage.clear();
		for (const [k, v] of Object.entries(kept)) localStorage.setItem(k, v);
		addEventListener('pagehide', () => { sessionStorage.kept = JSON.stringify({ ...localStorage }); });
	`)
	eval[bool](b, "sessionStorage.clear() || true")
	b.do(chromedp.Reload())
}

func (b *tab) listOpens() {
	b.t.Helper()
	b.until("the list", "!document.querySelector('[data-testid=scenarios]').hidden && document.querySelectorAll('[data-testid=scenario]').length >= 11")
}

// TestTheStageLooksBeforeItGoesBack: the first PageUp moves the playhead to the
// beginning of the step, the second one plays the step before.
func TestTheStageLooksBeforeItGoesBack(t *testing.T) {
	r := launch(t)
	b := open(t, r.URL+"/", 1280, 720)
	b.hasCount(5, "node", "status=up")
	if status, answer := r.Control(http.MethodPost, "/api/scenario", `{"name":"09-two-cannot-three-can"}`); status != http.StatusOK {
		t.Fatalf("%d %s", status, answer)
	}
	b.reads("step-count", "1 of 5")
	b.until("the write to be shown", "document.querySelectorAll('[data-testid=client][data-status=\"201\"]').length === 1")
	b.press(kb.ArrowRight)
	b.reads("step-count", "2 of 5")
	b.press(" ")
	b.reads("step-count", "3 of 5")
	b.until("the answers", "document.querySelector('[data-testid=happened]')?.textContent.includes('503')")
	b.press(kb.PageUp)
	b.has("badge", "pace=replay")
	b.reads("step-count", "3 of 5")
	b.press(kb.PageDown)
	b.has("badge", "pace=live")
	b.reads("step-count", "3 of 5")
	b.press(kb.PageUp)
	b.has("badge", "pace=replay")
	b.press(kb.PageUp)
	b.reads("step-count", "2 of 5")
	b.shot("talk-back-1280")
	b.showsTheRecordingOfAStep(r)
}

// showsTheRecordingOfAStep plays the recording of step 2 and moves its playhead. Meanwhile a
// node is killed. The stage shows that when it returns to the cluster.
func (b *tab) showsTheRecordingOfAStep(r *real) {
	b.t.Helper()
	const shown = "This is how step 2 went when it was recorded.Back to the playground"
	b.press("A")
	b.reads("playback", shown)
	b.has("badge", "pace=replay")
	b.reads("step-count", "2 of 5")
	b.until("it to play to its end", atEnd)
	end := eval[float64](b, playhead)
	b.press(kb.ArrowLeft)
	b.until("an earlier moment", playhead+" < "+number(end))
	b.press("k")
	b.reads("notice", "Kill: this is a recording, nothing runs.")
	r.Do(http.MethodPost, "/api/nodes/5/kill", "")
	b.press(kb.End)
	b.until("the end", playhead+" === "+number(end))
	b.hasCount(5, "node", "status=up")
	b.do(chromedp.Reload()) // the playground knows that the recording is shown
	b.reads("playback", shown)
	r.Do(http.MethodPost, "/api/scenario/drive", `{"page":""}`) // after a reload the page counts as another page
	b.press(kb.PageDown)
	b.has("badge", "pace=live")
	b.reads("step-count", "2 of 5")
	b.has("node", "node=5", "status=killed")
	b.press("A")
	b.has("badge", "pace=replay") // the text of the earlier recording may still be there, hidden
	b.reads("playback", shown)
	b.press(kb.Escape)
	b.has("badge", "pace=live")
	b.reads("step-count", "2 of 5")
}
