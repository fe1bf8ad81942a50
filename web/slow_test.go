package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// TestStageSlowMotion plays a scene of a talk in slow motion, by keys alone. At one
// fiftieth of full speed node 1 writes, and is killed while the votes are in flight. The
// votes arrive at a dead node. The other four keep the key locked and do not know the
// outcome until node 1 starts again. SHOTS keeps a picture of each step.
func TestStageSlowMotion(t *testing.T) {
	r := launch(t)
	b := open(t, r.URL+"/", 1920, 1080)
	b.hasCount(5, "node", "status=up")
	r.seen(b, 1, http.MethodPost, "/database/city/Lisboa", http.StatusCreated)

	b.press("[")
	b.until("1/10", "document.querySelector('[data-testid=badge]').textContent === 'SLOW 1/10'")
	b.press("[")
	b.until("1/20", "document.querySelector('[data-testid=badge]').textContent === 'SLOW 1/20'")
	b.press("[")
	b.until("1/50", "document.querySelector('[data-testid=badge]').textContent === 'SLOW 1/50'")
	b.watch()
	b.press("1")
	b.write("Porto")
	b.until("the write", "document.querySelector('#op-title').textContent === 'write city = Porto'")
	b.drew(4, `m.type === 'prepare' && m.from === '1'`)
	b.shot("slow-1-prepares")
	b.hasCount(4, "msg", "class=yes", "to=1", "state=flying")
	b.press("k")
	b.has("node", "node=1", "status=killed")
	b.shot("slow-2-killed-while-votes-fly")

	b.until("four votes that died", "[...window.drawn.values()].filter((m) => m.testid === 'lost' && m.to === '1').length === 4")
	b.until("an × that says killed", "[...document.querySelectorAll('[data-testid=lost] .reason')].some((w) => w.textContent.startsWith('killed'))") // the text is "killed ×4" if the page shows several at once
	for i := 2; i <= 5; i++ {
		b.has("node", fmt.Sprint("node=", i), "locked")
	}
	b.shot("slow-3-votes-at-a-dead-node")

	b.press("]")
	b.until("1/20", "document.querySelector('[data-testid=badge]').textContent === 'SLOW 1/20'")
	b.press("]")
	b.until("1/10", "document.querySelector('[data-testid=badge]').textContent === 'SLOW 1/10'")
	b.press("]")
	b.has("badge", "pace=live")
	b.until("four nodes in doubt", "[...document.querySelectorAll('.node .word')].filter((w) => w.textContent.includes('in doubt')).length === 4")
	b.shot("slow-4-in-doubt")

	b.press("k")
	b.hasCount(5, "node", "status=up")
	b.until("no lock", "!document.querySelector('.node[data-locked]')")
	b.shot("slow-5-unlocked")
	values := map[string]bool{}
	for i := 1; i <= 5; i++ {
		body, _ := r.seen(b, i, http.MethodGet, "/database/city", http.StatusOK)
		values[value(body)] = true
	}
	if len(values) != 1 || !values["Lisboa"] {
		t.Errorf("the five nodes hold %v after an undecided write of Porto, want only Lisboa", values)
	}
}

// write writes a value at the selected node with the keyboard. The form has the key already.
func (b *tab) write(val string) {
	b.t.Helper()
	b.press("w")
	b.until("the form", "document.activeElement?.matches('#pop-write:popover-open [name=val]')")
	b.press(val, kb.Enter)
	b.until("the form to close", "!document.querySelector('#pop-write:popover-open')")
}

// value returns the "val" of a node's answer.
func value(body string) string {
	_, rest, _ := strings.Cut(body, `"val":"`)
	val, _, _ := strings.Cut(rest, `"`)
	return val
}
