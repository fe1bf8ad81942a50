package peer

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"

	"capplayground/cluster"
	"capplayground/cluster/nonblock"
)

// writer is the writing side of one stream. Two goroutines write: the goroutine of
// sender.run, which may wait for the socket, and the goroutine that queued a message,
// which may not.
type writer struct {
	s    *sender
	conn *net.TCPConn

	mu      sync.Mutex
	out     []byte // encoded and not written
	sent    uint64 // bytes that were ever put into out
	timeout time.Duration
	first   string // IDs of the first and the last message written
	last    string
	ended   bool // no goroutine writes any more
}

// errPeerClosed is the normal end of a stream: the peer's process has ended.
var errPeerClosed = errors.New("closed by the peer")

// run writes messages as they come, until the stream ends.
func (w *writer) run(ctx context.Context) error {
	for {
		if err := w.drain(); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-w.s.wake:
		}
	}
}

// end stops all writing, and returns the first and the last message written.
func (w *writer) end() (first, last string) {
	w.s.mu.Lock()
	w.s.open = nil
	w.s.mu.Unlock()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = true
	return w.first, w.last
}

// drain encodes and writes until no message waits, or until the peer must first take in
// some bytes.
func (w *writer) drain() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for {
		more, err := w.fill()
		if err != nil {
			return err
		}
		if err := w.setTimeout(); err != nil {
			return err
		}
		if len(w.out) > 0 {
			_, err = w.conn.Write(w.out)
			w.out = w.out[:0]
		}
		if err != nil || !more {
			return err
		}
	}
}

// try writes the waiting messages if the socket takes them now. It returns false if run
// must continue, or must find out what is wrong.
func (w *writer) try() bool {
	if !w.mu.TryLock() {
		return false
	}
	defer w.mu.Unlock()
	if w.ended || len(w.out) > 0 {
		return false
	}
	more, err := w.fill()
	if err != nil || w.setTimeout() != nil {
		return false
	}
	if len(w.out) > 0 {
		n := nonblock.Write(w.conn, w.out)
		w.out = append(w.out[:0], w.out[n:]...)
	}
	return !more && len(w.out) == 0
}

// fill encodes messages from the queue. It reports whether the queue may still hold a
// message for which the peer has room.
func (w *writer) fill() (more bool, err error) {
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	for len(w.out) < window/2 {
		m, ok, err := w.next()
		if err != nil || !ok {
			return false, err
		}
		w.encode(&m)
	}
	return true, nil
}

// next takes the next message from the queue, if the peer has room for it. The caller
// holds the lock of the sender.
func (w *writer) next() (m cluster.Message, ok bool, err error) {
	s := w.s
	if s.down {
		return m, false, errPeerClosed
	}
	if len(s.queue) == 0 {
		return m, false, nil
	}
	pending := w.sent - s.taken
	if pending >= ackEvery && pending+uint64(weight(s.queue[0].m)) > window {
		return m, false, nil
	}
	return s.pop(), true, nil
}

// encode appends a message to out.
func (w *writer) encode(m *cluster.Message) {
	from := len(w.out)
	w.out = m.AppendFrame(w.out)
	size := len(w.out) - from
	if size > MaxFrame {
		w.out = w.out[:from]
		w.s.cfg.Log.Error("a message that cannot be sent", "message", m.String(), "bytes", size)
		w.s.cfg.Lost(*m, cluster.WhyOverflow)
		return
	}
	w.sent += uint64(size)
	if w.first == "" {
		w.first = m.ID
	}
	w.last = m.ID
}

// setTimeout allows a longer time without acknowledgements while more bytes are under way
// than the window of a frozen peer may hold.
func (w *writer) setTimeout() error {
	w.s.mu.Lock()
	pending := w.sent - w.s.taken
	w.s.mu.Unlock()
	timeout := userTimeout
	if pending > window {
		timeout = largeWait
	}
	if timeout == w.timeout {
		return nil
	}
	w.timeout = timeout
	return setUserTimeout(w.conn, timeout)
}
