package web_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// TestKeyboardOnly plays a whole session without a pointer: choose, write, freeze,
// write, thaw, step, rewind, split, heal, and the tabs of the panel.
func TestKeyboardOnly(t *testing.T) {
	r := launch(t)
	b := open(t, r.URL+"/", 1280, 720)
	b.hasCount(5, "node", "status=up")

	b.press("2")
	b.until("node 2 to be chosen", "document.querySelector('[data-testid=node][data-node=\"2\"]').hasAttribute('data-selected')")
	b.write("Lisboa")
	b.title("write city = Lisboa", "201")
	b.has("client", "node=2", "status=201")

	b.press("4", "f")
	b.has("node", "node=4", "status=frozen")
	b.press("2")
	b.write("Porto")
	b.has("parked", "node=4")
	b.title("write city = Porto", "503")
	b.press("4", "f")
	b.has("node", "node=4", "status=up")
	b.hasCount(0, "parked")

	b.press(" ")
	b.has("badge", "pace=step")
	b.press("3")
	b.write("Braga")
	b.step(b.stepsTo("Braga"))
	b.press(" ")
	b.has("badge", "pace=live")

	b.tab("#playhead")
	b.press(kb.Home)
	b.has("badge", "pace=replay")
	b.until("the first moment", "document.querySelector('#op-title').textContent !== 'write city = Braga'")
	b.shot("keyboard-rewound")
	b.press(kb.End)
	b.has("badge", "pace=live")
	b.title("write city = Braga", "201")

	b.tab("#tab-op")
	b.press(kb.ArrowRight)
	b.until("the node's tab", "!document.querySelector('#panel-node').hidden && document.activeElement.id === 'tab-node'")
	b.press(kb.ArrowLeft)

	b.press("p")
	b.until("the choice of splits", "document.activeElement?.closest('#pop-split:popover-open')")
	b.press(kb.Enter)
	b.has("tear")
	b.press("h")
	b.until("no tear", "!document.querySelector('[data-testid=tear]')")
	var cluster struct {
		Links []any `json:"links"`
	}
	if err := json.Unmarshal([]byte(r.Do(http.MethodGet, "/api/cluster", "")), &cluster); err != nil || len(cluster.Links) > 0 {
		t.Errorf("links after healing: %v (%v), want all perfect", cluster.Links, err)
	}
	b.write("Faro")
	b.title("write city = Faro", "201")
}

// title waits until the panel's operation has this title and this stamp.
func (b *tab) title(title, status string) {
	b.t.Helper()
	b.has("op", "status="+status)
	b.has("stamp", "status="+status)
	b.until(title, "document.querySelector('#op-title').textContent === `"+title+"`")
}

// stepsTo waits until the page shows the write and no message of it moves. It returns a
// condition that is true when the write has ended.
func (b *tab) stepsTo(val string) string {
	b.t.Helper()
	b.until("the write to begin", "document.querySelector('#op-title').textContent === 'write city = "+val+"'")
	return "document.querySelector('[data-testid=op]').dataset.status === '201'"
}

// step presses the right arrow until the condition holds. Each press delivers one message.
// Before the next press, step waits until the page shows one message less in flight.
func (b *tab) step(until string) {
	b.t.Helper()
	const flying = "document.querySelectorAll('[data-testid=msg][data-state=flying]').length"
	for presses := 0; !eval[bool](b, until); presses++ {
		if presses > 40 {
			b.t.Fatalf("after 40 delivered messages the condition does not hold: %s", until)
		}
		b.until("something in the air", flying+" > 0 || "+until)
		before := eval[string](b, inAir)
		b.press(kb.ArrowRight)
		b.until("a message less in the air", inAir+" !== `"+before+"` || "+until)
	}
}

// inAir names the messages that the page shows as flying.
const inAir = "[...document.querySelectorAll('[data-testid=msg][data-state=flying]')].map((m) => m.dataset.id).join()"

// tab presses Tab until the element has the focus.
func (b *tab) tab(selector string) {
	b.t.Helper()
	for range 80 {
		if eval[bool](b, "document.activeElement?.matches(`"+selector+"`)") {
			return
		}
		b.press(kb.Tab)
	}
	b.t.Fatalf("Tab does not reach %s", selector)
}
