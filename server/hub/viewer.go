package hub

import (
	"bytes"
	"context"
	"slices"
	"sync"
	"time"
)

const (
	maxFrame   = 64 << 10  // about how much of several batches goes into one frame
	maxSummary = 256 << 10 // a longer summary is no summary: the viewer gets a hello
)

// Viewer is one who watches. Its methods are for one goroutine, except Leave.
type Viewer struct {
	hub   *Hub
	since uint64 // what it had seen when it came
	boot  string
	begun bool   // it has had its hello or backlog
	next  uint64 // seq of the first event that it has not had
	owed  uint64 // if not 0: it got a hello for what it missed from here on, and not yet the counts
	leave sync.Once
}

// Join adds a viewer that last saw the event since of the playground process
// boot: zero and "" if it comes for the first time. It returns ErrFull when
// there are too many and ErrClosed when the hub has ended. Leave must follow.
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

// Leave makes room for somebody else. More than one call does no harm.
func (v *Viewer) Leave() {
	v.leave.Do(func() {
		v.hub.mu.Lock()
		v.hub.viewers--
		v.hub.mu.Unlock()
	})
}

// Next waits for the next frame: a JSON array of events, the first of which is
// a hello where the viewer needs one. The frame is shared and must not be
// changed. Next returns ErrClosed when the hub has ended, or ctx's error.
func (v *Viewer) Next(ctx context.Context) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if !v.begun {
		v.begun = true
		return v.begin()
	}
	for {
		switch s := v.look(); {
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

// sight is what a viewer finds when it looks into the log: nothing yet, and a
// channel to wait on; or that the log has gone on without it; or batches to
// read, and where it needs a summary what was counted up to the tip.
type sight struct {
	closed  bool
	grown   <-chan struct{}
	behind  bool
	batches []*batch
	counted *totals
	tip     uint64
}

func (v *Viewer) look() (s sight) {
	h := v.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	s.tip = h.log.tip
	switch {
	case h.closed:
		s.closed = true
	case v.next > s.tip+1, v.next == s.tip+1 && v.owed == 0:
		s.grown = h.grown
	case !h.log.has(v.next):
		s.behind = true
	default:
		if v.next <= s.tip {
			s.batches = append(s.batches, h.log.from(v.next)...)
		}
		if v.owed > 0 || s.tip-v.next >= uint64(h.cfg.Lag) {
			counted := h.log.counted
			s.counted = &counted
		}
	}
	return s
}

// begin is the first frame: the hello, or what followed the last event that
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

// hello is a fresh start for a viewer that fell too far behind. The counts of
// all that it missed follow in the next frame.
func (v *Viewer) hello() []byte {
	if v.owed == 0 {
		v.owed = v.next
	}
	frame, at := v.hub.hellos.get(v.hub.tip())
	v.next = at + 1
	return frame
}

// summary is everything up to the tip, with the messages merged.
func (v *Viewer) summary(s sight) ([]byte, error) {
	f := v.hub.shared.get(span{owed: v.owed, next: v.next, tip: s.tip, merged: true}, s)
	switch {
	case f.err != nil:
		return nil, f.err
	case f.json == nil:
		return v.hello(), nil
	}
	v.owed, v.next = 0, f.next
	return f.json, nil
}

// frame is the first of the batches as it is or, for a viewer that does not
// keep up, several in one.
func (v *Viewer) frame(s sight) []byte {
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

// join appends an element to a frame of our own.
func join(frame, element []byte) []byte {
	frame = frame[:len(frame)-1]
	if len(frame) > 1 {
		frame = append(frame, ',')
	}
	frame = append(frame, element...)
	return append(frame, ']')
}

// hellos makes one hello serve all who ask at about the same time, or a
// thousand viewers that arrive together would each have it made, under the
// source's lock. A hello that is a little old is as good as a new one: the
// feed goes on from where it stands.
type hellos struct {
	source Source

	mu    sync.Mutex
	frame []byte
	at    uint64
	until time.Time
}

// helloAge is for how long a hello is shared.
const helloAge = 50 * time.Millisecond

// get returns a frame with a hello that stands at the event least or later.
func (s *hellos) get(least uint64) (frame []byte, at uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := time.Now(); s.frame == nil || now.After(s.until) || s.at < least {
		hello, _, at := s.source.Subscribe(0, "")
		s.frame, s.at, s.until = array(hello), at, now.Add(helloAge)
	}
	return s.frame, s.at
}
