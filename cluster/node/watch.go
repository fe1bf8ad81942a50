package node

import (
	"time"

	"capplayground/cluster"
	"capplayground/cluster/link"
)

// Real times of the watch.
const (
	heartbeat  = 50 * time.Millisecond  // the loop turns at least so often
	overslept  = 200 * time.Millisecond // between two turns: it must have stood still
	syncWait   = 500 * time.Millisecond // for a playground that does not answer
	startWait  = time.Second            // for the first settings
	settleWait = 2 * time.Millisecond   // for what is parked in sockets to be read

	// Where every turn comes late, on a machine that is too busy, the loop asks
	// no more than so often before it goes on; a longer standstill always asks.
	mostAsks = 3
	longer   = time.Second
)

// watch notices that the loop stood still: SIGSTOP, a suspended machine, a
// very slow disk. Until a round trip on the link has brought the present
// settings the loop then takes in no message, fires no timer and begins no
// operation; what came meanwhile is then taken in order of virtual time.
type watch struct {
	last    time.Time // when the loop last woke up
	lastV   cluster.Time
	from    cluster.Time // the last standstill, virtual
	to      cluster.Time
	until   time.Time // not to go on before, or before asked is answered
	asked   uint64    // number of the question under way; 0 for none
	count   uint64
	asks    int  // in this wait
	slept   bool // to is not known yet
	waiting []*call
}

// begin lets a node with a link wait for its first settings.
func (w *watch) begin(linked bool) {
	w.last = time.Now()
	if linked {
		w.until = w.last.Add(startWait)
	}
}

// wokeUp notes that the loop turns, and begins to wait where it stood still.
// Virtual time then stands, too, until the wait is over.
func (l *loop) wokeUp() {
	now, w := time.Now(), &l.watch
	held, gap := l.clock.Held(), now.Sub(w.last)
	switch {
	case !l.started:
		l.clock.Trust()
	case gap > overslept && (w.asks < mostAsks || gap > longer) || held && w.until.IsZero():
		w.asks++
		w.from, w.slept = w.lastV, true
		w.until = now.Add(settleWait)
		if l.link != nil && l.link.Connected() {
			w.count++
			w.asked, w.until = w.count, now.Add(syncWait)
			l.say(link.Up{Sync: &link.Sync{Seq: w.asked}})
		}
	}
	w.last, w.lastV = now, l.clock.Now()
}

// answered ends the wait for the settings, but for what is still in sockets.
func (w *watch) answered(seq uint64) {
	if seq == w.asked && seq != 0 {
		w.asked, w.until = 0, time.Now().Add(settleWait)
	}
}

// over says that nothing need be waited for.
func (w *watch) over(l *loop) bool {
	if w.until.IsZero() {
		return true
	}
	if time.Now().Before(w.until) && (l.started || l.settings == nil) {
		return false
	}
	w.until, w.asked, w.asks = time.Time{}, 0, 0
	l.clock.Trust()
	if w.slept {
		w.to, w.slept = l.clock.Now(), false
	}
	return true
}

// waitingCalls returns the operations that were not begun meanwhile.
func (w *watch) waitingCalls() []*call {
	calls := w.waiting
	w.waiting = nil
	return calls
}

// stood says whether the node stood still at that time.
func (w *watch) stood(v cluster.Time) bool { return w.from < v && v <= w.to }

// idle is how long the loop may wait.
func (w *watch) idle() time.Duration {
	if w.until.IsZero() {
		return heartbeat
	}
	return min(heartbeat, max(0, time.Until(w.until)))
}
