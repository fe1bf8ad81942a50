package peer

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"capplayground/cluster"
)

// sender writes to one peer. The goroutine of run dials, and waits for sockets.
// writeQueued, which any goroutine may call, writes only what the socket takes at once.
// So most messages leave without waking run.
type sender struct {
	cfg   *Config
	to    cluster.NodeID
	addr  string
	local *net.TCPAddr
	wake  chan struct{} // holds a token when something has changed; capacity 1

	mu    sync.Mutex
	queue []queued
	space []queued // the memory that an empty queue uses again
	bytes int
	taken uint64 // bytes of the present stream that the peer has taken, as the peer reports
	alive bool   // the peer has just shown that it runs: dial without a long pause
	down  bool   // the present stream has ended
	open  *writer
}

type queued struct {
	m  cluster.Message
	at time.Time // zero if there was a stream: then it is older than the next dial
}

func newSender(cfg *Config, to cluster.NodeID, addr string, local *net.TCPAddr) *sender {
	space := make([]queued, 64)
	return &sender{cfg: cfg, to: to, addr: addr, local: local, wake: make(chan struct{}, 1), space: space, queue: space[:0]}
}

// put queues a message. It returns false if there is no room.
func (s *sender) put(m cluster.Message) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	size := weight(m)
	if len(s.queue) >= MaxQueue || len(s.queue) > 0 && s.bytes+size > MaxQueueBytes {
		return false
	}
	q := queued{m: m}
	if s.open == nil {
		q.at = time.Now()
	}
	s.queue = append(s.queue, q)
	s.bytes += size
	return true
}

// writeQueued writes the queued messages at once, if there is a stream and its socket
// takes them. Otherwise run writes them.
func (s *sender) writeQueued() {
	s.mu.Lock()
	w, empty := s.open, len(s.queue) == 0
	s.mu.Unlock()
	if empty {
		return // they were written together with an earlier one
	}
	if w == nil || !w.try() {
		s.signal()
	}
}

// weight is an estimate of the memory that a message needs, in bytes.
func weight(m cluster.Message) int { return 256 + len(m.Body) + len(m.Label) }

// endPause ends the pause before the next dial: the peer has shown that it runs.
func (s *sender) endPause() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.alive = true
	s.signal()
}

func (s *sender) signal() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// run dials, writes, and dials again, until ctx ends.
func (s *sender) run(ctx context.Context) {
	started, connected := time.Now(), false
	backoff := minBackoff
	var logged string // the last error
	for n := 1; ctx.Err() == nil; n++ {
		stream := fmt.Sprintf("%d.%s.%d.%d", s.cfg.ID, s.cfg.Incarnation, s.to, n)
		began := time.Now()
		conn, r, err := s.dial(ctx, stream)
		if err == nil {
			connected, backoff, logged = true, minBackoff, ""
			s.stream(ctx, conn, r, stream)
			continue
		}
		if ctx.Err() != nil {
			return
		}
		if logged != err.Error() {
			logged = err.Error()
			s.cfg.Log.Info("no stream to a peer", "peer", s.to, "err", err)
		}
		if starting := !connected && time.Since(started) < startGrace; !starting {
			s.giveUp(err, began)
			backoff = min(2*backoff, maxBackoff)
		}
		s.pause(ctx, began, backoff)
	}
}

// giveUp reports messages for a peer that could not be reached as lost: all messages if
// the peer's machine refused, and those that were queued before the dial began if the
// machine did not answer.
func (s *sender) giveUp(err error, began time.Time) {
	why := cluster.WhyRefused
	if errors.Is(err, os.ErrDeadlineExceeded) || isTimeout(err) {
		why = cluster.WhyTimeout
	}
	s.mu.Lock()
	n := len(s.queue)
	if why == cluster.WhyTimeout {
		n, _ = slices.BinarySearchFunc(s.queue, began, func(q queued, t time.Time) int { return q.at.Compare(t) })
	}
	lost := slices.Clone(s.queue[:n])
	for range lost {
		s.pop()
	}
	s.mu.Unlock()
	for _, q := range lost {
		s.cfg.Lost(q.m, why)
	}
}

func isTimeout(err error) bool {
	var t net.Error
	return errors.As(err, &t) && t.Timeout()
}

// pop removes and returns the first message of the queue. The caller holds the lock.
func (s *sender) pop() cluster.Message {
	m := s.queue[0].m
	s.queue[0] = queued{}
	s.bytes -= weight(m)
	if s.queue = s.queue[1:]; len(s.queue) == 0 {
		s.queue = s.space[:0]
	}
	return m
}

// pause waits between two dials: for backoff, or only for minBackoff if a message waits
// or the peer has shown that it runs.
func (s *sender) pause(ctx context.Context, began time.Time, backoff time.Duration) {
	end := time.NewTimer(time.Until(began.Add(backoff)))
	defer end.Stop()
	for {
		s.mu.Lock()
		soon := s.alive || len(s.queue) > 0
		s.alive = false
		s.mu.Unlock()
		if soon {
			end.Reset(max(0, time.Until(began.Add(minBackoff))))
		}
		select {
		case <-ctx.Done():
			return
		case <-end.C:
			return
		case <-s.wake:
		}
	}
}

// stream writes messages until the connection ends.
func (s *sender) stream(ctx context.Context, conn *net.TCPConn, r *bufio.Reader, id string) {
	s.mu.Lock()
	s.taken, s.down, s.alive = 0, false, false
	s.mu.Unlock()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	var reading sync.WaitGroup
	reading.Go(func() { s.readTaken(r) })
	w := &writer{s: s, conn: conn, timeout: userTimeout}
	s.mu.Lock()
	s.open = w
	s.mu.Unlock()
	err := w.run(ctx)
	_ = conn.Close()
	first, last := w.end()
	reading.Wait()
	if ctx.Err() != nil {
		return
	}
	s.cfg.Log.Info("the stream to a peer ended", "peer", s.to, "err", err)
	s.cfg.Ended(Ended{ID: id, From: s.cfg.ID, To: s.to, First: first, Last: last})
}

// readTaken reads how many bytes the peer has taken, until the stream ends.
func (s *sender) readTaken(r *bufio.Reader) {
	for {
		line, err := r.ReadSlice('\n')
		var n uint64
		if err == nil {
			n, err = strconv.ParseUint(strings.TrimSpace(string(line)), 10, 64)
		}
		s.mu.Lock()
		if err != nil {
			s.down = true
		} else {
			s.taken = n
		}
		if s.down || len(s.queue) > 0 { // a message may wait for room
			s.signal()
		}
		s.mu.Unlock()
		if err != nil {
			return
		}
	}
}
