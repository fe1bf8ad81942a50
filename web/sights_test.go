package web_test

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// sights are further situations, beside the four of scenes. Each is played on a real
// cluster until the page shows it at rest.
var sights = []scene{
	{"door", playDoor, func(_ *real, b *tab) { b.heal() }},
	{"doubt", playDoubt, endDoubt},
	{"sure", playSure, func(*real, *tab) {}},
	{"byhand", playByHand, func(_ *real, b *tab) { b.press(kb.Escape) }},
	{"stale", playStale, func(_ *real, b *tab) { b.heal() }},
	{"conflicting", playConflicting, func(_ *real, b *tab) { b.heal() }},
	{"healed", playHealed, func(_ *real, b *tab) {}},
	{"replay", playReplay, func(_ *real, b *tab) { b.press(kb.Escape) }},
	{"chips", playChips, func(r *real, _ *tab) { r.Do(http.MethodPost, "/api/reset", "") }},
	{"legend", func(_ *real, b *tab) { b.press("l") }, func(_ *real, b *tab) { b.press("l") }},
	{"help", func(_ *real, b *tab) { b.press("?") }, func(_ *real, b *tab) { b.press("?") }},
	{"session", playSession, func(_ *real, b *tab) { b.tap("#tab-op") }},
}

// TestPicturesOfWhatIsSaid takes pictures of the sights, each in five windows:
//
//	SHOTS=/tmp/sights go test ./web -run 'TestPicturesOfWhatIsSaid/stale'
func TestPicturesOfWhatIsSaid(t *testing.T) {
	if os.Getenv("SHOTS") == "" {
		t.Skip("SHOTS names no directory for pictures")
	}
	r := launch(t)
	b := open(t, r.URL+"/", 1920, 1080)
	b.hasCount(5, "node", "status=up")
	for _, s := range sights {
		t.Run(s.name, func(t *testing.T) {
			r, b := r.in(t), b.in(t)
			s.play(r, b)
			for _, w := range []window{{1280, 720, 1}, {1280, 580, 1}, {390, 844, 1}, {1920, 1080, 1}} {
				b.show(w)
				b.laidOut()
				b.settled()
				b.shot(fmt.Sprintf("%s-%v", s.name, w))
			}
			b.theme("dark")
			b.settled()
			b.shot(s.name + "-dark")
			b.theme("light")
			s.end(r, b)
		})
	}
}

// TestThePanelFits shows the fullest panels of AP: a write that no home has, and a stale read.
// In every window with the panel beside the stage, the command stands above the panel's edge,
// whole, and the words of the stamp stay in its frame.
func TestThePanelFits(t *testing.T) {
	r := launch(t)
	b := open(t, r.URL+"/", 1920, 1080)
	b.hasCount(5, "node", "status=up")
	check := func(what string) {
		t.Helper()
		for _, w := range []window{{1920, 1080, 1}, {1440, 900, 1}, {1366, 768, 1}, {1280, 720, 1}, {1280, 580, 1}, {1024, 768, 1}, {1024, 640, 1}} {
			b.show(w)
			b.laidOut()
			for _, wrong := range eval[[]string](b, panelFits) {
				t.Errorf("%s, %v: %s", what, w, wrong)
			}
		}
	}
	r.mode(b, "AP")
	r.seen(b, 4, http.MethodPost, "/database/city/Porto", http.StatusCreated)
	r.Do(http.MethodPost, "/api/partition", `{"groups":[[1,2],[3,4,5]]}`)
	b.has("tear")
	r.seen(b, 1, http.MethodPost, "/database/city/Vila+Real", http.StatusCreated)
	b.until("a hint for each home", "document.querySelector('#op-stamp').textContent.includes('hints 3, 4, 5')")
	b.rests()
	check("a write that no home has")
	r.seen(b, 4, http.MethodGet, "/database/city", http.StatusOK)
	b.until("the verdict on the read", "document.querySelector('#op-stamp').dataset.outcome === 'stale'")
	b.rests()
	check("a stale read")
}

// panelFits lists what does not fit into the panel.
const panelFits = `(() => {
	const [tab, code, stamp] = ['#panel-op', '#op-curl', '#op-stamp'].map((s) => document.querySelector(s));
	const wrong = [];
	if (tab.scrollHeight > tab.clientHeight) wrong.push('the panel is ' + (tab.scrollHeight - tab.clientHeight) + ' px too low');
	if (code.scrollHeight > code.clientHeight + 1) wrong.push('lines of the command are cut');
	if ([...stamp.children].some((e) => e.scrollHeight > stamp.clientHeight)) wrong.push('the words of the stamp leave it');
	return wrong;
})()`

// playDoor is a request that waits at a frozen node.
func playDoor(r *real, b *tab) {
	r.mode(b, "CA")
	r.seen(b, 1, http.MethodPost, "/database/city/Lisboa", http.StatusCreated)
	b.freeze(4)
	b.press("w", kb.Enter)
	b.until("a request that waits", "document.querySelector('#caption').textContent.includes('frozen: ')")
	b.settled()
}

// playDoubt kills the coordinator when all votes have arrived.
func playDoubt(r *real, b *tab) {
	r.mode(b, "CA")
	r.Do(http.MethodPost, "/api/rules", `{"when":{"type":"yes","count":4,"node":1},"then":"kill"}`)
	b.has("chip", "chip=point")
	b.press("1")
	b.write("Porto")
	b.has("node", "node=1", "status=killed")
	b.until("what that means", "document.querySelector('#caption').textContent.startsWith('Node 1 died before it told any node.')")
	b.until("the questions", "document.querySelector('#op-facts').textContent.includes('asked each other')")
	b.settled()
}

func endDoubt(r *real, b *tab) {
	r.Do(http.MethodPost, "/api/nodes/1/restart", "")
	b.hasCount(0, "node", "locked")
}

// playSure restarts a coordinator that died before it decided. Its answers show the outcome
// of the write.
func playSure(r *real, b *tab) {
	playDoubt(r, b)
	endDoubt(r, b)
	b.until("that the write did not happen", "document.querySelector('#op-stamp em').textContent === 'now sure: not written' && document.querySelector('#caption').textContent.startsWith('Node 1 is back. Now it is sure')")
	b.until("the nodes that know", "[...document.querySelectorAll('.node .word')].filter((w) => w.textContent === 'rolled back').length >= 3")
	b.settled()
}

// playByHand ends one transaction in two ways at two nodes.
func playByHand(r *real, b *tab) {
	r.mode(b, "CA")
	r.seen(b, 3, http.MethodPost, "/database/city/Porto", http.StatusCreated)
	for _, node := range []int{1, 2} {
		r.Call(http.MethodPost, r.Node(node)+"/2pc/propose", `{"id":"T1","key":"city","val":"London"}`)
	}
	r.Call(http.MethodPost, r.Node(1)+"/2pc/commit/T1", "")
	r.Call(http.MethodPost, r.Node(2)+"/2pc/rollback/T1", "")
	b.until("both ends", "document.querySelector('#caption').textContent.includes('ended differently')")
	b.rests()
}

// playStale reads in AP, on one side of a partition, a value that was overwritten on the
// other side.
func playStale(r *real, b *tab) {
	r.mode(b, "AP")
	r.seen(b, 4, http.MethodPost, "/database/city/Porto", http.StatusCreated)
	r.Do(http.MethodPost, "/api/partition", `{"groups":[[1,2],[3,4,5]]}`)
	b.has("tear")
	r.seen(b, 1, http.MethodPost, "/database/city/Faro", http.StatusCreated)
	r.seen(b, 4, http.MethodGet, "/database/city", http.StatusOK)
	b.until("the verdict on the read", "document.querySelector('#op-stamp').dataset.outcome === 'stale'")
	b.rests()
}

// playConflicting reads in AP a key that was written on both sides of a partition.
func playConflicting(r *real, b *tab) {
	r.mode(b, "AP")
	r.Do(http.MethodPost, "/api/reset", "")
	b.until("an empty stage", "document.querySelector('#op-title').textContent === 'Nothing asked yet'")
	r.ready()
	r.siblings(b)
	b.rests()
}

// playHealed heals a partition after a refused write.
func playHealed(r *real, b *tab) {
	playSplit(r, b)
	b.press("h")
	b.until("no tear", "!document.querySelector('[data-testid=tear]')")
	b.settled()
}

// playReplay stops a replay in the middle of a write. The later messages are pale.
func playReplay(r *real, b *tab) {
	r.mode(b, "CP")
	r.seen(b, 2, http.MethodPost, "/database/city/Porto", http.StatusCreated)
	b.rests()
	b.press(",", " ", kb.Home, kb.ArrowRight, kb.ArrowRight)
	b.until("what is still to come", "document.querySelectorAll('[data-testid=to-come]').length > 3")
	b.settled()
}

// playChips makes each setting that has a chip.
func playChips(r *real, b *tab) {
	r.mode(b, "AP")
	r.Do(http.MethodPost, "/api/rules", `{"from":1,"to":2,"type":"*","do":"hold","count":1}`)
	r.Do(http.MethodPut, "/api/links/3/4", `{"delay_ms":80,"loss":0.25}`)
	r.Do(http.MethodPut, "/api/quorum", `{"n":5,"r":1,"w":1}`)
	r.Do(http.MethodPost, "/api/workload", `{"rate":20,"clients":4,"keys":3,"read_ratio":0.5}`)
	for _, what := range strings.Fields("rules load links sizes") {
		b.has("chip", "chip="+what)
	}
}

// playSession shows the tab of the session after some operations.
func playSession(r *real, b *tab) {
	b.tap("#tab-session")
	r.Do(http.MethodPost, "/api/workload", `{"rate":60,"clients":4,"keys":3,"read_ratio":0.5}`)
	b.has("chip", "chip=load")
	b.until("figures", "document.querySelectorAll('.figures tr').length > 3")
	r.Do(http.MethodDelete, "/api/workload", "")
	b.hasCount(0, "chip", "chip=load")
}
