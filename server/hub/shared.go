package hub

import (
	"encoding/json"
	"sync"
	"time"
)

// span names the content of a frame: the events from next to the newest. If merged,
// the messages are merged into flow events, which count from countsFrom on, or
// from next on if countsFrom is 0.
type span struct {
	countsFrom, next, tip uint64
	merged                bool
}

// shared lets viewers that missed the same events share one frame. Viewers that
// got the same hello, or that keep up with summaries, ask for the same span at
// the same time. Without sharing, a thousand viewers would hold a thousand
// equal frames.
type shared struct {
	mu   sync.Mutex
	made [16]*frame // the newest frames, a ring
	next int        // index in made of the oldest, which is overwritten next
}

// frame is a shared frame. The first viewer that asks for it makes it.
type frame struct {
	of   span
	once sync.Once
	json []byte // nil if it would be too long
	next uint64 // seq of the event after its last
	err  error
}

// get returns the frame of a span, and makes it from seen if there is none yet.
func (s *shared) get(of span, seen view) *frame {
	f := s.find(of)
	f.once.Do(func() {
		if of.merged {
			f.json, f.err = summarize(of, seen)
			f.next = of.tip + 1
		} else {
			f.json, f.next = gather(of.next, seen.batches)
		}
	})
	return f
}

// find returns the frame of a span, perhaps still empty.
func (s *shared) find(of span) *frame {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.made {
		if f != nil && f.of == of {
			return f
		}
	}
	f := &frame{of: of}
	s.made[s.next] = f
	s.next = (s.next + 1) % len(s.made)
	return f
}

// gather makes one frame of the events from next on. It takes several batches as
// long as the frame stays shorter than maxFrame.
func gather(next uint64, batches []*batch) (json []byte, after uint64) {
	json, after = []byte("[]"), next
	for _, b := range batches {
		if len(json) > 2 && len(json)+len(b.frame) > maxFrame {
			break
		}
		for _, e := range b.entries {
			if e.seq >= next {
				json = join(json, b.frame[e.start:e.end])
			}
		}
		after = b.last() + 1
	}
	return json, after
}

// summarize makes a frame of all events in a span, with the messages merged. It
// returns nil if the frame would be longer than maxSummary.
func summarize(of span, s view) ([]byte, error) {
	var touched [lanes]bool
	from, at := of.next, time.Now().UnixMicro()
	if of.countsFrom > 0 {
		from = of.countsFrom
		for l := range touched {
			touched[l] = s.counted.lane[l] != count{}
		}
	}
	frame := []byte("[]")
	for _, b := range s.batches {
		for _, e := range b.entries {
			if e.seq < of.next {
				continue
			}
			at = e.t
			if e.lane != noLane {
				touched[e.lane] = true
				continue
			}
			if e.mode {
				touched = [lanes]bool{}
			}
			frame = join(frame, b.frame[e.start:e.end])
		}
		if len(frame) > maxSummary {
			return nil, nil
		}
	}
	for l, yes := range touched {
		if !yes {
			continue
		}
		j, err := json.Marshal(s.counted.flow(lane(l), from, of.tip, at))
		if err != nil {
			return nil, err
		}
		frame = join(frame, j)
	}
	return frame, nil
}
