package driver

import (
	"fmt"

	"capplayground/cluster"
)

// What a command by hand can fail of: cluster.ErrNoSuchMessage,
// cluster.ErrNoSuchTimer, or cluster.ErrNotNow where the inbox is full.

// Deliver lets a message that waits here be taken in next, whatever holds it.
func (d *Driver) Deliver(msg string) error {
	if !d.inbox.Deliver(msg) {
		return noMessage(msg)
	}
	return nil
}

// Drop loses a message that waits here.
func (d *Driver) Drop(msg string, at Moment) error {
	m, ok := d.inbox.Drop(msg)
	if !ok {
		return noMessage(msg)
	}
	d.lose(m, cluster.WhyDropped, at)
	return nil
}

// Duplicate puts a copy of a message that waits here beside it, with an id of its
// own. The event that it was sent is this node's, because the copy is.
func (d *Driver) Duplicate(msg string, at Moment) error {
	if !d.inbox.Has(msg) {
		return noMessage(msg)
	}
	m, ok := d.inbox.Duplicate(msg, d.nextID(), at.Now)
	if !ok {
		return fmt.Errorf("%w: the inbox of %v is full", cluster.ErrNotNow, d.cfg.ID)
	}
	d.recordCopy(&m, at)
	return nil
}

// FireTimer fires this very timer before its time, quiet or not, for a caller that
// has it from a Batch. It has no effect where the timer is not set.
func (d *Driver) FireTimer(t cluster.Timer, at Moment) {
	if d.timers.Remove(t) {
		d.step(cluster.Input{Kind: cluster.InputTimer, Timer: t}, nil, at)
	}
}

// Fire fires the first timer of that ID before its time. Quiet timers are not
// there for it.
func (d *Driver) Fire(timer string, at Moment) error {
	t, ok := d.timers.Fire(timer)
	if !ok {
		return fmt.Errorf("%w: %s is not set at %v", cluster.ErrNoSuchTimer, timer, d.cfg.ID)
	}
	d.step(cluster.Input{Kind: cluster.InputTimer, Timer: t}, nil, at)
	return nil
}

func noMessage(msg string) error {
	return fmt.Errorf("%w: %s does not wait here", cluster.ErrNoSuchMessage, msg)
}
