package collect

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"capplayground/cluster"
)

// asked is a collector whose rounds of asking are recorded, with three nodes that
// are up.
type asked struct {
	*Collector
	rounds []string
}

func newAsked(t *testing.T) *asked {
	a := &asked{}
	a.Collector = New(Config{
		Boot: "boot", URLs: []string{"a", "b", "c"}, Mode: "CA", Pace: cluster.LivePace(),
		Ask: func(round uint64, lost []cluster.NodeID) {
			a.mu.Lock()
			defer a.mu.Unlock()
			a.rounds = append(a.rounds, fmt.Sprintf("%d %v", round, lost))
		},
	})
	t.Cleanup(a.Close)
	for n := range cluster.NodeID(3) {
		a.Publish(event(t, n+1, "up"))
	}
	return a
}

// asked returns the rounds up to now.
func (a *asked) asked() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.rounds)
}

// loseEvents publishes the gap of a node and waits until the nodes are asked.
func (a *asked) loseEvents(n cluster.NodeID) {
	a.Publish(cluster.Event{Node: n, Body: &cluster.Gap{N: 7}})
	a.wait(gather)
}

func (a *asked) wait(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// ended lists the messages, operations and timers whose end the collector
// reported.
func (a *asked) ended() string {
	var ends []string
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, e := range parsed(a.past.last(a.past.count)) {
		switch b := e.Body.(type) {
		case *cluster.Lost:
			ends = append(ends, b.Msg+" "+b.Why)
		case *cluster.Returned:
			ends = append(ends, string(b.Op)+" "+string(b.Status))
		case *cluster.TimerChanged:
			if b.State != cluster.TimerSet {
				ends = append(ends, b.Timer+" "+b.State)
			}
		}
	}
	slices.Sort(ends)
	return strings.Join(ends, ", ")
}

func TestAfterAGapWhatIsNotUnderWayIsEnded(t *testing.T) {
	t.Parallel()
	const (
		taken   = "1.x.1" // taken in by node 2, which lost the event
		waits   = "1.x.2" // waits in the inbox of node 2
		late    = "1.x.3" // not at node 2 yet
		copied  = "2.y.9" // a copy that was made by hand at node 2
		another = "3.z.1" // from node 3, which sent nothing to node 2 after it
	)
	sent := map[string]string{taken: "1>2", waits: "1>2", late: "1>2", copied: "1>2", another: "3>2"}
	from2 := Listing{
		Messages: []string{waits}, Received: map[cluster.NodeID]string{1: waits},
		Ops: []cluster.OpID{"open"}, Timers: []string{"votes:open"},
	}
	begin := func(t *testing.T) *asked {
		a := newAsked(t)
		for _, msg := range []string{taken, waits, late, copied, another} {
			from := cluster.NodeID(sent[msg][0] - '0')
			a.Publish(event(t, from, "sent "+sent[msg]+" "+msg))
		}
		for _, op := range []string{"open", "gone", "client"} {
			e := event(t, 2, "invoke "+op)
			if op != "client" { // the playground's client reports this one, and will end it
				e.LC = 1
			}
			a.Publish(e)
		}
		for _, op := range []cluster.OpID{"open", "gone"} {
			id := cluster.Timer{Name: "votes", Op: op}.ID()
			a.Publish(cluster.Event{Node: 2, LC: 1, Body: &cluster.TimerChanged{Name: "votes", Op: op, Timer: id, State: cluster.TimerSet}})
		}
		return a
	}
	synctest.Test(t, func(t *testing.T) {
		a := begin(t)
		a.loseEvents(2)
		a.loseEvents(2)
		if want := "[1 [n2] 2 [n2]]"; fmt.Sprint(a.asked()) != want {
			t.Fatalf("asked %v, want %v", a.asked(), want)
		}
		old := from2
		old.Round = 1
		a.Listed(2, old)
		const ofNode2 = "gone 504, votes:gone stale"
		if got := a.ended(); got != ofNode2 {
			t.Errorf("after an answer of an older round: %s", got)
		}
		from2.Round = 2
		a.Listed(2, from2)
		if got := a.ended(); got != ofNode2 {
			t.Errorf("before the senders have answered: %s", got)
		}
		a.Listed(1, Listing{Round: 2})
		a.Listed(3, Listing{Round: 2})
		const first = taken + " gap, " + copied + " gap, " + ofNode2
		if got := a.ended(); got != first {
			t.Errorf("after the first round:\n got %s\nwant %s", got, first)
		}
		if a.Publish(event(t, 3, "frozen")); len(a.asked()) != 2 {
			t.Errorf("asked again at once: %v", a.asked())
		}
		a.wait(a.cfg.Grace)
		if want := "[1 [n2] 2 [n2] 3 []]"; fmt.Sprint(a.asked()) != want {
			t.Fatalf("for a second look: asked %v", a.asked())
		}
		a.Publish(event(t, 1, "sent 1>2 1.x.4")) // new, and no event was lost since
		from2.Round = 3
		for n := range cluster.NodeID(3) {
			l := from2
			if n+1 != 2 {
				l = Listing{Round: 3}
			}
			a.Listed(n+1, l)
		}
		second := strings.Join([]string{taken + " gap", late + " gap", copied + " gap", ofNode2}, ", ")
		if got := a.ended(); got != second {
			t.Errorf("while node 3 is frozen:\n got %s\nwant %s", got, second)
		}
		if a.wait(10 * a.cfg.Grace); len(a.asked()) != 3 {
			t.Errorf("asked while the sender cannot answer: %v", a.asked())
		}
		a.Publish(event(t, 3, "up"))
		a.wait(a.cfg.Grace)
		from2.Round = 4
		a.Listed(3, Listing{Round: 4})
		a.Listed(2, from2)
		if got, want := a.ended(), strings.Replace(second, ", gone", ", "+another+" gap, gone", 1); got != want {
			t.Errorf("when node 3 has thawed:\n got %s\nwant %s", got, want)
		}
		if a.wait(10 * a.cfg.Grace); len(a.asked()) != 4 {
			t.Errorf("asked again when nothing is in doubt: %v", a.asked())
		}
	})
}

// All events of a node that died after the gap have been read, so it need not answer.
func TestAfterAGapADeadSenderNeedNotAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := newAsked(t)
		a.Publish(event(t, 1, "sent 1>2 1.x.1"))
		a.loseEvents(2)
		a.Publish(event(t, 1, "killed"), event(t, 1, "up"))
		a.Listed(2, Listing{Round: 1, Received: map[cluster.NodeID]string{1: "1.x.5"}})
		if got := a.ended(); got != "1.x.1 gap" {
			t.Errorf("ended: %s", got)
		}
	})
}

// An id of a former life of the sender, or of another form, says nothing about the
// order.
func TestReceivedComparesIdsOfOneLife(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		msg, newest string
		want        bool
	}{
		{"1.x.5", "1.x.5", true},
		{"1.x.5", "1.x.10", true},
		{"1.x.10", "1.x.9", false},
		{"1.x.5", "1.w.9", false},
		{"1.x.5", "", false},
		{"1.x.5", "1.x.9.9", false},
		{"1.x.5", "1.x.many", false},
		{"99.x.5", "99.x.9", false},
		{"n.x.5", "1.x.9", false},
		{"3.x.5", "1.x.9", false},
	} {
		a := answer{Listing{Received: map[cluster.NodeID]string{1: tc.newest}}, 7}
		if got := a.received(tc.msg, pair{1, 2}, 3); got != tc.want {
			t.Errorf("%s, newest %q: %v", tc.msg, tc.newest, got)
		}
	}
}
