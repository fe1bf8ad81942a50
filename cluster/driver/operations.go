package driver

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"capplayground/cluster"
)

// Bounds of the ended operations that a Driver remembers: their number, and the bytes of
// their keys and values.
const (
	MaxRemembered      = 8192
	MaxRememberedBytes = 8 << 20
)

// ErrOpReused is returned for a request whose operation id belongs to another
// request. It wraps cluster.ErrRefused: the request has no effect.
var ErrOpReused = fmt.Errorf("%w: this operation id belongs to another operation", cluster.ErrRefused)

// operation is one operation of a client. It is open until its reply leaves. Then it is
// remembered, within MaxRemembered and MaxRememberedBytes.
type operation struct {
	req    cluster.Request
	client string
	began  Moment
	summed bool // the node was busy when it began: it has no lines on the screen
	ended  bool
	reply  cluster.Reply // once it has ended
}

// sameAs reports whether req is a repetition of this operation. The deadline and the
// caller may differ.
func (o *operation) sameAs(req cluster.Request) bool {
	mine := o.req
	mine.Deadline = req.Deadline
	return mine == req
}

// reads reports whether the operation only reads, and so has no effect.
func (o *operation) reads() bool {
	return o.req.Kind == cluster.OpRead || o.req.Kind == cluster.OpHolds
}

// bytes returns about how much memory the operation needs besides its struct.
func (o *operation) bytes() int {
	n := len(o.req.Key) + len(o.req.Val) + len(o.reply.Val)
	for _, s := range o.reply.Siblings {
		n += len(s.Val)
	}
	return n
}

// operations holds the open operations and the newest ended ones.
type operations struct {
	byID  map[cluster.OpID]*operation
	ended []*operation // the oldest first
	bytes int          // of ended
}

func newOperations() operations { return operations{byID: make(map[cluster.OpID]*operation)} }

// end remembers an operation's reply. It forgets the oldest ended operations if there are
// too many.
func (o *operations) end(op *operation, r cluster.Reply) {
	op.ended, op.reply = true, r
	o.ended = append(o.ended, op)
	o.bytes += op.bytes()
	for len(o.ended) > MaxRemembered || o.bytes > MaxRememberedBytes {
		oldest := o.ended[0]
		o.ended[0] = nil
		o.ended = o.ended[1:]
		o.bytes -= oldest.bytes()
		delete(o.byID, oldest.req.Op)
	}
}

// open lists the open operations in the order in which they began.
func (o *operations) open() []*operation {
	var open []*operation
	for _, op := range o.byID {
		if !op.ended {
			open = append(open, op)
		}
	}
	slices.SortFunc(open, func(a, b *operation) int {
		return cmp.Or(cmp.Compare(a.began.Wall, b.began.Wall), cmp.Compare(a.req.Op, b.req.Op))
	})
	return open
}

// Request begins a client's operation. If req has no Deadline, it gets
// cluster.OpTimeout from now. The machine answers a request whose Deadline has passed.
// If ended is true, the reply is for this caller now: the operation ended before, or its
// id belongs to another operation (ErrOpReused). Otherwise a Batch will hold the reply,
// for all callers of this operation.
func (d *Driver) Request(req cluster.Request, client string, at Moment) (reply cluster.Reply, ended bool) {
	if op := d.ops.byID[req.Op]; op != nil {
		return d.repeat(op, req, client, at)
	}
	if req.Deadline == 0 {
		req.Deadline = at.Now.Add(cluster.OpTimeout)
	}
	op := &operation{req: req, client: client, began: at}
	d.ops.byID[req.Op] = op
	d.step(cluster.Input{Kind: cluster.InputRequest, Request: req}, op, at)
	return cluster.Reply{}, false
}

// repeat handles a request whose id belongs to an operation that this node knows.
func (d *Driver) repeat(op *operation, req cluster.Request, client string, at Moment) (reply cluster.Reply, ended bool) {
	same := op.sameAs(req)
	d.printRepeated(req, client, same, at)
	switch {
	case !same:
		return cluster.Reply{Op: req.Op, Err: ErrOpReused}, true
	case op.ended:
		return op.reply, true
	}
	return cluster.Reply{}, false
}

// reply ends an operation: its reply and its return event leave together. It drops the
// reply if the operation is not open.
func (d *Driver) reply(r cluster.Reply, at Moment) {
	op := d.ops.byID[r.Op]
	if op == nil || op.ended {
		return
	}
	if op.reads() && errors.Is(r.Err, cluster.ErrUnknown) {
		r.Err = cluster.ErrStopping // a read has no effect that could be unknown
	}
	d.ops.end(op, r)
	d.recordReturn(op, at)
	d.next.Replies = append(d.next.Replies, r)
}

// Stop ends all open operations, for a node that stops or whose disk failed. Outputs that
// have not left are discarded: their records may not be durable. The returned Batch is
// the last one. It has no messages and no records.
func (d *Driver) Stop(at Moment) Batch {
	d.queue.clear()
	d.saved, d.saving, d.lost = 0, 0, nil
	d.points = points{}
	d.next.Messages, d.next.Timers, d.next.Replies = reuse(d.next.Messages), reuse(d.next.Timers), reuse(d.next.Replies)
	d.next.Records = nil
	for _, op := range d.ops.open() {
		d.reply(cluster.Reply{Op: op.req.Op, Err: cluster.ErrUnknown}, at)
	}
	b := d.next
	d.next = Batch{}
	return b
}

// OpenOps lists the open operations in the order in which they began.
func (d *Driver) OpenOps() []cluster.OpID {
	var ids []cluster.OpID
	for _, op := range d.ops.open() {
		ids = append(ids, op.req.Op)
	}
	return ids
}
