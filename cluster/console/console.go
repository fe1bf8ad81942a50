// Package console writes to a terminal, a pipe or a log, and never waits for the reader.
// Ctrl-S in the terminal, or a reader that has stopped, must not stop the program.
package console

import (
	"bytes"
	"fmt"
	"io"
	"sync"
	"time"
)

// Size bounds the text that waits for the reader, in bytes.
const Size = 256 << 10

// Console is an io.Writer that keeps the text that the reader has not read yet. If there
// is no room left, it drops whole writes. It reports the number of dropped lines as soon
// as there is room again.
type Console struct {
	w io.Writer

	mu      sync.Mutex
	waiting []byte
	dropped int           // dropped lines
	busy    bool          // a write is under way
	idle    chan struct{} // closed when nothing waits and no write is under way
	wake    chan struct{} // capacity 1
	stop    chan struct{}
	once    sync.Once
}

// New returns a console that writes to w. Close must follow.
func New(w io.Writer) *Console {
	c := &Console{w: w, idle: make(chan struct{}), wake: make(chan struct{}, 1), stop: make(chan struct{})}
	close(c.idle)
	go c.run()
	return c
}

// Write keeps p, or drops it if there is no room. It returns at once and never returns an
// error.
func (c *Console) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.dropped > 0 || len(c.waiting)+len(p) > Size {
		c.dropped += max(1, bytes.Count(p, []byte("\n")))
		return len(p), nil
	}
	if len(c.waiting) == 0 && !c.busy {
		c.idle = make(chan struct{})
	}
	c.waiting = append(c.waiting, p...)
	select {
	case c.wake <- struct{}{}:
	default:
	}
	return len(p), nil
}

// Close waits at most this long for the reader, and ends the console. Later writes are
// dropped.
func (c *Console) Close(patience time.Duration) {
	c.mu.Lock()
	idle := c.idle
	c.mu.Unlock()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-idle:
	case <-timer.C:
	}
	c.once.Do(func() { close(c.stop) })
}

// run writes until Close. If the reader never reads, only this goroutine waits.
func (c *Console) run() {
	for {
		select {
		case <-c.wake:
		case <-c.stop:
			return
		}
		for {
			batch := c.take()
			if batch == nil {
				break
			}
			_, _ = c.w.Write(batch) // a terminal that is closed has no reader
		}
	}
}

// take returns the text to write next, or nil.
func (c *Console) take() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.busy = false
	batch := c.waiting
	c.waiting = nil
	if len(batch) == 0 && c.dropped > 0 {
		batch = fmt.Appendf(nil, "… %d lines are left out: nothing read them …\n", c.dropped)
		c.dropped = 0
	}
	if len(batch) == 0 {
		select {
		case <-c.idle:
		default:
			close(c.idle)
		}
		return nil
	}
	c.busy = true
	return batch
}
