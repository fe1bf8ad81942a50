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

// Path is where a node takes its peers' streams.
const Path = "/peer"

// Protocol is what the Upgrade header asks for. Its number changes with the frames.
const Protocol = "cap-peer/2"

// Bounds, and times in real time.
const (
	// MaxFrame is the longest frame of a message, in bytes.
	MaxFrame = 8 << 20
	// MaxQueue and MaxQueueBytes bound the messages that wait for one peer.
	MaxQueue      = 4096
	MaxQueueBytes = 16 << 20

	window      = 48 << 10 // bytes under way that a peer has not taken in: less than the smallest TCP window
	ackEvery    = 8 << 10  // bytes after which a receiver says how many it took in
	receiveBuf  = 256 << 10
	userTimeout = time.Second     // how long written bytes may stay unacknowledged by the peer's kernel
	largeWait   = 5 * time.Minute // the same while a message larger than the window is under way
	dialTimeout = time.Second     // how long a SYN may stay unanswered
	startGrace  = time.Second     // in which peers may not listen yet, because all nodes start together
	minBackoff  = 20 * time.Millisecond
	maxBackoff  = 250 * time.Millisecond
)

// Config is what a Transport needs; all fields but Token and Log are required.
type Config struct {
	ID          cluster.NodeID
	Addrs       map[cluster.NodeID]string // host:port of every node, this one's included
	Mode        cluster.Mode
	Epoch       int
	Incarnation string // of this process
	Token       string // that peers must send; "" for none

	// Take is called with the messages of each stream in their order. It may
	// block; then that stream waits.
	Take func(cluster.Message)
	// Lost is called with each message that could not be handed over.
	Lost func(m cluster.Message, why string)
	// Ended is called at both ends of each stream that has ended.
	Ended func(Ended)
	Log   *slog.Logger
}

// Ended is what one end of a stream knows when it ends.
type Ended struct {
	ID          string // of the stream, the same at both ends
	From, To    cluster.NodeID
	First, Last string // IDs of messages: written, at From; taken in, at To
}

// Transport keeps a stream to each peer. Its methods are safe for concurrent
// use.
type Transport struct {
	cfg     Config
	senders map[cluster.NodeID]*sender

	mu      sync.Mutex
	stopped bool
	streams map[net.Conn]struct{} // those of peers
	readers sync.WaitGroup
}

// errBadConfig is a mistake in this program, not of its user.
var errBadConfig = errors.New("peer: incomplete configuration")

// New returns a Transport that takes streams and queues messages; Run dials.
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

// localAddr is where this node dials from: its own address, so that a packet
// filter on that address catches all its messages.
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

// Run keeps the streams until ctx ends and everything of them is closed.
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

// Send queues messages for their peers, writes as much as the sockets take at once,
// and never blocks. A message that finds no room is lost, and so is one to a node
// that is no peer.
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

// Handler takes the peers' streams; it is to be mounted at Path.
func (t *Transport) Handler() http.Handler { return http.HandlerFunc(t.serve) }
