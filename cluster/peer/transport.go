package peer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"capplayground/cluster"
)

// Path is the path at which a node accepts the streams of its peers.
const Path = "/peer"

// Protocol is the value of the Upgrade header. Its number changes when the format of the
// frames changes.
const Protocol = "cap-peer/2"

// Bounds, and durations in real time.
const (
	// MaxFrame is the longest frame of a message, in bytes.
	MaxFrame = 64 << 20
	// MaxQueue and MaxQueueBytes bound the messages that wait for one peer. A message of
	// more than MaxQueueBytes may wait alone.
	MaxQueue      = 4096
	MaxQueueBytes = 16 << 20

	window      = 48 << 10 // bytes under way that a peer has not taken: less than the smallest TCP window
	ackEvery    = 24 << 10 // bytes after which a receiver reports how many it has taken
	receiveBuf  = 256 << 10
	userTimeout = time.Second     // how long written bytes may stay unacknowledged by the peer's kernel
	largeWait   = 5 * time.Minute // userTimeout while a message larger than the window is under way
	dialTimeout = time.Second     // how long a SYN may stay unanswered
	startGrace  = time.Second     // time in which peers need not listen yet, because all nodes start together
	minBackoff  = 20 * time.Millisecond
	maxBackoff  = 250 * time.Millisecond
)

// Config is what a Transport needs. All fields but Token and Log are required.
type Config struct {
	ID          cluster.NodeID
	Addrs       map[cluster.NodeID]string // host:port of every node, this node included
	Mode        cluster.Mode
	Epoch       int
	Incarnation string // of this process
	Token       string // that peers must send; "": none

	// Take is called with the messages of each stream in their order, with all that have
	// arrived at a time. It may block; then that stream waits. It must not keep the slice.
	Take func([]cluster.Message)
	// Lost is called with each message that could not be handed over. It must not call the
	// Transport.
	Lost func(m cluster.Message, why string)
	// Ended is called at both ends of each stream that has ended.
	Ended func(Ended)
	Log   *slog.Logger
}

// Ended is what one end of a stream knows when it ends.
type Ended struct {
	ID          string // of the stream, the same at both ends
	From, To    cluster.NodeID
	First, Last string // IDs of messages: those written, if From reports; those taken, if To reports
}

// Transport keeps a stream to each peer. Its methods are safe for concurrent
// use.
type Transport struct {
	cfg     Config
	senders map[cluster.NodeID]*sender

	mu      sync.Mutex
	stopped bool
	streams map[net.Conn]struct{} // the streams that peers have opened
	readers sync.WaitGroup
}

// errBadConfig means a mistake in this program, not a mistake of its user.
var errBadConfig = errors.New("peer: incomplete configuration")

// New returns a Transport that accepts streams and queues messages. It dials only while
// Run runs.
func New(cfg Config) (*Transport, error) {
	if cfg.Addrs[cfg.ID] == "" || cfg.Take == nil || cfg.Lost == nil || cfg.Ended == nil || cfg.Incarnation == "" {
		return nil, errBadConfig
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	t := &Transport{cfg: cfg, senders: make(map[cluster.NodeID]*sender), streams: make(map[net.Conn]struct{})}
	local, err := localAddr(cfg.Addrs[cfg.ID])
	if err != nil {
		return nil, err
	}
	for id, addr := range cfg.Addrs {
		if id != cfg.ID {
			t.senders[id] = newSender(&t.cfg, id, addr, local)
		}
	}
	return t, nil
}

// localAddr is the address from which this node dials: its own address, so that a packet
// filter on that address matches all its messages.
func localAddr(addr string) (*net.TCPAddr, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("own address %q: %w", addr, err)
	}
	ip := net.ParseIP(host)
	if ip == nil || ip.IsUnspecified() {
		return nil, nil
	}
	return &net.TCPAddr{IP: ip}, nil
}

// Run keeps a stream to each peer until ctx ends. It returns when all streams are closed.
func (t *Transport) Run(ctx context.Context) {
	var running sync.WaitGroup
	for _, s := range t.senders {
		running.Go(func() { s.run(ctx) })
	}
	<-ctx.Done()
	t.mu.Lock()
	t.stopped = true
	for c := range t.streams {
		_ = c.Close()
	}
	t.mu.Unlock()
	running.Wait()
	t.readers.Wait()
}

// Send queues messages for their peers, writes as much as the sockets take at once, and
// never blocks. A message is lost if the queue is full, or if its receiver is not a peer.
func (t *Transport) Send(messages []cluster.Message) {
	for _, m := range messages {
		s := t.senders[m.To]
		switch {
		case s == nil:
			t.cfg.Lost(m, cluster.WhyRefused)
		case !s.put(m):
			t.cfg.Lost(m, cluster.WhyOverflow)
		}
	}
	for _, m := range messages {
		if s := t.senders[m.To]; s != nil {
			s.writeQueued()
		}
	}
}

// Handler accepts the streams of peers. It must be mounted at Path.
func (t *Transport) Handler() http.Handler { return http.HandlerFunc(t.serve) }
