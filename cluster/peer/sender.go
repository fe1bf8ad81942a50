package peer

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
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

// sender writes to one peer. Its run is the only goroutine that dials and
// writes; put and poke only leave word.
type sender struct {
	cfg   *Config
	to    cluster.NodeID
	addr  string
	local *net.TCPAddr
	wake  chan struct{} // something changed; capacity 1

	mu    sync.Mutex
	queue []queued
	bytes int
	taken uint64 // bytes of the present stream that the peer says it took in
	poked bool   // dial without waiting
	down  bool   // the present stream has ended
}

type queued struct {
	m  cluster.Message
	at time.Time
}

func newSender(cfg *Config, to cluster.NodeID, addr string, local *net.TCPAddr) *sender {
	return &sender{cfg: cfg, to: to, addr: addr, local: local, wake: make(chan struct{}, 1)}
}

// put queues a message; it is false where there is no room.
func (s *sender) put(m cluster.Message) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	size := weight(m)
	if len(s.queue) >= MaxQueue || s.bytes+size > MaxQueueBytes {
		return false
	}
	s.queue = append(s.queue, queued{m, time.Now()})
	s.bytes += size
	s.signal()
	return true
}

// weight is about what a message needs in memory.
func weight(m cluster.Message) int { return 256 + len(m.Body) + len(m.Label) }

// poke says that the peer lives, so that a wait before the next dial ends.
func (s *sender) poke() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.poked = true
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
	var said string
	for n := 1; ctx.Err() == nil; n++ {
		stream := fmt.Sprintf("%d.%s.%d.%d", s.cfg.ID, s.cfg.Incarnation, s.to, n)
		began := time.Now()
		conn, r, err := s.dial(ctx, stream)
		if err == nil {
			connected, backoff, said = true, minBackoff, ""
			s.stream(ctx, conn, r, stream)
			continue
		}
		if ctx.Err() != nil {
			return
		}
		if said != err.Error() {
			said = err.Error()
			s.cfg.Log.Info("no stream to a peer", "peer", s.to, "err", err)
		}
		if starting := !connected && time.Since(started) < startGrace; !starting {
			s.give(err, began)
			backoff = min(2*backoff, maxBackoff)
		}
		s.pause(ctx, began, backoff)
	}
}

// give gives up what waits for a peer that could not be reached: all of it
// where the peer's machine said no, and what was queued before the dial began
// where nobody answered.
func (s *sender) give(err error, began time.Time) {
	why := cluster.WhyRefused
	if errors.Is(err, os.ErrDeadlineExceeded) || isTimeout(err) {
		why = cluster.WhyTimeout
	}
	s.mu.Lock()
	n := len(s.queue)
	if why == cluster.WhyTimeout {
		n, _ = slices.BinarySearchFunc(s.queue, began, func(q queued, t time.Time) int { return q.at.Compare(t) })
	}
	lost := s.pop(n)
	s.mu.Unlock()
	for _, q := range lost {
		s.cfg.Lost(q.m, why)
	}
}

func isTimeout(err error) bool {
	var t net.Error
	return errors.As(err, &t) && t.Timeout()
}

// pop removes the first n of the queue. The lock is held.
func (s *sender) pop(n int) []queued {
	popped := s.queue[:n:n]
	s.queue = s.queue[n:]
	for _, q := range popped {
		s.bytes -= weight(q.m)
	}
	return popped
}

// pause waits between two dials: for backoff, or, where a message waits or the
// peer has shown that it lives, only for minBackoff.
func (s *sender) pause(ctx context.Context, began time.Time, backoff time.Duration) {
	end := time.NewTimer(time.Until(began.Add(backoff)))
	defer end.Stop()
	for {
		s.mu.Lock()
		hurry := s.poked || len(s.queue) > 0
		s.poked = false
		s.mu.Unlock()
		if hurry {
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
	s.taken, s.down, s.poked = 0, false, false
	s.mu.Unlock()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	var reading sync.WaitGroup
	reading.Go(func() { s.readTaken(r) })
	w := &writer{s: s, conn: conn, timeout: userTimeout}
	w.enc = json.NewEncoder(&w.line)
	w.enc.SetEscapeHTML(false)
	err := w.run(ctx)
	_ = conn.Close()
	reading.Wait()
	if ctx.Err() != nil {
		return
	}
	s.cfg.Log.Info("the stream to a peer ended", "peer", s.to, "err", err)
	s.cfg.Ended(Ended{ID: id, From: s.cfg.ID, To: s.to, First: w.first, Last: w.last})
}

// readTaken reads what the peer says that it took in, until the stream ends.
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
		s.signal()
		s.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// writer is one stream's writing side.
type writer struct {
	s       *sender
	conn    *net.TCPConn
	enc     *json.Encoder
	line    bytes.Buffer // the next message, encoded
	out     bytes.Buffer // encoded and not written
	sent    uint64       // bytes that went to out
	timeout time.Duration
	first   string
	last    string
}

// errPeerClosed is the normal end of a stream: the peer's process ended.
var errPeerClosed = errors.New("closed by the peer")

// run encodes while messages wait, and writes when none does or the peer must
// first take some in.
func (w *writer) run(ctx context.Context) error {
	for {
		m, err := w.next()
		if err != nil {
			return err
		}
		if m != nil {
			w.encode(*m)
		}
		if m != nil && w.out.Len() < window/2 {
			continue
		}
		if err := w.flush(); err != nil {
			return err
		}
		if m != nil {
			continue
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-w.s.wake:
		}
	}
}

// next takes the next message off the queue, if the peer has room for it.
func (w *writer) next() (*cluster.Message, error) {
	s := w.s
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down {
		return nil, errPeerClosed
	}
	if len(s.queue) == 0 {
		return nil, nil
	}
	pending := w.sent - s.taken
	if pending >= ackEvery && pending+uint64(weight(s.queue[0].m)) > window {
		return nil, nil
	}
	return &s.pop(1)[0].m, nil
}

// encode appends a message to what is to be written.
func (w *writer) encode(m cluster.Message) {
	w.line.Reset()
	if err := w.enc.Encode(m); err != nil || w.line.Len() > MaxLine {
		w.s.cfg.Log.Error("a message that cannot be sent", "message", m.String(), "bytes", w.line.Len(), "err", err)
		w.s.cfg.Lost(m, cluster.WhyOverflow)
		return
	}
	w.out.Write(w.line.Bytes())
	w.sent += uint64(w.line.Len())
	if w.first == "" {
		w.first = m.ID
	}
	w.last = m.ID
}

// flush writes. While more is under way than a frozen peer's window may hold,
// the stream has longer to live without acknowledgements.
func (w *writer) flush() error {
	if w.out.Len() == 0 {
		return nil
	}
	w.s.mu.Lock()
	pending := w.sent - w.s.taken
	w.s.mu.Unlock()
	timeout := userTimeout
	if pending > window {
		timeout = largeWait
	}
	if timeout != w.timeout {
		w.timeout = timeout
		if err := setUserTimeout(w.conn, timeout); err != nil {
			return err
		}
	}
	_, err := w.conn.Write(w.out.Bytes())
	w.out.Reset()
	return err
}
