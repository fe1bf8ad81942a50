package hub

import (
	"context"
	"errors"
	"sync"
	"time"

	"capplayground/cluster"
)

// Errors of a hub.
var (
	// ErrFull is returned by Join when Config.MaxViewers are there: a 503.
	ErrFull = errors.New("too many viewers")
	// ErrClosed ends every viewer when Run ends.
	ErrClosed = errors.New("the playground is ending")
)

// Config is what a hub needs to know. Only Source is required.
type Config struct {
	Source Source

	MaxViewers int // more are refused; default 1,000
	Lag        int // events behind after which a viewer gets a summary; default 2,000
	LogEvents  int // events kept for viewers that are behind; default 16,384
	LogBytes   int // and their size when encoded; default 16 MiB

	// Gap is the time between two frames on average, so that a page is not
	// sent a frame for every event of a storm; default 1 ms.
	Gap time.Duration
	// GapPerViewer is added for each viewer beyond the tenth; default 100 µs.
	GapPerViewer time.Duration
}

func (c Config) validate() (Config, error) {
	if c.Source == nil {
		return c, errors.New("hub: no source")
	}
	fill := func(field *int, def int) {
		if *field <= 0 {
			*field = def
		}
	}
	fill(&c.MaxViewers, 1000)
	fill(&c.Lag, 2000)
	fill(&c.LogEvents, 16384)
	fill(&c.LogBytes, 16<<20)
	if c.Gap <= 0 {
		c.Gap = time.Millisecond
	}
	if c.GapPerViewer <= 0 {
		c.GapPerViewer = 100 * time.Microsecond
	}
	return c, nil
}

// Hub fans events out to viewers. Its methods may be called by anybody.
type Hub struct {
	cfg    Config
	hellos hellos
	shared shared
	wake   chan struct{} // holds a token while pending is not empty

	mu      sync.Mutex
	pending []published   // not yet cut
	skipped bool          // pending overflowed, and the log must begin anew
	counted totals        // of everything published
	log     log           // what viewers read
	grown   chan struct{} // closed and replaced whenever log grows
	viewers int
	closed  bool
}

// New returns a hub that is fed by cfg.Source from now on. Nothing reaches a
// viewer until Run is called.
func New(cfg Config) (*Hub, error) {
	cfg, err := cfg.validate()
	if err != nil {
		return nil, err
	}
	h := &Hub{cfg: cfg, wake: make(chan struct{}, 1), grown: make(chan struct{})}
	h.hellos.source = cfg.Source
	h.log.maxEvents, h.log.maxBytes = cfg.LogEvents, cfg.LogBytes
	cfg.Source.Feed(h.publish)
	return h, nil
}

// publish takes events in. It is called under the source's lock, and neither
// waits nor encodes.
func (h *Hub) publish(events []cluster.Event, texts [][]byte) {
	if len(events) == 0 {
		return
	}
	h.mu.Lock()
	for i := range events {
		h.counted.count(&events[i])
	}
	if len(h.pending)+len(events) > h.cfg.LogEvents {
		// Run is starved. The counts above stay exact, and every viewer
		// will ask for a hello.
		h.pending, h.skipped = h.pending[:0], true
	}
	for i := range events {
		e := &events[i]
		h.pending = append(h.pending, published{
			text: texts[i], lane: laneOf(e), mode: e.Kind() == cluster.KindMode, seq: e.Seq, t: e.T,
		})
	}
	h.mu.Unlock()

	select {
	case h.wake <- struct{}{}:
	default:
	}
}

// burst is how much of the distance between cuts may be used in advance after
// a pause: the waves of one operation then go out as they come.
const burst = 20 * time.Millisecond

// Run cuts and encodes batches until ctx ends, and then ends every viewer. It
// returns nil.
func (h *Hub) Run(ctx context.Context) error {
	defer h.close()
	pause := time.NewTimer(0)
	defer pause.Stop()
	<-pause.C
	var due time.Time // of the next cut
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-h.wake:
		}
		h.cut()
		now := time.Now()
		if earliest := now.Add(-burst); due.Before(earliest) {
			due = earliest
		}
		due = due.Add(h.gap())
		if !due.After(now) {
			continue
		}
		pause.Reset(due.Sub(now))
		select {
		case <-ctx.Done():
			return nil
		case <-pause.C:
		}
	}
}

// cut makes one batch of all that is pending, and wakes the viewers.
func (h *Hub) cut() {
	h.mu.Lock()
	events, skipped, counted := h.pending, h.skipped, h.counted
	h.pending, h.skipped = nil, false
	h.mu.Unlock()
	if len(events) == 0 {
		return
	}
	b := gatherPending(events)
	h.mu.Lock()
	if skipped {
		h.log.clear()
	}
	h.log.add(b, counted)
	grown := h.grown
	h.grown = make(chan struct{})
	h.mu.Unlock()
	close(grown)
}

// gap is how long the next cut waits.
func (h *Hub) gap() time.Duration {
	return h.cfg.Gap + h.cfg.GapPerViewer*time.Duration(max(0, h.Viewers()-10))
}

// Viewers is how many are watching.
func (h *Hub) Viewers() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.viewers
}

// tip is the newest event that viewers can read.
func (h *Hub) tip() uint64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.log.tip
}

func (h *Hub) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.closed {
		h.closed = true
		close(h.grown)
		h.grown = make(chan struct{})
	}
}

// published is an event that the source has encoded.
type published struct {
	text []byte // its JSON
	lane lane
	mode bool // begins an epoch
	seq  uint64
	t    int64
}

// gatherPending makes a batch of events, of which there is at least one.
func gatherPending(events []published) *batch {
	b := &batch{first: events[0].seq, entries: make([]entry, 0, len(events))}
	size := 1
	for i := range events {
		size += len(events[i].text) + 1
	}
	b.frame = append(make([]byte, 0, size), '[')
	for i, e := range events {
		if i > 0 {
			b.frame = append(b.frame, ',')
		}
		start := len(b.frame)
		b.frame = append(b.frame, e.text...)
		b.entries = append(b.entries, entry{start: start, end: len(b.frame), lane: e.lane, mode: e.mode, seq: e.seq, t: e.t})
	}
	b.frame = append(b.frame, ']')
	return b
}
