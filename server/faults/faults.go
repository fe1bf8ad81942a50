package faults

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"capplayground/cluster"
	"capplayground/cluster/link"
)

// Bounds of the arguments.
const (
	MaxDelay = 60_000 // virtual milliseconds
	MinRate  = 0.001  // of slow motion
)

// Faults is safe for concurrent use. Every change is published before its method
// returns. The caller sends the new settings to the nodes.
type Faults struct {
	nodes   int
	publish func(...cluster.Event)
	clock   func() int64 // microseconds since the epoch

	mu       sync.Mutex
	pace     cluster.Pace
	changed  chan struct{} // closed and replaced when the pace changes
	settled  bool          // For was called: a node may use this pace
	links    map[[2]cluster.NodeID]cluster.Link
	isolated map[cluster.NodeID]bool
	rules    []cluster.Rule
	nextRule int
	quorum   cluster.Quorum
}

// New returns the settings of a cluster with so many nodes: all links are perfect and the
// pace is live. clock returns microseconds since the epoch. publish must not block.
func New(nodes int, clock func() int64, publish func(...cluster.Event)) *Faults {
	return &Faults{
		nodes: nodes, publish: publish, clock: clock,
		pace: cluster.LivePace(), changed: make(chan struct{}),
		links:    make(map[[2]cluster.NodeID]cluster.Link),
		isolated: make(map[cluster.NodeID]bool),
		quorum:   FitQuorum(nodes),
	}
}

// FitQuorum returns the default quorum, with no size larger than the number of
// nodes.
func FitQuorum(nodes int) cluster.Quorum {
	q := cluster.DefaultQuorum()
	return cluster.Quorum{N: min(q.N, nodes), R: min(q.R, nodes), W: min(q.W, nodes)}
}

// For returns all settings that concern one node.
func (f *Faults) For(id cluster.NodeID) link.Settings {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.settled = true
	s := link.Settings{Pace: f.pace, Rules: slices.Clone(f.rules), Quorum: f.quorum}
	for _, l := range f.links {
		if l.From == id || l.To == id {
			s.Links = append(s.Links, l)
		}
	}
	slices.SortFunc(s.Links, byEnds)
	return s
}

// Now returns the present virtual time.
func (f *Faults) Now() cluster.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.pace.At(f.clock())
}

// Pace returns the present pace.
func (f *Faults) Pace() cluster.Pace {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.pace
}

// SetPace sets the pace; virtual time does not jump. At live, rate is ignored. At slow,
// rate virtual seconds pass in one real second. At step, rate is ignored and virtual time
// stands still. SetPace returns ErrBadFault for any other name, and for a slow rate out
// of bounds.
func (f *Faults) SetPace(name string, rate float64) (cluster.Pace, error) {
	p := cluster.Pace{Name: name, Latency: cluster.SlowLatency}
	switch name {
	case cluster.PaceLive:
		p.Rate, p.Latency = 1, 0
	case cluster.PaceSlow:
		if !(rate >= MinRate && rate <= 1) {
			return p, fmt.Errorf("%w: rate %v (want %v to 1)", cluster.ErrBadFault, rate, MinRate)
		}
		p.Rate = rate
	case cluster.PaceStep:
	default:
		return p, fmt.Errorf("%w: pace %q (want live, slow or step)", cluster.ErrBadFault, name)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	p.T0 = f.clock()
	p.V0 = f.pace.At(p.T0)
	f.setPace(p)
	return p, nil
}

// maxTimeDifference is how far a joining node's virtual time may differ from the
// playground's. Such a small difference is corrected when the node takes the pace
// of the playground.
const maxTimeDifference = 5 * time.Millisecond

// CatchUp sets virtual time to the virtual time of a node that ran without a
// playground. It never sets virtual time back once a node may use the playground's pace.
// It returns whether virtual time changed.
func (f *Faults) CatchUp(theirs cluster.Pace) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	p := f.pace
	p.T0 = f.clock()
	p.V0 = theirs.At(p.T0)
	ahead := p.V0.Sub(f.pace.At(p.T0))
	if ahead <= maxTimeDifference && (f.settled || ahead >= -maxTimeDifference) {
		return false
	}
	f.setPace(p)
	return true
}

// setPace replaces the pace by p, which is valid, and publishes p. The lock is held.
func (f *Faults) setPace(p cluster.Pace) {
	f.pace = p
	close(f.changed)
	f.changed = make(chan struct{})
	f.publishEvent(cluster.Event{Body: &cluster.PaceChanged{Pace: &p}})
}

// Elapse returns nil when d of virtual time has passed. The pace may change meanwhile.
// Elapse returns ctx's error if ctx ends earlier.
func (f *Faults) Elapse(ctx context.Context, d time.Duration) error {
	due := f.Now().Add(d)
	for {
		f.mu.Lock()
		pace, changed := f.pace, f.changed
		f.mu.Unlock()
		real, comes := pace.Wall(pace.At(f.clock()), due)
		if comes && real <= 0 {
			return nil
		}
		var fired <-chan time.Time
		if comes {
			timer := time.NewTimer(real + time.Microsecond) // rounding must not cause a further turn of the loop
			defer timer.Stop()
			fired = timer.C
		}
		select {
		case <-fired:
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// stepPatience is how long a client waits, in real time, while virtual time
// stands still.
const stepPatience = time.Minute

// Patience returns how long a client of random traffic waits for an answer, in real
// time. It is 3 s of virtual time: a node that runs always answers earlier. It is
// stepPatience while virtual time stands still.
func (f *Faults) Patience() time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	if real, comes := f.pace.Wall(0, cluster.Time(0).Add(cluster.OpTimeout+time.Second)); comes {
		return real
	}
	return stepPatience
}

// Quorum returns the sizes N, R and W.
func (f *Faults) Quorum() cluster.Quorum {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.quorum
}

// SetQuorum sets the sizes for operations that start later, or returns
// ErrBadFault for impossible ones.
func (f *Faults) SetQuorum(q cluster.Quorum) error {
	if q.N < 1 || q.N > f.nodes || q.R < 1 || q.R > q.N || q.W < 1 || q.W > q.N {
		return fmt.Errorf("%w: n=%d r=%d w=%d (want 1 ≤ r, w ≤ n ≤ %d)", cluster.ErrBadFault, q.N, q.R, q.W, f.nodes)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.quorum = q
	f.publishEvent(cluster.Event{Body: &cluster.QuorumChanged{Quorum: &q}})
	return nil
}

// ResetQuorum sets the sizes back to their default.
func (f *Faults) ResetQuorum() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if q := FitQuorum(f.nodes); f.quorum != q {
		f.quorum = q
		f.publishEvent(cluster.Event{Body: &cluster.QuorumChanged{Quorum: &q}})
	}
}

// publishEvent publishes a change. The lock is held, so that events come in the
// order of the changes.
func (f *Faults) publishEvent(e cluster.Event) {
	e.T = f.clock()
	e.V = f.pace.At(e.T)
	f.publish(e)
}

func byEnds(a, b cluster.Link) int {
	return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
}

func isWithin(x, most float64) bool { return !math.IsNaN(x) && x >= 0 && x <= most }
