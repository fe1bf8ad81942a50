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

	probeEvery   = 250 * time.Millisecond // opens a connection to the node's address
	probeTimeout = 300 * time.Millisecond // two probes and a pause take less than 1 s, the longest wait of a viewer
)

// watch notices faults that do not come from a verb: a kill -STOP in a terminal,
// a node whose loop no longer runs, a packet filter. It returns when stop is closed.
func (p *process) watch(stop <-chan struct{}) {
	var probes sync.WaitGroup
	defer probes.Wait()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	probes.Go(func() { p.probeAddress(ctx) })
	p.watchLoop(stop)
}

// probeAddress tests whether the node's address answers, until ctx ends. A link over
// pipes, or over another network, cannot show whether the address answers.
func (p *process) probeAddress(ctx context.Context) {
	tick := time.NewTicker(probeEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if p.slot.frozen() || !p.serves() {
			continue // for a frozen process the kernel may accept a connection or refuse it
		}
		// On a busy machine one probe may be lost. Two probes in a row are not lost.
		result := p.slot.probe(ctx)
		if !result.answered() {
			result = p.slot.probe(ctx)
		}
		if ctx.Err() == nil {
			p.slot.update(p, func(st *state) { st.unreachable = !result.answered() })
		}
	}
}

// probeResult is the result of a probe.
type probeResult int

const (
	accepted probeResult = iota + 1
	refused              // no process listens at the address
	noAnswer             // no answer until the timeout
	noHost               // the name of the node's host has no address
	notTried             // this process has no free descriptor
)

// answered reports whether the result shows that packets reach the node's host.
func (r probeResult) answered() bool { return r != noAnswer && r != noHost }

// isDead reports whether the node is dead, if its link has ended as well. The name of a
// container or of a pod has an address only while that runs.
func (r probeResult) isDead() bool { return r == refused || r == noHost }

// probe opens a connection to the node's address and closes it at once.
func (s *slot) probe(ctx context.Context) probeResult {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", s.l.cfg.Peers[s.id.NodeID-1])
	if err == nil {
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // without this, each probe would leave a socket in TIME_WAIT
		}
		_ = conn.Close()
	}
	return resultOf(err)
}

// resultOf returns the result of a probe from the error of its dial.
func resultOf(err error) probeResult {
	var lookup *net.DNSError
	switch {
	case err == nil:
		return accepted
	case errors.Is(err, syscall.ECONNREFUSED):
		return refused
	case errors.As(err, &lookup) && lookup.IsNotFound:
		return noHost
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
		return notTried
	}
	return noAnswer
}

// watchLoop checks whether the process is stopped and whether its loop answers
// pings, until stop is closed.
func (p *process) watchLoop(stop <-chan struct{}) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	var answered <-chan struct{}
	var asked, repeated time.Time // when the oldest and the newest unanswered ping were sent
	limit := patience{lastTurn: time.Now()}
	for {
		select {
		case <-stop:
			return
		case <-answered:
			answered = nil
			p.slot.update(p, func(st *state) { st.loopSilent = false })
			continue
		case <-tick.C:
		}
		now := time.Now()
		if limit.recordTurn(now) {
			asked = now
		}
		p.readStopped()
		select {
		case <-answered:
			continue // an answer that has arrived counts, even if this turn is late
		default:
		}
		switch {
		case p.slot.frozen() || !p.serves():
			answered, asked = nil, now // a frozen or starting node cannot answer, so it is not silent
			if p.byHand() && now.Sub(repeated) > pingEvery {
				p.out.ping() // the ping shows the node that the playground runs
				repeated = now
			}
		case answered == nil && now.Sub(asked) >= pingEvery:
			answered, asked, repeated = p.out.ping(), now, now
		case answered != nil && limit.isOver(now, asked, p.lastEventTime()):
			p.slot.update(p, func(st *state) { st.loopSilent = !st.frozen })
			if now.Sub(repeated) > silentAfter { // the answer may have been lost with an older link
				answered, repeated = p.out.ping(), now
			}
		}
	}
}

// patience decides how long a node may not answer before it is silent. On an
// overloaded machine a node may be late because it was not scheduled. That is
// not silence, so patience measures how late the watch itself is scheduled. A
// node's answer to a ping also waits behind the events that it sent before.
type patience struct {
	lastTurn time.Time     // when the watch was last scheduled
	late     time.Duration // how late the recent turns of the watch were
}

const (
	turnsToAnswer = 4   // scheduling delays between a ping and its answer
	lateDecay     = 0.9 // per turn
)

// recordTurn records that the watch was scheduled at now. It reports whether
// the turn came so late that the watch knows nothing about the time before it.
func (w *patience) recordTurn(now time.Time) (tooLate bool) {
	late := now.Sub(w.lastTurn) - lookEvery
	w.lastTurn = now
	w.late = max(late, time.Duration(lateDecay*float64(w.late)))
	return late > silentAfter-lookEvery
}

// isOver reports whether a node is silent. The node was pinged at asked, and its
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

// readStopped reads from the system whether the process is stopped.
func (p *process) readStopped() {
	if p.byHand() {
		return // its process may be on another machine
	}
	stopped, known := isStopped(p.pid)
	if known {
		p.slot.update(p, func(st *state) { p.setStopped(st, stopped) })
	}
}

func (p *process) setStopped(st *state, stopped bool) {
	if st.frozeItself {
		return // the node froze itself: its process runs, so the state of the process shows nothing
	}
	st.frozen = stopped
	if stopped {
		st.loopSilent, st.unreachable = false, false
	}
}

// awaitStopped returns when the process is stopped, or, if stopped is false, when it runs
// again. If the node is killed before that, the error is cluster.ErrNotNow.
func (p *process) awaitStopped(ctx context.Context, stopped bool) error {
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
