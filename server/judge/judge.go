// Package judge feeds the history with the events of the cluster and judges it
// beside the stream of events. Judging may take long. Only a caller who asks
// for a verdict waits for it.
package judge

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"sync"
	"time"

	"capplayground/cluster"
	"capplayground/server/history"
	"capplayground/server/spacing"
	"capplayground/server/workload"
)

// Bounds of the judge.
const (
	publishEvery = time.Second            // how often viewers hear the report
	maxQueue     = 100_000                // events that wait to be judged
	maxKeys      = 20                     // keys that a published report names
	grace        = 500 * time.Millisecond // the pipe of one node may be read this much later than that of another
	confirm      = 2 * time.Second        // the same, before a verdict becomes red
	restSpan     = 5 * time.Second
	pollEvery    = 50 * time.Millisecond // while a caller waits for a final report
	workEvery    = 10 * time.Millisecond // how often queued events are taken in while many come
	workBurst    = 50 * time.Millisecond // how far the turns may run ahead of that after a rest
)

// Config is what a Judge is made from. All fields are required.
type Config struct {
	Mode  cluster.Mode // of the first epoch
	Clock func() int64 // microseconds since the epoch
	// Elsewhere says whether a node is on another machine.
	Elsewhere func(cluster.NodeID) bool
	// Publish tells viewers. It must not block.
	Publish func(...cluster.Event)
	// Watched says whether there are viewers.
	Watched func() bool
	// Load returns the workload that runs now; false when there is none.
	Load func() (workload.Load, bool)
}

// Judge is safe for use by several goroutines.
type Judge struct {
	cfg     Config
	history *history.History

	mu    sync.Mutex
	queue []queued
	wake  chan struct{} // capacity 1
	stop  context.CancelFunc
	done  chan struct{}
}

// queued is an event that waits to be judged, or a caller that waits for the events
// before it.
type queued struct {
	event  cluster.Event
	waiter chan<- struct{}
}

// New returns a judge at work. Close must follow.
func New(cfg Config) *Judge {
	ctx, stop := context.WithCancel(context.Background())
	j := &Judge{cfg: cfg, wake: make(chan struct{}, 1), stop: stop, done: make(chan struct{})}
	j.history = history.New(history.Config{Grace: grace, Confirm: confirm, Elsewhere: cfg.Elsewhere, Now: j.now})
	j.history.Add(cluster.Event{T: cfg.Clock(), Body: &cluster.ModeChanged{Mode: cfg.Mode, Epoch: 1}})
	go j.run(ctx)
	return j
}

func (j *Judge) now() time.Time { return time.UnixMicro(j.cfg.Clock()) }

// Close ends the judge's work. It does not wait until the queued events are
// judged.
func (j *Judge) Close() {
	j.stop()
	<-j.done
}

// Take queues the events that the history needs. It never blocks.
func (j *Judge) Take(events []cluster.Event) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for i := range events {
		switch events[i].Kind() {
		case cluster.KindMode, cluster.KindReset: // it is never left out, because everything before it is forgotten
			j.queue = append(j.queue, queued{event: events[i]})
		case cluster.KindInvoke, cluster.KindReturn, cluster.KindKey, cluster.KindStatus, cluster.KindLink, cluster.KindGap,
			cluster.KindSent, cluster.KindDelivered, cluster.KindLost:
			if len(j.queue) < maxQueue {
				j.queue = append(j.queue, queued{event: events[i]})
			} else if len(j.queue) == maxQueue {
				j.queue = append(j.queue, queued{event: cluster.Event{T: events[i].T, Body: &cluster.Gap{N: 1}}})
			}
		}
	}
	j.wakeUp()
}

func (j *Judge) wakeUp() {
	select {
	case j.wake <- struct{}{}:
	default:
	}
}

func (j *Judge) run(ctx context.Context) {
	defer close(j.done)
	tick := time.NewTicker(publishEvery)
	defer tick.Stop()
	turns := spacing.Spacing{Burst: workBurst}
	var published []byte
	for {
		select {
		case <-ctx.Done():
			return
		case <-j.wake:
			j.work(ctx)
			time.Sleep(turns.Wait(time.Now(), workEvery))
		case <-tick.C:
			if j.cfg.Watched() {
				published = j.publish(published)
			} else {
				j.history.Waiting() // handles the events that have waited long enough
			}
		}
	}
}

// work handles the queued events. It stops when ctx ends. After a heavy load the queue is
// long, and Close must not wait for it.
func (j *Judge) work(ctx context.Context) {
	j.mu.Lock()
	queue := j.queue
	j.queue = nil
	j.mu.Unlock()
	for i := range queue {
		if ctx.Err() != nil {
			return
		}
		if queue[i].waiter != nil {
			close(queue[i].waiter)
			continue
		}
		j.history.Add(queue[i].event)
	}
}

// publish sends the report to viewers, unless it equals the last one. It returns the
// report that viewers have now.
func (j *Judge) publish(before []byte) []byte {
	r := j.report()
	if len(r.Keys) > maxKeys {
		r.Keys = r.Keys[:maxKeys]
	}
	if n := len(r.Series); n > 2 {
		r.Series = r.Series[n-2:]
	}
	now, err := json.Marshal(r)
	if err != nil || bytes.Equal(now, before) {
		return before
	}
	j.cfg.Publish(cluster.Event{T: j.cfg.Clock(), Body: &cluster.Judged{Report: now}})
	return now
}

// catchUp returns when every event that was published before has been handled.
func (j *Judge) catchUp(ctx context.Context) {
	waiter := make(chan struct{})
	j.mu.Lock()
	j.queue = append(j.queue, queued{waiter: waiter})
	j.mu.Unlock()
	j.wakeUp()
	select {
	case <-waiter:
	case <-j.done:
	case <-ctx.Done():
	}
}

// waitFor returns when is returns true for the report, or after restSpan.
func (j *Judge) waitFor(ctx context.Context, is func(history.Report) bool) {
	ctx, cancel := context.WithTimeout(ctx, restSpan)
	defer cancel()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		j.catchUp(ctx)
		if is(j.history.Report()) {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Final returns all operations and their judgement when no event waits and no key looks
// red without a verdict, or after five seconds.
func (j *Judge) Final(ctx context.Context) (history.Listing, history.Report) {
	j.waitFor(ctx, func(history.Report) bool { return j.history.Waiting() == 0 })
	return j.history.List(0), j.history.Report()
}

// History returns the newest operations, at most n; 0 is all.
func (j *Judge) History(ctx context.Context, n int) any {
	j.catchUp(ctx)
	return j.history.List(n)
}

// Verdict returns the judgement and the figures. It includes every event that was
// published before the call. If a key looks red, Verdict waits for its verdict, for at
// most five seconds.
func (j *Judge) Verdict(ctx context.Context) any {
	j.catchUp(ctx)
	asked := j.now()
	j.waitFor(ctx, func(r history.Report) bool { return j.history.HasTaken(asked) && !suspects(r) })
	return j.report()
}

// suspects reports whether a key looks red and is not yet judged red.
func suspects(r history.Report) bool {
	for _, k := range r.Keys {
		if k.Suspect {
			return true
		}
	}
	return false
}

// report is the judgement, with the load that runs.
type report struct {
	history.Report
	Load *workload.Load `json:"load,omitempty"` // absent while none runs
}

func (j *Judge) report() report {
	r := report{Report: j.history.Report()}
	if load, runs := j.cfg.Load(); runs {
		r.Load = &load
	}
	return r
}

// Explain writes a page about one key. It returns cluster.ErrNotFound if no operation
// named the key.
func (j *Judge) Explain(ctx context.Context, key string, w io.Writer) error {
	j.catchUp(ctx)
	return j.history.Visualize(key, w)
}
