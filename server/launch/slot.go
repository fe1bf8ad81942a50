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

// The limits of how long a verb waits for its effect, in real time. On an idle
// machine a start takes a fraction of a second and a signal takes some milliseconds.
// The limits are much longer, because a process that is not scheduled neither starts
// nor stops.
const (
	startTimeout  = 30 * time.Second
	signalTimeout = 10 * time.Second
	renewTimeout  = 5 * time.Second // for a node that does not answer and is not yet known to be silent
)

// number is a node's number, which also names its directory.
type number struct{ cluster.NodeID }

func (n number) digit() string { return strconv.Itoa(int(n.NodeID)) }

// slot is one node's place in the cluster, with or without a process.
type slot struct {
	l    *Launcher
	id   number
	turn chan struct{} // of capacity 1: full while a verb runs

	closed bool // no process starts any more; changed only by the verb that holds the turn

	mu       sync.Mutex
	proc     *process // nil: the slot is empty
	state    state
	database string // the id of the node's database in this epoch; "" before its hello
}

// state is the part of a slot's state that status events show.
type state struct {
	ready       bool
	frozen      bool
	frozeItself bool // the node froze itself on command, without a signal
	loopSilent  bool // the node's loop does not answer pings
	unreachable bool // the node's address does not answer connections
	pid         int
	incarnation string
}

// event returns the status event of the slot as it is now. The lock is held.
func (s *slot) event(alive bool) cluster.Event {
	return cluster.Event{Node: s.id.NodeID, T: s.l.cfg.Clock(), Body: s.statusNow(alive)}
}

// statusNow returns the body of the status event. The lock is held.
func (s *slot) statusNow(alive bool) *cluster.StatusChanged {
	st := s.state
	e := &cluster.StatusChanged{PID: st.pid, Incarnation: st.incarnation, Silent: !st.frozen && (st.loopSilent || st.unreachable)}
	switch {
	case !alive:
		e.Status = cluster.StatusKilled
	case st.frozen && st.frozeItself:
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

// lock waits until no other verb runs on the slot.
func (s *slot) lock(ctx context.Context) error {
	select {
	case s.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *slot) unlock() { <-s.turn }

// start begins a process and returns when it serves. If the process ends before
// that, the error contains its last lines on stderr.
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
	p, err := startProcess(s, epoch, dir)
	if err != nil {
		return fmt.Errorf("launch: start node %d: %w", s.id.NodeID, err)
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	select {
	case <-p.ready:
		return nil
	case <-p.gone:
		return fmt.Errorf("launch: node %d ended at once: %s", s.id.NodeID, p.lastLines())
	case <-ctx.Done():
		return fmt.Errorf("launch: node %d does not come up: %w", s.id.NodeID, ctx.Err())
	}
}

// canStart returns ErrNotNow if the node could not start, or must not start.
func (s *slot) canStart(m cluster.Mode) error {
	if err := s.l.canStart(); err != nil {
		return err
	}
	return s.keepsPromises(m)
}

// keepsPromises returns ErrNotNow if the mode's promises depend on the disk and the
// node's database was deleted since the node last ran. Without the database the node
// would have lost writes that other nodes acknowledged.
func (s *slot) keepsPromises(m cluster.Mode) error {
	if !modes.Of(m).Disk || s.disk() == "" {
		return nil
	}
	if !s.l.databases.has(m, s.id.NodeID) {
		return fmt.Errorf("%w: the database of node %d was deleted, and in %s its promises rest on that database (a reset empties all of them)", cluster.ErrNotNow, s.id.NodeID, m)
	}
	return nil
}

// kill ends the process with SIGKILL and returns when it was reaped. For a node
// that was started by hand the error is ErrNotNow.
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

// end kills the process at the end of the playground. A node that was started by
// hand only loses its link.
func (s *slot) end(ctx context.Context) error {
	p := s.running()
	if p == nil || !p.byHand() {
		return s.kill(ctx)
	}
	p.detach()
	return nil
}

// restart kills the process and starts it again. It does not kill a process that
// could not start again.
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

// freeze stops the process with SIGSTOP and returns when it is stopped. If the
// system has no such signal, the node freezes itself on command.
func (s *slot) freeze(ctx context.Context) error {
	p := s.running()
	switch {
	case p == nil:
		return fmt.Errorf("%w: node %d is killed", cluster.ErrNotNow, s.id.NodeID)
	case p.obeysSignals():
		if err := stop(p.cmd.Process); err != nil {
			return s.signalError("freeze", err)
		}
		return p.awaitStopped(ctx, true)
	case s.frozen():
		return nil
	}
	if err := p.command(ctx, link.Command{Do: link.DoFreeze}); err != nil {
		return err
	}
	s.update(p, func(st *state) { st.frozen, st.frozeItself = true, true })
	return nil
}

// thaw ends the freeze of a process. It returns when the latest settings hold on
// the node.
func (s *slot) thaw(ctx context.Context) error {
	p := s.running()
	if p == nil {
		return fmt.Errorf("%w: node %d is killed", cluster.ErrNotNow, s.id.NodeID)
	}
	frozen := s.frozen()
	if frozen {
		p.out.queueSettings() // so that the settings are in the pipe before the node runs again
	}
	switch {
	case frozen && s.frozeItself():
		if err := p.command(ctx, link.Command{Do: link.DoThaw}); err != nil {
			return err
		}
		s.update(p, func(st *state) { st.frozen, st.frozeItself = false, false })
	case p.obeysSignals():
		if err := resume(p.cmd.Process); err != nil {
			return s.signalError("thaw", err)
		}
		if err := p.awaitStopped(ctx, false); err != nil {
			return err
		}
	}
	if frozen {
		p.sendSettings(ctx)
	}
	return nil
}

// obeysSignals reports whether this process is frozen and thawed by signals. The
// signal is sent even if the slot already shows the process as frozen, or as running:
// its error shows whether the process was reaped, even before the slot is empty.
func (p *process) obeysSignals() bool {
	return canStop && !p.slot.l.cfg.NoSignals && !p.byHand()
}

// signalError returns ErrNotNow for a process that was reaped. The slot may not be
// empty yet, and another process may already have the same number. os.Process sends
// no signal to that other process.
func (s *slot) signalError(verb string, err error) error {
	if errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("%w: node %d was killed", cluster.ErrNotNow, s.id.NodeID)
	}
	return fmt.Errorf("launch: %s node %d: %w", verb, s.id.NodeID, err)
}

// running returns the process in this slot; nil: the slot is empty.
func (s *slot) running() *process {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.proc
}

// mayAnswer reports whether the loop of p is expected to answer.
func (s *slot) mayAnswer(p *process) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.proc == p && !s.state.frozen && !s.state.loopSilent
}

// latest returns the latest settings of this node.
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

// disk returns the id of the node's database; "" before its first hello.
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

func (s *slot) frozeItself() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state.frozeItself
}

func (s *slot) status() cluster.Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.statusNow(s.proc != nil).Status
}

// fill puts a new process into the slot.
func (s *slot) fill(p *process) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.proc, s.state = p, state{pid: p.pid}
	s.l.cfg.Publish(s.event(true))
}

// empty removes p from the slot. The process must be gone, and its pipe must have
// been read to the end.
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

// update changes the state of p, and publishes the state if it differs from before.
// It publishes under the lock, to keep the events in the order of the changes.
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
