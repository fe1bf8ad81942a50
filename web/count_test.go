package web_test

//lint:file-ignore SA1019 The project's owner fixed this path; its maintainers moved to another.

import (
	"fmt"
	"sync"
	"testing"

	"nhooyr.io/websocket"

	"capplayground/cluster"
)

// totals are how many messages were sent, taken in and lost in this epoch.
type totals struct{ Sent, Delivered, Lost uint64 }

// lane is what a summary of messages is about: one direction of a link, and a
// class.
type lane struct {
	from, to cluster.NodeID
	class    cluster.Class
}

// counter adds up the events of a stream, as a page must: events one by one, flow
// as the sums of the epoch.
type counter struct {
	t *testing.T

	mu       sync.Mutex
	lanes    map[lane]totals
	flows    int   // flow events
	returned int   // operations that returned
	err      error // with which the stream ended
}

// count counts what the stream brings until the test ends. It takes each frame at
// once and decodes it later: on a busy machine the playground would cut off a
// viewer that decodes before it reads on.
func count(t *testing.T, conn *websocket.Conn) *counter {
	t.Helper()
	c := &counter{t: t, lanes: map[lane]totals{}}
	frames := make(chan []byte, 1<<14)
	var working sync.WaitGroup
	working.Go(func() {
		defer close(frames)
		for {
			_, data, err := conn.Read(t.Context())
			if err != nil {
				c.mu.Lock()
				defer c.mu.Unlock()
				c.err = err
				return
			}
			frames <- data
		}
	})
	working.Go(func() {
		for frame := range frames {
			c.add(frame)
		}
	})
	t.Cleanup(func() {
		_ = conn.CloseNow()
		working.Wait()
	})
	return c
}

func (c *counter) add(frame []byte) {
	events, err := cluster.ParseEvents(frame)
	if err != nil {
		c.t.Errorf("frame %.300s: %v", frame, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range events {
		var at lane
		if m := e.Message(); m != nil {
			at = lane{m.From, m.To, m.Class}
		}
		if f, ok := e.Body.(*cluster.Flow); ok {
			at = lane{f.From, f.To, f.Class}
		}
		sum := c.lanes[at]
		switch b := e.Body.(type) {
		case *cluster.Sent:
			sum.Sent++
		case *cluster.Delivered:
			sum.Delivered++
		case *cluster.Lost:
			sum.Lost++
		case *cluster.Flow:
			sum = totals{b.Sent, b.Delivered, b.Lost}
			c.flows++
		case *cluster.Returned:
			c.returned++
			continue
		default:
			continue
		}
		c.lanes[at] = sum
	}
}

// alive fails the test if the stream has ended. Its caller holds mu.
func (c *counter) alive() {
	c.t.Helper()
	if c.err != nil {
		c.t.Fatalf("the stream ended: %v", c.err)
	}
}

// total is the sum of all lanes.
func (c *counter) total() (sum totals) {
	c.t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.alive()
	for _, of := range c.lanes {
		sum.Sent, sum.Delivered, sum.Lost = sum.Sent+of.Sent, sum.Delivered+of.Delivered, sum.Lost+of.Lost
	}
	return sum
}

// operations is how many operations returned.
func (c *counter) operations() int {
	c.t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.alive()
	return c.returned
}

// moving are the lanes on which some message has been sent and has not ended.
func (c *counter) moving() (lanes []lane) {
	c.t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.alive()
	for at, of := range c.lanes {
		if of.Sent != of.Delivered+of.Lost {
			lanes = append(lanes, at)
		}
	}
	return lanes
}

func (c *counter) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return fmt.Sprintf("%d lanes, %d flow events, %d operations", len(c.lanes), c.flows, c.returned)
}
