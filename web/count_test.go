package web_test

//lint:file-ignore SA1019 The project's owner fixed this path; its maintainers moved to another.

import (
	"fmt"
	"sync"
	"testing"

	"nhooyr.io/websocket"

	"capplayground/cluster"
)

// totals count the messages that were sent, delivered and lost in this epoch.
type totals struct{ Sent, Delivered, Lost uint64 }

// lane identifies a summary of messages: one direction of a link, and a class of messages.
type lane struct {
	from, to cluster.NodeID
	class    cluster.Class
}

// counter counts the messages of a stream, as a page must. It adds single events one by
// one. A flow event has the sums of the epoch.
type counter struct {
	t *testing.T

	mu       sync.Mutex
	lanes    map[lane]totals
	flows    int   // flow events
	returned int   // operations that have an answer
	err      error // the error with which the stream ended
}

// count counts the messages of the stream until the test ends. It reads each frame at
// once and decodes it later. If it decoded first, it could be so slow on a busy machine
// that the playground would disconnect this viewer.
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

// alive fails the test if the stream has ended. The caller holds mu.
func (c *counter) alive() {
	c.t.Helper()
	if c.err != nil {
		c.t.Fatalf("the stream ended: %v", c.err)
	}
}

// total returns the sum over all lanes.
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

// operations returns the number of operations that have an answer.
func (c *counter) operations() int {
	c.t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.alive()
	return c.returned
}

// moving returns the lanes with messages that were sent and neither delivered nor lost.
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
