package launch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync"
	"time"

	"capplayground/cluster"
	"capplayground/cluster/link"
	"capplayground/cluster/modes"
)

// How long a verb waits for what it asked for, in real time.
const (
	startTimeout  = 15 * time.Second
	signalTimeout = 2 * time.Second
	renewTimeout  = 5 * time.Second // a node that neither answers nor is known to be silent
)

// number is a node's number, which also names its directory.
type number struct{ cluster.NodeID }

func (n number) digit() string { return strconv.Itoa(int(n.NodeID)) }

// slot is one node's place in the cluster, whether a process fills it or not.
type slot struct {
	l    *Launcher
	id   number
	turn chan struct{} // holds a token while a verb is at work

	closed bool // under turn: nothing starts any more

	mu       sync.Mutex
	proc     *process // nil while killed
	state    state
	database string // what the node called its database in this epoch; "" before it said
}

// state is what the stage hears of a node.
type state struct {
	ready       bool
	frozen      bool
	self        bool // frozen by itself, on command, not by a signal
	mute        bool // its loop answers no ping
	deaf        bool // its address answers nobody
	pid         int
	incarnation string
}

// event is what viewers are told of the slot. The lock is held.
func (s *slot) event(alive bool) cluster.Event {
	return cluster.Event{Node: s.id.NodeID, T: s.l.cfg.Clock(), Body: s.told(alive)}
}

func (s *slot) told(alive bool) *cluster.StatusChanged {
	st := s.state
	e := &cluster.StatusChanged{PID: st.pid, Incarnation: st.incarnation, Silent: !st.frozen && (st.mute || st.deaf)}
	switch {
	case !alive:
		e.Status = cluster.StatusKilled
	case st.frozen && st.self:
		e.Status, e.Freeze = cluster.StatusFrozen, "self"
	case st.frozen:
		e.Status, e.Freeze = cluster.StatusFrozen, "signal"
	case st.ready:
		e.Status = cluster.StatusUp
	default:
		e.Status = cluster.StatusStarting
	}
	return e
}

func newSlot(l *Launcher, id cluster.NodeID) *slot {
	return &slot{l: l, id: number{id}, turn: make(chan struct{}, 1)}
}

func (s *slot) lock(ctx context.Context) error {
	select {
	case s.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *slot) unlock() { <-s.turn }

// start begins a process and returns when it serves. One that ends before has
// said why on stderr; the error repeats its last words.
func (s *slot) start(ctx context.Context) error {
	if s.closed {
		return cluster.ErrStopping
	}
	if s.running() != nil {
		return nil
	}
	if s.l.cfg.Attach {
		return fmt.Errorf("%w: node %d: %w", cluster.ErrNotNow, s.id.NodeID, errByHand)
	}
	epoch := s.l.Epoch()
	if err := s.canStart(epoch.Mode); err != nil {
		return err
	}
	dir, err := s.l.databases.make(epoch.Mode, s.id.NodeID)
	if err != nil {
		return err
	}
	p, err := begin(s, epoch, dir)
	if err != nil {
		return fmt.Errorf("launch: start node %d: %w", s.id.NodeID, err)
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	select {
	case <-p.ready:
		return nil
	case <-p.gone:
		return fmt.Errorf("launch: node %d ended at once: %s", s.id.NodeID, p.lastWords())
	case <-ctx.Done():
		return fmt.Errorf("launch: node %d does not come up: %w", s.id.NodeID, ctx.Err())
	}
}

// canStart is ErrNotNow where the node could not start, or must not.
func (s *slot) canStart(m cluster.Mode) error {
	if err := s.l.canStart(); err != nil {
		return err
	}
	return s.keepsPromises(m)
}

// keepsPromises is ErrNotNow where the node had a database that somebody has
// deleted since. Where its promises rest on the disk, a node that forgot would
// break what others acknowledged.
func (s *slot) keepsPromises(m cluster.Mode) error {
	if !modes.Of(m).Disk || s.disk() == "" {
		return nil
	}
	if !s.l.databases.has(m, s.id.NodeID) {
		return fmt.Errorf("%w: the database of node %d was deleted, and in %s what it promised rests on that (a reset empties all of them)", cluster.ErrNotNow, s.id.NodeID, m)
	}
	return nil
}

func (s *slot) kill(ctx context.Context) error {
	p := s.running()
	if p == nil {
		return nil
	}
	if p.byHand() {
		return fmt.Errorf("%w: node %d: %w", cluster.ErrNotNow, s.id.NodeID, errByHand)
	}
	if err := p.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("launch: kill node %d: %w", s.id.NodeID, err)
	}
	select {
	case <-p.gone:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// end is kill for the end of everything; a node that was started by hand only
// loses its link.
func (s *slot) end(ctx context.Context) error {
	p := s.running()
	if p == nil || !p.byHand() {
		return s.kill(ctx)
	}
	p.leave()
	return nil
}

// restart kills nothing where it finds that it could not start again.
func (s *slot) restart(ctx context.Context) error {
	if p := s.running(); p == nil || !p.byHand() {
		if err := s.canStart(s.l.Epoch().Mode); err != nil {
			return err
		}
	}
	if err := s.kill(ctx); err != nil {
		return err
	}
	return s.start(ctx)
}

func (s *slot) freeze(ctx context.Context) error {
	p := s.running()
	switch {
	case p == nil:
		return fmt.Errorf("%w: node %d is killed", cluster.ErrNotNow, s.id.NodeID)
	case s.frozen():
		return nil
	case !canStop || s.l.cfg.NoSignals || p.byHand():
		if err := p.command(ctx, link.Command{Do: link.DoFreeze}); err != nil {
			return err
		}
		s.update(p, func(st *state) { st.frozen, st.self = true, true })
		return nil
	}
	if err := stop(p.cmd.Process); err != nil {
		return s.signalError("freeze", err)
	}
	return p.await(ctx, true)
}

func (s *slot) thaw(ctx context.Context) error {
	p := s.running()
	switch {
	case p == nil:
		return fmt.Errorf("%w: node %d is killed", cluster.ErrNotNow, s.id.NodeID)
	case !s.frozen():
		return nil
	}
	p.out.renew() // in the pipe before the node wakes
	if s.self() {
		if err := p.command(ctx, link.Command{Do: link.DoThaw}); err != nil {
			return err
		}
		s.update(p, func(st *state) { st.frozen, st.self = false, false })
	} else {
		if err := resume(p.cmd.Process); err != nil {
			return s.signalError("thaw", err)
		}
		if err := p.await(ctx, false); err != nil {
			return err
		}
	}
	p.renew(ctx)
	return nil
}

// signalError is ErrNotNow for a process that was reaped, though it may not be
// known to all that it is gone. Its number may be somebody else's by now: os
// sends nothing there.
func (s *slot) signalError(verb string, err error) error {
	if errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("%w: node %d was killed", cluster.ErrNotNow, s.id.NodeID)
	}
	return fmt.Errorf("launch: %s node %d: %w", verb, s.id.NodeID, err)
}

// running is the process in this slot, nil when there is none.
func (s *slot) running() *process {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.proc
}

// listens says whether the loop of p can be expected to hear us.
func (s *slot) listens(p *process) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.proc == p && !s.state.frozen && !s.state.mute
}

// latest is what the node of this slot must know now.
func (s *slot) latest() link.Settings { return s.l.cfg.Settings(s.id.NodeID) }

func (s *slot) frozen() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state.frozen
}

func (s *slot) incarnation() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state.incarnation
}

// disk is what the node of this slot called its database.
func (s *slot) disk() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.database
}

func (s *slot) remember(database string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.database = database
}

func (s *slot) self() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state.self
}

func (s *slot) status() cluster.Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.told(s.proc != nil).Status
}

// fill puts a new process into the slot.
func (s *slot) fill(p *process) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.proc, s.state = p, state{pid: p.pid}
	s.l.cfg.Publish(s.event(true))
}

// empty takes p out of the slot: it is gone, and all it said has been heard.
func (s *slot) empty(p *process) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.proc != p {
		return
	}
	s.proc = nil
	s.state = state{pid: s.state.pid, incarnation: s.state.incarnation}
	s.l.cfg.Publish(s.event(false))
}

// update changes what is known of p, and says so if that is news. Publishing
// under the lock keeps the events in the order of the changes.
func (s *slot) update(p *process, change func(*state)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.proc != p {
		return
	}
	before := s.state
	change(&s.state)
	if s.state != before {
		s.l.cfg.Publish(s.event(true))
	}
}
