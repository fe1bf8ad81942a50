package hub

import (
	"context"
	"encoding/json"
	"sync"
	"time"
)

const (
	maxFrame   = 64 << 10 // about how much of several batches goes into one frame
	maxSummary = 1 << 20  // a longer summary is no summary: the viewer gets a hello
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
		batches, counted, grown, err := v.look()
		switch {
		case err != nil:
			return nil, err
		case grown != nil:
			select {
			case <-grown:
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		case counted == nil:
			return v.hello(), nil
		case v.owed > 0 || counted.tip-v.next >= uint64(v.hub.cfg.Lag):
			return v.summary(batches, counted)
		default:
			return v.frame(batches), nil
		}
	}
}

// standing is what was counted up to the tip of the log.
type standing struct {
	totals
	tip uint64
}

// look says what there is for the viewer: batches to read, with what was
// counted up to their end; or nothing yet, and a channel to wait on; or neither
// where the log has gone on without it.
func (v *Viewer) look() (batches []*batch, counted *standing, grown <-chan struct{}, err error) {
	h := v.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	tip := h.log.tip
	switch {
	case h.closed:
		return nil, nil, nil, ErrClosed
	case v.next > tip+1, v.next == tip+1 && v.owed == 0:
		return nil, nil, h.grown, nil
	case !h.log.has(v.next):
		return nil, nil, nil, nil
	case v.next <= tip:
		batches = append(batches, h.log.from(v.next)...)
	}
	return batches, &standing{h.log.counted, tip}, nil, nil
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
	return json.Marshal(backlog)
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

// summary is everything up to the end of batches, with the messages merged.
func (v *Viewer) summary(batches []*batch, counted *standing) ([]byte, error) {
	var touched [lanes]bool
	from, at := v.next, time.Now().UnixMicro()
	if v.owed > 0 {
		from = v.owed
		for l := range touched {
			touched[l] = counted.lane[l] != count{}
		}
	}
	frame := []byte("[]")
	for _, b := range batches {
		for _, e := range b.entries {
			if e.seq < v.next {
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
	}
	if len(frame) > maxSummary {
		return v.hello(), nil
	}
	v.owed, v.next = 0, counted.tip+1
	for l, yes := range touched {
		if !yes {
			continue
		}
		j, err := json.Marshal(counted.flow(lane(l), from, counted.tip, at))
		if err != nil {
			return nil, err
		}
		frame = join(frame, j)
	}
	return frame, nil
}

// frame is the first of batches as it is, which a viewer that keeps up shares
// with all others; or, for one that does not, several in one.
func (v *Viewer) frame(batches []*batch) []byte {
	if b := batches[0]; len(batches) == 1 && b.first == v.next {
		v.next = b.last() + 1
		return b.frame
	}
	frame := []byte("[]")
	for _, b := range batches {
		if len(frame) > 2 && len(frame)+len(b.frame) > maxFrame {
			break
		}
		for _, e := range b.entries {
			if e.seq < v.next {
				continue
			}
			frame = join(frame, b.frame[e.start:e.end])
		}
		v.next = b.last() + 1
	}
	return frame
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
