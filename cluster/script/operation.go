package script

import (
	"slices"

	"capplayground/cluster"
	"capplayground/cluster/driver"
)

// Operation is one client operation and its answer.
type Operation struct {
	Node    cluster.NodeID
	Request cluster.Request
	Invoked cluster.Time
	Reply   *cluster.Reply // nil while it is open
	Replied cluster.Time
	invoked int // order among calls and answers
	replied int
}

// AnsweredBefore says that o had its answer before p was asked.
func (o Operation) AnsweredBefore(p Operation) bool {
	return o.Reply != nil && o.replied < p.invoked
}

// Status is the answer's HTTP status as the node's REST API would put it; 0
// while there is none.
func (o Operation) Status() int {
	if o.Reply == nil {
		return 0
	}
	return driver.Status(o.Request.Kind, o.Reply.Err)
}

// Operations are all client operations so far, in the order of their calls.
func (w *World) Operations() []Operation {
	ops := make([]Operation, len(w.ops))
	for i, o := range w.ops {
		ops[i] = *o
	}
	return ops
}

// request lets a client ask a node. A frozen node takes the request when it thaws. A node
// that is down never takes it.
func (w *World) request(n *host, r cluster.Request) {
	w.count++
	w.ops = append(w.ops, &Operation{Node: n.id, Request: r, Invoked: w.now, invoked: w.count})
	switch {
	case n.driver == nil:
		w.print("%v is down", n.id)
	case n.still():
		n.waiting = append(n.waiting, r)
	default:
		w.begin(n, r)
	}
}

// begin brings a request to a node's driver, which may answer it by itself.
func (w *World) begin(n *host, r cluster.Request) {
	if reply, ended := n.driver.Request(r, "script", w.moment(n)); ended {
		w.print("%v reply op=%s %s", n.id, r.Op, w.reply(reply))
		o := w.opAt(n.id, r.Op)
		o.Reply, o.Replied, o.replied = &reply, w.now, w.count
	}
	w.carryOut(n)
}

// answer gives a reply to all who wait for it.
func (w *World) answer(n *host, r cluster.Reply) {
	w.count++
	for _, o := range w.ops {
		if o.Request.Op == r.Op && o.Node == n.id && o.Reply == nil {
			o.Reply, o.Replied, o.replied = &r, w.now, w.count
		}
	}
}

// checkReplies checks that a machine replies only to what it was asked, and once.
func (w *World) checkReplies(n cluster.NodeID, replies []cluster.Reply) {
	for _, r := range replies {
		o := w.opAt(n, r.Op)
		switch {
		case o == nil:
			w.violated("%v answers op=%s, which no client asked it", n, r.Op)
		case o.Reply != nil:
			w.violated("%v answers op=%s twice", n, r.Op)
		}
	}
}

// op is the newest operation of that id; nil: there is none.
func (w *World) op(id cluster.OpID) *Operation {
	return w.newest(func(o *Operation) bool { return o.Request.Op == id })
}

// opAt is the newest operation of that id that a node was asked for; nil: there is
// none. A client may bring an id to several nodes.
func (w *World) opAt(n cluster.NodeID, id cluster.OpID) *Operation {
	return w.newest(func(o *Operation) bool { return o.Request.Op == id && o.Node == n })
}

func (w *World) newest(is func(*Operation) bool) *Operation {
	for _, o := range slices.Backward(w.ops) {
		if is(o) {
			return o
		}
	}
	return nil
}
