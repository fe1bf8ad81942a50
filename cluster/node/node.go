package node

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"sync"
	"sync/atomic"

	"github.com/google/uuid"

	"capplayground/cluster"
	"capplayground/cluster/driver"
	"capplayground/cluster/link"
	"capplayground/cluster/pace"
	"capplayground/cluster/peer"
)

// Node is a machine with its driver, a goroutine, a disk, streams to its peers and a link
// to the playground. Its methods are safe for concurrent use.
type Node struct {
	cfg    Config
	clock  *pace.Clock
	mail   *mailbox
	screen *screen
	peers  *peer.Transport
	link   *link.Node // nil for a node without a playground
	ready  atomic.Bool
	ended  chan struct{} // closed when Run returns
}

// New returns a node that has not started. The error wraps ErrConfig.
func New(cfg Config) (*Node, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	n := &Node{
		cfg: cfg, clock: pace.NewClock(cfg.Clock), mail: newMailbox(),
		screen: &screen{out: cfg.Screen}, ended: make(chan struct{}),
	}
	var err error
	n.peers, err = peer.New(peer.Config{
		ID: cfg.ID, Addrs: cfg.Peers, Mode: cfg.Mode, Epoch: cfg.Epoch, Incarnation: cfg.Incarnation, Token: cfg.Token, Log: cfg.Log,
		Take: n.mail.putMessages,
		Lost: func(m cluster.Message, why string) {
			n.mail.put(mail{do: func(l *loop) { l.driver.Lost(m, why, l.now()) }})
		},
		Ended: func(e peer.Ended) { n.mail.put(mail{do: func(l *loop) { l.streamEnded(e) }}) },
	})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	if cfg.Link != nil {
		n.link = link.NewNode(cfg.Link, link.Hello{
			Node: cfg.ID, PID: os.Getpid(), Incarnation: cfg.Incarnation, Database: cfg.Disk.Database(),
			Mode: cfg.Mode, Epoch: cfg.Epoch, Addr: cfg.Peers[cfg.ID],
		})
	}
	return n, nil
}

// Run recovers from the disk, serves until ctx ends, and then returns nil. The error
// wraps that of the disk, or it is link.ErrClosed if the playground that launched this
// node is gone. Then the process must end at once and answer no client. Run is called
// once.
func (n *Node) Run(ctx context.Context) error {
	records, err := n.cfg.Disk.Load()
	if err != nil {
		return fmt.Errorf("reading the database of %v: %w", n.cfg.ID, err)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var running sync.WaitGroup
	running.Go(func() { n.peers.Run(ctx) })
	if n.link != nil {
		running.Go(func() {
			if err := n.link.Run(ctx); err != nil {
				cancel(err)
			}
		})
	}

	err = newLoop(n, records).run(ctx)
	n.ready.Store(false)
	cancel(err)
	for _, m := range n.mail.close() {
		if m.call != nil {
			m.call.fail(cluster.ErrStopping)
		}
	}
	close(n.ended)
	running.Wait()
	if cause := context.Cause(ctx); err == nil && errors.Is(cause, link.ErrClosed) {
		return cause
	}
	return err
}

// newDriver makes the driver of this node.
func (n *Node) newDriver() *driver.Driver {
	watch := driver.WatchScreen
	if n.link != nil {
		watch = driver.WatchAll
	}
	return driver.New(driver.Config{
		ID: n.cfg.ID, Machine: n.cfg.Machine, Watch: watch, Incarnation: n.cfg.Incarnation, Random: rand.Float64, Bug: n.cfg.Bug,
	})
}

// Ready reports whether the node has recovered and serves.
func (n *Node) Ready() bool { return n.ready.Load() }

// Do brings a client's request to the machine and waits for its reply, or for
// the end of ctx. An absent Op becomes a fresh UUID, an absent Deadline the
// operation timeout from when it begins. client names the program that asks
// ("curl", "page", "load"). What a repeated Op means, the package driver says.
//
// The error is ctx's, and then the operation goes on if it was begun; or
// cluster.ErrStopping where it was never begun. How the operation itself ended is
// in Reply.Err.
func (n *Node) Do(ctx context.Context, req cluster.Request, client string) (cluster.Reply, error) {
	if req.Op == "" {
		req.Op = cluster.OpID(uuid.NewString())
	}
	c := &call{ctx: ctx, req: req, client: client, done: make(chan answer, 1)}
	if !n.mail.put(mail{call: c}) {
		return cluster.Reply{Op: req.Op}, cluster.ErrStopping
	}
	select {
	case a := <-c.done:
		return a.reply, a.err
	case <-ctx.Done():
		return cluster.Reply{Op: req.Op}, ctx.Err()
	}
}

// State returns the node's view of itself.
func (n *Node) State(ctx context.Context) (cluster.NodeState, error) {
	s := cluster.NodeState{
		ID: n.cfg.ID, Mode: n.cfg.Mode, Epoch: n.cfg.Epoch, Incarnation: n.cfg.Incarnation,
		Database: n.cfg.Disk.Database(), Linked: n.link != nil && n.link.Connected(), Process: cluster.ReadVitals(),
	}
	err := n.inLoop(ctx, func(l *loop) {
		s.Snapshot = l.driver.Snapshot()
		s.Pace, s.Now = n.clock.Pace(), n.clock.Now()
	})
	if err != nil {
		return cluster.NodeState{}, err
	}
	return s, nil
}

// inLoop runs f in the goroutine of the loop and waits for it. f may run after ctx has
// ended, but it never runs after inLoop has returned nil.
func (n *Node) inLoop(ctx context.Context, f func(*loop)) error {
	done := make(chan struct{})
	if !n.mail.put(mail{do: func(l *loop) { f(l); close(done) }}) {
		return cluster.ErrStopping
	}
	select {
	case <-done:
		return nil
	case <-n.ended:
		return cluster.ErrStopping
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Print writes text on the node's screen, a line for each of its lines.
func (n *Node) Print(text string) {
	n.mail.put(mail{do: func(l *loop) { l.driver.Print(text, l.now()) }})
}

// Dump prints the node's database on its screen and returns it.
func (n *Node) Dump(ctx context.Context) (cluster.Snapshot, error) {
	s, err := n.State(ctx)
	if err == nil {
		n.Print(driver.DumpText(n.cfg.ID, s.Snapshot))
	}
	return s.Snapshot, err
}

// Clean prints so many blank lines that a terminal shows nothing else.
func (n *Node) Clean() { n.Print(driver.Blank) }

// Screen returns the newest lines of the node's screen.
func (n *Node) Screen() []string { return n.screen.all() }

// PeerHandler handles the streams of the other nodes. It belongs at peer.Path.
func (n *Node) PeerHandler() http.Handler { return n.peers.Handler() }

// streamEnded reports to the playground which messages this end of a stream has written
// or received.
func (l *loop) streamEnded(e peer.Ended) {
	l.sendToPlayground(link.Up{Stream: &link.Stream{ID: e.ID, From: e.From, To: e.To, First: e.First, Last: e.Last}})
}
