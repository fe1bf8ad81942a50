package hub_test

import (
	"context"
	"encoding/json"
	"sync"
	"testing"

	"capplayground/cluster"
	"capplayground/server/hub"
)

// source is a small collector: it sets seq and retains all events.
type source struct {
	t    testing.TB
	boot string

	mu      sync.Mutex
	publish func([]cluster.Event, [][]byte)
	events  []cluster.Event
	hellos  int
}

func (s *source) Feed(publish func([]cluster.Event, [][]byte)) { s.publish = publish }

func (s *source) Subscribe(since uint64, boot string) ([]byte, [][]byte, uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := uint64(len(s.events))
	if boot == s.boot && since > 0 && since <= at {
		return nil, texts(s.events[since:]), at
	}
	s.hellos++
	hello, err := json.Marshal(map[string]any{"kind": "hello", "seq": at, "boot": s.boot})
	if err != nil {
		s.t.Error(err)
	}
	return hello, nil, at
}

// emit sets seq and publishes under the lock, as a collector does.
func (s *source) emit(events ...cluster.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range events {
		events[i].Seq = uint64(len(s.events) + 1)
		s.events = append(s.events, events[i])
	}
	s.publish(events, texts(events))
}

func (s *source) last() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return uint64(len(s.events))
}

// start returns a hub that runs until the test ends.
func start(t testing.TB, cfg hub.Config) (*hub.Hub, *source) {
	t.Helper()
	src := &source{t: t, boot: "b1"}
	cfg.Source = src
	h, err := hub.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- h.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return h, src
}

func join(t testing.TB, h *hub.Hub, since uint64, boot string) *hub.Viewer {
	t.Helper()
	v, err := h.Join(since, boot)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(v.Leave)
	return v
}

// next reads a frame. Its result is empty when ctx ended.
func next(ctx context.Context, t testing.TB, v *hub.Viewer) []cluster.Event {
	t.Helper()
	frame, err := v.Next(ctx)
	if err != nil {
		if ctx.Err() == nil {
			t.Errorf("Next: %v", err)
		}
		return nil
	}
	var events []cluster.Event
	if err := json.Unmarshal(frame, &events); err != nil {
		t.Fatalf("frame %.200s: %v", frame, err)
	}
	return events
}

// page folds frames as the stage does: it keeps the counts of each lane and the
// seq of the newest event.
type page struct {
	t       testing.TB
	seq     uint64
	counts  map[key]count
	hellos  int
	flows   int
	singles int
	kept    int // events that may never be merged
}

type key struct {
	from, to cluster.NodeID
	class    cluster.Class
}

type count struct{ sent, delivered, lost uint64 }

func (p *page) take(events []cluster.Event) {
	p.t.Helper()
	from := p.seq + 1
	for _, e := range events {
		switch b := e.Body.(type) {
		case *cluster.Sent, *cluster.Delivered, *cluster.Lost:
			k := key{e.Message().From, e.Message().To, e.Message().Class}
			c := p.counts[k]
			switch e.Kind() {
			case cluster.KindSent:
				c.sent++
			case cluster.KindDelivered:
				c.delivered++
			case cluster.KindLost:
				c.lost++
			}
			p.counts[k] = c
			p.singles++
		case *cluster.Flow:
			p.flows++
			if b.SeqTo < b.SeqFrom || b.SeqFrom > from {
				p.t.Errorf("flow covers %d to %d, the page was at %d", b.SeqFrom, b.SeqTo, from-1)
			}
			p.counts[key{b.From, b.To, b.Class}] = count{b.Sent, b.Delivered, b.Lost}
			p.seq = max(p.seq, b.SeqTo)
			continue
		case *cluster.ModeChanged:
			p.counts = map[key]count{}
		case *cluster.Other: // hello
			p.hellos++
			p.seq, p.counts = e.Seq, map[key]count{}
			continue
		default:
			p.kept++
		}
		if e.Seq <= p.seq {
			p.t.Errorf("event %d after event %d", e.Seq, p.seq)
		}
		p.seq = e.Seq
	}
}

// texts returns events as a source encodes them.
func texts(events []cluster.Event) [][]byte {
	all := make([][]byte, len(events))
	for i := range events {
		all[i] = events[i].AppendJSON(nil)
	}
	return all
}
