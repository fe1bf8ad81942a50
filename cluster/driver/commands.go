package driver

import (
	"fmt"

	"capplayground/cluster"
)

// A command by hand can fail with cluster.ErrNoSuchMessage, with
// cluster.ErrNoSuchTimer, or, if the inbox is full, with cluster.ErrNotNow.

// Deliver makes a message that waits here the next one for the machine, even if the pace,
// a rule or its due time holds it.
func (d *Driver) Deliver(msg string) error {
	if !d.inbox.Deliver(msg) {
		return noMessage(msg)
	}
	return nil
}

// Drop removes a message that waits here, and records that it is lost.
func (d *Driver) Drop(msg string, at Moment) error {
	m, ok := d.inbox.Drop(msg)
	if !ok {
		return noMessage(msg)
	}
	d.lose(m, cluster.WhyDropped, at)
	return nil
}

// Duplicate adds a copy of a message that waits here. The copy has an id of its own.
// This node makes the event that the copy was sent, because this node made the copy.
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

// FireTimer fires exactly this timer before it is due, quiet or not. It is for a caller
// that has the timer from a Batch. It has no effect if the timer is not set.
func (d *Driver) FireTimer(t cluster.Timer, at Moment) {
	if d.timers.Remove(t) {
		d.step(cluster.Input{Kind: cluster.InputTimer, Timer: t}, nil, at)
	}
}

// Fire fires the first timer with that ID before it is due. It does not find quiet
// timers.
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
