package launch

import (
	"context"
	"fmt"
	"time"

	"capplayground/cluster"
)

// How a node is watched, in real time.
const (
	lookEvery   = 100 * time.Millisecond // at the process's state
	pingEvery   = 250 * time.Millisecond
	silentAfter = 700 * time.Millisecond // without an answer to a ping
	stateEvery  = time.Millisecond       // while a verb waits for a signal to take effect
)

// watch notices what is done to the node from outside, a kill -STOP in a
// terminal as well as a loop that no longer turns, until stop is closed.
func (p *process) watch(stop <-chan struct{}) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	var answered <-chan struct{}
	var asked, repeated time.Time // when the oldest ping without an answer left, and the newest
	last := time.Now()
	for {
		select {
		case <-stop:
			return
		case <-answered:
			answered = nil
			p.slot.update(p, func(st *state) { st.silent = false })
			continue
		case <-tick.C:
		}
		now := time.Now()
		if now.Sub(last) > silentAfter { // it was we who slept
			asked = now
		}
		last = now
		p.look()
		switch {
		case p.slot.frozen() || !p.serves():
			answered, asked = nil, now // it cannot answer, and is not silent for that
		case answered == nil && now.Sub(asked) >= pingEvery:
			answered, asked, repeated = p.out.ping(), now, now
		case answered != nil && now.Sub(asked) > silentAfter:
			p.slot.update(p, func(st *state) { st.silent = !st.frozen })
			if now.Sub(repeated) > silentAfter { // an answer may be lost with a link
				answered, repeated = p.out.ping(), now
			}
		}
	}
}

// serves says whether the node has said that it does.
func (p *process) serves() bool {
	select {
	case <-p.ready:
		return true
	default:
		return false
	}
}

// look asks the system whether the process is stopped.
func (p *process) look() {
	if p.byHand() {
		return // it may be on another machine
	}
	stopped, known := isStopped(p.pid)
	if known {
		p.slot.update(p, func(st *state) { p.setStopped(st, stopped) })
	}
}

func (p *process) setStopped(st *state, stopped bool) {
	if st.self {
		return // frozen by itself: no signal has a say in that
	}
	st.frozen = stopped
	if stopped {
		st.silent = false
	}
}

// await returns when the process is stopped, or goes on again.
func (p *process) await(ctx context.Context, stopped bool) error {
	ctx, cancel := context.WithTimeout(ctx, signalTimeout)
	defer cancel()
	tick := time.NewTicker(stateEvery)
	defer tick.Stop()
	for {
		is, known := isStopped(p.pid)
		if !known || is == stopped {
			p.slot.update(p, func(st *state) { p.setStopped(st, stopped) })
			return nil
		}
		select {
		case <-tick.C:
		case <-p.gone:
			return fmt.Errorf("%w: node %d was killed", cluster.ErrNotNow, p.slot.id.NodeID)
		case <-ctx.Done():
			return fmt.Errorf("launch: node %d does not obey the signal: %w", p.slot.id.NodeID, ctx.Err())
		}
	}
}
