package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"capplayground/cluster"
	"capplayground/cluster/modes"
)

// faultPlayer puts one fault after another on the cluster.
type faultPlayer struct {
	*soak
	ctx    context.Context
	rnd    *rand.Rand
	mode   cluster.Mode
	quorum cluster.Quorum // the sizes N, R and W that are set
}

// faults are all faults. The probability of a fault is proportional to its weight. The
// summary uses these names.
var faults = []struct {
	name   string
	weight int
	do     func(*faultPlayer)
}{
	{"freeze", 4, (*faultPlayer).freeze},
	{"kill", 4, (*faultPlayer).kill},
	{"freeze by hand", 1, (*faultPlayer).freezeByHand},
	{"kill by hand", 1, (*faultPlayer).killByHand},
	{"partition", 4, (*faultPlayer).partition},
	{"isolate", 2, (*faultPlayer).isolate},
	{"slow and lossy link", 3, (*faultPlayer).badLink},
	{"cut link", 2, (*faultPlayer).cutLink},
	{"rule", 3, (*faultPlayer).rule},
	{"duplicates", 2, (*faultPlayer).duplicates},
	{"slow", 1, (*faultPlayer).slow},
	{"step", 1, (*faultPlayer).step},
	{"quorum", 2, (*faultPlayer).sizes},
	{"wipe", 1, (*faultPlayer).wipe},
	{"heal", 3, (*faultPlayer).heal},
}

// run puts faults on the cluster until ctx ends.
func (c *faultPlayer) run() {
	sum := 0
	for _, f := range faults {
		sum += f.weight
	}
	for c.ctx.Err() == nil {
		at := c.rnd.IntN(sum)
		for _, f := range faults {
			if at -= f.weight; at < 0 {
				c.tally.did(f.name)
				f.do(c)
				break
			}
		}
	}
}

// ask calls the playground. The status must be 200 or one of the wanted statuses. 409
// means that the state of the cluster does not allow the call.
func (s *soak) ask(method, path, body string, want ...int) (int, string) {
	began := time.Now()
	status, answer := s.p.Control(method, path, body)
	s.tally.controlled(status)
	if status != http.StatusOK && !slices.Contains(want, status) {
		s.violation("%s %s %s: status %d after %v: %s", method, path, body, status, time.Since(began).Round(time.Millisecond), answer)
	}
	return status, answer
}

func (c *faultPlayer) pauseUpTo(most time.Duration) {
	pause(c.ctx, 50*time.Millisecond+time.Duration(c.rnd.Int64N(int64(most))))
}

func (c *faultPlayer) node(verb string) string {
	return fmt.Sprintf("/api/nodes/%d/%s", 1+c.rnd.IntN(size), verb)
}

func (c *faultPlayer) freeze() {
	at := c.node("")
	c.ask("POST", at+"freeze", "", 409)
	c.pauseUpTo(2 * time.Second)
	c.ask("POST", at+"unfreeze", "", 409)
}

func (c *faultPlayer) kill() {
	at := c.node("")
	c.ask("POST", at+"kill", "", 409)
	c.pauseUpTo(time.Second)
	c.ask("POST", at+"restart", "", 409)
}

// signal sends a signal to a node's process with the kill command, as a person at a
// terminal does.
func (c *faultPlayer) signal(name string, pid int) {
	if parent, is := running(c.p.Program)[pid]; is && parent == c.p.PID {
		_ = exec.Command("kill", "-"+name, strconv.Itoa(pid)).Run() // the process may have ended meanwhile
	}
}

func (c *faultPlayer) freezeByHand() {
	now, err := c.p.ReadCluster()
	if err != nil {
		return // look reports a page that does not answer
	}
	pid := now.Nodes[c.rnd.IntN(size)].PID
	c.signal("STOP", pid)
	c.pauseUpTo(2 * time.Second)
	c.signal("CONT", pid)
}

func (c *faultPlayer) killByHand() {
	now, err := c.p.ReadCluster()
	if err != nil {
		return
	}
	n := now.Nodes[c.rnd.IntN(size)]
	c.signal("KILL", n.PID)
	c.pauseUpTo(time.Second)
	c.ask("POST", fmt.Sprintf("/api/nodes/%d/restart", n.ID), "", 409)
}

func (c *faultPlayer) partition() {
	order := c.rnd.Perm(size)
	cut := 1 + c.rnd.IntN(2)
	c.ask("POST", "/api/partition", fmt.Sprintf(`{"groups":[%s,%s]}`, group(order[:cut]), group(order[cut:])))
	c.pauseUpTo(2 * time.Second)
	c.heal()
}

func group(nodes []int) string {
	var names []string
	for _, n := range nodes {
		names = append(names, strconv.Itoa(n+1))
	}
	return "[" + strings.Join(names, ",") + "]"
}

func (c *faultPlayer) isolate() {
	at := c.node("")
	c.ask("POST", at+"isolate", "", 409)
	c.pauseUpTo(time.Second)
	c.ask("POST", at+"rejoin", "", 409)
}

func (c *faultPlayer) link(body string) {
	from := c.rnd.IntN(size)
	to := (from + 1 + c.rnd.IntN(size-1)) % size
	c.ask("PUT", fmt.Sprintf("/api/links/%d/%d", from+1, to+1), body)
	c.pauseUpTo(time.Second)
}

func (c *faultPlayer) badLink() {
	c.link(fmt.Sprintf(`{"cut":false,"delay_ms":%d,"jitter_ms":%d,"loss":%.2f}`, c.rnd.IntN(50), c.rnd.IntN(100), c.rnd.Float64()/2))
}

func (c *faultPlayer) cutLink() { c.link(`{"cut":true,"delay_ms":0,"jitter_ms":0,"loss":0}`) }

func (c *faultPlayer) rule() {
	do := []string{cluster.RuleHold, cluster.RuleDrop}[c.rnd.IntN(2)]
	from := []string{`"*"`, strconv.Itoa(1 + c.rnd.IntN(size))}[c.rnd.IntN(2)]
	c.ask("POST", "/api/rules", fmt.Sprintf(`{"from":%s,"to":%d,"type":"*","do":%q,"count":%d}`, from, 1+c.rnd.IntN(size), do, 1+c.rnd.IntN(10)), 201, 409)
	c.pauseUpTo(time.Second)
	c.handle(20, "deliver", "drop", "duplicate")
}

// handle delivers, drops or duplicates some of the messages in flight. A message may no
// longer be in flight when the call arrives, so 404 and 409 are allowed answers.
func (c *faultPlayer) handle(most int, verbs ...string) {
	var now struct {
		Messages []struct{ Msg string }
	}
	if c.p.Get(c.p.URL+"/api/inflight", &now) != nil {
		return
	}
	for i, m := range now.Messages {
		if i >= most || c.ctx.Err() != nil {
			return
		}
		c.ask("POST", "/api/messages/"+url.PathEscape(m.Msg)+"/"+verbs[c.rnd.IntN(len(verbs))], "", 404, 409)
	}
}

// duplicates duplicates messages in flight. It slows the cluster down first, so that
// messages are in flight long enough.
func (c *faultPlayer) duplicates() {
	c.ask("PUT", "/api/pace", `{"pace":"slow","rate":0.5}`)
	for range 5 {
		c.handle(8, "duplicate")
		c.pauseUpTo(200 * time.Millisecond)
	}
	c.live()
}

func (c *faultPlayer) live() { c.ask("PUT", "/api/pace", `{"pace":"live"}`) }

func (c *faultPlayer) slow() {
	c.ask("PUT", "/api/pace", fmt.Sprintf(`{"pace":"slow","rate":%.2f}`, []float64{0.1, 0.05, 0.02}[c.rnd.IntN(3)]))
	c.pauseUpTo(2 * time.Second)
	c.live()
}

func (c *faultPlayer) step() {
	c.ask("PUT", "/api/pace", `{"pace":"step"}`)
	for range 5 {
		c.handle(10, "deliver", "deliver", "deliver", "drop", "duplicate")
		c.fire()
		c.pauseUpTo(200 * time.Millisecond)
	}
	c.live()
}

// fire makes one timer fire before its time.
func (c *faultPlayer) fire() {
	var now struct {
		Timers []struct {
			Node int
			ID   string
		}
	}
	if c.p.Get(c.p.URL+"/api/inflight", &now) != nil || len(now.Timers) == 0 {
		return
	}
	t := now.Timers[c.rnd.IntN(len(now.Timers))]
	c.ask("POST", fmt.Sprintf("/api/timers/%d/%s/fire", t.Node, url.PathEscape(t.ID)), "", 404, 409)
}

// sizes sets N, R and W to random values. In a mode without these sizes it has no
// effect.
func (c *faultPlayer) sizes() {
	n := 1 + c.rnd.IntN(size)
	c.setQuorum(cluster.Quorum{N: n, R: 1 + c.rnd.IntN(n), W: 1 + c.rnd.IntN(n)})
	c.pauseUpTo(time.Second)
}

func (c *faultPlayer) setQuorum(q cluster.Quorum) {
	c.quorum = q
	c.ask("PUT", "/api/quorum", fmt.Sprintf(`{"n":%d,"r":%d,"w":%d}`, q.N, q.R, q.W))
}

// wipe empties the disk of a node. In a mode that needs the disk for its promises the
// playground refuses that. Every acknowledged write must be on another disk too. So all
// nodes must be equal first, and a write in the meantime must go to two nodes.
func (c *faultPlayer) wipe() {
	if modes.Of(c.mode).Disk {
		c.ask("POST", c.node("wipe"), "", 409)
		return
	}
	c.setQuorum(cluster.Quorum{N: 3, R: 2, W: 2})
	if c.rest(c.ctx, c.mode) == nil && c.ctx.Err() == nil {
		c.ask("POST", c.node("wipe"), "")
	}
}

func (c *faultPlayer) heal() {
	c.ask("POST", "/api/heal", "")
	c.pauseUpTo(500 * time.Millisecond)
}
