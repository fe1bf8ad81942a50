package collect

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"capplayground/cluster"
	"capplayground/server/hub"
)

// lived is a collector that has got an event of each kind that a hello repeats.
func lived(t *testing.T) *Collector {
	t.Helper()
	c := collector(t)
	pace := cluster.Pace{Rate: 0.5}
	publish := func(n cluster.NodeID, b cluster.Body) {
		t.Helper()
		c.Publish(cluster.Event{Node: n, T: 1000, LC: 1, Body: b})
	}
	for n := cluster.NodeID(1); n <= 3; n++ {
		publish(n, &cluster.StatusChanged{Status: cluster.StatusUp, PID: 100 + int(n), Incarnation: fmt.Sprint("life ", int(n))})
	}
	publish(0, &cluster.PaceChanged{Pace: &pace})
	publish(0, &cluster.QuorumChanged{Quorum: &cluster.Quorum{N: 3, R: 1, W: 3}})
	publish(0, &cluster.RulesChanged{Rules: []cluster.Rule{{ID: "rule-1", Type: "vote"}}})
	publish(0, &cluster.LinkChanged{Link: &cluster.Link{From: 2, To: 1, Cut: true}})
	publish(0, &cluster.LinkChanged{Link: &cluster.Link{From: 1, To: 3}})
	publish(1, &cluster.RoleChanged{Role: "leader", Term: 7})
	publish(1, &cluster.LogChanged{Log: &cluster.ReplicatedLog{Last: 9}})
	publish(2, &cluster.RoleChanged{Role: "candidate", Term: 6})
	publish(2, &cluster.Progressed{Phase: "vote", Term: 6})
	for n := cluster.NodeID(1); n <= 3; n++ {
		publish(n, &cluster.KeyChanged{Key: "city", Version: fmt.Sprint("v", int(n))})
	}
	publish(2, &cluster.KeyChanged{Key: "city", HintFor: 3, Version: "hint"})
	publish(2, &cluster.KeyChanged{Key: "town", Version: "v9"})
	publish(1, &cluster.Invoked{ClientCall: cluster.ClientCall{Op: "op-a"}})
	publish(3, &cluster.Progressed{Op: "op-a", Phase: "store"})
	publish(1, &cluster.Invoked{ClientCall: cluster.ClientCall{Op: "op-b"}})
	publish(1, &cluster.TimerChanged{Name: "votes", Op: "op-a", State: cluster.TimerSet, Due: 20})
	publish(2, &cluster.TimerChanged{Name: "votes", Op: "op-a", State: cluster.TimerSet, Due: 10})
	publish(2, &cluster.TimerChanged{Name: "done", Op: "op-a", State: cluster.TimerSet, Due: 5})
	publish(2, &cluster.TimerChanged{Name: "done", Op: "op-a", State: cluster.TimerStale})
	publish(1, &cluster.Sent{Transit: cluster.Transit{Msg: "1.x.1", From: 1, To: 2}})
	publish(1, &cluster.Sent{Transit: cluster.Transit{Msg: "1.x.2", From: 1, To: 3}})
	publish(3, &cluster.Delivered{Transit: cluster.Transit{Msg: "1.x.2", From: 1, To: 3}})
	return c
}

// words lists the contents of a hello, one fact a line.
func words(h Hello) []string {
	var lines []string
	say := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	say("seq %d epoch %d mode %s rate %v quorum %d/%d/%d", h.Seq, h.Epoch, h.Cluster.Mode, h.Pace.Rate, h.Quorum.N, h.Quorum.R, h.Quorum.W)
	for _, n := range h.Cluster.Nodes {
		say("node %d %s %s %s %d pid %d %s", n.ID, n.URL, n.Status, n.Role, n.Term, n.PID, n.Incarnation)
	}
	for _, l := range h.Links {
		say("link %d>%d cut %v", l.From, l.To, l.Cut)
	}
	for _, l := range h.Cluster.Links {
		say("not perfect %d>%d", l.From, l.To)
	}
	for _, r := range h.Rules {
		say("rule %s", r.ID)
	}
	for _, events := range [][]cluster.Event{h.Roles, h.Keys, h.Timers, h.Ops, h.Inflight} {
		for _, e := range events {
			line := fmt.Sprintf("%s of %d seq %d", e.Kind(), e.Node, e.Seq)
			switch b := e.Body.(type) {
			case *cluster.KeyChanged:
				line += fmt.Sprintf(" %s %s", b.Key, b.Version)
			case *cluster.TimerChanged:
				line += " " + b.Name
			case *cluster.Progressed:
				line += " " + b.Phase
			case *cluster.Invoked:
				line += " " + string(b.Op)
			case *cluster.Sent:
				line += " " + b.Msg
			}
			lines = append(lines, line)
		}
	}
	return lines
}

func (c *Collector) helloNow() Hello {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.hello()
}

// TestTheHelloTellsThePresentState: the hello of a page that is opened late contains the
// effects of all earlier events.
func TestTheHelloTellsThePresentState(t *testing.T) {
	t.Parallel()
	c := lived(t)
	expect := func(when string, lines ...string) {
		t.Helper()
		if got := words(c.helloNow()); !slices.Equal(got, lines) {
			t.Errorf("%s:\n%s\nwant\n%s", when, strings.Join(got, "\n"), strings.Join(lines, "\n"))
		}
	}
	expect("at first",
		"seq 27 epoch 1 mode CA rate 0.5 quorum 3/1/3",
		"node 1 a up leader 7 pid 101 life 1",
		"node 2 b up candidate 6 pid 102 life 2",
		"node 3 c up  0 pid 103 life 3",
		"link 1>3 cut false", "link 2>1 cut true", "not perfect 2>1", "rule rule-1",
		"role of 1 seq 9", "log of 1 seq 10", "role of 2 seq 11", "progress of 2 seq 12 vote",
		"key of 1 seq 13 city v1", "key of 2 seq 14 city v2", "key of 3 seq 15 city v3", "key of 2 seq 16 city hint", "key of 2 seq 17 town v9",
		"timer of 2 seq 22 votes", "timer of 1 seq 21 votes",
		"invoke of 1 seq 18 op-a", "progress of 3 seq 19 store", "invoke of 1 seq 20 op-b",
		"sent of 1 seq 25 1.x.1")

	var versions []string
	for _, e := range c.Key("city") {
		versions = append(versions, e.Body.(*cluster.KeyChanged).Version)
	}
	if want := []string{"v1", "v2", "hint", "v3"}; !slices.Equal(versions, want) {
		t.Errorf("the nodes hold %v of the key, want %v", versions, want)
	}

	c.Wiped(2)
	c.Publish(event(t, 2, "killed"))
	expect("after node 2 was wiped and killed",
		"seq 31 epoch 1 mode CA rate 0.5 quorum 3/1/3",
		"node 1 a up leader 7 pid 101 life 1",
		"node 2 b killed  0 pid 0 ",
		"node 3 c up  0 pid 103 life 3",
		"link 1>3 cut false", "link 2>1 cut true", "not perfect 2>1", "rule rule-1",
		"role of 1 seq 9", "log of 1 seq 10",
		"key of 1 seq 13 city v1", "key of 3 seq 15 city v3",
		"timer of 1 seq 21 votes",
		"invoke of 1 seq 18 op-a", "progress of 3 seq 19 store", "invoke of 1 seq 20 op-b",
		"sent of 1 seq 25 1.x.1")
}

// ops lists the operations of the hello, one event each.
func ops(c *Collector) string {
	var all []string
	for _, e := range c.helloNow().Ops {
		word := string(e.Operation()) + " " + string(e.Kind())
		switch b := e.Body.(type) {
		case *cluster.Progressed:
			word += " " + b.Phase + fmt.Sprint(" ", len(b.Yes))
		case *cluster.Returned:
			word += " " + string(b.Status)
		}
		all = append(all, word)
	}
	return strings.Join(all, ", ")
}

// TestTheHelloHoldsTheNewestOperation: the answer of the newest operation is in the hello,
// even if its events are forgotten.
func TestTheHelloHoldsTheNewestOperation(t *testing.T) {
	t.Parallel()
	at := int64(1_000_000)
	begins := func(node cluster.NodeID, call cluster.ClientCall, after time.Duration) cluster.Event {
		return cluster.Event{Node: node, T: at + after.Microseconds(), Body: &cluster.Invoked{ClientCall: call}}
	}
	ends := func(node cluster.NodeID, op cluster.OpID, status int) cluster.Event {
		return cluster.Event{Node: node, T: at, Body: &cluster.Returned{ClientCall: cluster.ClientCall{Op: op}, Status: cluster.HTTPStatus(status)}}
	}
	progress := func(op cluster.OpID, phase string, yes ...cluster.NodeID) cluster.Event {
		return cluster.Event{Node: 1, T: at, Body: &cluster.Progressed{Op: op, Phase: phase, Yes: yes}}
	}
	call := func(op cluster.OpID) cluster.ClientCall { return cluster.ClientCall{Op: op, Client: "curl"} }
	load := func(op cluster.OpID) cluster.ClientCall {
		return cluster.ClientCall{Op: op, Client: cluster.LoadClient}
	}
	byHand := func(op, tx cluster.OpID) cluster.ClientCall { return cluster.ClientCall{Op: op, Tx: tx} }
	for name, tc := range map[string]struct {
		events []cluster.Event
		want   string
	}{
		"the last": {[]cluster.Event{begins(1, call("a"), 0), ends(1, "a", 201), begins(1, call("b"), 0), ends(1, "b", 200)}, "b invoke, b return 200"},
		"with its progress, also after its end": {
			[]cluster.Event{begins(1, call("a"), 0), progress("a", "query", 1), progress("a", "query", 1, 2), progress("a", "store", 1), ends(1, "a", 201), progress("a", "store", 1, 2)},
			"a invoke, a progress query 2, a progress store 1, a return 201, a progress store 2",
		},
		"not one that began earlier and came later":     {[]cluster.Event{begins(1, call("a"), time.Second), begins(2, call("b"), 0), ends(2, "b", 201), ends(1, "a", 200)}, "a invoke, a return 200"},
		"by the order of arrival if the clocks differ":  {[]cluster.Event{begins(1, call("a"), time.Minute), begins(2, call("b"), 0), ends(2, "b", 201), ends(1, "a", 200)}, "b invoke, b return 201"},
		"one of another node that began later":          {[]cluster.Event{begins(1, call("a"), 0), ends(1, "a", 200), begins(2, call("b"), time.Second), ends(2, "b", 201)}, "b invoke, b return 201"},
		"the last of two that began at the same time":   {[]cluster.Event{begins(1, call("a"), 0), ends(1, "a", 200), begins(2, call("b"), 0), ends(2, "b", 201)}, "b invoke, b return 201"},
		"not one that came just early enough":           {[]cluster.Event{begins(1, call("a"), late-time.Microsecond), begins(2, call("b"), 0), ends(2, "b", 201), ends(1, "a", 200)}, "a invoke, a return 200"},
		"the last if it came too late to be believed":   {[]cluster.Event{begins(1, call("a"), late), begins(2, call("b"), 0), ends(2, "b", 201), ends(1, "a", 200)}, "b invoke, b return 201"},
		"without the progress of another operation":     {[]cluster.Event{begins(1, call("a"), 0), ends(1, "a", 201), begins(1, load("b"), time.Second), progress("b", "store", 1)}, "a invoke, a return 201, b invoke, b progress store 1"},
		"without the end of another operation":          {[]cluster.Event{begins(1, call("a"), 0), begins(1, load("b"), 0), ends(1, "b", 200)}, "a invoke"},
		"not one of a load":                             {[]cluster.Event{begins(1, call("a"), 0), ends(1, "a", 201), begins(1, load("b"), 0), ends(1, "b", 200)}, "a invoke, a return 201"},
		"one of a load if there is no other":            {[]cluster.Event{begins(1, load("a"), 0), ends(1, "a", 201), begins(2, load("b"), 0), ends(2, "b", 200)}, "b invoke, b return 200"},
		"a person's even if it began before the load's": {[]cluster.Event{begins(1, load("a"), time.Second), begins(2, call("b"), 0), ends(2, "b", 503)}, "b invoke, b return 503, a invoke"},
		"all of its transaction by hand": {
			[]cluster.Event{begins(1, byHand("a", "T"), 0), ends(1, "a", 200), begins(2, byHand("b", "T"), time.Second), begins(3, byHand("c", "T"), 0), ends(3, "c", 409), ends(2, "b", 200)},
			"a invoke, a return 200, c invoke, c return 409, b invoke, b return 200",
		},
		"nothing of an earlier epoch": {[]cluster.Event{begins(1, call("a"), 0), ends(1, "a", 201), {Body: &cluster.ModeChanged{Mode: "CP", Epoch: 2}}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := collector(t)
			c.Publish(tc.events...)
			if got := ops(c); got != tc.want {
				t.Errorf("the hello holds %q, want %q", got, tc.want)
			}
			text, err := json.Marshal(c.helloNow())
			var h Hello
			if err != nil || json.Unmarshal(text, &h) != nil {
				t.Fatal(err)
			}
			if r := Restore(h, nil); ops(r) != tc.want {
				t.Errorf("restored: %q, want %q", ops(r), tc.want)
			}
		})
	}
}

// TestAViewerThatFellBehindGetsTheNewestAnswer: the hello of a viewer that missed more than
// the hub keeps holds the answer that it has missed.
func TestAViewerThatFellBehindGetsTheNewestAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := collector(t)
		h, err := hub.New(hub.Config{Source: c, LogEvents: 100})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go func() { _ = h.Run(ctx) }()
		v, err := h.Join(0, "")
		if err != nil {
			t.Fatal(err)
		}
		defer v.Leave()
		if _, err := v.Next(ctx); err != nil {
			t.Fatal(err)
		}
		c.Publish(cluster.Event{Node: 1, T: 1, Body: &cluster.Invoked{ClientCall: cluster.ClientCall{Op: "mine"}}},
			cluster.Event{Node: 1, T: 2, Body: &cluster.Returned{ClientCall: cluster.ClientCall{Op: "mine"}, Status: cluster.HTTPStatus(201)}})
		for range 2 * helloEvents {
			c.Publish(cluster.Event{Node: 2, T: 3, Body: &cluster.RoleChanged{Role: "follower"}})
		}
		synctest.Wait()
		frame, err := v.Next(ctx)
		if err != nil {
			t.Fatal(err)
		}
		var events []Hello
		if err := json.Unmarshal(frame, &events); err != nil || events[0].Kind != cluster.KindHello {
			t.Fatalf("%v: the first event of the frame is %q, want a hello", err, events[0].Kind)
		}
		if ops := events[0].Ops; len(ops) != 2 || cluster.BodyOf[cluster.Returned](ops[1]).Status != cluster.HTTPStatus(201) {
			t.Errorf("the hello holds %v, want the operation with its answer", ops)
		}
	})
}

// TestALockEndsWithItsProcess: a lock that a new process does not report is gone, if its
// key has no value. No other event would end that lock on the stage.
func TestALockEndsWithItsProcess(t *testing.T) {
	t.Parallel()
	c := collector(t)
	lock := func(node cluster.NodeID, key, version string) cluster.Event {
		return cluster.Event{Node: node, Body: &cluster.KeyChanged{Key: key, Version: version, LockedBy: "x"}}
	}
	c.Publish(lock(1, "new", ""), lock(1, "old", "3"), lock(1, "prepared", ""), lock(2, "new", ""))
	status := func(s cluster.Status) cluster.Event {
		return cluster.Event{Node: 1, Body: &cluster.StatusChanged{Status: s}}
	}
	c.Publish(status(cluster.StatusKilled), status(cluster.StatusStarting), lock(1, "prepared", ""))
	for key, want := range map[string][]cluster.NodeID{"new": {2}, "old": {1}, "prepared": {1}} {
		var held []cluster.NodeID
		for _, e := range c.Key(key) {
			held = append(held, e.Node)
		}
		if !slices.Equal(held, want) {
			t.Errorf("%s is held by %v, want %v", key, held, want)
		}
	}
}

// TestARoleEndsTheBallots: a node that changed its role is no candidate of the election
// whose ballots were shown.
func TestARoleEndsTheBallots(t *testing.T) {
	t.Parallel()
	c := lived(t)
	c.Publish(cluster.Event{Node: 2, Body: &cluster.RoleChanged{Role: "follower", Term: 7}})
	if got := strings.Join(words(c.helloNow()), "\n"); strings.Contains(got, "progress of 2") {
		t.Errorf("the ballots are still shown:\n%s", got)
	}
}

// TestRestoreTellsTheSame: a collector that is restored from a hello and the events after
// it has the same present state as the first collector.
func TestRestoreTellsTheSame(t *testing.T) {
	t.Parallel()
	c := lived(t)
	c.Publish(event(t, 1, "sent 1>2 1.x.9"))
	before := c.helloNow()
	before.Inflight = append(before.Inflight, cluster.Event{Seq: 1}) // not of a message
	c.Publish(
		cluster.Event{Node: 1, T: 2000, LC: 2, Body: &cluster.KeyChanged{Key: "village", Version: "v1"}},
		cluster.Event{Node: 3, T: 2000, LC: 2, Body: &cluster.Sent{Transit: cluster.Transit{Msg: "3.z.1", From: 3, To: 1}}},
		cluster.Event{Node: 2, T: 2000, LC: 2, Body: &cluster.Delivered{Transit: cluster.Transit{Msg: "1.x.1", From: 1, To: 2}}},
		cluster.Event{Node: 1, T: 2000, LC: 2, Body: &cluster.Returned{ClientCall: cluster.ClientCall{Op: "op-b"}, Status: "201"}},
		event(t, 2, "frozen"),
	)
	c.mu.Lock()
	events := parsed(c.past.last(c.past.count))
	c.mu.Unlock()
	events = append(events, cluster.Event{Seq: uint64(len(events) + 1)}) // of a kind that this version does not know
	text, err := json.Marshal(before)
	if err != nil {
		t.Fatal(err)
	}
	var h Hello
	if err := json.Unmarshal(text, &h); err != nil {
		t.Fatal(err)
	}
	r := Restore(h, events)
	defer r.Close()
	got, want := words(r.helloNow()), words(c.helloNow())
	want[0] = strings.Replace(want[0], "seq 33", "seq 34", 1)
	if !slices.Equal(got, want) {
		t.Errorf("restored:\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if _, all, at := r.Retained(); len(all) != 34 || at != 34 {
		t.Errorf("%d events up to %d, want 34", len(all), at)
	}
}

// TestAHelloOfNothing: a collector without events has nothing to resume from.
func TestAHelloOfNothing(t *testing.T) {
	t.Parallel()
	c := collector(t)
	hello, backlog, at := c.Subscribe(0, "boot")
	if hello == nil || len(backlog) != 0 || at != 0 {
		t.Errorf("%s, %d events, at %d", hello, len(backlog), at)
	}
	for _, empty := range []string{`"rules":[]`, `"keys":[]`, `"inflight":[]`, `"events":[]`} {
		if !strings.Contains(string(hello), empty) {
			t.Errorf("%s lacks %s", hello, empty)
		}
	}
	if rules := c.Rules(); rules == nil || len(rules) != 0 {
		t.Errorf("the rules are %v", rules)
	}
	c.Publish(cluster.Event{Body: &cluster.RulesChanged{Rules: []cluster.Rule{{ID: "r"}}}})
	if rules := c.Rules(); len(rules) != 1 || rules[0].ID != "r" {
		t.Errorf("the rules are %v", rules)
	}
}

// TestASecondAnswerOfARoundDecidesNothing: a message that one round left in doubt waits
// for the next round, even if a node answers the first round twice.
func TestASecondAnswerOfARoundDecidesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := newAsked(t)
		a.Publish(event(t, 1, "sent 1>2 1.x.1"))
		a.loseEvents(2)
		for range 3 {
			a.Listed(1, Listing{Round: 1})
			a.Listed(2, Listing{Round: 1})
		}
		if got := a.ended(); got != "" {
			t.Errorf("ended in the first round: %s", got)
		}
		a.wait(a.cfg.Grace)
		a.Listed(1, Listing{Round: 2})
		a.Listed(2, Listing{Round: 2})
		if got := a.ended(); got != "1.x.1 gap" {
			t.Errorf("ended in the second round: %s", got)
		}
	})
}

// TestTheNewestEventBelongsToAnAnswer: a message whose sent event is the newest one when an
// answer arrives was sent before that answer. So the answer counts for that message.
func TestTheNewestEventBelongsToAnAnswer(t *testing.T) {
	t.Parallel()
	for msg, want := range map[string]struct{ ended, asked string }{
		"1.x.1": {"", "[1 [n2] 2 []]"},     // in doubt: it may be on its way to the inbox
		"2.y.1": {"2.y.1 gap", "[1 [n2]]"}, // a copy was made in the inbox, which does not list it
	} {
		synctest.Test(t, func(t *testing.T) {
			a := newAsked(t)
			a.loseEvents(2)
			a.Publish(event(t, 1, "sent 1>2 "+msg))
			a.Listed(2, Listing{Round: 1})
			a.Listed(1, Listing{Round: 1})
			if got := a.ended(); got != want.ended {
				t.Errorf("ended in the first round: %q, want %q", got, want.ended)
			}
			a.wait(a.cfg.Grace)
			if got := fmt.Sprint(a.asked()); got != want.asked {
				t.Errorf("%s: asked %v, want %v", msg, got, want.asked)
			}
		})
	}
}

// TestWaitingEventsComeBeforeAnAnswer: an event of a node that still waits for the event
// of another node becomes part of the order before the node's answer is judged.
func TestWaitingEventsComeBeforeAnAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := newAsked(t)
		a.loseEvents(2)
		e := event(t, 2, "invoke x")
		e.LC = 1
		a.Publish(event(t, 2, "delivered 1>2 1.x.1"), e)
		a.Listed(2, Listing{Round: 1}) // x has ended by then
		if got := a.ended(); got != "x 504" {
			t.Errorf("ended: %s", got)
		}
	})
}

// TestWaitingEventsComeBeforeAReportOfAStream: an event that still waits becomes part of
// the order before a report of a stream is judged.
func TestWaitingEventsComeBeforeAReportOfAStream(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := collector(t)
		c.Publish(event(t, 1, "sent 1>2 a"), event(t, 1, "delivered 2>1 b"), event(t, 1, "sent 1>2 c"))
		c.StreamEnded(1, Stream{ID: "s", From: 1, To: 2, First: "a", Last: "c"})
		c.StreamEnded(2, Stream{ID: "s", From: 1, To: 2, First: "a", Last: "a"})
		want(t, c, "sent a, delivered b, sent c, lost c timeout")
	})
}

// TestADeadReceiversMessagesWaitForTheirSender: the sender of a message to a dead node has
// Config.Grace to report the message's end. Grace begins at the latest of three moments:
// the death, the moment at which the sender came up, and the moment at which it sent the
// message.
func TestADeadReceiversMessagesWaitForTheirSender(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		happens func(*testing.T, *Collector)
		lost    time.Duration // after the death
	}{
		"nothing else": {func(*testing.T, *Collector) {}, 2 * time.Second},
		"the sender was frozen": {func(t *testing.T, c *Collector) {
			c.Publish(event(t, 1, "frozen"))
			time.Sleep(10 * time.Second)
			c.Publish(event(t, 1, "up"))
		}, 12 * time.Second},
		"sent later": {func(t *testing.T, c *Collector) {
			time.Sleep(1500 * time.Millisecond)
			c.Publish(event(t, 1, "sent 1>2 late"))
		}, 3500 * time.Millisecond},
		"at the end of Grace it can still report": {func(t *testing.T, c *Collector) {
			time.Sleep(time.Second)
			c.Publish(event(t, 1, "sent 1>2 late"))
		}, 4 * time.Second}, // the sweep after 3 s comes at the end of Grace
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := collector(t)
				c.Publish(event(t, 1, "up"), event(t, 2, "up"))
				time.Sleep(time.Minute)
				c.Publish(event(t, 1, "sent 1>2 a"), event(t, 2, "killed"))
				died := time.Now()
				tc.happens(t, c)
				under := func() int { m, _ := c.Inflight(); return len(m) }
				for under() > 0 && time.Since(died) < time.Minute {
					time.Sleep(10 * time.Millisecond)
				}
				// A sweep that finds a message too early looks again after half of Grace.
				if took := time.Since(died); took < tc.lost || took > tc.lost+1100*time.Millisecond {
					t.Errorf("lost after %v, want %v", took, tc.lost)
				}
			})
		})
	}
}

// TestWhatTheReceiverTookInIsNotSwept: the receiver of a dead sender's stream reports the
// end of each message that it took in. Only later messages are swept.
func TestWhatTheReceiverTookInIsNotSwept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := collector(t)
		c.Publish(event(t, 1, "up"), event(t, 2, "up"))
		c.Publish(event(t, 1, "sent 1>2 a"), event(t, 1, "sent 1>2 b"))
		c.StreamEnded(2, Stream{ID: "s", From: 1, To: 2, First: "a", Last: "a"})
		c.Publish(event(t, 1, "killed"))
		c.Publish(event(t, 1, "up"))
		time.Sleep(time.Minute)
		want(t, c, "up 1, up 2, sent a, sent b, killed 1, lost b down, up 1")
		m, _ := c.Inflight()
		if len(m) != 1 || m[0].Message().Msg != "a" {
			t.Errorf("under way: %v", m)
		}
	})
}

// TestAStatusSaysWhatWasBefore: a page that is opened late learns from the oldest event that
// it gets what a node was before.
func TestAStatusSaysWhatWasBefore(t *testing.T) {
	t.Parallel()
	c := collector(t)
	published := []cluster.StatusChanged{
		{Status: cluster.StatusUp}, {Status: cluster.StatusUp, Silent: true}, {Status: cluster.StatusFrozen},
		{Status: cluster.StatusKilled}, {Status: cluster.StatusStarting}, {Status: cluster.StatusUp},
	}
	for i := range published {
		c.Publish(cluster.Event{Node: 1, Body: &published[i]})
	}
	var was []string
	for _, e := range parsed(c.past.last(c.past.count)) {
		b := cluster.BodyOf[cluster.StatusChanged](e)
		was = append(was, fmt.Sprint(b.Was, " ", b.WasSilent))
	}
	for _, b := range published {
		if b.Was != "" {
			t.Errorf("the published status %s was changed", b.Status)
		}
	}
	want := []string{"starting false", "up false", "up true", "frozen false", "killed false", "starting false"}
	if !slices.Equal(was, want) {
		t.Errorf("before each status: %q, want %q", was, want)
	}
}
