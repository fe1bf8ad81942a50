package node

import (
	"context"

	"capplayground/cluster"
)

// call is one client that waits in Do.
type call struct {
	ctx    context.Context // of the caller: after its end the caller no longer waits
	req    cluster.Request
	client string
	done   chan answer // capacity 1: the loop never waits for a client
}

type answer struct {
	reply cluster.Reply
	err   error
}

func (c *call) answer(r cluster.Reply) { c.done <- answer{reply: r} }

// fail ends a call that did not begin.
func (c *call) fail(err error) {
	c.done <- answer{cluster.Reply{Op: c.req.Op}, err}
}

// beginCall gives a client's request to the driver, unless the caller has given up. A
// node that was frozen gets requests whose callers no longer wait.
func (l *loop) beginCall(c *call) {
	if c.ctx.Err() != nil {
		c.fail(cluster.ErrStopping)
		return
	}
	if reply, ended := l.driver.Request(c.req, c.client, l.now()); ended {
		c.answer(reply)
		return
	}
	l.waiting[c.req.Op] = append(l.waiting[c.req.Op], c)
}

// beginHeld begins the calls that came while the loop was standing still.
func (l *loop) beginHeld() {
	for _, c := range l.held {
		l.beginCall(c)
	}
	l.held = nil
}

// answer gives a reply to all callers of its operation.
func (l *loop) answer(r cluster.Reply) {
	for _, c := range l.waiting[r.Op] {
		c.answer(r)
	}
	delete(l.waiting, r.Op)
}
