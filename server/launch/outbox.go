package launch

import (
	"fmt"
	"sync"

	"capplayground/cluster"
	"capplayground/cluster/link"
)

// maxCommands bounds the commands that wait for one node.
const maxCommands = 256

// outbox holds the messages that are not yet written to a node: the latest
// settings, one ping, and commands. Only run writes to the node, so only its
// goroutine blocks on the pipe of a frozen node.
type outbox struct {
	conn   *link.Conn
	latest func() link.Settings // called at each write, so that older settings never follow newer ones
	wake   chan struct{}

	mu       sync.Mutex
	closed   bool
	stale    bool   // the settings may have changed since they were last written
	pinged   uint64 // the number of the newest ping that was requested
	sent     uint64 // the number of the newest ping that was written
	waiting  map[uint64][]chan struct{}
	commands []link.Command
	ids      uint64
	answers  map[uint64]chan link.Done
	syncs    []link.Sync
}

// newOutbox returns an outbox whose first message is the settings.
func newOutbox(conn *link.Conn, latest func() link.Settings) *outbox {
	o := &outbox{
		conn: conn, latest: latest, wake: make(chan struct{}, 1),
		waiting: make(map[uint64][]chan struct{}), answers: make(map[uint64]chan link.Done),
	}
	o.queueSettings()
	return o
}

// queueSettings requests that run writes the latest settings. It does not wait.
func (o *outbox) queueSettings() {
	o.mu.Lock()
	o.stale = true
	o.mu.Unlock()
	o.wakeWriter()
}

// ping tests whether the node's loop runs. The returned channel is closed when the
// loop has answered a ping that was written after this call.
func (o *outbox) ping() <-chan struct{} {
	answered := make(chan struct{})
	o.mu.Lock()
	if o.pinged == o.sent { // otherwise a requested ping is not yet written, and serves this call too
		o.pinged++
	}
	o.waiting[o.pinged] = append(o.waiting[o.pinged], answered)
	o.mu.Unlock()
	o.wakeWriter()
	return answered
}

// pong closes the channels that wait for ping seq or for an earlier ping.
func (o *outbox) pong(seq uint64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for n, waiters := range o.waiting {
		if n <= seq {
			for _, w := range waiters {
				close(w)
			}
			delete(o.waiting, n)
		}
	}
}

// command queues c. The node's answer comes on the channel. The caller must call
// forget when it no longer waits. The error is ErrNotNow if too many commands
// already wait to be written.
func (o *outbox) command(c link.Command) (answer <-chan link.Done, forget func(), err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.commands) >= maxCommands {
		return nil, nil, fmt.Errorf("%w: too many commands wait for that node", cluster.ErrNotNow)
	}
	o.ids++
	c.ID = o.ids
	ch := make(chan link.Done, 1)
	o.answers[c.ID] = ch
	o.commands = append(o.commands, c)
	o.wakeWriter()
	return ch, func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		delete(o.answers, c.ID)
	}, nil
}

// done passes the node's answer on to the caller of its command.
func (o *outbox) done(d link.Done) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if ch, ok := o.answers[d.ID]; ok {
		ch <- d // does not block: the channel has room for one answer, and a command gets only one
		delete(o.answers, d.ID)
	}
}

// sync answers a node that was stopped and now asks for the latest settings. The
// settings are written first, then the answer.
func (o *outbox) sync(asked link.Sync) {
	o.mu.Lock()
	o.stale = true
	o.syncs = append(o.syncs, asked)
	o.mu.Unlock()
	o.wakeWriter()
}

func (o *outbox) wakeWriter() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

func (o *outbox) close() {
	o.mu.Lock()
	o.closed = true
	o.mu.Unlock()
	o.wakeWriter()
}

// take returns the messages to write now. The settings come first, so that the node
// has the settings that the caller of a command knows when it runs that command.
func (o *outbox) take() (batch []link.Down, open bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.stale {
		o.stale = false
		s := o.latest()
		batch = append(batch, link.Down{Settings: &s})
	}
	for i := range o.syncs {
		batch = append(batch, link.Down{Sync: &o.syncs[i]})
	}
	o.syncs = nil
	for i := range o.commands {
		batch = append(batch, link.Down{Command: &o.commands[i]})
	}
	o.commands = nil
	if o.sent < o.pinged {
		o.sent = o.pinged
		batch = append(batch, link.Down{Ping: &link.Ping{Seq: o.sent}})
	}
	return batch, !o.closed
}

// run writes to the node. It returns after close, or when a write fails.
func (o *outbox) run() {
	for range o.wake {
		batch, open := o.take()
		if !open {
			return
		}
		for _, d := range batch {
			if o.conn.Write(d) != nil {
				return
			}
		}
		if o.conn.Flush() != nil {
			return
		}
	}
}
