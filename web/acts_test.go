package web_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"capplayground/cluster"
)

// Actions of tests on a real playground while a page shows it.

// seen sends node i a request, as curl would, and checks the status. Then it
// waits until the page shows this answer in the client's box, in the panel and in
// the stamp. It returns the body of the answer and the time that it took.
//
// On a busy machine a node may not be scheduled in time. Then a timer of the protocol
// fires, and even a healthy cluster refuses the operation. Only such an operation is sent
// again. Its lock may still be held then: the answer is 409, and it is sent once more.
func (r *real) seen(b *tab, i int, method, path string, want int) (string, time.Duration) {
	r.t.Helper()
	var status int
	var body string
	var took time.Duration
	for first := time.Now(); time.Since(first) < patience; {
		began := time.Now()
		status, body = r.Call(method, r.Node(i)+path, "")
		took = time.Since(began)
		timeout := (status == http.StatusServiceUnavailable || status == http.StatusGatewayTimeout) && took >= cluster.MinTimer
		locked := status == http.StatusConflict && began.Sub(first) >= cluster.MinTimer
		if status == want || want/100 != 2 || !timeout && !locked {
			break
		}
		r.t.Logf("%s %s at node %d is sent again after %d %s", method, path, i, status, body)
	}
	if status != want {
		r.t.Errorf("%s %s at node %d: %d %s, want %d", method, path, i, status, body, want)
	}
	var answer struct {
		Op string `json:"op"`
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil || answer.Op == "" {
		r.t.Fatalf("%s %s at node %d: %s: no operation in the answer (%v)", method, path, i, body, err)
	}
	b.has("op", "op="+answer.Op, "status="+strconv.Itoa(status))
	b.has("stamp", "status="+strconv.Itoa(status))
	b.has("client", "op="+answer.Op, "node="+strconv.Itoa(i), "status="+strconv.Itoa(status))
	return body, took
}

// freeze freezes nodes by keys on the page, and waits until the page shows them
// frozen.
func (b *tab) freeze(ids ...int) {
	b.t.Helper()
	for _, i := range ids {
		b.press(strconv.Itoa(i), "f")
		b.has("node", "node="+strconv.Itoa(i), "status=frozen")
	}
}

// heal presses the key for heal, and waits until no node is frozen and no link
// is cut.
func (b *tab) heal() {
	b.t.Helper()
	b.press("h")
	b.hasCount(5, "node", "status=up")
	b.until("no tear", "!document.querySelector('[data-testid=tear]')")
}

// mode changes the mode on the page, unless the cluster has this mode already.
func (r *real) mode(b *tab, mode string) {
	r.t.Helper()
	if eval[bool](b, "document.documentElement.dataset.mode === '"+mode+"'") {
		return
	}
	b.chooseMode(mode)
	r.ready()
}

// ready waits until all five nodes serve.
func (r *real) ready() {
	r.t.Helper()
	eventually(r.t, "five nodes to be up", func() bool { return r.AllUp() == nil })
}

// eventually waits until the condition holds.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !condition() {
		if time.Now().After(deadline) {
			t.Fatalf("waited %v for %s", patience, what)
		}
		time.Sleep(20 * time.Millisecond) // the pause between two checks; the loop ends with the condition
	}
}

// homes returns AP's preference list of a key. The first n nodes of it are the homes.
func (r *real) homes(key string) (walk []int, n int) {
	r.t.Helper()
	var keys struct {
		Walk  []int `json:"walk"`
		Homes []int `json:"homes"`
	}
	if err := json.Unmarshal([]byte(r.Do(http.MethodGet, "/api/keys/"+key, "")), &keys); err != nil {
		r.t.Fatal(err)
	}
	return keys.Walk, len(keys.Homes)
}

// siblings makes two siblings and a hint, in AP with W=1. One home of the key is
// frozen, a second is cut off, both sides write, and the cut ends. Then the page
// shows a read with siblings, and the node that keeps the hint.
func (r *real) siblings(b *tab) {
	r.t.Helper()
	walk, _ := r.homes("city")
	here, there, away := []int{walk[0], walk[3], walk[4]}, walk[1:2], walk[2]
	r.Do(http.MethodPut, "/api/quorum", `{"n":3,"r":2,"w":1}`)
	b.freeze(away)
	r.links(here, there, true)
	b.hasCount(len(here)*len(there), "link", "cut=both")
	r.seen(b, here[0], http.MethodPost, "/database/city/Lisboa", http.StatusCreated)
	r.seen(b, there[0], http.MethodPost, "/database/city/Porto", http.StatusCreated)
	r.links(here, there, false)
	b.hasCount(0, "link", "cut=both")
	deadline := time.Now().Add(patience)
	for {
		body, _ := r.seen(b, here[0], http.MethodGet, "/database/city", http.StatusOK)
		if strings.Contains(body, "Lisboa") && strings.Contains(body, "Porto") {
			break
		}
		if time.Now().After(deadline) {
			r.t.Fatalf("no siblings: %s", body)
		}
	}
	b.until("two nodes with siblings", "[...document.querySelectorAll('.node[data-conflict]')].length === 2")
	b.until("a node that keeps a hint for the frozen home", fmt.Sprintf("[...document.querySelectorAll('.node .word')].some((w) => w.textContent.includes('keeps') && w.textContent.includes('%d'))", away))
}

// links cuts or mends all links between two groups, in both directions.
func (r *real) links(here, there []int, cut bool) {
	r.t.Helper()
	for _, from := range slices.Concat(here, there) {
		for _, to := range slices.Concat(here, there) {
			if slices.Contains(here, from) == slices.Contains(here, to) {
				continue
			}
			r.Do(http.MethodPut, fmt.Sprintf("/api/links/%d/%d", from, to), fmt.Sprintf(`{"cut":%t,"delay_ms":0,"jitter_ms":0,"loss":0}`, cut))
		}
	}
}

// click clicks the middle of the first element that the selector finds. It waits until the
// element does not move.
func (b *tab) click(selector string) {
	b.t.Helper()
	at := b.at(selector)
	b.do(chromedp.MouseClickXY(at.X, at.Y))
}

// clickAway clicks an element that the click removes. On a busy machine the element may
// still move while it is clicked, and the click misses it. If the element is there after
// half a minute, clickAway clicks again.
func (b *tab) clickAway(selector string) {
	b.t.Helper()
	there := "!!document.querySelector(`" + selector + "`)"
	for deadline := time.Now().Add(patience); ; {
		b.click(selector)
		for again := time.Now().Add(patience / 4); time.Now().Before(again); time.Sleep(20 * time.Millisecond) {
			if !eval[bool](b, there) {
				return
			}
		}
		if time.Now().After(deadline) {
			b.t.Fatalf("no click within %v removed %s", patience, selector)
		}
	}
}

// take selects a message with a click on its mark. The mark moves, so a click may miss it,
// and take clicks again. It waits for the card of the message.
func (b *tab) take(selector string) {
	b.t.Helper()
	deadline := time.Now().Add(patience)
	for eval[bool](b, "document.querySelector('[data-testid=card]').hidden") {
		if time.Now().After(deadline) {
			b.t.Fatalf("no click within %v selected %s", patience, selector)
		}
		at := b.now(selector + " .hit")
		b.do(chromedp.MouseClickXY(at.X, at.Y))
	}
}
