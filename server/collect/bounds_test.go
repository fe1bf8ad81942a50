package collect

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"capplayground/cluster"
)

// line is an event whose JSON has exactly the given number of bytes.
func line(t *testing.T, seq uint64, bytes int) *cluster.Event {
	t.Helper()
	e := &cluster.Event{Seq: seq, Body: &cluster.ScreenLine{Text: "x"}}
	e.Body = &cluster.ScreenLine{Text: strings.Repeat("x", 1+bytes-len(e.AppendJSON(nil)))}
	if n := len(e.AppendJSON(nil)); n != bytes {
		t.Fatalf("the event has %d bytes, want %d", n, bytes)
	}
	return e
}

// TestThePastUsesAllItsBytes: a chunk is filled to its last byte, and events are
// forgotten only when the chunks have more than maxBytes.
func TestThePastUsesAllItsBytes(t *testing.T) {
	t.Parallel()
	const chunk = 4096 // an eighth of maxBytes
	p := past{maxEvents: 100, maxBytes: 8 * chunk}
	p.add(line(t, 1, 1000), nil)
	p.add(line(t, 2, chunk-1000), nil)
	if len(p.chunks) != 1 || p.count != 2 {
		t.Fatalf("%d events in %d chunks, want 2 in 1", p.count, len(p.chunks))
	}
	// The second chunk takes 27,680 bytes of text and four for each 128 of them.
	p.add(line(t, 3, 27_680), nil)
	if p.bytes != p.maxBytes || p.count != 3 {
		t.Errorf("%d events and %d bytes, want 3 and %d", p.count, p.bytes, p.maxBytes)
	}
	p.add(line(t, 4, 200), nil)
	if p.count != 2 || p.first() != 3 {
		t.Errorf("%d events, the first is %d, want 2 and 3", p.count, p.first())
	}
	one := past{maxEvents: 100, maxBytes: 8}
	one.add(line(t, 1, 500), nil)
	one.add(line(t, 2, 500), nil)
	if one.count != 1 || one.first() != 2 {
		t.Errorf("with a bound of very few bytes %d events are kept, want the newest", one.count)
	}
}

// TestTimersAreBounded: no timer is forgotten for a new one, and a timer that ended makes
// room.
func TestTimersAreBounded(t *testing.T) {
	t.Parallel()
	s := newState(Config{URLs: []string{"a"}})
	timer := func(i int, state string) *cluster.Event {
		return &cluster.Event{Node: 1, Seq: uint64(i), Body: &cluster.TimerChanged{Name: "votes", Op: cluster.OpID(fmt.Sprint(i)), State: state}}
	}
	for i := range maxTimers + 1 {
		s.keep(timer(i, cluster.TimerSet))
	}
	if timers := s.everyTimer(); len(timers) != maxTimers || timers[maxTimers-1].Seq != maxTimers-1 {
		t.Fatalf("%d timers, want %d", len(timers), maxTimers)
	}
	s.keep(timer(7, cluster.TimerStale))
	if len(s.timers) != maxTimers-1 {
		t.Errorf("%d timers after one ended", len(s.timers))
	}
}

// TestCallsAreBounded: calls past the bound are not shown. The newest calls that have
// returned are remembered, so that none of them begins or returns twice.
func TestCallsAreBounded(t *testing.T) {
	t.Parallel()
	s := newState(Config{URLs: []string{"a"}})
	id := func(i int) callID { return callID{1, cluster.OpID(fmt.Sprint(i))} }
	for i := range maxOps + 1 {
		if !s.begin(&cluster.Event{Node: 1}, id(i)) {
			t.Fatalf("call %d does not begin", i)
		}
	}
	if len(s.ops) != maxOps {
		t.Errorf("%d calls are open, want %d", len(s.ops), maxOps)
	}
	const more = 3
	for i := range maxDone + more {
		if !s.finish(id(i)) || s.finish(id(i)) {
			t.Fatalf("call %d must return once", i)
		}
	}
	if s.done.Len() != maxDone {
		t.Errorf("%d calls are remembered, want %d", s.done.Len(), maxDone)
	}
	for i := range maxDone + more {
		if remembered := s.done.Has(id(i)); remembered != (i >= more) {
			t.Fatalf("call %d is remembered: %v", i, remembered)
		}
	}
}

// TestEndedMessagesAreBounded: the newest ended messages are remembered, so that none of
// them ends twice. A message that is forgotten counts as unknown.
func TestEndedMessagesAreBounded(t *testing.T) {
	t.Parallel()
	tr := newTransit()
	const more = 3
	for i := range maxEnded + more {
		tr.end(fmt.Sprint(i), 1)
	}
	if tr.ended.Len() != maxEnded {
		t.Errorf("%d messages are remembered, want %d", tr.ended.Len(), maxEnded)
	}
	for i := range maxEnded + more {
		if known := tr.isEnded(fmt.Sprint(i)); known != (i >= more) {
			t.Fatalf("message %d is remembered: %v", i, known)
		}
	}
}

// TestMessagesUnderWayAreBounded: past the bound an older message counts as ended.
func TestMessagesUnderWayAreBounded(t *testing.T) {
	t.Parallel()
	tr := newTransit()
	for i := range maxInFlight + 1 {
		if tr.ended.Len() != 0 {
			t.Fatalf("a message counts as ended while %d are under way", len(tr.flying))
		}
		tr.begin(&cluster.Event{}, fmt.Sprint(i), uint64(i+1))
	}
	if len(tr.flying) != maxInFlight || tr.ended.Len() != 1 || tr.flying[fmt.Sprint(maxInFlight)] == nil {
		t.Errorf("%d messages are under way and %d ended, want %d and 1", len(tr.flying), tr.ended.Len(), maxInFlight)
	}
}

// TestKeysAreBounded: the key that changed least recently is forgotten.
func TestKeysAreBounded(t *testing.T) {
	t.Parallel()
	k := newKeys()
	put := func(i int) {
		b := &cluster.KeyChanged{Key: fmt.Sprint(i)}
		k.put(&cluster.Event{Node: 1, Body: b}, b)
	}
	for i := range maxKeys {
		put(i)
	}
	put(0) // the oldest is key 1 now
	if len(k.byID) != maxKeys {
		t.Fatalf("%d keys, want %d", len(k.byID), maxKeys)
	}
	put(maxKeys)
	if _, held := k.byID[keyID{1, 0, "1"}]; held || len(k.byID) != maxKeys || k.recent.Len() != maxKeys {
		t.Errorf("%d keys, and the oldest is held: %v", len(k.byID), held)
	}
	var newest []string
	for _, e := range k.newest(3) {
		newest = append(newest, e.Body.(*cluster.KeyChanged).Key)
	}
	if want := []string{fmt.Sprint(maxKeys - 1), "0", fmt.Sprint(maxKeys)}; !slices.Equal(newest, want) {
		t.Errorf("the newest are %v, want %v", newest, want)
	}
}

// TestNodesAreCountedFromThePlayground: 0 is the playground, MaxNodes is the last node,
// and events of other numbers are dropped.
func TestNodesAreCountedFromThePlayground(t *testing.T) {
	t.Parallel()
	c := collector(t)
	for _, n := range []cluster.NodeID{0, 1, cluster.MaxNodes, cluster.MaxNodes + 1, -1} {
		c.Publish(event(t, n, fmt.Sprint("screen of-", int(n))))
		c.Publish(event(t, n, "killed"), event(t, n, "up"))
	}
	want(t, c, fmt.Sprintf("screen of-0, killed 0, up 0, screen of-1, killed 1, up 1, screen of-%d, killed %d, up %d",
		cluster.MaxNodes, cluster.MaxNodes, cluster.MaxNodes))
	for n, want := range map[cluster.NodeID]cluster.Status{0: "", 1: "up", 3: "starting", 4: "", cluster.MaxNodes: "", -1: ""} {
		if got := c.Status(n); got != want {
			t.Errorf("the status of node %d is %q, want %q", n, got, want)
		}
	}
	if node, life, count := splitID(fmt.Sprintf("%d.x.7", cluster.MaxNodes)); node != cluster.MaxNodes || life != "x" || count != 7 {
		t.Errorf("an id of the last node is split into %d, %q, %d", node, life, count)
	}
}

// TestANodeIsSettledAfterAWhile: a node that died or came up is settled for each later
// moment, but not for the moment itself or an earlier one.
func TestANodeIsSettledAfterAWhile(t *testing.T) {
	t.Parallel()
	at := time.UnixMicro(5_000_000)
	s := newState(Config{URLs: []string{"a"}})
	for _, status := range []cluster.Status{cluster.StatusUp, cluster.StatusKilled, cluster.StatusFrozen, cluster.StatusStarting} {
		s.changed(&cluster.Event{Node: 1, T: at.UnixMicro()}, &cluster.StatusChanged{Status: status})
		ends := status == cluster.StatusUp || status == cluster.StatusKilled
		for later, want := range map[time.Duration]bool{-time.Microsecond: false, 0: false, time.Microsecond: ends} {
			if got := s.settled(1, at.Add(later)); got != want {
				t.Errorf("%s, %v later: %v, want %v", status, later, got, want)
			}
		}
	}
	if !s.settled(2, at) {
		t.Error("a node that the cluster does not have reports nothing more, so it is settled")
	}
}

// TestANodeThatStartsAgainIsNotDead: a message that is sent after the new start is not a
// message to a dead node.
func TestANodeThatStartsAgainIsNotDead(t *testing.T) {
	t.Parallel()
	for _, n := range []cluster.NodeID{-1, 0, 1, cluster.MaxNodes, cluster.MaxNodes + 1} {
		tr := newTransit()
		of := n >= 0 && n <= cluster.MaxNodes
		if of {
			tr.recordDeath(n, 5, time.Now())
		}
		for _, status := range []cluster.Status{cluster.StatusKilled, cluster.StatusStarting} {
			tr.take(&cluster.Event{Node: n, Body: &cluster.StatusChanged{Status: status}}, 6)
			if of && tr.deaths[n].dead != (status == cluster.StatusKilled) {
				t.Errorf("node %d, %s: dead is %v", int(n), status, tr.deaths[n].dead)
			}
		}
	}
}
