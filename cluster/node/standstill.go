package node

import (
	"time"

	"capplayground/cluster"
	"capplayground/cluster/link"
)

// Real times of a standstill.
const (
	heartbeat  = 50 * time.Millisecond  // the loop turns at least so often
	overslept  = 200 * time.Millisecond // between two turns: it must have stood still
	syncWait   = 500 * time.Millisecond // for a playground that does not answer
	startWait  = time.Second            // for the first settings
	settleWait = 2 * time.Millisecond   // for messages that wait in sockets to be read

	// On a machine that is too busy every turn comes late. The loop then asks at
	// most maxAsks times before it goes on; a gap of longGap always asks.
	maxAsks = 3
	longGap = time.Second
)

// standstill notices that the loop stood still: SIGSTOP, a suspended machine, a
// very slow disk. Until a round trip on the link has brought the present settings
// the loop then takes in no message, fires no timer and begins no operation. What
// came meanwhile is then taken in the order of virtual time.
type standstill struct {
	last  time.Time // when the loop last turned
	lastV cluster.Time
	from  cluster.Time // when the last standstill began, virtual
	slept bool         // a standstill has begun whose end is not known yet
	until time.Time    // not to go on before, unless the question is answered; zero for no wait
	asked uint64       // number of the question under way; 0 for none
	count uint64       // of questions
	asks  int          // in this wait
}

// begin lets a node with a link wait for its first settings.
func (s *standstill) begin(linked bool) {
	s.last = time.Now()
	if linked {
		s.until = s.last.Add(startWait)
	}
}

// isWaiting reports whether the loop has to wait.
func (s *standstill) isWaiting() bool { return !s.until.IsZero() }

// answered ends the wait for the settings, except for messages still in sockets.
func (s *standstill) answered(seq uint64) {
	if seq == s.asked && seq != 0 {
		s.asked, s.until = 0, time.Now().Add(settleWait)
	}
}

// maxWait is how long the loop may wait.
func (s *standstill) maxWait() time.Duration {
	if s.until.IsZero() {
		return heartbeat
	}
	return min(heartbeat, max(0, time.Until(s.until)))
}

// noticeStandstill is called when the loop turns. Where it stood still it begins
// to wait; virtual time then stops as well, until endStandstill.
func (l *loop) noticeStandstill() {
	now, s := time.Now(), &l.standstill
	held, gap := l.clock.Held(), now.Sub(s.last)
	switch {
	case !l.driver.Started():
		l.clock.Release()
	case gap > overslept && (s.asks < maxAsks || gap > longGap) || held && s.until.IsZero():
		s.asks++
		s.from, s.slept = s.lastV, true
		s.until = now.Add(settleWait)
		if l.link != nil && l.link.Connected() {
			s.count++
			s.asked, s.until = s.count, now.Add(syncWait)
			l.sendToPlayground(link.Up{Sync: &link.Sync{Seq: s.asked}})
		}
	}
	s.last, s.lastV = now, l.clock.Now()
}

// endStandstill ends a wait whose time is over.
func (l *loop) endStandstill() {
	s := &l.standstill
	started := l.driver.Started()
	if !s.isWaiting() || time.Now().Before(s.until) && (started || l.settings == nil) {
		return
	}
	s.until, s.asked, s.asks = time.Time{}, 0, 0
	l.clock.Release()
	if s.slept {
		s.slept = false
		l.driver.RecordFreeze(s.from, l.clock.Now())
	}
}
