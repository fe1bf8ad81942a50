package hub

import (
	"context"
	"errors"
	"sync"
	"time"

	"capplayground/cluster"
	"capplayground/server/spacing"
)

// Errors of a hub.
var (
	// ErrFull is returned by Join when there are Config.MaxViewers viewers. It is
	// answered with 503.
	ErrFull = errors.New("too many viewers")
	// ErrClosed is returned to every viewer when Run has ended.
	ErrClosed = errors.New("the playground is ending")
)

// Config is what New needs. Only Source is required.
type Config struct {
	Source Source

	MaxViewers int // more are refused; default 1,100: 1,000 phones, and the pages of the speaker
	Lag        int // events behind after which a viewer gets a summary; default 2,000
	LogEvents  int // events kept for viewers that are behind; default 16,384
	LogBytes   int // size of those events as JSON, in bytes; default 16 MiB

	// Gap is the average time between two frames, so that a page does not get
	// one frame for each of very many events; default 2 ms.
	Gap time.Duration
	// GapPerViewer is added for each viewer beyond the tenth, up to a gap of 100 ms; default
	// 200 µs.
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
	fill(&c.MaxViewers, 1100)
	fill(&c.Lag, 2000)
	fill(&c.LogEvents, 16384)
	fill(&c.LogBytes, 16<<20)
	if c.Gap <= 0 {
		c.Gap = 2 * time.Millisecond
	}
	if c.GapPerViewer <= 0 {
		c.GapPerViewer = 200 * time.Microsecond
	}
	return c, nil
}

// Hub fans events out to viewers. It is safe for concurrent use.
type Hub struct {
	cfg    Config
	hellos hellos
	shared shared
	wake   chan struct{} // holds a token while pending is not empty

	mu      sync.Mutex
	pending []published   // published, and not yet in the log
	skipped bool          // pending overflowed: the log must be emptied
	counted totals        // of all published events
	log     log           // the events that viewers read
	grown   chan struct{} // closed and replaced whenever log grows
	viewers int
	closed  bool
}

// New returns a hub that cfg.Source feeds from now on. Viewers get their first
// events only after Run is called. It returns an error if there is no Source.
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

// publish takes events in. The source calls it under its lock, so it neither
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
		// Run gets no processor time. The counts above stay exact, and every
		// viewer will get a hello.
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

// burst is how far cuts may run ahead of their average rate after a pause, so
// that the first events of an operation are cut one by one without a gap.
const burst = 40 * time.Millisecond

// Run cuts and encodes batches until ctx ends, and then ends every viewer. It
// returns nil.
func (h *Hub) Run(ctx context.Context) error {
	defer h.close()
	pause := time.NewTimer(0)
	defer pause.Stop()
	<-pause.C
	cuts := spacing.Spacing{Burst: burst}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-h.wake:
		}
		h.makeBatch()
		wait := cuts.Wait(time.Now(), h.batchInterval())
		if wait <= 0 {
			continue
		}
		pause.Reset(wait)
		select {
		case <-ctx.Done():
			return nil
		case <-pause.C:
		}
	}
}

// makeBatch makes one batch of all pending events, and wakes the viewers.
func (h *Hub) makeBatch() {
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

// maxGap is the longest average time between two batches.
const maxGap = 100 * time.Millisecond

// batchInterval returns the average time between two batches.
func (h *Hub) batchInterval() time.Duration {
	return min(maxGap, h.cfg.Gap+h.cfg.GapPerViewer*time.Duration(max(0, h.Viewers()-10)))
}

// Viewers is the number of viewers that have joined and not left.
func (h *Hub) Viewers() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.viewers
}

// newestSeq returns the seq of the newest event that viewers can read.
func (h *Hub) newestSeq() uint64 {
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

// gatherPending makes a batch of events. There must be at least one event.
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
