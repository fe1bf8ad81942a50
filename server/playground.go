package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"capplayground/cluster"
	"capplayground/cluster/guard"
	"capplayground/cluster/link"
	"capplayground/cluster/modes"
	"capplayground/server/collect"
	"capplayground/server/control"
	"capplayground/server/faults"
	"capplayground/server/launch"
)

// How long a call waits, in real time.
const (
	arriveTimeout = 2 * time.Second  // for a message to reach the inbox of its receiver
	changeTimeout = 20 * time.Second // for nodes to start again
)

// Playground is what can be done to the cluster: the control API without its
// HTTP. Its methods return when it is done.
type Playground struct {
	cfg     Config
	launch  *launch.Launcher
	collect *collect.Collector
	faults  *faults.Faults
	ops     *ops
	load    *load
	judge   *judge
	compare *comparison
	watched func() bool

	change sync.Mutex // held while all nodes change at once
}

var (
	_ control.State    = (*Playground)(nil)
	_ control.Nodes    = (*Playground)(nil)
	_ control.Faults   = (*Playground)(nil)
	_ control.Cluster  = (*Playground)(nil)
	_ control.Messages = (*Playground)(nil)
)

func newPlayground(cfg Config, dir, boot string) (*Playground, error) {
	p := &Playground{cfg: cfg, watched: func() bool { return true }}
	urls := make([]string, len(cfg.Peers))
	for i, peer := range cfg.Peers {
		urls[i] = "http://" + peer
	}
	p.collect = collect.New(collect.Config{
		Boot: boot, URLs: urls, Clock: cfg.Clock, Mode: cfg.Mode, Pace: cluster.LivePace(), Quorum: faults.FitQuorum(len(cfg.Peers)),
		Tap: func(events []cluster.Event) { p.judge.take(events) },
	})
	p.load = newLoad(p, urls, cfg.Token)
	p.judge = newJudge(cfg.Clock, p.elsewhere, p.collect.Publish, func() bool { return p.watched() }, p.load.Running)
	p.compare = &comparison{play: p}
	p.faults = faults.New(len(cfg.Peers), cfg.Clock, p.collect.Publish)
	var err error
	p.launch, err = launch.New(launch.Config{
		Program: cfg.Program, Args: cfg.Args, Peers: cfg.Peers, Dir: dir,
		Durability: cfg.Durability, Token: cfg.Token, Attach: cfg.Attach, Bug: cfg.Bug, Log: cfg.Log, Clock: cfg.Clock, NoSignals: cfg.NoSignals,
		Settings: p.faults.For, Publish: p.collect.Publish, Joined: p.joined,
		Told: func(id cluster.NodeID, s link.Stream) {
			p.collect.StreamEnded(id, collect.Stream{ID: s.ID, From: s.From, To: s.To, First: s.First, Last: s.Last})
		},
	})
	if err != nil {
		p.judge.close()
		p.collect.Close()
		return nil, err
	}
	p.ops = newOps(p, urls, cfg.Token)
	return p, nil
}

func (p *Playground) start(ctx context.Context) error {
	p.change.Lock()
	defer p.change.Unlock()
	return p.launch.Start(ctx, launch.Epoch{N: 1, Mode: p.cfg.Mode})
}

// joined takes virtual time to where a node stands that outlived a playground.
func (p *Playground) joined(h link.Hello) {
	if h.Pace != nil && p.faults.CatchUp(*h.Pace) {
		p.launch.Apply(context.Background())
	}
}

// stopCalls ends what we ourselves ask of the nodes.
func (p *Playground) stopCalls() {
	p.compare.Stop()
	p.load.Stop()
	p.ops.close()
}

func (p *Playground) close() {
	p.stopCalls()
	_ = p.launch.Close()
	p.judge.close()
	p.collect.Close()
}

// elsewhere says whether a node is on another machine, as far as its address
// tells.
func (p *Playground) elsewhere(id cluster.NodeID) bool {
	return id >= 1 && int(id) <= len(p.cfg.Peers) && !guard.Loopback(p.cfg.Peers[id-1])
}

// Kill ends a node's process with SIGKILL.
func (p *Playground) Kill(ctx context.Context, id cluster.NodeID) error {
	return p.launch.Kill(ctx, id)
}

// Restart starts a node on the disk it had, after killing it if it runs.
func (p *Playground) Restart(ctx context.Context, id cluster.NodeID) error {
	return p.launch.Restart(unhurried(ctx), id)
}

// Freeze stops a node's process with SIGSTOP.
func (p *Playground) Freeze(ctx context.Context, id cluster.NodeID) error {
	return p.launch.Freeze(ctx, id)
}

// Unfreeze lets it go on.
func (p *Playground) Unfreeze(ctx context.Context, id cluster.NodeID) error {
	return p.launch.Unfreeze(ctx, id)
}

// Isolate cuts all links of a node.
func (p *Playground) Isolate(ctx context.Context, id cluster.NodeID) error {
	return p.applied(ctx, p.faults.Isolate(id))
}

// Rejoin mends them.
func (p *Playground) Rejoin(ctx context.Context, id cluster.NodeID) error {
	return p.applied(ctx, p.faults.Rejoin(id))
}

// Wipe starts a node with an empty disk. A mode whose promises rest on the disk
// does not allow it.
func (p *Playground) Wipe(ctx context.Context, id cluster.NodeID) error {
	p.change.Lock()
	defer p.change.Unlock()
	if err := p.ops.Check(id); err != nil {
		return err
	}
	if mode := p.launch.Epoch().Mode; modes.Of(mode).Disk {
		can := modes.Where(func(d cluster.Descriptor) bool { return !d.Disk })
		return fmt.Errorf("%w: in %s what a node promised rests on its disk; only %s can do without", cluster.ErrNotNow, mode, can)
	}
	return p.launch.Wipe(unhurried(ctx), id, func() { p.collect.Wiped(id) })
}

// Dump has a node print its database on its screen, and returns it.
func (p *Playground) Dump(ctx context.Context, id cluster.NodeID) (control.Answer, error) {
	return p.ops.screen(ctx, id, "/admin/dump")
}

// Clean has a node push blank lines on its screen.
func (p *Playground) Clean(ctx context.Context, id cluster.NodeID) (control.Answer, error) {
	return p.ops.screen(ctx, id, "/admin/clean")
}

// SetLink sets one direction of one link.
func (p *Playground) SetLink(ctx context.Context, l cluster.Link) (cluster.Link, error) {
	l, err := p.faults.SetLink(l)
	return l, p.applied(ctx, err)
}

// Partition cuts between groups.
func (p *Playground) Partition(ctx context.Context, groups [][]cluster.NodeID) error {
	return p.applied(ctx, p.faults.Partition(groups))
}

// Heal makes all links perfect, ends all rules, and thaws.
func (p *Playground) Heal(ctx context.Context) error {
	p.faults.Heal()
	p.launch.Apply(ctx)
	return p.all(func(id cluster.NodeID) error {
		if err := p.launch.Unfreeze(ctx, id); !errors.Is(err, cluster.ErrNotNow) {
			return err
		}
		return nil // killed: healing starts nothing
	})
}

// Rules are those in force.
func (p *Playground) Rules() []cluster.Rule { return p.faults.Rules() }

// AddRule holds or drops messages from now on.
func (p *Playground) AddRule(ctx context.Context, r cluster.Rule) (cluster.Rule, error) {
	r, err := p.faults.AddRule(r)
	return r, p.applied(ctx, err)
}

// DeleteRule ends that.
func (p *Playground) DeleteRule(ctx context.Context, id string) error {
	return p.applied(ctx, p.faults.DeleteRule(id))
}

// SetPace sets the rate of virtual time.
func (p *Playground) SetPace(ctx context.Context, name string, rate float64) (cluster.Pace, error) {
	pace, err := p.faults.SetPace(name, rate)
	return pace, p.applied(ctx, err)
}

// SetQuorum sets the sizes N, R and W.
func (p *Playground) SetQuorum(ctx context.Context, q cluster.Quorum) error {
	return p.applied(ctx, p.faults.SetQuorum(q))
}

// SetMode starts all nodes again in another mode, their databases empty.
func (p *Playground) SetMode(ctx context.Context, mode cluster.Mode) error {
	if err := p.compare.free(); err != nil {
		return err
	}
	return p.setMode(ctx, mode)
}

func (p *Playground) setMode(ctx context.Context, mode cluster.Mode) error {
	p.change.Lock()
	defer p.change.Unlock()
	return p.switchTo(ctx, mode, false)
}

// Reset is a new beginning in the same mode: no fault, no data, no past.
func (p *Playground) Reset(ctx context.Context) error {
	if err := p.launch.CanSwitch(); err != nil {
		return err
	}
	p.compare.Stop()
	p.change.Lock()
	defer p.change.Unlock()
	p.load.Stop()
	p.faults.Heal()
	if _, err := p.faults.SetPace(cluster.PaceLive, 0); err != nil {
		return err
	}
	return p.switchTo(ctx, p.launch.Epoch().Mode, true)
}

func (p *Playground) switchTo(ctx context.Context, mode cluster.Mode, reset bool) error {
	ctx, cancel := context.WithTimeout(unhurried(ctx), changeTimeout)
	defer cancel()
	next := launch.Epoch{N: p.launch.Epoch().N + 1, Mode: mode}
	return p.launch.Switch(ctx, next, func() { p.collect.Epoch(next.N, next.Mode, reset) })
}

// Handle does something to a message that is under way, at its receiver. Its
// sender tells of a message before it lets it go: whoever acts on that news at
// once may be there before the message, and waits for it.
func (p *Playground) Handle(ctx context.Context, msg string, do control.Handling) error {
	ctx, cancel := context.WithTimeout(ctx, arriveTimeout)
	defer cancel()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for {
		e, ok := p.collect.Message(msg)
		if !ok {
			return fmt.Errorf("%w: %q is not under way", cluster.ErrNoSuchMessage, msg)
		}
		err := p.launch.Command(ctx, e.To, link.Command{Do: string(do), Msg: msg})
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

// Fire has a timer fire now.
func (p *Playground) Fire(ctx context.Context, id cluster.NodeID, timer string) error {
	return p.launch.Command(ctx, id, link.Command{Do: link.DoFire, Timer: timer})
}

// Cluster is what GET /api/cluster answers.
func (p *Playground) Cluster() any {
	return struct {
		collect.Cluster
		Process cluster.Vitals `json:"process"` // ours
	}{p.collect.Cluster(), cluster.ReadVitals()}
}

// Now is the present virtual time.
func (p *Playground) Now() cluster.Time { return p.faults.Now() }

// Inflight is what is under way, and the timers that are set.
func (p *Playground) Inflight() (messages, timers []cluster.Event) { return p.collect.Inflight() }

// Key is what the nodes hold of one key.
func (p *Playground) Key(key string) []cluster.Event { return p.collect.Key(key) }

// Nodes are the cluster's.
func (p *Playground) Nodes() []cluster.NodeID {
	ids := make([]cluster.NodeID, len(p.cfg.Peers))
	for i := range ids {
		ids[i] = cluster.NodeID(i + 1)
	}
	return ids
}

// Mode is the present one.
func (p *Playground) Mode() cluster.Mode { return p.launch.Epoch().Mode }

// Quorum returns the sizes N, R and W.
func (p *Playground) Quorum() cluster.Quorum { return p.faults.Quorum() }

// Record writes all that is retained.
func (p *Playground) Record(w io.Writer) error { return p.collect.Record(w) }

// applied returns when what was changed holds on all nodes that can hear it,
// unless err says that nothing changed.
func (p *Playground) applied(ctx context.Context, err error) error {
	if err == nil {
		p.launch.Apply(ctx)
	}
	return err
}

func (p *Playground) all(do func(cluster.NodeID) error) error {
	var g errgroup.Group
	for _, id := range p.Nodes() {
		g.Go(func() error { return do(id) })
	}
	return g.Wait()
}

// unhurried lets a change that must not stop half-way outlive its caller.
func unhurried(ctx context.Context) context.Context { return context.WithoutCancel(ctx) }
