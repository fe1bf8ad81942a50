package launch

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"capplayground/cluster"
	"capplayground/cluster/link"
)

// helloTimeout bounds how long a stranger may keep a connection before it says
// which node it is, in real time.
const helloTimeout = 5 * time.Second

// Attach gives a node that somebody started by hand its place in the cluster,
// and returns when its link ends; the node is then as good as killed, until it
// is back. It returns ErrNotNow where the place is taken or the node belongs
// to another mode, epoch or address, and closes conn in any case.
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
	p.slot.empty(p)
	close(p.gone)
	return nil
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
	e := l.Epoch()
	switch {
	case s.closed:
		return nil, cluster.ErrStopping
	case s.running() != nil:
		return nil, fmt.Errorf("%w: node %d runs already", cluster.ErrNotNow, h.Node)
	case h.Mode != e.Mode || h.Epoch != e.N:
		return nil, fmt.Errorf("%w: it is in mode %s, epoch %d; here it is %s, %d", cluster.ErrNotNow, h.Mode, h.Epoch, e.Mode, e.N)
	case h.Addr != l.cfg.Peers[h.Node-1]:
		return nil, fmt.Errorf("%w: node %d is at %s here, not at %s", cluster.ErrNotNow, h.Node, l.cfg.Peers[h.Node-1], h.Addr)
	}
	p := &process{
		slot: s, pid: h.PID, conn: conn, out: newOutbox(conn),
		ready: make(chan struct{}), gone: make(chan struct{}),
	}
	s.fill(p)
	p.settings(l.cfg.Settings(h.Node))
	return p, nil
}

// errByHand says why something cannot be done to a node that we did not start.
var errByHand = errors.New("it was started by hand: do that where it runs")

// byHand says whether somebody else started the process.
func (p *process) byHand() bool { return p.cmd == nil }
