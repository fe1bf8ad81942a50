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

// helloTimeout bounds how long a stranger may keep a connection before it says
// which node it is, in real time.
const helloTimeout = 5 * time.Second

// Place is where a node that somebody starts by hand belongs, without the
// databases where all nodes are started by hand.
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

// Attach gives a node that somebody started by hand its place in the cluster,
// and returns when the node is dead, or has another link. It returns ErrNotNow
// where the place is taken or the node belongs to another mode, epoch, address
// or database, and closes conn in any case.
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
	p.take(up)
	var both sync.WaitGroup
	stopWatch := make(chan struct{})
	both.Go(p.out.run)
	both.Go(func() { p.watch(stopWatch) })
	p.hear()
	close(stopWatch)
	p.out.close()
	_ = conn.Close()
	both.Wait()
	if p.away() {
		p.slot.empty(p)
	}
	close(p.gone)
	return nil
}

// away waits until a node whose link ended is dead, and returns true; or until
// it is back on another link, or nobody waits any more. One that still listens,
// or of which the network does not tell, is silent meanwhile.
func (p *process) away() (dead bool) {
	select {
	case <-p.left:
		return false
	default:
	}
	p.adrift.Store(true)
	p.slot.update(p, func(st *state) { st.deaf = true })
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		select {
		case <-p.left:
			cancel()
		case <-ctx.Done():
		}
	}()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for refused := 0; refused < 2; {
		if p.slot.knock(ctx) == nobody {
			refused++
		} else {
			refused = 0
		}
		select {
		case <-tick.C:
		case <-p.left:
			return false
		}
	}
	return true
}

// admit puts the node into its slot, if that is free and its own.
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
	if err := l.belongs(s, h); err != nil {
		return nil, err
	}
	if err := s.makeRoom(h); err != nil {
		return nil, err
	}
	if h.Pace != nil && l.cfg.CatchUp(*h.Pace) {
		l.Apply(context.Background())
	}
	p := &process{
		slot: s, pid: h.PID, conn: conn, out: newOutbox(conn, s.latest),
		ready: make(chan struct{}), gone: make(chan struct{}), left: make(chan struct{}),
	}
	s.fill(p)
	p.order(link.DoThaw)
	p.order(link.DoTell)
	return p, nil
}

// belongs says why the node is not the one of this slot, if it is not.
func (l *Launcher) belongs(s *slot, h link.Hello) error {
	e := l.Epoch()
	switch own := l.cfg.Peers[h.Node-1]; {
	case h.Mode != e.Mode || h.Epoch != e.N:
		return fmt.Errorf("%w: it is in mode %s, epoch %d; here it is %s, %d", cluster.ErrNotNow, h.Mode, h.Epoch, e.Mode, e.N)
	case h.Addr != own:
		return fmt.Errorf("%w: node %d is at %s here, not at %s", cluster.ErrNotNow, h.Node, own, h.Addr)
	case modes.Of(e.Mode).Disk && s.disk() != "" && s.disk() != h.Database:
		return fmt.Errorf("%w: node %d has another database here, and in %s what it promised rests on that (name its directory with --data)", cluster.ErrNotNow, h.Node, e.Mode)
	}
	return nil
}

// makeRoom has the same process on an older link, or a dead one of which that
// was not known yet, leave the slot. Any other keeps it.
func (s *slot) makeRoom(h link.Hello) error {
	old := s.running()
	if old == nil {
		return nil
	}
	same := old.pid == h.PID && s.incarnation() == h.Incarnation
	if !old.byHand() || !same && !old.adrift.Load() {
		return fmt.Errorf("%w: node %d runs already", cluster.ErrNotNow, h.Node)
	}
	old.leave()
	if !same {
		s.empty(old)
	}
	return nil
}

// leave has Attach return for a process whose slot is another's.
func (p *process) leave() {
	close(p.left)
	_ = p.conn.Close()
	<-p.gone
}

// order has the node do something that it always can.
func (p *process) order(do string) {
	if _, forget, err := p.out.command(link.Command{Do: do}); err == nil {
		forget()
	}
}

// errByHand says why something cannot be done to a node that we did not start.
var errByHand = errors.New("it was started by hand: do that where it runs")

// byHand says whether somebody else started the process.
func (p *process) byHand() bool { return p.cmd == nil }
