package collect

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"capplayground/cluster"
)

// event builds an event from words: "sent 1>2 a", "delivered 1>2 a",
// "lost 1>2 a cut", "killed 2", "up 2".
func event(t *testing.T, node cluster.NodeID, text string) cluster.Event {
	t.Helper()
	words := strings.Fields(text)
	e := cluster.Event{Node: node, T: time.Now().UnixMicro()}
	switch words[0] {
	case "up", "killed", "frozen":
		e.Body = &cluster.StatusChanged{Status: cluster.Status(words[0])}
	case "sent", "delivered", "lost":
		m := cluster.Transit{Msg: words[2]}
		if _, err := fmt.Sscanf(words[1], "%d>%d", &m.From, &m.To); err != nil {
			t.Fatal(err)
		}
		switch words[0] {
		case "sent":
			e.Body = &cluster.Sent{Transit: m}
		case "delivered":
			e.Body = &cluster.Delivered{Transit: m}
		case "lost":
			e.Body = &cluster.Lost{Transit: m, Why: strings.Join(words[3:], " ")}
		}
	case "screen":
		e.Body = &cluster.ScreenLine{Text: words[1]}
	case "invoke":
		e.Body = &cluster.Invoked{ClientCall: cluster.ClientCall{Op: cluster.OpID(words[1])}}
	case "return":
		e.Body = &cluster.Returned{ClientCall: cluster.ClientCall{Op: cluster.OpID(words[1])}}
	default:
		t.Fatalf("unknown event %q", text)
	}
	return e
}

// told lists the retained events in the words of event.
func told(c *Collector) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var lines []string
	for _, e := range parsed(c.past.last(c.past.count)) {
		line := string(e.Kind())
		switch b := e.Body.(type) {
		case *cluster.StatusChanged:
			line = fmt.Sprintf("%s %d", b.Status, e.Node)
		case *cluster.Sent, *cluster.Delivered:
			line += " " + e.Message().Msg
		case *cluster.Lost:
			line += " " + b.Msg + " " + b.Why
		case *cluster.ScreenLine:
			line += " " + b.Text
		case *cluster.Invoked:
			line += " " + string(b.Op)
		case *cluster.Returned:
			line = strings.TrimSpace(line + " " + string(b.Op) + " " + string(b.Status))
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, ", ")
}

func collector(t *testing.T) *Collector {
	c := New(Config{Boot: "boot", URLs: []string{"a", "b", "c"}, Mode: "CA", Pace: cluster.LivePace()})
	t.Cleanup(c.Close)
	return c
}

func want(t *testing.T, c *Collector, order string) {
	t.Helper()
	if got := told(c); got != order {
		t.Errorf("order:\n got %s\nwant %s", got, order)
	}
}

func TestEndWaitsForItsSentEvent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := collector(t)
		c.Publish(event(t, 2, "delivered 1>2 a"), event(t, 2, "screen after"))
		c.Publish(event(t, 3, "screen other"))
		want(t, c, "screen other")
		time.Sleep(49 * time.Millisecond)
		c.Publish(event(t, 1, "sent 1>2 a"))
		want(t, c, "screen other, sent a, delivered a, screen after")
	})
}

func TestEndWaitsAtMostConfigWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := collector(t)
		c.Publish(event(t, 2, "delivered 1>2 a"), event(t, 2, "screen after"))
		time.Sleep(51 * time.Millisecond)
		want(t, c, "delivered a, screen after")
		c.Publish(event(t, 1, "sent 1>2 a"))
		want(t, c, "delivered a, screen after, sent a")
		if m, _ := c.Inflight(); len(m) != 0 {
			t.Errorf("a delivered message is under way: %v", m)
		}
	})
}

// A node's status may wait behind the end of a message. A verb that changed the status
// waits until the status is part of the order, and no longer.
func TestOrderedWaitsForThePublishedEvents(t *testing.T) {
	t.Parallel()
	isOver := func(c <-chan struct{}) bool {
		synctest.Wait()
		select {
		case <-c:
			return true
		default:
			return false
		}
	}
	for name, end := range map[string]func(*Collector){
		"the message's beginning comes": func(c *Collector) { c.Publish(event(t, 1, "sent 1>2 a")) },
		"it does not come in time":      func(*Collector) { time.Sleep(51 * time.Millisecond) },
		"a new epoch begins":            func(c *Collector) { c.Epoch(2, "CA", false) },
		"the collector closes":          func(c *Collector) { c.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := collector(t)
				c.Publish(event(t, 2, "frozen 2"))
				if !isOver(c.Ordered(2)) {
					t.Error("Ordered waits although nothing is waiting")
				}
				c.Publish(event(t, 2, "delivered 1>2 a"), event(t, 2, "up 2"))
				one, two := c.Ordered(2), c.Ordered(2)
				c.Publish(event(t, 2, "delivered 1>2 b"))
				if isOver(one) || isOver(two) {
					t.Errorf("Ordered does not wait, and the status is %q", c.Status(2))
				}
				if !isOver(c.Ordered(1)) {
					t.Error("Ordered waits for events of another node")
				}
				end(c)
				if !isOver(one) || !isOver(two) {
					t.Error("Ordered waits for ever")
				}
			})
		})
	}
}

func TestMessageEndsOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := collector(t)
		c.Publish(event(t, 1, "sent 1>2 a"), event(t, 1, "lost 1>2 a refused"), event(t, 1, "lost 1>2 a refused"))
		c.Publish(event(t, 2, "delivered 1>2 a"))
		c.Publish(event(t, 1, "sent 1>2 a"))
		want(t, c, "sent a, lost a refused")
	})
}

// Node 1 wrote a, b and c; node 2 took in only a.
func TestMessagesNotTakenInFromAStreamAreLost(t *testing.T) {
	t.Parallel()
	told1 := Stream{ID: "s", From: 1, To: 2, First: "a", Last: "c"}
	told2 := Stream{ID: "s", From: 1, To: 2, First: "a", Last: "a"}
	for name, tc := range map[string]struct {
		happens func(*testing.T, *Collector)
		then    string
	}{
		"both live": {func(t *testing.T, c *Collector) {
			c.StreamEnded(1, told1)
			c.StreamEnded(2, told2)
		}, "lost b timeout, lost c timeout"},
		"receiver dies, sender tells first": {func(t *testing.T, c *Collector) {
			c.StreamEnded(1, told1)
			c.Publish(event(t, 2, "killed"))
		}, "killed 2, lost a down, lost b down, lost c down"},
		"receiver dies, is back, sender tells late": {func(t *testing.T, c *Collector) {
			c.Publish(event(t, 2, "killed"))
			c.Publish(event(t, 2, "up"))
			c.StreamEnded(1, told1)
		}, "killed 2, up 2, lost a down, lost b down, lost c down"},
		"sender dies": {func(t *testing.T, c *Collector) {
			c.Publish(event(t, 1, "killed"))
			c.StreamEnded(2, told2)
		}, "killed 1, lost b down, lost c down, lost d down"},
		"sender dies, receiver told first": {func(t *testing.T, c *Collector) {
			c.StreamEnded(2, told2)
			c.Publish(event(t, 1, "killed"))
		}, "killed 1, lost b down, lost c down, lost d down"},
		"both die": {func(t *testing.T, c *Collector) {
			c.Publish(event(t, 1, "killed"))
			c.Publish(event(t, 2, "killed"))
		}, "killed 1, killed 2, lost a down, lost b down, lost c down, lost d down"},
		"receiver dies and neither end reports": {func(t *testing.T, c *Collector) {
			c.Publish(event(t, 2, "killed"))
			time.Sleep(6 * time.Second)
		}, "killed 2, lost a down, lost b down, lost c down, lost d down"},
		"epoch ends": {func(t *testing.T, c *Collector) {
			c.Epoch(2, "AP", false)
		}, "lost a down, lost b down, lost c down, lost d down, mode"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := collector(t)
				c.Publish(event(t, 1, "up"), event(t, 2, "up"))
				// d was not written yet: the next stream carries it, or it is refused.
				c.Publish(event(t, 1, "sent 1>2 a"), event(t, 1, "sent 1>2 b"), event(t, 1, "sent 1>2 c"), event(t, 1, "sent 1>2 d"))
				tc.happens(t, c)
				want(t, c, "up 1, up 2, sent a, sent b, sent c, sent d, "+tc.then)
			})
		})
	}
}

func TestOperationsOfADeadNodeEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := collector(t)
		c.Publish(event(t, 1, "invoke x"), event(t, 2, "invoke y"), event(t, 1, "killed"))
		c.Publish(event(t, 1, "return x"), event(t, 1, "invoke x"))
		want(t, c, "invoke x, invoke y, killed 1, return x 504")
		if invoked, returned := c.Operation(2, "y"); !invoked || returned {
			t.Errorf("y: invoked %v, returned %v", invoked, returned)
		}
	})
}

func TestSubscribeResumesWithoutAGapOrReturnsAHello(t *testing.T) {
	t.Parallel()
	c := New(Config{Boot: "boot", URLs: []string{"a", "b"}, Mode: "CP", Events: 10})
	defer c.Close()
	var fed []uint64
	c.Feed(func(events []cluster.Event, _ [][]byte) {
		for _, e := range events {
			fed = append(fed, e.Seq)
		}
	})
	for i := range 30 {
		c.Publish(event(t, 1, fmt.Sprintf("sent 1>2 m%d", i)))
	}
	if len(fed) != 30 {
		t.Fatalf("%d events were fed, want 30", len(fed))
	}
	for i, seq := range fed {
		if seq != uint64(i+1) {
			t.Fatalf("fed %v", fed)
		}
	}
	for _, tc := range []struct {
		since  uint64
		boot   string
		resume bool
	}{
		{30, "boot", true}, {25, "boot", true}, {20, "boot", true}, // 21 is the oldest kept
		{19, "boot", false}, {25, "other", false}, {31, "boot", false}, {0, "", false},
	} {
		hello, backlog, at := c.Subscribe(tc.since, tc.boot)
		if at != 30 || (hello == nil) != tc.resume {
			t.Errorf("since %d of %s: at %d, hello %v", tc.since, tc.boot, at, hello != nil)
		}
		if tc.resume && len(backlog) != int(30-tc.since) {
			t.Errorf("since %d: %d events", tc.since, len(backlog))
		}
	}
	hello, _, _ := c.Subscribe(0, "")
	var h struct {
		Kind     string
		Seq      uint64
		Boot     string
		Cluster  Cluster
		Inflight []cluster.Event
		Events   []cluster.Event
	}
	if err := json.Unmarshal(hello, &h); err != nil {
		t.Fatal(err)
	}
	if h.Kind != "hello" || h.Seq != 30 || h.Boot != "boot" || h.Cluster.Mode != "CP" || len(h.Inflight) != 30 || len(h.Events) != 10 {
		t.Errorf("hello: %s", hello)
	}
}

func TestTheRetainedEventsComeWithTheirHello(t *testing.T) {
	t.Parallel()
	c := New(Config{Boot: "boot", URLs: []string{"a"}})
	defer c.Close()
	c.Publish(event(t, 1, "screen x"), event(t, 1, "screen y"))
	hello, events, at := c.Retained()
	if !bytes.HasSuffix(hello, []byte(`"events":[]}`)) || len(events) != 2 || at != 2 {
		t.Errorf("%s, %q up to %d", hello, events, at)
	}
}

func TestThePastIsBounded(t *testing.T) {
	t.Parallel()
	p := past{maxEvents: 5000, maxBytes: 1 << 20}
	for i := range 20_000 {
		p.add(&cluster.Event{Seq: uint64(i + 1), Body: &cluster.ScreenLine{Text: strings.Repeat("x", i%500)}}, nil)
		memory := 0
		for _, c := range p.chunks {
			memory += c.memory()
		}
		if memory != p.bytes || p.bytes > p.maxBytes || p.count > p.maxEvents {
			t.Fatalf("%d events, %d bytes counted, %d bytes held", p.count, p.bytes, memory)
		}
	}
	newest := parsed(p.last(p.count))
	for i, e := range newest {
		if e.Seq != uint64(20_000-len(newest)+i+1) || len(cluster.BodyOf[cluster.ScreenLine](e).Text) != int(e.Seq-1)%500 {
			t.Fatalf("event %d is %+v", i, e)
		}
	}
	// A chunk takes an eighth of maxBytes for text, and four bytes for the end of an event
	// per 128 bytes of text.
	if chunk := p.chunks[0].memory(); chunk != 1<<17+4*(1<<17/128) {
		t.Errorf("a chunk takes %d bytes", chunk)
	}
	if len(newest) < 2000 || newest[0].Seq != p.first() {
		t.Errorf("%d events, the first is %d", len(newest), p.first())
	}
	if last := parsed(p.last(3)); len(last) != 3 || last[0].Seq != 19_998 {
		t.Errorf("the last three are %+v", last)
	}
}

func TestAnEventLongerThanAChunkIsKept(t *testing.T) {
	t.Parallel()
	p := past{maxEvents: 10, maxBytes: 64 << 20}
	long := strings.Repeat("x", 2*chunkBytes)
	for i, text := range []string{"a", long, "b"} {
		p.add(&cluster.Event{Seq: uint64(i + 1), Body: &cluster.ScreenLine{Text: text}}, nil)
	}
	all := parsed(p.last(9))
	if len(all) != 3 || cluster.BodyOf[cluster.ScreenLine](all[1]).Text != long || cluster.BodyOf[cluster.ScreenLine](all[2]).Text != "b" {
		t.Errorf("%d events", len(all))
	}
	p.clear()
	if p.first() != 0 || len(p.last(9)) != 0 || p.bytes != 0 {
		t.Errorf("after clear: %+v", p)
	}
	p.add(&cluster.Event{Seq: 4}, nil)
	if p.first() != 4 {
		t.Errorf("after clear the first is %d", p.first())
	}
}

// Texts that were handed out do not change when new events are added and old
// ones are forgotten.
func TestHandedOutTextsNeverChange(t *testing.T) {
	t.Parallel()
	p := past{maxEvents: 50, maxBytes: 64 << 10}
	add := func(seq int) []byte {
		text, _ := p.add(&cluster.Event{Seq: uint64(seq), Body: &cluster.ScreenLine{Text: fmt.Sprint("line ", seq)}}, nil)
		return text
	}
	text := add(1)
	want := string(text)
	for seq := range 5000 {
		add(seq + 2)
	}
	if string(text) != want {
		t.Errorf("%s became %s", want, text)
	}
}

func parsed(texts [][]byte) (events []cluster.Event) {
	if len(texts) == 0 {
		return nil
	}
	events, err := cluster.ParseEvents(slices.Concat([]byte("["), bytes.Join(texts, []byte(",")), []byte("]")))
	if err != nil {
		panic(err)
	}
	return events
}

// BenchmarkCollect is the cost of one event of a message.
func BenchmarkCollect(b *testing.B) {
	c := New(Config{Boot: "boot", URLs: []string{"a", "b"}})
	defer c.Close()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		m := cluster.Transit{
			Msg: fmt.Sprintf("1.0a1b2c3d.%d", i/2), From: 1, To: 2, Type: "store", Class: cluster.ClassRequest,
			Op: "0198c0de-0000-7000-8000-000000000000", Label: "op=0198 city=Lisboa 8.1.0198", Deadline: 1_700_000_000_000_000,
		}
		e := cluster.Event{Node: 1, T: int64(i), LC: uint64(i), V: cluster.Time(i), Body: &cluster.Sent{Transit: m}}
		if i%2 == 1 {
			e.Node, e.Body = 2, &cluster.Delivered{Transit: m}
		}
		c.Publish(e)
	}
}

func BenchmarkPublish(b *testing.B) {
	c := New(Config{Boot: "boot", URLs: []string{"a", "b"}})
	defer c.Close()
	for i := 0; b.Loop(); i++ {
		id := fmt.Sprintf("1.abcdef.%d", i)
		c.Publish(cluster.Event{Node: 1, Body: &cluster.Sent{Transit: cluster.Transit{From: 1, To: 2, Msg: id}}})
		c.Publish(cluster.Event{Node: 2, Body: &cluster.Delivered{Transit: cluster.Transit{From: 1, To: 2, Msg: id}}})
	}
}

func TestARetryAtAnotherNodeIsASeparateCall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := collector(t)
		c.Publish(event(t, 1, "invoke x"), event(t, 2, "invoke x"), event(t, 1, "invoke x"))
		c.Publish(event(t, 1, "return x"), event(t, 2, "return x"), event(t, 2, "return x"))
		want(t, c, "invoke x, invoke x, return x, return x")
		if invoked, returned := c.Operation(3, "x"); invoked || returned {
			t.Errorf("at a third node: invoked %v, returned %v", invoked, returned)
		}
	})
}
