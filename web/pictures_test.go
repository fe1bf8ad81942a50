package web_test

import (
	"fmt"
	"net/http"
	"os"
	"testing"
)

// TestPictures takes the README's pictures from real runs:
//
//	SHOTS=testdata/shots go test ./web -run TestPictures
//
// Each is one scene of a talk, played until the page shows its point.
func TestPictures(t *testing.T) {
	if os.Getenv("SHOTS") == "" {
		t.Skip("SHOTS names no directory for pictures")
	}
	r := launch(t)
	b := open(t, r.url+"/", 1920, 1080)
	b.hasCount(5, "node", "status=up")

	// CA: one frozen participant stops every write.
	r.seen(b, 2, http.MethodPost, "/database/city/Lisboa", http.StatusCreated)
	b.freeze(4)
	b.press("1")
	r.seen(b, 1, http.MethodPost, "/database/city/Porto", http.StatusServiceUnavailable)
	b.until("an × that says timed out", "[...document.querySelectorAll('[data-testid=lost] .reason')].some((w) => w.textContent === 'timed out')")
	b.picture("ca-frozen-1920")
	b.theme("dark")
	b.picture("dark-1920")
	b.theme("light")
	b.size(390, 844)
	b.picture("phone-390")
	b.size(1920, 1080)
	b.heal()

	// CA in slow motion: a vote in the hand.
	r.control(http.MethodPut, "/api/pace", `{"pace":"slow","rate":0.02}`)
	b.has("badge", "pace=slow")
	b.write("Braga")
	b.hasCount(4, "msg", "class=yes", "to=1", "state=flying")
	b.until("a vote well on its way", "document.querySelector('[data-testid=msg][data-class=yes][data-to=\"1\"][data-state=flying] .path').getTotalLength() > 110")
	b.take(`[data-testid=msg][data-class=yes][data-to="1"][data-state=flying]`)
	b.shot("slow-hand-1920")
	r.control(http.MethodPut, "/api/pace", `{"pace":"live"}`)
	b.title("write city = Braga", "201")

	// AP: two truths after a cut, and a hint for a home that is frozen.
	r.mode(b, "AP")
	r.siblings(b)
	b.picture("ap-siblings-1920")
	b.heal()

	// CP: the minority of a split must refuse, the majority writes on.
	r.mode(b, "CP")
	r.seen(b, 5, http.MethodPost, "/database/city/Lisboa", http.StatusCreated)
	r.control(http.MethodPost, "/api/partition", `{"groups":[[1,2],[3,4,5]]}`)
	b.has("tear")
	r.seen(b, 4, http.MethodPost, "/database/city/Porto", http.StatusCreated)
	r.seen(b, 1, http.MethodPost, "/database/city/Faro", http.StatusServiceUnavailable)
	b.picture("cp-split-1920")
}

// picture saves what the page shows once all that moves has come to rest.
func (b *tab) picture(name string) {
	b.t.Helper()
	b.hasCount(0, "msg", "state=flying")
	eval[bool](b, fmt.Sprintf("Promise.all(%s).then(() => document.fonts.ready).then(() => true)", animations))
	b.shot(name)
}
