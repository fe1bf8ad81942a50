package server

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"sync"
	"time"

	"capplayground/cluster"
	"capplayground/server/control"
	"capplayground/server/history"
)

// Bounds of the judge.
const (
	tellEvery = time.Second            // how often viewers hear what is measured
	maxQueue  = 100_000                // events that wait to be judged
	maxTold   = 20                     // keys that an event tells of
	grace     = 500 * time.Millisecond // for the pipe of one node to be read after that of another
	confirm   = 2 * time.Second        // and before a verdict is red
	restSpan  = 5 * time.Second
)

// judge feeds the history, beside the stream and not in its way: judging may
// take long, and nobody waits for it but who asks for a verdict.
type judge struct {
	history *history.History
	publish func(...cluster.Event)
	watched func() bool
	load    func() control.Load
	clock   func() int64

	mu    sync.Mutex
	queue []queued
	wake  chan struct{} // capacity 1
	stop  context.CancelFunc
	done  chan struct{}
}

// queued is an event to be taken in, or somebody who waits for those before.
type queued struct {
	event  cluster.Event
	waiter chan<- struct{}
}

func newJudge(
	clock func() int64, elsewhere func(cluster.NodeID) bool, publish func(...cluster.Event),
	watched func() bool, load func() control.Load,
) *judge {
	ctx, stop := context.WithCancel(context.Background())
	j := &judge{
		history: history.New(history.Config{
			Grace: grace, Confirm: confirm, Elsewhere: elsewhere, Now: func() time.Time { return time.UnixMicro(clock()) },
		}), publish: publish, watched: watched, clock: clock, load: load,
		wake: make(chan struct{}, 1), stop: stop, done: make(chan struct{}),
	}
	go j.run(ctx)
	return j
}

func (j *judge) close() {
	j.stop()
	<-j.done
}

// take queues what the history has use for. It is called under the collector's
// lock.
func (j *judge) take(events []cluster.Event) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for i := range events {
		switch events[i].Kind {
		case cluster.KindMode, cluster.KindReset: // whatever waits is forgotten with all else, but for the present
			j.queue = append(j.queue, queued{event: events[i]})
		case cluster.KindInvoke, cluster.KindReturn, cluster.KindKey, cluster.KindStatus, cluster.KindLink, cluster.KindGap,
			cluster.KindSent, cluster.KindDelivered, cluster.KindLost:
			if len(j.queue) < maxQueue {
				j.queue = append(j.queue, queued{event: events[i]})
			} else if len(j.queue) == maxQueue {
				j.queue = append(j.queue, queued{event: cluster.Event{Kind: cluster.KindGap, T: events[i].T, N: 1}})
			}
		}
	}
	j.call()
}

// call wakes the judge.
func (j *judge) call() {
	select {
	case j.wake <- struct{}{}:
	default:
	}
}

func (j *judge) run(ctx context.Context) {
	defer close(j.done)
	tick := time.NewTicker(tellEvery)
	defer tick.Stop()
	var told []byte
	for {
		select {
		case <-ctx.Done():
			return
		case <-j.wake:
			j.work()
		case <-tick.C:
			if j.watched() {
				told = j.tell(told)
			} else {
				j.history.Waiting() // what has waited long enough is taken in all the same
			}
		}
	}
}

// work takes in what is queued.
func (j *judge) work() {
	j.mu.Lock()
	queue := j.queue
	j.queue = nil
	j.mu.Unlock()
	for i := range queue {
		if queue[i].waiter != nil {
			close(queue[i].waiter)
			continue
		}
		j.history.Add(queue[i].event)
	}
}

// tell publishes what is measured, unless it is what was told last.
func (j *judge) tell(told []byte) []byte {
	r := j.report()
	if len(r.Keys) > maxTold {
		r.Keys = r.Keys[:maxTold]
	}
	if n := len(r.Series); n > 2 {
		r.Series = r.Series[n-2:]
	}
	now, err := json.Marshal(r)
	if err != nil || bytes.Equal(now, told) {
		return told
	}
	j.publish(cluster.Event{Kind: cluster.KindVerdict, T: j.clock(), Report: now})
	return now
}

// caughtUp returns when everything published before was taken in.
func (j *judge) caughtUp(ctx context.Context) {
	waiter := make(chan struct{})
	j.mu.Lock()
	j.queue = append(j.queue, queued{waiter: waiter})
	j.mu.Unlock()
	j.call()
	select {
	case <-waiter:
	case <-j.done:
	case <-ctx.Done():
	}
}

// atRest returns when what a report says is final, or after restSpan.
func (j *judge) atRest(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, restSpan)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		j.caughtUp(ctx)
		j.history.Report()
		if j.history.Waiting() == 0 {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// History implements control.Judge.
func (j *judge) History(ctx context.Context, n int) any {
	j.caughtUp(ctx)
	return j.history.List(n)
}

// Verdict implements control.Judge.
func (j *judge) Verdict(ctx context.Context) any {
	j.caughtUp(ctx)
	return j.report()
}

// report is the judgement, beside the load under which it is made.
type report struct {
	history.Report
	Load *control.Load `json:"load,omitempty"` // absent while none runs
}

func (j *judge) report() report {
	r := report{Report: j.history.Report()}
	if load := j.load(); load != (control.Load{}) {
		r.Load = &load
	}
	return r
}

// Explain implements control.Judge.
func (j *judge) Explain(ctx context.Context, key string, w io.Writer) error {
	j.caughtUp(ctx)
	return j.history.Visualize(key, w)
}
