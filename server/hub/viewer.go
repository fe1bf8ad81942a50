package hub

import (
	"bytes"
	"context"
	"slices"
	"sync"
	"time"
)

const (
	maxFrame   = 64 << 10  // bytes of a frame that is made of several batches, about
	maxSummary = 256 << 10 // bytes of a summary; instead of a longer one the viewer gets a hello
)

// Viewer is one connection that follows the events. One goroutine may use it;
// only Leave may be called from others.
type Viewer struct {
	hub   *Hub
	since uint64 // the last seq that it had seen when it joined
	boot  string // the playground process of since
	begun bool   // it has got its hello or backlog
	next  uint64 // seq of the first event that it has not got
	// countsFrom is not 0 after a hello that replaced missed events. It is the seq
	// of the first missed event. The counts since then follow in the next frame.
	countsFrom uint64
	leave      sync.Once
}

// Join adds a viewer that last saw the event since of the playground process
// boot: zero and "" if it joins for the first time. It returns ErrFull when
// there are too many viewers and ErrClosed when the hub has ended. The caller
// must call Leave at the end.
func (h *Hub) Join(since uint64, boot string) (*Viewer, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil, ErrClosed
	}
	if h.viewers >= h.cfg.MaxViewers {
		return nil, ErrFull
	}
	h.viewers++
	return &Viewer{hub: h, since: since, boot: boot}, nil
}

// Leave makes room for another viewer. A second call has no effect.
func (v *Viewer) Leave() {
	v.leave.Do(func() {
		v.hub.mu.Lock()
		v.hub.viewers--
		v.hub.mu.Unlock()
	})
}

// Next waits for the next frame: a JSON array of events, the first of which is
// a hello if the viewer needs one. The frame is shared and must not be changed.
// Next returns ErrClosed when the hub has ended, or the error of ctx.
func (v *Viewer) Next(ctx context.Context) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if !v.begun {
		v.begun = true
		return v.begin()
	}
	for {
		switch s := v.present(); {
		case s.closed:
			return nil, ErrClosed
		case s.grown != nil:
			select {
			case <-s.grown:
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		case s.behind:
			return v.hello(), nil
		case s.counted != nil:
			return v.summary(s)
		default:
			return v.frame(s), nil
		}
	}
}

// view is what a viewer finds in the log.
type view struct {
	closed  bool            // the hub has ended
	grown   <-chan struct{} // not nil: there is nothing new; closed when there is
	behind  bool            // the log no longer holds the viewer's next event
	batches []*batch        // the events to read
	counted *totals         // not nil: the viewer needs a summary; the counts up to the newest
	tip     uint64
}

func (v *Viewer) present() (s view) {
	h := v.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	s.tip = h.log.tip
	switch {
	case h.closed:
		s.closed = true
	case v.next > s.tip+1, v.next == s.tip+1 && v.countsFrom == 0:
		s.grown = h.grown
	case !h.log.has(v.next):
		s.behind = true
	default:
		if v.next <= s.tip {
			s.batches = append(s.batches, h.log.from(v.next)...)
		}
		if v.countsFrom > 0 || s.tip-v.next >= uint64(h.cfg.Lag) {
			counted := h.log.counted
			s.counted = &counted
		}
	}
	return s
}

// begin returns the first frame: a hello, or the events after the last one that
// the viewer saw.
func (v *Viewer) begin() ([]byte, error) {
	if v.since == 0 || v.boot == "" {
		frame, at := v.hub.hellos.get(0)
		v.next = at + 1
		return frame, nil
	}
	hello, backlog, at := v.hub.cfg.Source.Subscribe(v.since, v.boot)
	switch {
	case hello != nil:
		v.next = at + 1
		return array(hello), nil
	case len(backlog) > v.hub.cfg.Lag:
		v.next = v.since + 1
		return v.hello(), nil
	case len(backlog) == 0:
		v.next = at + 1
		return []byte("[]"), nil
	}
	v.next = at + 1
	return slices.Concat([]byte("["), bytes.Join(backlog, []byte(",")), []byte("]")), nil
}

// hello returns a hello for a viewer that is too far behind. The counts of the
// events that it missed follow in the next frame.
func (v *Viewer) hello() []byte {
	if v.countsFrom == 0 {
		v.countsFrom = v.next
	}
	frame, at := v.hub.hellos.get(v.hub.newestSeq())
	v.next = at + 1
	return frame
}

// summary returns all events up to the newest, with the messages merged.
func (v *Viewer) summary(s view) ([]byte, error) {
	f := v.hub.shared.get(span{countsFrom: v.countsFrom, next: v.next, tip: s.tip, merged: true}, s)
	switch {
	case f.err != nil:
		return nil, f.err
	case f.json == nil:
		return v.hello(), nil
	}
	v.countsFrom, v.next = 0, f.next
	return f.json, nil
}

// frame returns the batch as it is if there is only one. For a viewer that does
// not keep up it returns several batches in one frame.
func (v *Viewer) frame(s view) []byte {
	if b := s.batches[0]; len(s.batches) == 1 && b.first == v.next {
		v.next = b.last() + 1
		return b.frame
	}
	f := v.hub.shared.get(span{next: v.next, tip: s.tip}, s)
	v.next = f.next
	return f.json
}

// array makes a frame of one element.
func array(element []byte) []byte { return join([]byte("[]"), element) }

// join appends an element to a frame that is not shared yet.
func join(frame, element []byte) []byte {
	frame = frame[:len(frame)-1]
	if len(frame) > 1 {
		frame = append(frame, ',')
	}
	frame = append(frame, element...)
	return append(frame, ']')
}

// hellos lets viewers that ask at about the same time share one hello. Without
// it a thousand viewers that join together would make a thousand, each under
// the source's lock. An older hello is as good as a new one, because the viewer
// then gets all events after it.
type hellos struct {
	source Source

	mu    sync.Mutex
	frame []byte
	at    uint64
	until time.Time
}

// helloAge is how long a hello is shared.
const helloAge = 50 * time.Millisecond

// get returns a frame with a hello whose seq, at, is least or later.
func (s *hellos) get(least uint64) (frame []byte, at uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := time.Now(); s.frame == nil || now.After(s.until) || s.at < least {
		hello, _, at := s.source.Subscribe(0, "")
		s.frame, s.at, s.until = array(hello), at, now.Add(helloAge)
	}
	return s.frame, s.at
}
