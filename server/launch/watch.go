package launch

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"syscall"
	"time"

	"capplayground/cluster"
)

// How a node is watched, in real time.
const (
	lookEvery   = 100 * time.Millisecond // at the process's state
	pingEvery   = 250 * time.Millisecond
	silentAfter = 700 * time.Millisecond // without an answer to a ping
	stateEvery  = time.Millisecond       // while a verb waits for a signal to take effect

	knockEvery   = 250 * time.Millisecond // at the node's address
	knockTimeout = 300 * time.Millisecond // two of them and a pause fit into the second in which it is to be seen
)

// watch notices, until stop is closed, what is done to the node from outside:
// a kill -STOP in a terminal, a loop that no longer turns, a packet filter.
func (p *process) watch(stop <-chan struct{}) {
	var knocks sync.WaitGroup
	defer knocks.Wait()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	knocks.Go(func() { p.knocks(ctx) })
	p.watchLoop(stop)
}

// knocks looks whether the node's address answers. A link by pipes, or by
// another network, does not tell.
func (p *process) knocks(ctx context.Context) {
	tick := time.NewTicker(knockEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if p.slot.frozen() || !p.serves() {
			continue // its kernel may answer for it, or not
		}
		// One knock may be lost on a machine that is busy, two are not.
		came := p.slot.knock(ctx)
		if came == noAnswer {
			came = p.slot.knock(ctx)
		}
		deaf := came == noAnswer
		if ctx.Err() == nil {
			p.slot.update(p, func(st *state) { st.deaf = deaf })
		}
	}
}

// answered is what came of a knock.
type answered int

const (
	somebody answered = iota + 1
	nobody            // the connection was refused
	noAnswer
	unknown
)

// knock opens a connection to the node's address and drops it at once.
func (s *slot) knock(ctx context.Context) answered {
	ctx, cancel := context.WithTimeout(ctx, knockTimeout)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", s.l.cfg.Peers[s.id.NodeID-1])
	switch {
	case err == nil:
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // leave nothing behind, 3 times a second
		}
		_ = conn.Close()
		return somebody
	case errors.Is(err, syscall.ECONNREFUSED):
		return nobody
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
		return unknown // it is we who have no descriptor left
	}
	return noAnswer
}

// watchLoop watches the process and its loop.
func (p *process) watchLoop(stop <-chan struct{}) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	var answered <-chan struct{}
	var asked, repeated time.Time // when the oldest ping without an answer left, and the newest
	wait := patience{last: time.Now()}
	for {
		select {
		case <-stop:
			return
		case <-answered:
			answered = nil
			p.slot.update(p, func(st *state) { st.mute = false })
			continue
		case <-tick.C:
		}
		now := time.Now()
		if wait.slept(now) {
			asked = now
		}
		p.look()
		select {
		case <-answered:
			continue // an answer that is there counts before its lateness
		default:
		}
		switch {
		case p.slot.frozen() || !p.serves():
			answered, asked = nil, now // it cannot answer, and is not silent for that
			if p.byHand() && now.Sub(repeated) > pingEvery {
				p.out.ping() // so that it knows that we live
				repeated = now
			}
		case answered == nil && now.Sub(asked) >= pingEvery:
			answered, asked, repeated = p.out.ping(), now, now
		case answered != nil && wait.over(now, asked, p.heard()):
			p.slot.update(p, func(st *state) { st.mute = !st.frozen })
			if now.Sub(repeated) > silentAfter { // an answer may be lost with a link
				answered, repeated = p.out.ping(), now
			}
		}
	}
}

// patience is how long a node's loop may say nothing. A machine that has us wait
// for our turn has the node wait for its own, which is nobody's silence; and an
// answer stands in line behind the events that its node told before.
type patience struct {
	last time.Time     // when we last had our turn
	late time.Duration // by how much our turns come too late, of late
}

const (
	wayToAnswer = 4 // turns of other processes that a ping and its answer wait for
	forgets     = 0.9
)

// slept takes notice of our turn, and says that it was so late that we know
// nothing of the time before it.
func (w *patience) slept(now time.Time) bool {
	late := now.Sub(w.last) - lookEvery
	w.last = now
	w.late = max(late, time.Duration(forgets*float64(w.late)))
	return late > silentAfter-lookEvery
}

// over says that a node is silent that was asked, and last heard, so long ago.
func (w *patience) over(now, asked, heard time.Time) bool {
	if heard.After(asked) {
		asked = heard
	}
	return now.Sub(asked) > silentAfter+wayToAnswer*w.late
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
		st.mute, st.deaf = false, false
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
