package web_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// card is the message that the diagram's card describes, "" if no card is open.
const card = "(document.querySelector('[data-testid=glance]').hidden ? '' : document.querySelector('[data-testid=glance]').dataset.msg)"

// TestTheCardGoesWithItsMessage marks a message of the diagram with a resting pointer, a
// message of the ring with a resting pointer, and a message of the diagram with the keyboard.
// When the message has moved away from the pointer, or out of the diagram, the card is closed.
func TestTheCardGoesWithItsMessage(t *testing.T) {
	r := launch(t)
	b := open(t, r.URL+"/", 1280, 720)
	b.hasCount(5, "node", "status=up")
	writes := 0
	write := func() {
		writes++
		val := fmt.Sprint("v", writes)
		r.seen(b, 1, http.MethodPost, "/database/city/"+val, http.StatusCreated)
		b.hasCount(5, "node", "value="+val)
		b.rests()
	}
	write()
	b.still("once the write is over")

	mid := b.at("#diagram-canvas")
	box := eval[point](b, "(({x, width}) => ({X: x, Y: width}))(document.querySelector('#diagram-canvas').getBoundingClientRect())")
	for x := box.X + 60; x < box.X+box.Y && eval[string](b, card) == ""; x += 12 {
		b.mouse(chromedp.MouseMoved, point{x, mid.Y})
	}
	if eval[string](b, card) == "" {
		t.Fatal("the pointer found no message in the diagram")
	}
	b.shot("card-under-the-pointer")
	write()
	b.until("the card of the diagram to go with its message", card+" === ''")

	b.tap("#stage")
	b.focusOn("#diagram-canvas")
	b.press(kb.ArrowRight)
	first := eval[string](b, card)
	if first == "" {
		t.Fatal("the keyboard found no message in the diagram")
	}
	for range 4 {
		write()
	}
	b.until("the card of the keyboard to go when its message leaves the diagram", card+" === ''")

	r.Do(http.MethodPut, "/api/pace", `{"pace":"slow","rate":0.05}`)
	b.has("badge", "pace=slow")
	b.focusOn("#stage")
	b.write("London")
	for tries := 0; eval[string](b, card) == "" && tries < 50; tries++ {
		b.mouse(chromedp.MouseMoved, b.now(flying("prepare")))
	}
	if eval[string](b, card) == "" {
		t.Fatal("the pointer found no message in the ring")
	}
	r.Do(http.MethodPut, "/api/pace", `{"pace":"live"}`)
	b.has("badge", "pace=live")
	b.hasCount(5, "node", "value=London")
	write()
	b.until("the card of the ring to go with its message", card+" === ''")
}
