package node

import (
	"context"
	"fmt"

	"capplayground/cluster"
)

// call is one client waiting in Do.
type call struct {
	ctx    context.Context // the caller's: ended, nobody waits any more
	req    cluster.Request
	client string
	done   chan answer // capacity 1: the loop never waits for a client
}

type answer struct {
	reply cluster.Reply
	err   error
}

func (c *call) answer(r cluster.Reply) {
	r.Op = c.req.Op
	c.done <- answer{reply: r}
}

// end answers a call that the machine will not answer. A nil call has nobody.
func (c *call) end(err error) {
	if c != nil {
		c.done <- answer{cluster.Reply{Op: c.req.Op}, err}
	}
}

// operation is what the loop remembers of a call for its return event.
type operation struct {
	req    cluster.Request
	client string
	reply  cluster.Reply
	wall   int64        // when it began
	now    cluster.Time // the same in virtual time
	// replied is when the reply was handed over, after which the client may have
	// it; 0 while there is none. The return event comes later, when the answer
	// is known to have gone.
	replied    int64
	repliedNow cluster.Time
}

// begin starts a client's operation, unless its caller gave up meanwhile: a
// node that thaws finds requests that nobody waits for.
func (l *loop) begin(c *call) {
	now := l.clock.Now()
	if c.req.Deadline == 0 {
		c.req.Deadline = now.Add(cluster.OpTimeout)
	}
	switch {
	case c.ctx.Err() != nil:
		c.end(cluster.ErrStopping)
	case l.ops[c.req.Op] != nil:
		c.end(ErrOpInUse)
	case c.req.Deadline <= now:
		c.answer(cluster.Reply{Err: fmt.Errorf("%w: its time was over before %v could begin", cluster.ErrUnavailable, l.cfg.ID)})
	default:
		l.calls[c.req.Op] = c
		op := &operation{req: c.req, client: c.client}
		l.ops[c.req.Op] = op
		l.step(cluster.Input{Kind: cluster.InputRequest, Now: now, Request: c.req}, origin{op: op})
	}
}

// reply hands an answer to its caller, if there still is one.
func (l *loop) reply(r cluster.Reply) {
	if op := l.ops[r.Op]; op != nil {
		op.reply, op.replied, op.repliedNow = r, l.clock.Wall(), l.clock.Now()
	}
	if c := l.calls[r.Op]; c != nil {
		delete(l.calls, r.Op)
		c.answer(r)
	}
}

// returned is the end of an operation as its client saw it.
type returned struct {
	op     cluster.OpID
	status int
}

func (l *loop) returned(r returned) {
	op := l.ops[r.op]
	if op == nil {
		return
	}
	delete(l.ops, r.op)
	e := op.event(cluster.KindReturn)
	e.T, e.V = op.replied, op.repliedNow
	reads := op.req.Kind == cluster.OpRead || op.req.Kind == cluster.OpHolds
	if reads && op.reply.Err == nil {
		e.SetVal(op.reply.Val)
		for _, sib := range op.reply.Siblings {
			sib.Val = cluster.Cut(sib.Val, cluster.MaxEventVal)
			e.Siblings = append(e.Siblings, sib)
		}
	}
	e.Status, e.Version = cluster.HTTPStatus(r.status), op.reply.Version
	l.push(e)
	line := fmt.Sprintf("%s: %s op=%s answered %d", op.client, op.req.Kind, r.op.Short(), r.status)
	if op.reply.Err != nil {
		line += " (" + op.reply.Err.Error() + ")"
	}
	l.print(line)
}

// invoked is the event of its beginning.
func (o *operation) invoked() cluster.Event {
	e := o.event(cluster.KindInvoke)
	e.T, e.V = o.wall, o.now
	return e
}

// event is an event of the given kind about the operation.
func (o *operation) event(kind cluster.EventKind) cluster.Event {
	e := cluster.Event{Kind: kind, Op: o.req.Op, Client: o.client, OpKind: o.req.Kind, Key: o.req.Key, Deadline: o.req.Deadline}
	if o.req.Val != "" {
		e.SetVal(o.req.Val)
	}
	return e
}
