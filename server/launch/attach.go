package launch

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"capplayground/cluster"
	"capplayground/cluster/link"
	"capplayground/cluster/modes"
)

// helloTimeout bounds how long a connection may stay open before the node at its
// other end sends its hello, in real time.
const helloTimeout = 5 * time.Second

// killTimeout bounds how long a node that was started by hand may take to end itself.
const killTimeout = 5 * time.Second

// Place returns the mode, epoch, addresses and database directories that a node
// started by hand must have. It returns no directories if all nodes are started by
// hand.
func (l *Launcher) Place() link.Place {
	e := l.Epoch()
	place := link.Place{Mode: e.Mode, Epoch: e.N, Peers: l.cfg.Peers}
	if !l.cfg.Attach {
		for _, s := range l.slots[1:] {
			place.Data = append(place.Data, l.databases.dir(e.Mode, s.id.NodeID))
		}
	}
	return place
}

// Attach puts a node that was started by hand into its slot. It returns when the
// node is dead or has another link. The error is ErrNotNow if another process has
// the slot, or if the node has another mode, epoch, address or database than the
// slot. Attach always closes conn.
func (l *Launcher) Attach(conn *link.Conn) error {
	defer conn.Close()
	late := time.AfterFunc(helloTimeout, func() { _ = conn.Close() })
	up, err := conn.ReadUp()
	late.Stop()
	if err != nil {
		return err
	}
	if up.Hello == nil {
		return fmt.Errorf("%w: a node says hello first", cluster.ErrNotNow)
	}
	p, err := l.admit(conn, *up.Hello)
	if err != nil {
		_ = conn.Send(link.Down{Refused: err.Error()})
		return err
	}
	p.handle(up)
	var both sync.WaitGroup
	stopWatch := make(chan struct{})
	both.Go(p.out.run)
	both.Go(func() { p.watch(stopWatch) })
	p.readMessages(nil)
	close(stopWatch)
	p.out.close()
	_ = conn.Close()
	both.Wait()
	if p.awaitDeath() {
		p.slot.empty(p)
	}
	close(p.gone)
	return nil
}

// awaitDeath waits after the end of a node's link. It returns true when the node is dead:
// it was killed, its address refused two probes in a row, or its host had no address. It
// returns false when another link or process has the slot, or the launcher closes. Until
// then the node is shown as silent.
func (p *process) awaitDeath() (dead bool) {
	if p.killed.Load() {
		return true
	}
	select {
	case <-p.detached:
		return false
	default:
	}
	p.linkEnded.Store(true)
	p.slot.update(p, func(st *state) { st.unreachable = true })
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		select {
		case <-p.detached:
			cancel()
		case <-ctx.Done():
		}
	}()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for refusals := 0; refusals < 2; {
		if p.slot.probe(ctx).isDead() {
			refusals++
		} else {
			refusals = 0
		}
		select {
		case <-tick.C:
		case <-p.detached:
			return false
		}
	}
	return true
}

// admit puts the node of the hello into its slot. The error is ErrNotNow if another
// process runs in that slot, or if the node does not belong to that slot.
func (l *Launcher) admit(conn *link.Conn, h link.Hello) (*process, error) {
	s, err := l.slot(h.Node)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), helloTimeout)
	defer cancel()
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.unlock()
	if s.closed {
		return nil, cluster.ErrStopping
	}
	if err := l.checkPlace(s, h); err != nil {
		return nil, err
	}
	if err := s.makeRoom(h); err != nil {
		return nil, err
	}
	if h.Pace != nil && l.cfg.CatchUp(*h.Pace) {
		l.Apply(context.Background())
	}
	p := &process{
		slot: s, pid: h.PID, conn: conn, out: newOutbox(conn, s.latest), killable: h.Killable,
		ready: make(chan struct{}), gone: make(chan struct{}), detached: make(chan struct{}),
	}
	s.fill(p)
	p.sendCommand(link.DoThaw)
	p.sendCommand(link.DoTell)
	return p, nil
}

// checkPlace returns ErrNotNow, with the reason, for a node that does not belong
// to this slot.
func (l *Launcher) checkPlace(s *slot, h link.Hello) error {
	e := l.Epoch()
	switch own := l.cfg.Peers[h.Node-1]; {
	case h.Mode != e.Mode || h.Epoch != e.N:
		return fmt.Errorf("%w: it is in mode %s, epoch %d; here it is %s, %d", cluster.ErrNotNow, h.Mode, h.Epoch, e.Mode, e.N)
	case h.Addr != own:
		return fmt.Errorf("%w: node %d is at %s here, not at %s", cluster.ErrNotNow, h.Node, own, h.Addr)
	case modes.Of(e.Mode).Disk && s.disk() != "" && s.disk() != h.Database:
		return fmt.Errorf("%w: node %d has another database here, and in %s its promises rest on that database (name its directory with --data)", cluster.ErrNotNow, h.Node, e.Mode)
	}
	return nil
}

// makeRoom removes an older process from the slot. That is the same process on an
// older link, or a process whose link ended and which the new process replaces. It
// returns ErrNotNow if any other process runs in the slot.
func (s *slot) makeRoom(h link.Hello) error {
	old := s.running()
	if old == nil {
		return nil
	}
	same := old.pid == h.PID && s.incarnation() == h.Incarnation
	if !old.byHand() || !same && !old.linkEnded.Load() {
		return fmt.Errorf("%w: node %d runs already", cluster.ErrNotNow, h.Node)
	}
	old.detach()
	if !same {
		s.empty(old)
	}
	return nil
}

// detach ends the Attach of a process that loses its slot. It returns after the
// end of that Attach.
func (p *process) detach() {
	close(p.detached)
	_ = p.conn.Close()
	<-p.gone
}

// sendCommand sends a command that a node can always carry out. It does not wait
// for the answer. It returns false if too many commands already wait to be written.
func (p *process) sendCommand(do string) bool {
	_, forget, err := p.out.command(link.Command{Do: do})
	if err == nil {
		forget()
	}
	return err == nil
}

// killByHand lets a node that was started by hand end itself, and returns when its link has
// ended. The error is ErrNotNow if the node must not be killed, if it has no link, or if it
// does not read its link, as a paused container.
func (p *process) killByHand(ctx context.Context) error {
	id := p.slot.id.NodeID
	switch {
	case !p.killable:
		return fmt.Errorf("%w: node %d: %w (or start it with --killable)", cluster.ErrNotNow, id, errByHand)
	case p.linkEnded.Load():
		return fmt.Errorf("%w: node %d cannot be reached", cluster.ErrNotNow, id)
	}
	p.killed.Store(true)
	p.sendCommand(link.DoKill)
	ctx, cancel := context.WithTimeout(ctx, killTimeout)
	defer cancel()
	select {
	case <-p.gone:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%w: node %d does not answer; it ends when it runs again", cluster.ErrNotNow, id)
	}
}

// errByHand is the reason why a verb cannot act on a process that the launcher
// did not start.
var errByHand = errors.New("it was started by hand: do that where it runs")

// byHand reports whether the process was started by hand, not by the launcher.
func (p *process) byHand() bool { return p.cmd == nil }
