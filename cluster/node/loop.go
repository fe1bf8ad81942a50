package node

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"capplayground/cluster"
	"capplayground/cluster/driver"
	"capplayground/cluster/link"
)

// maxTurn is the largest number of messages and timers in one turn, so that commands and
// clients do not wait long.
const maxTurn = 256

// loop is the state of a node. Only the goroutine that runs it uses it.
type loop struct {
	*Node
	driver     *driver.Driver
	standstill standstill
	recovered  []cluster.Record // they are nil once the machine has started
	settings   *link.Settings   // the newest; nil before the first
	frozen     bool             // by a command, on systems without SIGSTOP

	waiting map[cluster.OpID][]*call // the callers of the open operations
	held    []*call                  // calls that came while the loop was standing still

	mailed  []mail          // memory for the next mailbox.take
	events  []cluster.Event // events that are not yet written to the link
	answers []link.Up       // to be written after the events of this turn
}

func newLoop(n *Node, records []cluster.Record) *loop {
	return &loop{Node: n, driver: n.newDriver(), recovered: records, waiting: make(map[cluster.OpID][]*call)}
}

// run runs one turn after another. It returns nil when ctx ends, or an error when the
// disk fails.
func (l *loop) run(ctx context.Context) error {
	idle := time.NewTimer(0)
	defer idle.Stop()
	var down <-chan link.Down
	if l.link != nil {
		down = l.link.Down()
	}
	l.standstill.begin(l.link != nil)
	for {
		select {
		case <-ctx.Done():
			l.stop()
			return nil
		case d := <-down:
			l.noticeStandstill()
			l.handleDown(d)
		case <-l.mail.wake:
			runtime.Gosched() // messages that are already in a socket join this turn
			l.noticeStandstill()
		case <-idle.C:
			l.noticeStandstill()
		}
		if err := l.turn(); err != nil {
			l.stop()
			return err
		}
		if len(l.waiting) > 1 {
			yieldProcessor() // what the other nodes answer meanwhile joins the next turn
		}
		idle.Reset(l.maxWait())
	}
}

// turn handles the inputs that have arrived or are due, and carries out the Outputs of
// the machine.
func (l *loop) turn() error {
	l.endStandstill()
	runs := !l.frozen && !l.standstill.isWaiting()
	l.emptyMailbox(runs && l.mayBegin())
	if runs {
		at := l.now()
		if !l.driver.Started() {
			l.start()
		}
		if l.mayBegin() {
			l.beginHeld()
		}
		for n := 0; n < maxTurn && l.driver.Advance(at); n++ {
		}
	}
	return l.carryOut()
}

// mayBegin reports whether operations may begin: the machine has started, and the driver
// is not stopped at the point of a rule.
func (l *loop) mayBegin() bool {
	_, stopped := l.driver.StoppedAt()
	return l.driver.Started() && !stopped
}

// emptyMailbox empties the mailbox. If operations may not begin now, clients' calls are
// kept.
func (l *loop) emptyMailbox(mayBegin bool) {
	l.mailed = l.mail.take(l.mailed)
	at := l.now()
	for i := range l.mailed {
		switch m := &l.mailed[i]; {
		case m.do != nil:
			m.do(l)
		case m.call == nil:
			l.driver.Receive(m.message, at)
		case mayBegin:
			l.beginCall(m.call)
		default:
			l.held = append(l.held, m.call)
		}
	}
}

// start gives the machine the records from the disk.
func (l *loop) start() {
	l.driver.Start(l.recovered, l.now())
	l.recovered = nil
	l.setQuorum()
	l.reportPace()
}

// carryOut carries out the driver's batches in their order, until all effects of this
// turn have left.
func (l *loop) carryOut() error {
	for {
		b := l.driver.Batch(l.now())
		l.letOut(b)
		if len(b.Records) == 0 {
			break
		}
		if err := l.cfg.Disk.Apply(b.Records); err != nil {
			return l.diskFailed(err)
		}
		l.driver.Saved()
	}
	l.writeToLink(false)
	if l.driver.Started() && !l.ready.Load() {
		l.ready.Store(true)
		l.sendToPlayground(link.Up{Ready: &link.Ready{}})
	}
	return nil
}

// letOut lets a batch leave. Its events are written to the link first. If nothing else
// leaves, the events may wait for the end of the turn.
func (l *loop) letOut(b driver.Batch) {
	l.screen.print(b.Screen)
	if len(l.events) == 0 {
		l.events = b.Events
	} else {
		l.events = append(l.events, b.Events...)
	}
	if len(b.Messages) == 0 && len(b.Replies) == 0 {
		return
	}
	l.writeEvents()
	if l.link != nil {
		l.link.Flush()
	}
	l.peers.Send(b.Messages)
	for _, r := range b.Replies {
		l.answer(r)
	}
}

// writeToLink writes the events and the answers of this turn to the link. With flush it
// waits until they are written.
func (l *loop) writeToLink(flush bool) {
	l.writeEvents()
	for _, up := range l.answers {
		l.sendToPlayground(up)
	}
	l.answers = l.answers[:0]
	if flush && l.link != nil {
		l.link.Flush()
	}
}

func (l *loop) writeEvents() {
	if l.link != nil {
		l.link.Events(l.events)
	}
	l.events = nil
}

// sendToPlayground writes a line that is no event to the link.
func (l *loop) sendToPlayground(up link.Up) {
	if l.link != nil {
		l.link.Send(up)
	}
}

// diskFailed reports the error of the disk to the playground and on the screen. The node
// acknowledges nothing more and ends.
func (l *loop) diskFailed(err error) error {
	err = fmt.Errorf("the disk of %v failed, it stops: %w", l.cfg.ID, err)
	l.cfg.Log.Error("disk failed", "node", l.cfg.ID, "err", err)
	l.driver.Print(err.Error(), l.now())
	return err
}

// stop ends every call that waits. The outcome of an operation that has begun and may
// still take effect is unknown.
func (l *loop) stop() {
	l.letOut(l.driver.Stop(l.now()))
	for _, c := range l.held {
		c.fail(cluster.ErrStopping)
	}
	l.held = nil
	l.writeToLink(true)
}

// maxWait returns how long the loop may wait if no input arrives.
func (l *loop) maxWait() time.Duration {
	wait := l.standstill.maxWait()
	if l.frozen || l.standstill.isWaiting() {
		return wait
	}
	if due, ok := l.driver.NextDue(); ok {
		if d, ok := l.clock.Until(due); ok {
			wait = min(wait, d)
		}
	}
	return wait
}

// now returns the present virtual and wall time.
func (l *loop) now() driver.Moment {
	return driver.Moment{Now: l.clock.Now(), Wall: l.clock.Wall()}
}
