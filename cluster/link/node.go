package link

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"capplayground/cluster"
)

// Bounds of a node's end of the link.
const (
	// MaxBacklog is how many events a node keeps for a playground that is slow
	// or not connected.
	MaxBacklog = 8000
	// Patience is the default of Dialer.Patience.
	Patience = 50 * time.Millisecond
	// GiveUp is how long a node without a link keeps the settings of the playground.
	GiveUp = 5 * time.Second
	// MaxSilence is how long a node that was started by hand waits for a line, such as a
	// ping, before it closes its link and opens another.
	MaxSilence = 3 * time.Second

	batch       = 256 // events in one line
	firstRedial = 100 * time.Millisecond
	lastRedial  = 2 * time.Second
)

// Node is a node's end of the link. The node's loop queues lines and receives from Down.
// Run reads and writes the connection. Flush writes too, if it can do so without waiting.
// Node is safe for concurrent use.
type Node struct {
	dial  *Dialer
	hello Hello
	down  chan Down

	// writing is held while pending lines are encoded and sent. It is taken before mu.
	writing sync.Mutex
	unsent  uint64 // events that were encoded, and may not have left; writing protects it

	mu      sync.Mutex
	conn    *Conn // to which Flush writes; nil without a link
	pending []Up  // in order; events that follow each other are written as one line
	events  int   // in pending
	lost    uint64
	wake    chan struct{} // capacity 1
	queued  uint64        // how many lines were ever put into pending
	written uint64        // how many of them were written and flushed
	flushed chan struct{} // closed and replaced when written changes
	up      bool
	ready   bool
	late    bool // the last Flush waited for Patience, so the next ones do not wait
	lc      uint64
	news    string // the text that Dialer.Told was last called with
}

// Errors of a link.
var (
	errRefused = errors.New("refused")
	errSilent  = errors.New("nothing was heard for too long")
)

// NewNode returns a node's end of the link. It sends hello first on each connection.
func NewNode(dial *Dialer, hello Hello) *Node {
	hello.Killable = dial.Kill != nil
	return &Node{
		dial: dial, hello: hello, down: make(chan Down, 64),
		wake: make(chan struct{}, 1), flushed: make(chan struct{}),
	}
}

// Down is the channel of the playground's lines. After GiveUp without a link the
// channel brings settings with live pace and perfect links.
func (n *Node) Down() <-chan Down { return n.down }

// SetPace sets the node's present virtual time, for the Hello of later connections.
func (n *Node) SetPace(p cluster.Pace) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.hello.Pace = &p
}

// Connected reports whether there is a link now.
func (n *Node) Connected() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.up
}

// Events queues events for the playground. It never blocks. If too many events are
// pending, the oldest are dropped, and a gap event has their number.
func (n *Node) Events(events []cluster.Event) {
	if len(events) == 0 {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.lc = events[len(events)-1].LC
	n.push(Up{Events: events})
	n.events += len(events)
	if n.events > MaxBacklog {
		n.dropOldest(MaxBacklog * 3 / 4)
	}
}

// dropOldest drops the oldest pending events until about keep events are left.
func (n *Node) dropOldest(keep int) {
	n.pending = slices.DeleteFunc(n.pending, func(up Up) bool {
		drop := up.Events != nil && n.events > keep
		if drop {
			n.events -= len(up.Events)
			n.lost += uint64(len(up.Events))
		}
		return drop
	})
}

// Send queues one line that holds no events. The line keeps its place in the order of the
// events. Without a link the line is dropped, except Ready, which is written on every
// connection.
func (n *Node) Send(up Up) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if up.Ready != nil {
		n.ready = true
	}
	if n.up {
		n.push(up)
	}
}

func (n *Node) push(up Up) {
	n.pending = append(n.pending, up)
	n.queued++
	select {
	case n.wake <- struct{}{}:
	default:
	}
}

// Flush returns when all lines queued so far are written. It waits at most
// Dialer.Patience. It does not wait without a link. After a wait that took Patience, it
// does not wait again before the playground has caught up.
func (n *Node) Flush() {
	n.mu.Lock()
	upTo := n.queued
	if !n.up || n.late || n.written >= upTo {
		n.mu.Unlock()
		return
	}
	flushed := n.flushed
	n.mu.Unlock()
	if n.writeNow() {
		return
	}
	patience := time.NewTimer(cmp.Or(n.dial.Patience, Patience))
	defer patience.Stop()
	for {
		select {
		case <-flushed:
		case <-patience.C:
			n.mu.Lock()
			n.late = true
			n.mu.Unlock()
			return
		}
		n.mu.Lock()
		done := n.written >= upTo || !n.up
		flushed = n.flushed
		n.mu.Unlock()
		if done {
			return
		}
	}
}

// Run keeps the link open until ctx ends, and then returns nil. With Dialer.Once
// it returns ErrClosed when the playground closes the link.
func (n *Node) Run(ctx context.Context) error {
	wait := firstRedial
	gone := time.Now()
	forgot := false
	for {
		c, err := n.dial.Dial(ctx)
		if err == nil {
			var accepted bool
			accepted, err = n.connection(ctx, c)
			if n.dial.Once && ctx.Err() == nil {
				return errors.Join(ErrClosed, err)
			}
			if accepted {
				wait, forgot, gone = firstRedial, false, time.Now()
			}
		} else if n.dial.Once && ctx.Err() == nil {
			return err
		}
		if ctx.Err() == nil {
			n.logOnce(fmt.Sprintf("no link to the playground, trying again: %v", err))
		}
		if !forgot && time.Since(gone) >= GiveUp {
			forgot = true
			n.deliver(ctx, Down{Settings: &Settings{Pace: cluster.LivePace()}})
			n.deliver(ctx, Down{Command: &Command{Do: DoThaw}})
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
			wait = min(2*wait, lastRedial)
			if !forgot {
				wait = min(wait, max(time.Millisecond, GiveUp-time.Since(gone)))
			}
		}
	}
}

// logOnce writes a line to the log, unless it repeats the line before.
func (n *Node) logOnce(news string) {
	if n.dial.Told != nil && news != n.news {
		n.news = news
		n.dial.Told(news)
	}
}

// connection serves one connection until it ends, and reports whether the
// playground accepted the node.
func (n *Node) connection(ctx context.Context, c *Conn) (accepted bool, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stop := context.AfterFunc(ctx, func() { _ = c.Close() })
	defer stop()
	greeted := make(chan struct{})
	var heard atomic.Bool
	var both sync.WaitGroup
	both.Go(func() { cancel(n.write(ctx, c, greeted)) })
	both.Go(func() { cancel(n.read(ctx, c, greeted, &heard)) })
	if n.dial.Once {
		n.startWriting(greeted)
	} else {
		both.Go(func() { cancel(listen(ctx, &heard)) })
	}
	<-ctx.Done()
	defer n.endFlushes()
	_ = c.Close()
	// Standard input and output cannot be interrupted on every system, so Once
	// does not wait: both goroutines end with their streams, or with the process.
	if !n.dial.Once {
		both.Wait()
	}
	select {
	case <-greeted:
		accepted = true
	default:
	}
	return accepted, context.Cause(ctx)
}

// listen returns errSilent when no line has come for MaxSilence. It counts its own turns
// instead of time. Otherwise a node that was frozen would close a link that works.
func listen(ctx context.Context, heard *atomic.Bool) error {
	const turns = 6
	tick := time.NewTicker(MaxSilence / turns)
	defer tick.Stop()
	for quiet := 0; quiet < turns; quiet++ {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if heard.Swap(false) {
			quiet = -1
		}
	}
	return errSilent
}

// startWriting begins to write the pending lines, because the playground has accepted
// this node.
func (n *Node) startWriting(greeted chan struct{}) {
	n.mu.Lock()
	n.up, n.late = true, false
	if n.ready {
		n.pending = append(n.pending, Up{Ready: &Ready{}})
		n.queued++
	}
	n.mu.Unlock()
	close(greeted)
}

// endFlushes ends every Flush that waits: the link is closed.
func (n *Node) endFlushes() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.up, n.conn = false, nil
	n.wakeFlushes()
}

// read passes the playground's lines to Down. If the playground did not launch
// this node, its first line accepts or refuses the node.
func (n *Node) read(ctx context.Context, c *Conn, greeted chan struct{}, heard *atomic.Bool) error {
	for first := !n.dial.Once; ; first = false {
		down, err := c.ReadDown()
		if err != nil {
			return err
		}
		if down.Refused != "" {
			return fmt.Errorf("%w: %s", errRefused, down.Refused)
		}
		heard.Store(true)
		if first {
			n.startWriting(greeted)
			n.logOnce("linked to the playground")
		}
		if down.Command != nil && down.Command.Do == DoKill && n.dial.Kill != nil {
			n.dial.Kill()
		}
		n.deliver(ctx, down)
	}
}

func (n *Node) deliver(ctx context.Context, d Down) {
	select {
	case n.down <- d:
	case <-ctx.Done():
	}
}

// write writes the Hello. Once the playground has accepted the node, it writes
// the pending lines whenever there are some.
func (n *Node) write(ctx context.Context, c *Conn, greeted <-chan struct{}) error {
	n.mu.Lock()
	hello := n.hello
	n.mu.Unlock()
	if err := c.Send(Up{Hello: &hello}); err != nil {
		return err
	}
	select {
	case <-greeted:
	case <-ctx.Done():
		return nil
	}
	n.mu.Lock()
	n.conn = c // the Hello has left, so Flush may write
	n.mu.Unlock()
	for {
		if err := n.writePending(c); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-n.wake:
		}
	}
}

// wakeFlushes wakes the callers that wait in Flush. The caller holds the lock.
func (n *Node) wakeFlushes() {
	close(n.flushed)
	n.flushed = make(chan struct{})
}

// writePending writes the pending lines. If it fails, the events of these lines count as
// lost. They may have arrived, but no event is sent twice.
func (n *Node) writePending(c *Conn) error {
	n.writing.Lock()
	defer n.writing.Unlock()
	pending, upTo := n.takePending()
	for len(pending) > 0 {
		up, used := join(pending)
		pending = pending[used:]
		if err := c.Write(up); err != nil {
			return n.recordWrite(upTo, err)
		}
		if c.unsent() >= longWrite {
			if err := c.Flush(); err != nil {
				return n.recordWrite(upTo, err)
			}
		}
	}
	return n.recordWrite(upTo, c.Flush())
}

// longWrite is about how many bytes are written at once.
const longWrite = 32 << 10

// writeNow writes the pending lines if the connection takes them without waiting. If it
// returns false, the goroutine of write writes the rest.
func (n *Node) writeNow() bool {
	if !n.writing.TryLock() {
		return false
	}
	defer n.writing.Unlock()
	n.mu.Lock()
	c := n.conn
	n.mu.Unlock()
	if c == nil || c.pipe == nil {
		return false
	}
	pending, upTo := n.takePending()
	for len(pending) > 0 {
		up, used := join(pending)
		pending = pending[used:]
		if c.Write(up) != nil {
			return false
		}
	}
	if !c.flushNow() {
		return false
	}
	return n.recordWrite(upTo, nil) == nil
}

// takePending removes and returns the pending lines. If events were lost, a gap event
// comes first. When these lines are written, all lines up to upTo are written. The caller
// holds writing.
func (n *Node) takePending() (pending []Up, upTo uint64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	pending = n.pending
	if n.lost > 0 {
		gap := cluster.Event{Node: n.hello.Node, T: time.Now().UnixMicro(), LC: n.lc, Body: &cluster.Gap{N: n.lost}}
		pending = append([]Up{{Events: []cluster.Event{gap}}}, pending...)
	}
	n.unsent += n.lost + uint64(n.events)
	n.pending, n.events, n.lost = nil, 0, 0
	return pending, n.queued
}

// recordWrite records that all lines up to upTo are written, or, if err is not nil, that
// the lines that had not left are lost. It returns err.
func (n *Node) recordWrite(upTo uint64, err error) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if err != nil {
		n.lost += n.unsent
	}
	n.unsent, n.written = 0, upTo
	if len(n.pending) == 0 {
		n.late = false
	}
	n.wakeFlushes()
	return err
}

// join makes one line of the events at the head of pending. If the first line holds no
// events, join returns that line alone. It also returns how many entries of pending it
// used.
func join(pending []Up) (up Up, used int) {
	up = pending[0]
	if up.Events == nil {
		return up, 1
	}
	total := len(up.Events)
	for used = 1; used < len(pending); used++ {
		next := len(pending[used].Events)
		if next == 0 || total+next > batch {
			break
		}
		total += next
	}
	if used > 1 {
		up.Events = make([]cluster.Event, 0, total)
		for _, p := range pending[:used] {
			up.Events = append(up.Events, p.Events...)
		}
	}
	return up, used
}
