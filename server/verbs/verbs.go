package verbs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"capplayground/cluster"
	"capplayground/cluster/modes"
	"capplayground/server/operation"
	"capplayground/server/workload"
)

// How long a verb waits, in real time.
const (
	arriveTimeout = 2 * time.Second  // for a message to reach the inbox of its receiver
	changeTimeout = 20 * time.Second // for nodes to start again
)

// Nodes are the nodes of the cluster: real processes, or a simulation. A method returns
// when its effect is complete. The errors are cluster.ErrNoSuchNode, and
// cluster.ErrNotNow if the node's present status does not allow the call.
type Nodes interface {
	Kill(context.Context, cluster.NodeID) error
	Restart(context.Context, cluster.NodeID) error
	Freeze(context.Context, cluster.NodeID) error
	Thaw(context.Context, cluster.NodeID) error
	// Wipe starts a node again with an empty disk. It calls between while the node does
	// not run.
	Wipe(ctx context.Context, id cluster.NodeID, between func()) error
	// Handle delivers, drops or duplicates a message in the node's inbox. It returns
	// ErrNoSuchMessage if the message is not in the inbox.
	Handle(ctx context.Context, id cluster.NodeID, do, msg string) error
	// Fire makes a timer fire now. It returns ErrNoSuchTimer if no timer of that name is
	// set.
	Fire(ctx context.Context, id cluster.NodeID, timer string) error
	// Apply sends the newest settings to every node that can receive them.
	Apply(context.Context)
	// Epoch returns the present epoch.
	Epoch() cluster.Epoch
	// Switch starts all nodes with empty databases for a new epoch. It calls between
	// while no node runs.
	Switch(ctx context.Context, e cluster.Epoch, between func()) error
	// CanSwitch returns ErrNotNow if the playground cannot start a node again because the
	// node was started by hand.
	CanSwitch() error
}

// Stage is the state of the cluster as viewers see it.
type Stage interface {
	// Message returns the sent event of a message that is under way.
	Message(msg string) (cluster.Transit, bool)
	Status(cluster.NodeID) cluster.Status
	// Epoch begins a new epoch; a reset forgets the past as well.
	Epoch(n int, mode cluster.Mode, reset bool)
	// Wiped forgets the keys that a node held.
	Wiped(cluster.NodeID)
}

// Faults are the settings that every node obeys: links, rules, pace and sizes. If a
// setter returns an error, nothing has changed. The error wraps cluster.ErrBadFault or
// cluster.ErrNoSuchNode. Afterwards, Nodes.Apply sends the settings to the nodes.
type Faults interface {
	Isolate(cluster.NodeID) error
	Rejoin(cluster.NodeID) error
	Partition(groups [][]cluster.NodeID) error
	// SetLink returns the settings of the link after the change. They may differ from
	// those that were asked for, because they have bounds.
	SetLink(cluster.Link) (cluster.Link, error)
	// Heal makes every link perfect and ends every rule.
	Heal()
	// Rules returns the rules in force, the oldest first.
	Rules() []cluster.Rule
	// AddRule returns the rule with its new ID.
	AddRule(cluster.Rule) (cluster.Rule, error)
	DeleteRule(id string) error
	// PointFailed informs viewers that a rule could not do what it says to the node that
	// is stopped at its point.
	PointFailed(r cluster.Rule, node cluster.NodeID, err error)
	// SetPace sets the pace. rate is that of slow pace; the other paces have fixed rates.
	SetPace(name string, rate float64) (cluster.Pace, error)
	SetQuorum(cluster.Quorum) error
	// ResetQuorum sets the sizes back to their default.
	ResetQuorum()
	// Elapse returns when this span of virtual time is over, or ctx ends.
	Elapse(context.Context, time.Duration) error
}

// Client makes operations at nodes, as a client of their REST API.
type Client interface {
	// Check returns cluster.ErrNoSuchNode if the cluster has no such node.
	Check(cluster.NodeID) error
	// Start makes an operation in the background.
	Start(operation.Op) (cluster.OpID, error)
	// Do makes an operation and returns its answer.
	Do(context.Context, operation.Op) (cluster.OpID, operation.Answer)
}

// Load is the random traffic of many clients.
type Load interface {
	Start(workload.Load) error
	Stop()
}

// Config is what Verbs stands on. All fields are required.
type Config struct {
	Count int // of nodes
	// Lane says that the cluster is a lane: its mode never changes.
	Lane   bool
	Nodes  Nodes
	Stage  Stage
	Faults Faults
	Client Client
	Load   Load
}

// Verbs carries out verbs. A method returns when its effect is complete. Several
// goroutines may call methods at the same time.
type Verbs struct {
	cfg  Config
	life context.Context // ends with Close, and then ends every change that is under way
	end  context.CancelFunc

	change    chan struct{} // has a token while all nodes are started again
	resetting atomic.Bool   // a reset holds that token

	mu     sync.Mutex
	held   *Hold           // nil while the cluster is free
	acting map[string]bool // the rules whose Then is being carried out, by their ids
}

// New returns verbs for a cluster. Close must follow.
func New(cfg Config) *Verbs {
	life, end := context.WithCancel(context.Background())
	return &Verbs{cfg: cfg, life: life, end: end, change: make(chan struct{}, 1), acting: make(map[string]bool)}
}

// Close ends every change that is under way.
func (v *Verbs) Close() { v.end() }

// IDs returns the numbers of all nodes.
func (v *Verbs) IDs() []cluster.NodeID {
	ids := make([]cluster.NodeID, v.cfg.Count)
	for i := range ids {
		ids[i] = cluster.NodeID(i + 1)
	}
	return ids
}

// Mode returns the present mode.
func (v *Verbs) Mode() cluster.Mode { return v.cfg.Nodes.Epoch().Mode }

// Kill ends a node's process with SIGKILL.
func (v *Verbs) Kill(ctx context.Context, id cluster.NodeID) error {
	return v.cfg.Nodes.Kill(ctx, id)
}

// Restart starts a node on the disk that it had. If the node runs, it is killed first.
func (v *Verbs) Restart(ctx context.Context, id cluster.NodeID) error {
	ctx, cancel := v.untilClose(ctx)
	defer cancel()
	return v.cfg.Nodes.Restart(ctx, id)
}

// Freeze stops a node's process with SIGSTOP.
func (v *Verbs) Freeze(ctx context.Context, id cluster.NodeID) error {
	return v.cfg.Nodes.Freeze(ctx, id)
}

// Thaw ends the freeze of a node.
func (v *Verbs) Thaw(ctx context.Context, id cluster.NodeID) error {
	return v.cfg.Nodes.Thaw(ctx, id)
}

// Isolate cuts all links of a node.
func (v *Verbs) Isolate(ctx context.Context, id cluster.NodeID) error {
	return v.applied(ctx, v.cfg.Faults.Isolate(id))
}

// Rejoin makes all links of a node perfect.
func (v *Verbs) Rejoin(ctx context.Context, id cluster.NodeID) error {
	return v.applied(ctx, v.cfg.Faults.Rejoin(id))
}

// Wipe starts a node with an empty disk. It is not allowed in a mode whose promises
// depend on the disk.
func (v *Verbs) Wipe(ctx context.Context, id cluster.NodeID) error {
	unlock, err := v.lockChange(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	if err := v.cfg.Client.Check(id); err != nil {
		return err
	}
	if mode := v.Mode(); modes.Of(mode).Disk {
		can := modes.Where(func(d cluster.Descriptor) bool { return !d.Disk })
		return fmt.Errorf("%w: in %s what a node promised rests on its disk; only %s can do without", cluster.ErrNotNow, mode, can)
	}
	ctx, cancel := v.untilClose(ctx)
	defer cancel()
	return v.cfg.Nodes.Wipe(ctx, id, func() { v.cfg.Stage.Wiped(id) })
}

// SetLink sets one direction of one link.
func (v *Verbs) SetLink(ctx context.Context, l cluster.Link) (cluster.Link, error) {
	l, err := v.cfg.Faults.SetLink(l)
	return l, v.applied(ctx, err)
}

// Partition cuts the links between groups.
func (v *Verbs) Partition(ctx context.Context, groups [][]cluster.NodeID) error {
	return v.applied(ctx, v.cfg.Faults.Partition(groups))
}

// Heal makes all links perfect, ends all rules, and thaws every frozen node. It
// starts no node.
func (v *Verbs) Heal(ctx context.Context) error {
	v.cfg.Faults.Heal()
	v.cfg.Nodes.Apply(ctx)
	return v.each(func(id cluster.NodeID) error {
		if err := v.cfg.Nodes.Thaw(ctx, id); !errors.Is(err, cluster.ErrNotNow) {
			return err
		}
		return nil // a killed node stays killed
	})
}

// Recover heals, and starts every killed node.
func (v *Verbs) Recover(ctx context.Context) error {
	if err := v.Heal(ctx); err != nil {
		return err
	}
	return v.each(func(id cluster.NodeID) error {
		if v.cfg.Stage.Status(id) != cluster.StatusKilled {
			return nil
		}
		return v.Restart(ctx, id)
	})
}

// Rules returns the rules in force.
func (v *Verbs) Rules() []cluster.Rule { return v.cfg.Faults.Rules() }

// AddRule puts a rule in force: it holds or drops messages from now on, or acts once
// at a point of the protocol.
func (v *Verbs) AddRule(ctx context.Context, r cluster.Rule) (cluster.Rule, error) {
	if types := modes.Of(v.Mode()).Types; r.When.Type != "" && !slices.Contains(types, r.When.Type) {
		return r, fmt.Errorf("%w: when.type %q (in %s want %s)", cluster.ErrBadFault, r.When.Type, v.Mode(), strings.Join(types, ", "))
	}
	r, err := v.cfg.Faults.AddRule(r)
	return r, v.applied(ctx, err)
}

// DeleteRule ends a rule.
func (v *Verbs) DeleteRule(ctx context.Context, id string) error {
	return v.applied(ctx, v.cfg.Faults.DeleteRule(id))
}

// SetPace sets the rate of virtual time.
func (v *Verbs) SetPace(ctx context.Context, name string, rate float64) (cluster.Pace, error) {
	pace, err := v.cfg.Faults.SetPace(name, rate)
	return pace, v.applied(ctx, err)
}

// SetQuorum sets the sizes N, R and W.
func (v *Verbs) SetQuorum(ctx context.Context, q cluster.Quorum) error {
	return v.applied(ctx, v.cfg.Faults.SetQuorum(q))
}

// SetMode starts all nodes again in another mode with empty databases. It returns
// cluster.ErrNotNow while a Hold lasts.
func (v *Verbs) SetMode(ctx context.Context, mode cluster.Mode) error {
	if modes.Of(mode).Name == "" {
		return fmt.Errorf("%w: %q (want %s)", cluster.ErrUnknownMode, mode, modes.Choice())
	}
	if err := v.checkMode(mode); err != nil {
		return err
	}
	unlock, err := v.lockChange(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	v.mu.Lock()
	err = v.free()
	v.mu.Unlock()
	if err != nil {
		return err
	}
	return v.switchTo(ctx, mode, false) // no Hold begins during the change
}

// Reset starts the same mode again: without faults, load, data and history, at live pace,
// with the default sizes. It ends a Hold.
func (v *Verbs) Reset(ctx context.Context) error { return v.ResetTo(ctx, v.Mode()) }

// ResetTo is Reset to a mode that has a protocol.
func (v *Verbs) ResetTo(ctx context.Context, mode cluster.Mode) error {
	if err := v.checkMode(mode); err != nil {
		return err
	}
	if err := v.cfg.Nodes.CanSwitch(); err != nil {
		return err
	}
	unlock, err := v.lockUnheld(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	v.resetting.Store(true)
	defer v.resetting.Store(false)
	v.cfg.Load.Stop()
	v.cfg.Faults.Heal()
	v.cfg.Faults.ResetQuorum()
	if _, err := v.cfg.Faults.SetPace(cluster.PaceLive, 0); err != nil {
		return err
	}
	return v.switchTo(ctx, mode, true)
}

// Resetting returns cluster.ErrNotNow while a reset is under way. A change that comes then
// was meant for the state before, and would spoil the known state that the reset makes.
func (v *Verbs) Resetting() error {
	if v.resetting.Load() {
		return fmt.Errorf("%w: a reset is under way", cluster.ErrNotNow)
	}
	return nil
}

// checkMode returns cluster.ErrNotNow for a mode that the cluster cannot change to,
// because it is a lane.
func (v *Verbs) checkMode(mode cluster.Mode) error {
	if now := v.Mode(); v.cfg.Lane && mode != now {
		return fmt.Errorf("%w: this lane stays in mode %s", cluster.ErrNotNow, now)
	}
	return nil
}

// switchTo starts a new epoch. The caller has taken the token of v.change.
func (v *Verbs) switchTo(ctx context.Context, mode cluster.Mode, reset bool) error {
	ctx, cancel := v.untilClose(ctx)
	defer cancel()
	ctx, expire := context.WithTimeout(ctx, changeTimeout)
	defer expire()
	next := cluster.Epoch{N: v.cfg.Nodes.Epoch().N + 1, Mode: mode}
	return v.cfg.Nodes.Switch(ctx, next, func() { v.cfg.Stage.Epoch(next.N, next.Mode, reset) })
}

// StartLoad puts random traffic on the nodes, and ends the load before it. It returns
// cluster.ErrNotNow while a Hold lasts.
func (v *Verbs) StartLoad(load workload.Load) error {
	v.mu.Lock()
	defer v.mu.Unlock() // a Hold that begins later finds the load running, and ends it
	if err := v.free(); err != nil {
		return err
	}
	return v.cfg.Load.Start(load)
}

// StopLoad ends the traffic.
func (v *Verbs) StopLoad() { v.cfg.Load.Stop() }

// Handle carries out Deliver, Drop or Duplicate on a message that is under way, in
// the inbox of its receiver. The event of a message comes before the message
// itself, so Handle waits until the message is in the inbox.
func (v *Verbs) Handle(ctx context.Context, msg, do string) error {
	ctx, cancel := context.WithTimeout(ctx, arriveTimeout)
	defer cancel()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for {
		e, ok := v.cfg.Stage.Message(msg)
		if !ok {
			return fmt.Errorf("%w: %q is not under way", cluster.ErrNoSuchMessage, msg)
		}
		err := v.cfg.Nodes.Handle(ctx, e.To, do, msg)
		if !errors.Is(err, cluster.ErrNoSuchMessage) {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: %q has not reached node %d yet", cluster.ErrNotNow, msg, e.To)
		case <-tick.C:
		}
	}
}

// Fire lets a timer of a node fire now.
func (v *Verbs) Fire(ctx context.Context, id cluster.NodeID, timer string) error {
	return v.cfg.Nodes.Fire(ctx, id, timer)
}

// Operate carries out an operation as a client of its node.
func (v *Verbs) Operate(ctx context.Context, op operation.Op) (operation.Answer, error) {
	if err := op.Check(); err != nil {
		return operation.Answer{}, fmt.Errorf("%w: %w", cluster.ErrBadFault, err)
	}
	if err := v.cfg.Client.Check(op.Node); err != nil {
		return operation.Answer{}, err
	}
	_, answer := v.cfg.Client.Do(ctx, op)
	return answer, nil
}

// applied sends changed settings to the nodes, and returns when the nodes use them. If
// err is not nil, nothing has changed, and it returns err.
func (v *Verbs) applied(ctx context.Context, err error) error {
	if err == nil {
		v.cfg.Nodes.Apply(ctx)
	}
	return err
}

// each calls do for all nodes at the same time.
func (v *Verbs) each(do func(cluster.NodeID) error) error {
	var g errgroup.Group
	for _, id := range v.IDs() {
		g.Go(func() error { return do(id) })
	}
	return g.Wait()
}

// untilClose returns a context that ends with Close and not with ctx, for a change that
// must not stop before its end.
func (v *Verbs) untilClose(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(v.life, cancel)
	return ctx, func() { stop(); cancel() }
}

// lockUnheld ends a Hold, and then does the same as lockChange.
func (v *Verbs) lockUnheld(ctx context.Context) (unlock func(), err error) {
	for {
		v.mu.Lock()
		held := v.held
		v.mu.Unlock()
		if held != nil {
			held.end()
		}
		if unlock, err = v.lockChange(ctx); err != nil {
			return nil, err
		}
		v.mu.Lock()
		err = v.free()
		v.mu.Unlock()
		if err == nil {
			return unlock, nil
		}
		unlock()
	}
}

// lockChange waits until no other change of all nodes is under way. No other change
// begins before unlock.
func (v *Verbs) lockChange(ctx context.Context) (unlock func(), err error) {
	select {
	case v.change <- struct{}{}:
		return func() { <-v.change }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-v.life.Done():
		return nil, cluster.ErrStopping
	}
}
