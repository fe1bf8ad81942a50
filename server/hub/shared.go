package hub

import (
	"encoding/json"
	"sync"
	"time"
)

// span is what a frame is of: the events from next to the tip, whole or with
// the messages merged, and then with the counts since owed where that is not 0.
type span struct {
	owed, next, tip uint64
	merged          bool
}

// shared makes one frame serve all who missed the same. Those who came with one
// hello, or keep up with summaries, ask for the same at the same time: a
// thousand of them would make and hold a thousand.
type shared struct {
	mu    sync.Mutex
	made  [16]*frame // the newest, a ring
	newer int
}

// frame is one of them, made once by whoever comes first.
type frame struct {
	of   span
	once sync.Once
	json []byte // nil where it would be too long
	next uint64 // the event after its last
	err  error
}

// get returns the frame of a span.
func (s *shared) get(of span, seen sight) *frame {
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

func (s *shared) find(of span) *frame {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.made {
		if f != nil && f.of == of {
			return f
		}
	}
	f := &frame{of: of}
	s.made[s.newer] = f
	s.newer = (s.newer + 1) % len(s.made)
	return f
}

// gather makes one frame of the events from next on, of several batches while
// they are short.
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

// summarize makes a frame of everything in a span, its messages merged; nil
// where that is too long.
func summarize(of span, s sight) ([]byte, error) {
	var touched [lanes]bool
	from, at := of.next, time.Now().UnixMicro()
	if of.owed > 0 {
		from = of.owed
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
