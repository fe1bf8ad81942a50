package simnodes

import (
	"context"
	"fmt"
	"net/http"
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

// Config is the configuration of Nodes. Clock is required.
type Config struct {
	Seed uint64
	// Peers are host:port of each node, as a client names it. Nothing listens there.
	Peers []string
	Clock func() int64 // in microseconds since the epoch
	// Lacks is called for a mode that is chosen and whose protocol is not part of this
	// program. It must not call a method of the Nodes. It may be nil.
	Lacks func(cluster.Mode)
	// Began is the time of Clock at the beginning; 0: it is asked. A repetition has the time
	// of the run that it repeats.
	Began int64
}

// Nodes are simulated nodes. Its methods are safe for concurrent use.
type Nodes struct {
	cfg   Config
	hooks stage.Hooks
	began int64

	applying sync.Mutex // settings reach the cluster in the order in which they were made

	mu        sync.Mutex
	cluster   *simulated.Cluster
	actions   []simulated.Action // of the present epoch
	coming    []simulated.Action // of the run that is repeated
	waiting   map[waiter]chan cluster.Reply
	processes []*process     // node i at i-1
	apis      []http.Handler // node i at i-1, of the present epoch
	turns     uint64         // counts the requests
	changed   chan struct{}  // closed and replaced when a node is thawed
	wake      chan struct{}  // has a token when something new may be due
	end       context.CancelFunc
	ended     chan struct{}
}

// waiter is a client that waits for a reply.
type waiter struct {
	node cluster.NodeID
	op   cluster.OpID
	turn uint64 // tells two clients of one operation apart
}

// process is one process of a node.
type process struct {
	gone chan struct{} // closed when it is killed
}

// New returns nodes that do not run. Start starts them. Close must follow.
func New(cfg Config, hooks stage.Hooks) *Nodes {
	ctx, end := context.WithCancel(context.Background())
	n := &Nodes{
		cfg: cfg, hooks: hooks, began: cfg.Began, waiting: make(map[waiter]chan cluster.Reply),
		processes: make([]*process, len(cfg.Peers)), apis: make([]http.Handler, len(cfg.Peers)),
		changed: make(chan struct{}), wake: make(chan struct{}, 1), end: end, ended: make(chan struct{}),
	}
	if n.began == 0 {
		n.began = cfg.Clock()
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
		if len(n.actions) > 0 { // else the clock of the cluster must stay at its beginning
			n.repeatLocked(now)
			n.cluster.Advance(now)
		}
		next, ok := n.nextLocked()
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
	if len(n.coming) > 0 {
		return fmt.Errorf("%w: the run of a link is repeated", cluster.ErrNotNow)
	}
	a.At = n.cfg.Clock() - n.began
	err := n.cluster.Do(a)
	if err == nil {
		n.keepLocked(a)
	}
	n.wakeUp()
	return err
}

// wakeUp lets run look for what is due.
func (n *Nodes) wakeUp() {
	select {
	case n.wake <- struct{}{}:
	default:
	}
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
	if err := protocol(e.Mode, n.cfg.Lacks); err != nil {
		return err
	}
	settings := n.settings()
	n.mu.Lock()
	err := n.doLocked(simulated.Action{Do: simulated.DoEpoch, Epoch: &e, Settings: settings})
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

// protocol returns cluster.ErrNotNow for a mode whose protocol is not part of this
// program, and calls lacks.
func protocol(mode cluster.Mode, lacks func(cluster.Mode)) error {
	if modes.Of(mode).New != nil {
		return nil
	}
	if lacks != nil {
		lacks(mode)
	}
	return fmt.Errorf("%w: this program has no protocol of the mode %s", cluster.ErrNotNow, mode)
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
	if n.Repeats() {
		return nil // a rule has called, and the run has its action
	}
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
	if n.Repeats() {
		return nil // a rule has called, and the run has its action
	}
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
	n.thawedLocked()
	return nil
}

// thawedLocked wakes the calls that wait for a frozen node.
func (n *Nodes) thawedLocked() {
	close(n.changed)
	n.changed = make(chan struct{})
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
	_ = n.do(simulated.Action{Do: simulated.DoSettings, Settings: n.settings()}) // a repetition has its own settings
}

// settings returns the latest settings of all nodes.
func (n *Nodes) settings() (all []link.Settings) {
	for _, id := range n.ids() {
		all = append(all, n.hooks.Settings(id))
	}
	return all
}

// Publish publishes events that no node makes.
func (n *Nodes) Publish(events ...cluster.Event) {
	if n.do(simulated.Action{Do: simulated.DoPublish, Events: events}) != nil {
		n.hooks.Collect.Publish(events...) // during a repetition: they are not part of the run
	}
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
	n.liveLocked(id)
	return n.doLocked(simulated.Action{Do: simulated.DoStart, Node: id})
}

// liveLocked lets calls reach a node.
func (n *Nodes) liveLocked(id cluster.NodeID) {
	if n.processes[id-1] == nil {
		n.processes[id-1] = &process{gone: make(chan struct{})}
	}
}

// killed ends the calls that wait for a node, and begins no new one until it starts.
func (n *Nodes) killed(id cluster.NodeID) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.killedLocked(id)
}

func (n *Nodes) killedLocked(id cluster.NodeID) {
	if one := n.processes[id-1]; one != nil {
		close(one.gone)
		n.processes[id-1] = nil
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
