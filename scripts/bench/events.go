package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"capplayground/cluster"
)

// writesPerSecond is the rate of the writes of measureEvents. Each write makes about 20
// events at each node. At this rate a node still reports one event for each message.
const writesPerSecond = 40

// messagesOfAWrite is the number of messages of one write in CA: 4 times prepare, yes,
// commit and ack.
const messagesOfAWrite = 16

// measureEvents measures the time from an event in a node to its arrival at a viewer.
// Both are on the same machine, so they have the same clock. It returns an error if the
// viewer does not see every message of the writes.
func measureEvents(ctx context.Context, l *bench, s subject) ([]figure, error) {
	p, err := startPlayground(ctx, s, "--mode", "CA")
	if err != nil {
		return nil, err
	}
	defer p.Stop()
	var seen arrivals
	leave, err := viewer(ctx, p.Place.Listen, func(frame []byte) { seen.take(frame, time.Now()) })
	if err != nil {
		return nil, err
	}
	defer leave()
	want := 0
	// A ticker drops the ticks of a late write. Writes that follow each other at once would
	// make the nodes busy, and busy nodes report sums.
	due := time.NewTicker(time.Second / writesPerSecond)
	defer due.Stop()
	for i := range int(2 * l.span.Seconds() * writesPerSecond) {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-due.C:
		}
		if status, _ := p.Write(1+i%nodes, "city", fmt.Sprint("v", i)); status == http.StatusCreated {
			want += messagesOfAWrite
		}
	}
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		took, messages := seen.now()
		if messages >= want {
			return []figure{
				{"message to event at a viewer: p50", ms(at(took, 0.5)), "ms"},
				{"message to event at a viewer: p99", ms(at(took, 0.99)), "ms"},
				{"message to event at a viewer: most", ms(at(took, 1)), "ms"},
			}, nil
		}
		if time.Now().After(end) {
			return nil, fmt.Errorf("%d of %d messages were seen, %d of them one by one", messages, want, len(took))
		}
	}
}

// arrivals is what a viewer has seen of the messages between nodes.
type arrivals struct {
	mu   sync.Mutex
	took []time.Duration // of each message that came one by one: from its event to the viewer
	sent map[lane]uint64 // messages that were sent, one by one or in sums
}

// lane is one direction of a link and one class of message. A flow event has the sum of
// one lane.
type lane struct {
	From, To cluster.NodeID
	Class    cluster.Class
}

// take takes in a frame that arrived at this time.
func (a *arrivals) take(frame []byte, now time.Time) {
	var events []struct {
		lane
		Kind cluster.EventKind
		T    int64 // microseconds since the epoch
		Sent uint64
	}
	if json.Unmarshal(frame, &events) != nil {
		return // its messages will be missing
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.sent == nil {
		a.sent = map[lane]uint64{}
	}
	for _, e := range events {
		switch e.Kind {
		case cluster.KindSent:
			a.took = append(a.took, now.Sub(time.UnixMicro(e.T)))
			a.sent[e.lane]++
		case cluster.KindFlow: // counts all messages of the lane in this epoch
			a.sent[e.lane] = max(a.sent[e.lane], e.Sent)
		}
	}
}

// now returns how long each message took that came one by one, and the number of all
// messages.
func (a *arrivals) now() (took []time.Duration, messages int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, n := range a.sent {
		messages += int(n)
	}
	return slices.Clone(a.took), messages
}
