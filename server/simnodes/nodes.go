package simnodes

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"capplayground/cluster"
	"capplayground/cluster/link"
	"capplayground/cluster/modes"
	"capplayground/cluster/nodeapi"
	"capplayground/cluster/simulated"
	"capplayground/server/collect"
	"capplayground/server/stage"
)

// MaxActions bounds the actions that are kept. A run with more cannot be repeated.
const MaxActions = 100_000

// Config is the configuration of Nodes. Clock is required.
type Config struct {
	Seed uint64
	// Peers are host:port of each node, as a client names it. Nothing listens there.
	Peers []string
	Clock func() int64 // in microseconds since the epoch
	// Lacks is called for a mode that is chosen and whose protocol is not part of this
	// program. It must not call a method of the Nodes. It may be nil.
	Lacks func(cluster.Mode)
}

// Nodes are simulated nodes. Its methods are safe for concurrent use.
type Nodes struct {
	cfg   Config
	hooks stage.Hooks
	began int64

	applying sync.Mutex // settings reach the cluster in the order in which they were made

	mu      sync.Mutex
	cluster *simulated.Cluster
	actions []simulated.Action
	waiting map[waiter]chan cluster.Reply
	lives   []*life        // node i at i-1
	apis    []http.Handler // node i at i-1, of the present epoch
	turns   uint64         // counts the requests
	changed chan struct{}  // closed and replaced when a node is thawed
	wake    chan struct{}  // has a token when something new may be due
	end     context.CancelFunc
	ended   chan struct{}
}

// waiter is a client that waits for a reply.
type waiter struct {
	node cluster.NodeID
	op   cluster.OpID
	turn uint64 // tells two clients of one operation apart
}

// life is one process of a node.
type life struct {
	gone chan struct{} // closed when it is killed
}

// New returns nodes that do not run. Start starts them. Close must follow.
func New(cfg Config, hooks stage.Hooks) *Nodes {
	ctx, end := context.WithCancel(context.Background())
	n := &Nodes{
		cfg: cfg, hooks: hooks, began: cfg.Clock(), waiting: make(map[waiter]chan cluster.Reply),
		lives: make([]*life, len(cfg.Peers)), apis: make([]http.Handler, len(cfg.Peers)),
		changed: make(chan struct{}), wake: make(chan struct{}, 1), end: end, ended: make(chan struct{}),
	}
	n.cluster = simulated.New(simulated.Config{
		Seed: cfg.Seed, Nodes: len(cfg.Peers), Began: n.began,
		Events:  func(events []cluster.Event) { hooks.Collect.Publish(events...) },
		Replied: n.replied,
	})
	go n.run(ctx)
	return n
}

// Close ends all nodes.
func (n *Nodes) Close() error {
	n.end()
	<-n.ended
	for _, id := range n.ids() {
		n.killed(id)
	}
	return nil
}

// run carries out what is due, until ctx ends.
func (n *Nodes) run(ctx context.Context) {
	defer close(n.ended)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-n.wake:
		case <-timer.C:
		}
		n.mu.Lock()
		now := n.cfg.Clock()
		n.cluster.Advance(now)
		next, ok := n.cluster.Next()
		n.mu.Unlock()
		if ok {
			timer.Reset(time.Duration(max(0, next-now)) * time.Microsecond)
		}
	}
}

// do carries out an action now, and keeps it.
func (n *Nodes) do(a simulated.Action) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.doLocked(a)
}

// doLocked is do for a caller that holds the lock.
func (n *Nodes) doLocked(a simulated.Action) error {
	a.At = n.cfg.Clock() - n.began
	err := n.cluster.Do(a)
	if err == nil && len(n.actions) < MaxActions {
		n.actions = append(n.actions, a)
	}
	select {
	case n.wake <- struct{}{}:
	default:
	}
	return err
}

// Run is all that is needed to repeat a run: simulated.Config and the actions.
type Run struct {
	Seed    uint64             `json:"seed"`
	Nodes   int                `json:"nodes"`
	Began   int64              `json:"began"` // in microseconds since the epoch
	Actions []simulated.Action `json:"actions"`
}

// Run returns the run so far. ok is false if it has more than MaxActions actions.
func (n *Nodes) Run() (run Run, ok bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	run = Run{Seed: n.cfg.Seed, Nodes: len(n.cfg.Peers), Began: n.began, Actions: slices.Clone(n.actions)}
	return run, len(n.actions) < MaxActions
}

// Seed returns the seed of the run.
func (n *Nodes) Seed() uint64 { return n.cfg.Seed }

// Start starts all nodes for the first epoch.
func (n *Nodes) Start(ctx context.Context, e cluster.Epoch) error {
	return n.Switch(ctx, e, func() {})
}

// Switch kills every node, empties all disks and starts all nodes again. It calls
// between while none runs. For a mode whose protocol is not part of this program it
// changes nothing, and returns cluster.ErrNotNow.
func (n *Nodes) Switch(ctx context.Context, e cluster.Epoch, between func()) error {
	if modes.Of(e.Mode).New == nil {
		if n.cfg.Lacks != nil {
			n.cfg.Lacks(e.Mode)
		}
		return fmt.Errorf("%w: this program has no protocol of the mode %s", cluster.ErrNotNow, e.Mode)
	}
	n.mu.Lock()
	err := n.doLocked(simulated.Action{Do: simulated.DoEpoch, Epoch: &e})
	n.serveLocked(e.Mode)
	n.mu.Unlock()
	for _, id := range n.ids() {
		n.killed(id)
	}
	if err != nil {
		return err
	}
	between()
	n.Apply(ctx)
	for _, id := range n.ids() {
		if err := n.start(id); err != nil {
			return err
		}
	}
	return nil
}

// CanSwitch returns nil: a simulated node can always start again.
func (*Nodes) CanSwitch() error { return nil }

// Epoch returns the present epoch.
func (n *Nodes) Epoch() cluster.Epoch {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.cluster.Epoch()
}

// Kill ends a node. The clients that wait for it learn it at once, as those of a killed
// process do.
func (n *Nodes) Kill(_ context.Context, id cluster.NodeID) error {
	if err := n.do(simulated.Action{Do: simulated.DoKill, Node: id}); err != nil {
		return err
	}
	n.killed(id)
	return nil
}

// Restart starts a node on the disk that it had, after killing it if it runs.
func (n *Nodes) Restart(ctx context.Context, id cluster.NodeID) error {
	if err := n.Kill(ctx, id); err != nil {
		return err
	}
	n.Apply(ctx)
	return n.start(id)
}

// Wipe starts a node again with an empty disk, and calls between while it does not run.
func (n *Nodes) Wipe(ctx context.Context, id cluster.NodeID, between func()) error {
	if err := n.Kill(ctx, id); err != nil {
		return err
	}
	if err := n.do(simulated.Action{Do: simulated.DoWipe, Node: id}); err != nil {
		return err
	}
	between()
	n.Apply(ctx)
	return n.start(id)
}

// Freeze lets a node stand still.
func (n *Nodes) Freeze(_ context.Context, id cluster.NodeID) error {
	return n.do(simulated.Action{Do: simulated.DoFreeze, Node: id})
}

// Thaw lets a frozen node go on with the latest settings.
func (n *Nodes) Thaw(ctx context.Context, id cluster.NodeID) error {
	n.Apply(ctx)
	n.mu.Lock()
	defer n.mu.Unlock()
	if err := n.doLocked(simulated.Action{Do: simulated.DoThaw, Node: id}); err != nil {
		return err
	}
	close(n.changed)
	n.changed = make(chan struct{})
	return nil
}

// Handle delivers, drops or duplicates a message in a node's inbox.
func (n *Nodes) Handle(_ context.Context, id cluster.NodeID, do, msg string) error {
	return n.do(simulated.Action{Do: do, Node: id, Msg: msg})
}

// Fire lets a timer of a node fire now.
func (n *Nodes) Fire(_ context.Context, id cluster.NodeID, timer string) error {
	return n.do(simulated.Action{Do: simulated.DoFire, Node: id, Timer: timer})
}

// Apply gives the latest settings to all nodes. A frozen node takes them when it thaws.
func (n *Nodes) Apply(context.Context) {
	n.applying.Lock()
	defer n.applying.Unlock()
	a := simulated.Action{Do: simulated.DoSettings}
	for _, id := range n.ids() {
		a.Settings = append(a.Settings, n.hooks.Settings(id))
	}
	_ = n.do(a) // it is for no single node, so it has no error
}

// AskUnderWay gives the collector the list of all that is under way at each node. The
// events of a simulated node are never lost, so nothing has to be sent again.
func (n *Nodes) AskUnderWay(round uint64, _ []cluster.NodeID) {
	lists := make(map[cluster.NodeID]link.UnderWay)
	n.mu.Lock()
	for _, id := range n.ids() {
		if status, _ := n.cluster.Status(id); status == cluster.StatusUp {
			lists[id] = n.cluster.UnderWay(id)
		}
	}
	n.mu.Unlock()
	for id, u := range lists {
		n.hooks.Collect.Listed(id, collect.Listing{Round: round, Messages: u.Messages, Received: u.Received, Ops: u.Ops, Timers: u.Timers})
	}
}

// start starts a node.
func (n *Nodes) start(id cluster.NodeID) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.lives[id-1] == nil {
		n.lives[id-1] = &life{gone: make(chan struct{})}
	}
	return n.doLocked(simulated.Action{Do: simulated.DoStart, Node: id})
}

// killed ends the calls that wait for a node, and begins no new one until it starts.
func (n *Nodes) killed(id cluster.NodeID) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if one := n.lives[id-1]; one != nil {
		close(one.gone)
		n.lives[id-1] = nil
	}
	for w := range n.waiting {
		if w.node == id {
			delete(n.waiting, w)
		}
	}
}

func (n *Nodes) ids() []cluster.NodeID {
	ids := make([]cluster.NodeID, len(n.cfg.Peers))
	for i := range ids {
		ids[i] = cluster.NodeID(i + 1)
	}
	return ids
}

// serveLocked makes the REST APIs of an epoch. The lock is held.
func (n *Nodes) serveLocked(mode cluster.Mode) {
	for i, peer := range n.cfg.Peers {
		id := cluster.NodeID(i + 1)
		n.apis[i] = nodeapi.New(nodeapi.Config{ID: id, Mode: mode, SysID: fmt.Sprint(3000 + i + 1), Node: &api{n, id}, Hosts: []string{peer}})
	}
}
