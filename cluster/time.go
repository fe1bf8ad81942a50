package cluster

import "time"

// Time is a point of virtual time, in microseconds. One virtual clock serves
// the whole cluster; protocol timers and link latency run on it. While the
// pace was never changed it equals wall time since the Unix epoch.
type Time int64

// Add returns t moved by d, rounded down to a microsecond.
func (t Time) Add(d time.Duration) Time { return t + Time(d.Microseconds()) }

// Sub returns the virtual duration from u to t.
func (t Time) Sub(u Time) time.Duration { return time.Duration(t-u) * time.Microsecond }

// Pace maps wall time onto virtual time: v = V0 + Rate·(t − T0). It never runs
// backwards, because the playground starts each new pace where the last stood.
type Pace struct {
	Name string  `json:"pace"` // "live", "slow" or "step"
	T0   int64   `json:"t0"`   // wall, microseconds since the Unix epoch
	V0   Time    `json:"v0"`
	Rate float64 `json:"rate"` // virtual seconds per wall second; 0 holds everything
	// Latency is added to every link, in virtual milliseconds: 0 when live.
	Latency float64 `json:"latency_ms"`
}

// The names of the paces.
const (
	PaceLive = "live"
	PaceSlow = "slow"
	PaceStep = "step"
)

// SlowLatency is the virtual latency of every link while not live, in
// milliseconds: at 1/10 to 1/50 a message then flies for 0.4 to 2 real seconds.
const SlowLatency = 40

// LivePace is virtual time as wall time: what a node uses until told otherwise.
func LivePace() Pace { return Pace{Name: PaceLive, Rate: 1} }

// At returns the virtual time at wall time t, microseconds since the epoch.
func (p Pace) At(t int64) Time { return p.V0 + Time(p.Rate*float64(t-p.T0)) }

// Wall returns how long, in real time, the virtual span from now to due takes
// at this pace. At rate 0 it never comes: the second result is false.
func (p Pace) Wall(now, due Time) (time.Duration, bool) {
	if due <= now {
		return 0, true
	}
	if p.Rate <= 0 {
		return 0, false
	}
	return time.Duration(float64(due-now)/p.Rate) * time.Microsecond, true
}
