package launch

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"capplayground/cluster"
	"capplayground/cluster/link"
)

// Config holds the program to launch and the functions that receive the nodes' events.
type Config struct {
	// Program is the executable that is run for each node; "" means this program.
	Program string
	// Args are the arguments before the node's number; nil means {"node"}.
	Args []string
	// Env is added to the environment of this process.
	Env []string
	// Peers holds host:port of every node, in the order of their numbers.
	Peers []string
	// Dir is the directory of the databases, as in Dir/ca/3/node3.db. It must exist,
	// and no other program may use it.
	Dir string
	// Durability is "disk" or "process"; "" means "disk".
	Durability string
	// Token must be in every call to a node; "" means that no token is needed.
	Token string
	// Attach: the launcher starts no process. All nodes are started by hand
	// (Launcher.Attach).
	Attach bool
	// NoSignals lets nodes freeze themselves on command, as on systems without
	// SIGSTOP. Only tests set it.
	NoSignals bool
	// Bug plants a known mistake in every node. Only tests set it.
	Bug string
	// Clock is the cluster's clock, in microseconds since the Unix epoch; nil means
	// cluster.Steady.
	Clock func() int64
	// Settings returns the latest settings of a node. It is called each time that
	// settings are written to the node.
	Settings func(cluster.NodeID) link.Settings
	// Publish receives the events of the nodes and the launcher's status events. It
	// must not block. The events of one node come in their order.
	Publish func(...cluster.Event)
	// Ordered returns a channel that is closed when all events that were published for
	// a node are part of what the playground shows. A verb waits for it before it
	// returns, so that its caller sees its effect. nil: a verb does not wait.
	Ordered func(cluster.NodeID) <-chan struct{}
	// StreamEnded receives a node's report about the end of a stream. It must not block.
	// nil: the reports are discarded.
	StreamEnded func(cluster.NodeID, link.Stream)
	// UnderWay receives a node's answer to AskUnderWay, with the round of that call. It
	// must not block. nil: the answers are discarded.
	UnderWay func(cluster.NodeID, uint64, link.UnderWay)
	// CatchUp receives the pace of a node that was started by hand, before the
	// settings are written to that node. It reports whether this pace changed the
	// settings of all nodes. nil: the pace never changes them.
	CatchUp func(cluster.Pace) bool
	// Log receives the nodes' lines on stderr, one at a time. It must not block.
	// nil: the lines are discarded.
	Log io.Writer
}

// Launcher runs the nodes. Its methods may be called at the same time. Calls that
// start, kill, freeze, thaw or wipe the same node run one after another.
type Launcher struct {
	cfg   Config
	spawn *spawner
	slots []*slot     // by number, from 1: slots[0] is nil
	self  os.FileInfo // the file of this program; nil: the nodes run another program

	databases *databases

	mu    sync.Mutex
	epoch cluster.Epoch
	log   sync.Mutex
}

// New prepares the launcher. Start launches the nodes.
func New(cfg Config) (*Launcher, error) {
	if len(cfg.Peers) == 0 || len(cfg.Peers) > cluster.MaxNodes {
		return nil, fmt.Errorf("launch: %d nodes (want 1 to %d)", len(cfg.Peers), cluster.MaxNodes)
	}
	var self os.FileInfo
	if cfg.Program == "" {
		var err error
		if cfg.Program, err = os.Executable(); err == nil {
			self, err = os.Stat(cfg.Program)
		}
		if err != nil {
			return nil, fmt.Errorf("launch: %w", err)
		}
	}
	if cfg.Args == nil {
		cfg.Args = []string{"node"}
	}
	if cfg.Durability == "" {
		cfg.Durability = "disk"
	}
	if cfg.Clock == nil {
		cfg.Clock = cluster.Steady(0)
	}
	if cfg.Log == nil {
		cfg.Log = io.Discard
	}
	if cfg.StreamEnded == nil {
		cfg.StreamEnded = func(cluster.NodeID, link.Stream) {}
	}
	if cfg.UnderWay == nil {
		cfg.UnderWay = func(cluster.NodeID, uint64, link.UnderWay) {}
	}
	if cfg.CatchUp == nil {
		cfg.CatchUp = func(cluster.Pace) bool { return false }
	}
	databases, err := openDatabases(cfg.Dir)
	if err != nil {
		return nil, err
	}
	l := &Launcher{cfg: cfg, spawn: newSpawner(), self: self, databases: databases, slots: make([]*slot, len(cfg.Peers)+1)}
	for i := range cfg.Peers {
		l.slots[i+1] = newSlot(l, cluster.NodeID(i+1))
	}
	return l, nil
}

// Start launches every node for the first epoch, on the databases that the
// directory holds for the epoch's mode. It returns when all nodes serve.
func (l *Launcher) Start(ctx context.Context, e cluster.Epoch) error {
	l.setEpoch(e)
	if l.cfg.Attach {
		for _, s := range l.slots[1:] {
			l.cfg.Publish(s.event(false))
		}
		return nil
	}
	return l.eachSlot(ctx, (*slot).start)
}

// Switch kills every node, empties the databases of the new epoch's mode, and
// starts all nodes again. It calls between when no node runs and all events of
// the old epoch have been published. It returns when all nodes serve.
func (l *Launcher) Switch(ctx context.Context, e cluster.Epoch, between func()) error {
	for _, s := range l.slots[1:] {
		if err := s.lock(ctx); err != nil {
			return err
		}
		defer s.unlock()
	}
	if err := l.CanSwitch(); err != nil {
		return err
	}
	if err := l.databases.check(e.Mode); err != nil {
		return fmt.Errorf("%w: %w", cluster.ErrNotNow, err)
	}
	if err := l.eachSlot(ctx, (*slot).kill); err != nil {
		return err
	}
	l.setEpoch(e)
	if err := l.databases.empty(e.Mode); err != nil {
		return err
	}
	for _, s := range l.slots[1:] {
		s.remember("")
	}
	between()
	return l.eachSlot(ctx, (*slot).start)
}

// CanSwitch returns ErrNotNow if a node could not start again after a kill. That is
// so if a node was started by hand, or if the program or the directory of the
// databases is gone.
func (l *Launcher) CanSwitch() error {
	for _, s := range l.slots[1:] {
		if p := s.running(); l.cfg.Attach || p != nil && p.byHand() {
			return fmt.Errorf("%w: node %d cannot start again: %w", cluster.ErrNotNow, s.id.NodeID, errByHand)
		}
	}
	return l.canStart()
}

// Kill ends a node with SIGKILL. The node may be frozen. A node that was started by hand
// ends itself if it was started with --killable; else the error is ErrNotNow.
func (l *Launcher) Kill(ctx context.Context, id cluster.NodeID) error {
	return l.withSlot(ctx, id, func(s *slot, ctx context.Context) error {
		if p := s.running(); p != nil && p.byHand() {
			return p.killByHand(ctx)
		}
		return s.kill(ctx)
	})
}

// Restart starts a node on the database that it had. A node that runs is killed
// first.
func (l *Launcher) Restart(ctx context.Context, id cluster.NodeID) error {
	return l.withSlot(ctx, id, (*slot).restart)
}

// Freeze stops a node. For a killed node it returns ErrNotNow.
func (l *Launcher) Freeze(ctx context.Context, id cluster.NodeID) error {
	return l.withSlot(ctx, id, (*slot).freeze)
}

// Thaw ends the freeze of a node, which then has the latest settings. For a killed
// node it returns ErrNotNow.
func (l *Launcher) Thaw(ctx context.Context, id cluster.NodeID) error {
	return l.withSlot(ctx, id, (*slot).thaw)
}

// Wipe starts a node again with an empty disk. It calls between while the node
// does not run.
func (l *Launcher) Wipe(ctx context.Context, id cluster.NodeID, between func()) error {
	return l.withSlot(ctx, id, func(s *slot, ctx context.Context) error {
		mode := l.Epoch().Mode
		if err := l.canStart(); err != nil {
			return err
		}
		if err := l.databases.check(mode); err != nil {
			return fmt.Errorf("%w: %w", cluster.ErrNotNow, err)
		}
		if err := s.kill(ctx); err != nil {
			return err
		}
		if err := l.databases.emptyNode(mode, id); err != nil {
			return err
		}
		s.remember("")
		between()
		return s.start(ctx)
	})
}

// Handle delivers, drops or duplicates (link.DoDeliver and so on) a message in a
// node's inbox. It returns ErrNotNow for a node that is killed, frozen or
// silent, and ErrNoSuchMessage if the message is not in the inbox.
func (l *Launcher) Handle(ctx context.Context, id cluster.NodeID, do, msg string) error {
	return l.command(ctx, id, link.Command{Do: do, Msg: msg})
}

// Fire makes a timer of a node fire now. It returns ErrNotNow for a node that is
// killed, frozen or silent, and ErrNoSuchTimer if no such timer is set.
func (l *Launcher) Fire(ctx context.Context, id cluster.NodeID, timer string) error {
	return l.command(ctx, id, link.Command{Do: link.DoFire, Timer: timer})
}

func (l *Launcher) command(ctx context.Context, id cluster.NodeID, c link.Command) error {
	s, err := l.slot(id)
	if err != nil {
		return err
	}
	p := s.running()
	if p == nil || s.frozen() {
		return fmt.Errorf("%w: node %d is %s", cluster.ErrNotNow, id, s.status())
	}
	return p.command(ctx, c)
}

// Apply sends the latest settings to every node. It returns when they hold on all
// nodes that are neither frozen nor silent, or when ctx ends. Frozen and silent
// nodes apply the settings later, before they do anything else.
func (l *Launcher) Apply(ctx context.Context) {
	var all sync.WaitGroup
	for _, s := range l.slots[1:] {
		p := s.running()
		switch {
		case p == nil:
		case s.frozen() || p.linkEnded.Load():
			p.out.queueSettings()
		default:
			all.Go(func() { p.sendSettings(ctx) })
		}
	}
	all.Wait()
}

// AskUnderWay asks every running node for a list (link.UnderWay) of everything that
// has begun on the node and has not ended. lost are the nodes with lost events: it
// asks them to send the events of everything that they hold again. It does not wait:
// Config.UnderWay receives the answers. A frozen node answers after it is thawed.
func (l *Launcher) AskUnderWay(round uint64, lost []cluster.NodeID) {
	for _, s := range l.slots[1:] {
		p := s.running()
		if p == nil {
			continue
		}
		if slices.Contains(lost, s.id.NodeID) {
			p.sendCommand(link.DoTell)
		}
		p.askUnderWay(round)
	}
}

// Epoch returns the present epoch.
func (l *Launcher) Epoch() cluster.Epoch {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.epoch
}

// Close kills every node and returns when all processes are gone.
func (l *Launcher) Close() error {
	err := l.eachSlot(context.Background(), func(s *slot, ctx context.Context) error {
		if err := s.lock(ctx); err != nil {
			return err
		}
		defer s.unlock()
		s.closed = true
		return s.end(ctx)
	})
	l.spawn.close()
	l.databases.close()
	return err
}

func (l *Launcher) setEpoch(e cluster.Epoch) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.epoch = e
}

// slot returns the slot of a node, or ErrNoSuchNode if no node of the cluster has
// that number.
func (l *Launcher) slot(id cluster.NodeID) (*slot, error) {
	if id < 1 || int(id) >= len(l.slots) {
		return nil, fmt.Errorf("%w: %d", cluster.ErrNoSuchNode, id)
	}
	return l.slots[id], nil
}

// withSlot runs a verb on a node while no other verb runs on it. It returns ErrNotNow if
// Switch starts all nodes again before the verb's turn comes: the verb was meant for the
// cluster as it was before.
func (l *Launcher) withSlot(ctx context.Context, id cluster.NodeID, verb func(*slot, context.Context) error) error {
	s, err := l.slot(id)
	if err != nil {
		return err
	}
	epoch := l.Epoch().N
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.unlock()
	if l.Epoch().N != epoch {
		return fmt.Errorf("%w: all nodes were started again while this waited for node %d", cluster.ErrNotNow, id)
	}
	return l.untilShown(ctx, s, verb)
}

// eachSlot runs a verb on all nodes at the same time.
func (l *Launcher) eachSlot(ctx context.Context, verb func(*slot, context.Context) error) error {
	var g errgroup.Group
	for _, s := range l.slots[1:] {
		g.Go(func() error { return l.untilShown(ctx, s, verb) })
	}
	return g.Wait()
}

// untilShown runs a verb and returns when the playground shows its effect.
func (l *Launcher) untilShown(ctx context.Context, s *slot, verb func(*slot, context.Context) error) error {
	if err := verb(s, ctx); err != nil || l.cfg.Ordered == nil {
		return err
	}
	select {
	case <-l.cfg.Ordered(s.id.NodeID):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// logLine writes one line of a node's stderr under its name.
func (l *Launcher) logLine(id cluster.NodeID, line string) {
	l.log.Lock()
	defer l.log.Unlock()
	_, _ = fmt.Fprintf(l.cfg.Log, "%v: %s\n", id, cluster.Visible(line))
}
