package node

import (
	"time"

	"capplayground/cluster"
	"capplayground/cluster/link"
)

// Times of a standstill, in real time.
const (
	heartbeat  = 50 * time.Millisecond  // the longest time between two turns of a loop that is not busy
	overslept  = 200 * time.Millisecond // after this time between two turns, the loop was standing still
	syncWait   = 500 * time.Millisecond // how long the loop waits for a playground that does not answer
	startWait  = time.Second            // how long the loop waits for the first settings
	settleWait = 2 * time.Millisecond   // how long the loop waits for messages in sockets

	// On an overloaded machine every turn is late. Then the loop asks at most maxAsks
	// times before it continues. After longGap it always asks.
	maxAsks = 3
	longGap = time.Second
)

// standstill notices that the loop stood still: because of SIGSTOP, a suspended machine
// or a very slow disk. Then the loop first gets the present settings by a round trip on
// the link. Until then it takes in no message, fires no timer and begins no operation.
// The inputs that came meanwhile are taken in the order of virtual time.
type standstill struct {
	last  time.Time // when the last turn of the loop was
	lastV cluster.Time
	from  cluster.Time // when the last standstill began, in virtual time
	slept bool         // a standstill has begun, and its end is not known yet
	until time.Time    // the loop does not continue before this time, unless the question is answered; zero: it does not wait
	asked uint64       // the number of the question that waits for an answer; 0: none
	count uint64       // the number of questions so far
	asks  int          // questions in this wait
}

// begin makes a node with a link wait for its first settings.
func (s *standstill) begin(linked bool) {
	s.last = time.Now()
	if linked {
		s.until = s.last.Add(startWait)
	}
}

// isWaiting reports whether the loop has to wait.
func (s *standstill) isWaiting() bool { return !s.until.IsZero() }

// answered ends the wait for the settings. The wait for messages in sockets goes on.
func (s *standstill) answered(seq uint64) {
	if seq == s.asked && seq != 0 {
		s.asked, s.until = 0, time.Now().Add(settleWait)
	}
}

// maxWait returns how long the loop may wait.
func (s *standstill) maxWait() time.Duration {
	if s.until.IsZero() {
		return heartbeat
	}
	return min(heartbeat, max(0, time.Until(s.until)))
}

// noticeStandstill is called at each turn of the loop. If the loop stood still, the wait
// begins. Virtual time stops until endStandstill.
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
