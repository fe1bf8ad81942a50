package web_test

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// TestStageRaft plays elections, the death of a leader and a partition on a real cluster.
// After each step it compares the roles and the terms on the page with those that the nodes
// report. SHOTS keeps pictures of the four most difficult moments.
func TestStageRaft(t *testing.T) {
	r := launch(t, "--mode", "RAFT")
	b := open(t, r.URL+"/", 1920, 1080)
	b.hasCount(5, "node", "status=up")

	t.Run("first leader", func(t *testing.T) { firstLeader(r.in(t), b.in(t)) })
	t.Run("leader killed", func(t *testing.T) { leaderKilled(r.in(t), b.in(t)) })
	t.Run("election in slow motion", func(t *testing.T) { electionInSlowMotion(r.in(t), b.in(t)) })
	t.Run("two futures", func(t *testing.T) { twoFutures(r.in(t), b.in(t)) })
}

// firstLeader: five nodes elect one leader, and a write at each node is accepted.
func firstLeader(r *real, b *tab) {
	leader := r.leads(b, 1, 2, 3, 4, 5)
	for i, city := range []string{"Lisboa", "Porto", "Faro", "Braga", "Lisboa"} {
		r.seen(b, i+1, http.MethodPost, "/database/city/"+city, http.StatusCreated)
	}
	r.seen(b, follower(leader), http.MethodPost, "/database/river/Tejo", http.StatusCreated)
	r.seen(b, leader, http.MethodPost, "/database/city/Porto", http.StatusCreated)
	r.sameLogs(b, 1, 2, 3, 4, 5)
	b.pictures("raft-leader")

	b.press(strconv.Itoa(leader))
	b.tap("#tab-node")
	b.until("the match of four followers", "[...document.querySelectorAll('#node-log dt')].filter((dt) => / matches$/.test(dt.textContent)).length === 4")
	b.settled()
	b.shot("raft-node-1920")
	b.tap("#tab-op")
	b.press("l")
	b.until("the marks of a log in the legend", "document.querySelectorAll('#legend[open] .cell').length === 4 && document.querySelector('#legend[open] .ballot')")
	b.settled()
	b.shot("raft-legend-1920")
	b.press("l")
	b.until("the legend to be closed", "!document.querySelector('#legend[open]')")
}

// leaderKilled: the leader is killed, and another is elected in time. Each of the other
// nodes accepts a write. The old leader restarts as a follower and catches up.
func leaderKilled(r *real, b *tab) {
	old := r.leads(b, 1, 2, 3, 4, 5)
	left := others(old)
	before := r.State(old).Term
	b.press(strconv.Itoa(old), "k")
	b.has("node", "node="+strconv.Itoa(old), "status=killed")
	killed := time.Now()
	r.Await("another leader", patience, func() error { // the test logs the time; a busy machine needs longer
		for _, i := range left {
			if s, err := r.ReadState(i); err == nil && s.Role == "leader" {
				return nil
			}
		}
		return fmt.Errorf("none of %v leads", left)
	})
	r.t.Logf("another leader was elected %v after the old one was killed", time.Since(killed).Round(time.Millisecond))
	leader := r.leads(b, left...)
	if term := r.State(leader).Term; term <= before {
		r.t.Errorf("node %d leads in term %d, and node %d led in term %d before", leader, term, old, before)
	}
	for _, i := range left {
		r.seen(b, i, http.MethodPost, "/database/city/Faro", http.StatusCreated)
	}
	b.settled()
	b.shot("raft-killed-1920")

	b.press(strconv.Itoa(old), "k")
	b.hasCount(5, "node", "status=up")
	if now := r.leads(b, 1, 2, 3, 4, 5); now == old {
		r.t.Errorf("node %d leads at once after its restart", old)
	}
	r.sameLogs(b, 1, 2, 3, 4, 5)
	b.hasCount(5, "node", "value=Faro")
}

// electionInSlowMotion: the leader dies. Virtual time becomes even slower before another
// node asks for votes. A click on a node's band makes that node a candidate. The page shows
// its ballots while the votes are in flight.
func electionInSlowMotion(r *real, b *tab) {
	old := r.leads(b, 1, 2, 3, 4, 5)
	left := others(old)
	r.Do(http.MethodPut, "/api/pace", `{"pace":"slow","rate":0.25}`)
	b.has("badge", "pace=slow")
	b.press(strconv.Itoa(old), "k")
	b.has("node", "node="+strconv.Itoa(old), "status=killed")
	b.until("the first half of a band to be nearly over", "[...document.querySelectorAll('[data-testid=band][data-passed]')].some((band) => Number(band.dataset.passed) > 0.4)")
	r.Do(http.MethodPut, "/api/pace", `{"pace":"slow","rate":0.05}`)
	candidate := strconv.Itoa(follower(old))
	node := `[data-testid=node][data-node="` + candidate + `"]`
	b.until("the time at which node "+candidate+" may ask for votes", "document.querySelector('"+node+" [data-may], [data-testid=node][data-role$=candidate]')")
	b.clickBand(node)
	b.until("node "+candidate+" to ask", "document.querySelector('"+node+"[data-role$=candidate]')")
	eval[bool](b, "document.activeElement.blur() || true") // without the focus: its outline would cover the edge of the picture
	r.Do(http.MethodPut, "/api/pace", `{"pace":"slow","rate":0.02}`)
	b.shot("raft-prevote-1920")
	b.until("a candidate that asks for votes", "document.querySelector('[data-testid=node][data-role=candidate]')")
	b.until("votes in the air", "document.querySelectorAll('[data-testid=msg][data-type=vote][data-state=flying]').length > 0")
	b.pictures("raft-election")
	r.Do(http.MethodPut, "/api/pace", `{"pace":"live"}`)
	r.leads(b, left...)
	b.press(strconv.Itoa(old), "k")
	b.hasCount(5, "node", "status=up")
}

// clickBand clicks a node's election band, in the middle of its first half.
func (b *tab) clickBand(node string) {
	b.t.Helper()
	at := eval[[]float64](b, fmt.Sprintf(`((early) => {
		const p = early.getPointAtLength(early.getTotalLength() / 2).matrixTransform(early.getScreenCTM());
		return [p.x, p.y];
	})(document.querySelector('%s [data-testid=band] .early'))`, node))
	b.do(chromedp.MouseClickXY(at[0], at[1]))
}

// twoFutures: the leader and one follower are cut off, and have a write that no majority
// has. The other nodes elect a leader and accept writes. When the cut ends, the new leader's
// log replaces the old leader's entries.
func twoFutures(r *real, b *tab) {
	old := r.leads(b, 1, 2, 3, 4, 5)
	left := others(old, follower(old))
	r.Do(http.MethodPost, "/api/partition", fmt.Sprintf(`{"groups":[[%d,%d],[%d,%d,%d]]}`, old, follower(old), left[0], left[1], left[2]))
	r.seen(b, old, http.MethodPost, "/database/city/Braga", http.StatusGatewayTimeout) // the write comes at once, because the old leader steps down soon
	b.has("tear")
	r.leads(b, left...)
	r.seen(b, left[0], http.MethodPost, "/database/city/Porto", http.StatusCreated)
	r.seen(b, left[1], http.MethodPost, "/database/city/Faro", http.StatusCreated)
	b.pictures("raft-split")
	r.Do(http.MethodPut, "/api/pace", `{"pace":"slow","rate":0.1}`)
	b.has("badge", "pace=slow")
	b.press("h")
	b.until("no tear", "!document.querySelector('[data-testid=tear]')")
	b.until("struck entries", "document.querySelector('.cell[data-state=struck]')")
	b.pictures("raft-futures")
	r.Do(http.MethodPut, "/api/pace", `{"pace":"live"}`)
	r.leads(b, 1, 2, 3, 4, 5)
	r.sameLogs(b, 1, 2, 3, 4, 5)
	b.hasCount(5, "node", "value=Faro")
}

// leads waits until the page shows one leader among the running nodes, and the others as its
// followers. Roles and terms must be those that the nodes report. It returns the leader.
func (r *real) leads(b *tab, running ...int) (leader int) {
	r.t.Helper()
	r.Await("the page and the nodes to agree on one leader", patience, func() error {
		leader = 0
		for _, i := range running {
			s, err := r.ReadState(i)
			if err != nil {
				return err
			}
			if shown := b.roleOf(i); shown != fmt.Sprintf("%s term %d", s.Role, s.Term) {
				return fmt.Errorf("node %d is %s in term %d, and the page shows %q", i, s.Role, s.Term, shown)
			}
			switch {
			case s.Role == "leader" && leader == 0:
				leader = i
			case s.Role != "follower":
				return fmt.Errorf("node %d is %s", i, s.Role)
			}
		}
		if leader == 0 {
			return fmt.Errorf("none of %v leads", running)
		}
		return nil
	})
	return leader
}

// leader waits until a node leads, and returns the leader with the highest term.
func (r *real) leader(running ...int) (leader int) {
	r.t.Helper()
	r.Await("a leader", patience, func() error {
		highest := uint64(0)
		for _, i := range running {
			s, err := r.ReadState(i)
			if err != nil {
				return err
			}
			if s.Role == "leader" && s.Term > highest {
				leader, highest = i, s.Term
			}
		}
		if highest == 0 {
			return fmt.Errorf("none of %v leads", running)
		}
		return nil
	})
	return leader
}

// roleOf returns the role and the term that the page shows at a node.
func (b *tab) roleOf(i int) string {
	b.t.Helper()
	return eval[string](b, fmt.Sprintf("((node) => `${node.dataset.role} ${node.querySelector('.log-term text').textContent}`)(document.querySelector('[data-testid=node][data-node=\"%d\"]'))", i))
}

// sameLogs waits until these nodes show the same entries, all of them applied.
func (r *real) sameLogs(b *tab, ids ...int) {
	r.t.Helper()
	b.until("the same applied entries at all nodes", fmt.Sprintf(`((logs) => logs[0] && logs.every((log) => log === logs[0] && !/open|committed|struck/.test(log)))([%s].map((id) =>
		[...document.querySelectorAll('[data-testid=node][data-node="' + id + '"] .cell')].map((c) => c.dataset.index + c.dataset.state + c.textContent).join()))`, strings.Trim(strings.ReplaceAll(fmt.Sprint(ids), " ", ","), "[]")))
}

// pictures checks that the texts of the page are legible at 1920 and at 1280, and takes a
// picture of each, in each theme.
func (b *tab) pictures(name string) {
	b.t.Helper()
	for _, w := range []window{{1920, 1080, 1}, {1280, 720, 1}} {
		b.show(w)
		b.laidOut()
		b.settled()
		for _, wrong := range eval[[]string](b, fmt.Sprintf("%s(%g, %g)", legible, tiers[w][0], tiers[w][1])) {
			b.t.Errorf("%s at %v: %s", name, w, wrong)
		}
		if os.Getenv("SHOTS") == "" {
			continue
		}
		for _, theme := range []string{"light", "dark"} {
			b.theme(theme)
			b.settled()
			b.shot(fmt.Sprintf("%s-%v-%s", name, w, theme))
		}
	}
	b.theme("light")
	b.show(window{1920, 1080, 1})
	b.laidOut()
}

// others returns the nodes 1 to 5 without the given nodes.
func others(without ...int) []int {
	return slices.DeleteFunc([]int{1, 2, 3, 4, 5}, func(i int) bool { return slices.Contains(without, i) })
}

// follower returns a node that is not the leader: always the same for the same leader.
func follower(leader int) int { return leader%5 + 1 }
