package hub

import (
	"encoding/json"
	"sync"
	"time"
)

// span is what a summary is of: the events from next to tip, and the counts
// since owed where that is not 0.
type span struct{ owed, next, tip uint64 }

// summaries makes one summary serve all who missed the same: where the nodes
// tell more than viewers are shown one by one, those who keep up all ask for
// the same at the same time, and a thousand of them would hold a thousand.
type summaries struct {
	mu    sync.Mutex
	made  [16]*summary // the newest, a ring
	newer int
}

// summary is one of them, made once by whoever comes first.
type summary struct {
	of    span
	once  sync.Once
	frame []byte
	err   error
}

// get returns the summary of a span, or nil where it would be too long.
func (s *summaries) get(of span, seen sight) ([]byte, error) {
	one := s.find(of)
	one.once.Do(func() { one.frame, one.err = summarize(of, seen) })
	return one.frame, one.err
}

func (s *summaries) find(of span) *summary {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range s.made {
		if one != nil && one.of == of {
			return one
		}
	}
	one := &summary{of: of}
	s.made[s.newer] = one
	s.newer = (s.newer + 1) % len(s.made)
	return one
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
