package history

import (
	"slices"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"capplayground/cluster"
)

// Figures sum up a span of time.
type Figures struct {
	Seconds      float64                                `json:"seconds"`
	Asked        int64                                  `json:"asked"`        // nodes answered these, with any status except 400 to 408 and 411 to 431 (404 of a read counts)
	Answered     int64                                  `json:"answered"`     // 2xx, or 404 for a read
	Availability *float64                               `json:"availability"` // Answered / Asked; null if there were no calls
	Refused      int64                                  `json:"refused"`      // 409, 503
	Unknown      int64                                  `json:"unknown"`      // 504
	Unreached    int64                                  `json:"unreached"`    // refused or unknown because the node did not run, or died before it answered
	Stale        int64                                  `json:"stale"`        // reads, lost writes included
	Conflicting  int64                                  `json:"conflicting"`  // reads
	Latency      map[cluster.RequestKind]LatencyFigures `json:"latency"`
}

// LatencyFigures are quantiles of the accepted operations of one kind, in
// milliseconds. Operations that ran in slow motion, or while time stood still, are left out.
type LatencyFigures struct {
	Count int64   `json:"count"`
	P50   float64 `json:"p50_ms"`
	P99   float64 `json:"p99_ms"`
}

// Second sums up one second, for charts.
type Second struct {
	T           int64   `json:"t"` // seconds since the epoch
	Answered    int64   `json:"answered"`
	Refused     int64   `json:"refused"`
	Unknown     int64   `json:"unknown"`
	Stale       int64   `json:"stale"`
	Conflicting int64   `json:"conflicting"`
	P50         float64 `json:"p50_ms"` // of all kinds together
	P99         float64 `json:"p99_ms"`
}

// window is the length of the recent figures in seconds, one bucket each;
// charted is how many seconds are kept for charts.
const (
	window  = 10
	charted = 120
)

// figures counts the operations since the last reset, and those of each of the last
// seconds.
type figures struct {
	began  time.Time
	total  *bucket
	recent [window]*bucket
	chart  []Second // of seconds that are over, oldest first
}

// bucket counts the operations that ended within one second, or since the reset.
type bucket struct {
	second                                            int64
	charted                                           bool
	asked, answered, refused, unknown, stale, splitUp int64
	unreached                                         int64
	latency                                           map[cluster.RequestKind]*hdrhistogram.Histogram
}

func newBucket(second int64) *bucket {
	return &bucket{second: second, latency: map[cluster.RequestKind]*hdrhistogram.Histogram{}}
}

func newFigures() *figures { return &figures{total: newBucket(0)} }

// maxLatency is the longest latency that is measured, in microseconds: ten minutes,
// because a frozen node answers only after the thaw.
const maxLatency = int64(10 * time.Minute / time.Microsecond)

func (f *figures) count(op *Op, now time.Time) {
	if f.began.IsZero() {
		f.began = now
	}
	f.settle(now)
	second := now.Unix()
	slot := &f.recent[second%window]
	if *slot == nil {
		*slot = newBucket(second)
	}
	f.total.count(op)
	(*slot).count(op)
}

// settle adds the seconds that have ended to the charts, and forgets the oldest ones.
func (f *figures) settle(now time.Time) {
	for i := range f.recent {
		b := f.recent[(now.Unix()+1+int64(i))%window] // the oldest first
		if b == nil || b.second >= now.Unix() {
			continue
		}
		if !b.charted {
			b.charted = true
			f.chart = append(f.chart, b.chart())
		}
		if now.Unix()-b.second >= window {
			f.recent[b.second%window] = nil
		}
	}
	if over := len(f.chart) - charted; over > 0 {
		f.chart = slices.Delete(f.chart, 0, over)
	}
}

func (b *bucket) chart() Second {
	s := Second{T: b.second, Answered: b.answered, Refused: b.refused, Unknown: b.unknown, Stale: b.stale, Conflicting: b.splitUp}
	all := hdrhistogram.New(1, maxLatency, 2)
	for _, h := range b.latency {
		all.Merge(h)
	}
	if all.TotalCount() > 0 {
		s.P50, s.P99 = float64(all.ValueAtQuantile(50))/1000, float64(all.ValueAtQuantile(99))/1000
	}
	return s
}

func (b *bucket) count(op *Op) {
	switch op.Outcome() {
	case Accepted:
		b.answered++
		if op.slowed {
			break
		}
		h := b.latency[op.Kind]
		if h == nil {
			h = hdrhistogram.New(1, maxLatency, 2)
			b.latency[op.Kind] = h
		}
		_ = h.RecordValue(min(max(op.Return-op.Invoke, 1), maxLatency))
	case Unknown:
		b.unknown++
	case Refused:
		if op.Status != 409 && op.Status != 503 {
			return // an error of the client is no failure of the cluster
		}
		b.refused++
	}
	b.asked++
	if op.unreached {
		b.unreached++
	}
	if op.Word != nil {
		switch op.Word.Word {
		case WordStale, WordLost:
			b.stale++
		case WordConflicting:
			b.splitUp++
		}
	}
}

func (b *bucket) merge(o *bucket) {
	b.asked += o.asked
	b.answered += o.answered
	b.refused += o.refused
	b.unknown += o.unknown
	b.unreached += o.unreached
	b.stale += o.stale
	b.splitUp += o.splitUp
	for kind, h := range o.latency {
		if b.latency[kind] == nil {
			b.latency[kind] = hdrhistogram.New(1, maxLatency, 2)
		}
		b.latency[kind].Merge(h)
	}
}

func (b *bucket) figures(seconds float64) Figures {
	f := Figures{
		Seconds: seconds, Asked: b.asked, Answered: b.answered, Refused: b.refused, Unknown: b.unknown, Unreached: b.unreached,
		Stale: b.stale, Conflicting: b.splitUp, Latency: map[cluster.RequestKind]LatencyFigures{},
	}
	if b.asked > 0 {
		share := float64(b.answered) / float64(b.asked)
		f.Availability = &share
	}
	for kind, h := range b.latency {
		f.Latency[kind] = LatencyFigures{
			Count: h.TotalCount(),
			P50:   float64(h.ValueAtQuantile(50)) / 1000,
			P99:   float64(h.ValueAtQuantile(99)) / 1000,
		}
	}
	return f
}

func (f *figures) sinceReset(now time.Time) Figures {
	if f.began.IsZero() {
		return f.total.figures(0)
	}
	return f.total.figures(now.Sub(f.began).Seconds())
}

func (f *figures) inWindow(now time.Time) Figures {
	f.settle(now)
	sum := newBucket(0)
	for _, b := range f.recent {
		if b != nil {
			sum.merge(b)
		}
	}
	return sum.figures(window)
}

// slowMotion is the newest time in which virtual time ran slower than wall time, or
// stood still.
type slowMotion struct {
	from, to int64 // microseconds since the epoch; to is 0 while it lasts
}

func (s *slowMotion) fold(pace *cluster.Pace, t int64) {
	switch live := pace.Name == cluster.PaceLive; {
	case live && s.from > 0 && s.to == 0:
		s.to = t
	case !live && (s.from == 0 || s.to > 0):
		s.from, s.to = t, 0
	}
}

// touches reports whether an operation ran in slow motion for a part of its time.
func (s *slowMotion) touches(op *Op) bool {
	return s.from > 0 && op.Return > s.from && (s.to == 0 || op.Invoke < s.to)
}
