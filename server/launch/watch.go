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

// Intervals and limits of the watch on a node, in real time.
const (
	lookEvery   = 100 * time.Millisecond // reads the process's state
	pingEvery   = 250 * time.Millisecond
	silentAfter = 700 * time.Millisecond // without an answer to a ping
	stateEvery  = time.Millisecond       // while a verb waits for a signal to take effect

	knockEvery   = 250 * time.Millisecond // opens a connection to the node's address
	knockTimeout = 300 * time.Millisecond // two knocks and a pause take less than the second that a viewer may wait
)

// watch notices faults that do not come from a verb: a kill -STOP in a terminal,
// a loop that no longer turns, a packet filter. It returns when stop is closed.
func (p *process) watch(stop <-chan struct{}) {
	var knocks sync.WaitGroup
	defer knocks.Wait()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	knocks.Go(func() { p.knocks(ctx) })
	p.watchLoop(stop)
}

// knocks tests whether the node's address answers, until ctx ends. A link by
// pipes, or over another network, cannot show that.
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
			continue // a kernel may accept connections for a frozen process, or refuse them
		}
		// On a busy machine one knock may be lost. Two in a row are not.
		result := p.slot.knock(ctx)
		if result == noAnswer {
			result = p.slot.knock(ctx)
		}
		deaf := result == noAnswer
		if ctx.Err() == nil {
			p.slot.update(p, func(st *state) { st.deaf = deaf })
		}
	}
}

// knockResult is the result of a knock.
type knockResult int

const (
	accepted knockResult = iota + 1
	refused              // no process listens at the address
	noAnswer             // until the timeout
	notTried             // this process has no free descriptor
)

// knock opens a connection to the node's address and closes it at once.
func (s *slot) knock(ctx context.Context) knockResult {
	ctx, cancel := context.WithTimeout(ctx, knockTimeout)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", s.l.cfg.Peers[s.id.NodeID-1])
	switch {
	case err == nil:
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // a TIME_WAIT per knock would add up
		}
		_ = conn.Close()
		return accepted
	case errors.Is(err, syscall.ECONNREFUSED):
		return refused
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
		return notTried
	}
	return noAnswer
}

// watchLoop looks whether the process is stopped and whether its loop answers
// pings, until stop is closed.
func (p *process) watchLoop(stop <-chan struct{}) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	var answered <-chan struct{}
	var asked, repeated time.Time // when the oldest ping without an answer left, and the newest
	limit := patience{lastTurn: time.Now()}
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
		if limit.recordTurn(now) {
			asked = now
		}
		p.look()
		select {
		case <-answered:
			continue // an answer that has arrived counts, however late this turn is
		default:
		}
		switch {
		case p.slot.frozen() || !p.serves():
			answered, asked = nil, now // it cannot answer, so it is not silent
			if p.byHand() && now.Sub(repeated) > pingEvery {
				p.out.ping() // it shows the node that the playground lives
				repeated = now
			}
		case answered == nil && now.Sub(asked) >= pingEvery:
			answered, asked, repeated = p.out.ping(), now, now
		case answered != nil && limit.isOver(now, asked, p.heard()):
			p.slot.update(p, func(st *state) { st.mute = !st.frozen })
			if now.Sub(repeated) > silentAfter { // the answer may be lost with an old link
				answered, repeated = p.out.ping(), now
			}
		}
	}
}

// patience decides after which time without an answer a node is silent. On an
// overloaded machine a node may be late because it was not scheduled. That is
// not silence, so patience measures how late the watch itself is scheduled. A
// node's answer to a ping also waits behind the events that it sent before.
type patience struct {
	lastTurn time.Time     // when the watch was last scheduled
	late     time.Duration // by how much the recent turns of the watch were late
}

const (
	turnsToAnswer = 4   // scheduling delays on the way of a ping and its answer
	lateDecay     = 0.9 // per turn
)

// recordTurn records that the watch was scheduled at now. It reports whether
// the turn came so late that nothing is known of the time before it.
func (w *patience) recordTurn(now time.Time) (tooLate bool) {
	late := now.Sub(w.lastTurn) - lookEvery
	w.lastTurn = now
	w.late = max(late, time.Duration(lateDecay*float64(w.late)))
	return late > silentAfter-lookEvery
}

// isOver reports whether a node is silent that was pinged at asked and whose
// newest event came at heard.
func (w *patience) isOver(now, asked, heard time.Time) bool {
	if heard.After(asked) {
		asked = heard
	}
	return now.Sub(asked) > silentAfter+turnsToAnswer*w.late
}

// serves reports whether the node has said that it serves.
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
		return // its process may be on another machine
	}
	stopped, known := isStopped(p.pid)
	if known {
		p.slot.update(p, func(st *state) { p.setStopped(st, stopped) })
	}
}

func (p *process) setStopped(st *state, stopped bool) {
	if st.self {
		return // it froze itself: the process runs, and its state tells nothing
	}
	st.frozen = stopped
	if stopped {
		st.mute, st.deaf = false, false
	}
}

// await returns when the process is stopped, or runs again where stopped is
// false. The error is cluster.ErrNotNow for a node that was killed meanwhile.
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
