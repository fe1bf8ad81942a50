package sim

import (
	"errors"
	"strconv"
	"time"

	"capplayground/cluster"
	"capplayground/cluster/modes"
)

// callTimeout is how long a client waits for an answer, in virtual time. A running node
// always answers earlier.
const callTimeout = 3 * time.Second

// call is an operation that a client waits for.
type call struct {
	at     int // index in the history
	client int
	key    int
	node   *process
	final  bool
	alone  bool // its client does no operation after it
	// repeats counts the earlier calls of the client with the same id.
	repeats int
	taken   bool // the node has taken in the request; a frozen node does that later
}

// name returns the name of the client in events.
func (c *call) name() string { return "client-" + strconv.Itoa(c.client+1) }

// next lets a client do one more operation, at random.
func (w *world) next(client int) {
	if w.called >= w.cfg.Ops {
		return
	}
	w.called++
	n := w.nodes[client%len(w.nodes)]
	if w.rand.Float64() >= w.conditions.affinity {
		n = pick(w.rand, w.nodes...)
	}
	k := w.rand.IntN(len(w.keys))
	id := strconv.Itoa(w.called)
	req := cluster.Request{Op: cluster.OpID(id), Kind: cluster.OpRead, Key: w.keys[k]}
	if w.rand.Float64() >= w.conditions.readRatio {
		req.Kind, req.Val = cluster.OpWrite, "v"+id
		if modes.Of(w.cfg.Mode).IfMatch && w.rand.IntN(3) == 0 {
			req.IfMatch = w.known[client][k]
		}
	}
	w.call(call{client: client, key: k, node: n}, req)
}

// finalRead reads a key at a node after the nodes have settled.
func (w *world) finalRead(n *process, key int) {
	w.called++
	w.call(call{client: w.conditions.clients, key: key, node: n, final: true},
		cluster.Request{Op: cluster.OpID(strconv.Itoa(w.called)), Kind: cluster.OpRead, Key: w.keys[key]})
}

func (w *world) call(c call, req cluster.Request) {
	if w.line != nil {
		w.tracef("client %d calls %v: op=%s %s %s %s", c.client, c.node.id, req.Op, req.Kind, req.Key, req.Val)
	}
	c.at, c.taken = len(w.run.History), false
	w.run.History = append(w.run.History, Op{
		ID: req.Op, Client: c.client, Node: c.node.id, Kind: req.Kind, Key: req.Key, Val: req.Val, IfMatch: req.IfMatch,
		Final: c.final, Attempt: c.repeats, Call: w.nextNumber(), CallAt: w.now, Quorum: w.quorum,
	})
	w.open[req.Op] = &c
	w.asked[requestKey{c.node.id, req.Op}]++
	if !c.final && !c.alone {
		w.busy[c.client] = &c
	}
	if !c.node.up {
		w.close(req.Op, Aborted, cluster.Reply{Err: errRefused})
		return
	}
	// Half of the requests have a deadline. For the others the driver sets one.
	if w.rand.IntN(2) == 0 {
		req.Deadline = w.now.Add(cluster.OpTimeout)
	}
	c.node.later(span(w.rand, 200*time.Microsecond), func() {
		c.taken = true
		c.node.request(req, c.name(), func(r cluster.Reply) {
			if w.open[req.Op] == &c {
				w.reply(c.node, r)
			}
		})
	})
	began := w.now
	w.after(callTimeout, func() {
		if w.open[req.Op] != &c {
			return
		}
		if c.node.up && !c.node.frozen && !c.node.isStopped() && c.node.faultAt < began {
			w.recordBreach("%v runs and did not answer op=%s within %v", c.node.id, req.Op, callTimeout)
		}
		w.close(req.Op, Unknown, cluster.Reply{Err: errNoAnswer})
	})
}

// The errors of an operation that got no answer.
var (
	errRefused  = errors.New("connection refused")
	errBroken   = errors.New("connection broken")
	errNoAnswer = errors.New("no answer in time")
)

// reply gives a node's answer to the client. It has no effect if the client no longer
// waits, if it has repeated the operation at another node, or if it has repeated it at
// this node and the node has not taken in the repeated request yet.
func (w *world) reply(n *process, r cluster.Reply) {
	if (w.also == requestKey{n.id, r.Op}) {
		w.also = requestKey{}
		if r.Err != nil {
			w.recordBreach("%v answered op=%s, which came to another node too, with %v", n.id, r.Op, r.Err)
		}
	}
	if c := w.open[r.Op]; c == nil || c.node != n || !c.taken {
		return
	}
	op := &w.run.History[w.open[r.Op].at]
	outcome := OK
	switch {
	case r.Err == nil, errors.Is(r.Err, cluster.ErrNotFound) && op.Kind == cluster.OpRead:
	case errors.Is(r.Err, cluster.ErrUnknown):
		outcome = Unknown
		if op.Kind == cluster.OpRead {
			w.recordBreach("%v answered read op=%s with %v", op.Node, r.Op, r.Err)
		}
	default:
		outcome = Aborted
	}
	w.close(r.Op, outcome, r)
}

// close ends an operation for its client, and plans the client's next operation.
func (w *world) close(id cluster.OpID, outcome Outcome, r cluster.Reply) {
	c := w.open[id]
	delete(w.open, id)
	op := &w.run.History[c.at]
	op.Outcome, op.Err = outcome, r.Err
	if outcome != Unknown || r.Err != errNoAnswer && r.Err != errBroken {
		op.Return, op.ReturnAt = w.nextNumber(), w.now
	}
	if outcome == OK {
		op.Version, op.Siblings = r.Version, r.Siblings
		op.None = r.Err != nil
		if op.Kind == cluster.OpRead {
			op.Val = r.Val
		}
		if !c.final && !c.alone {
			w.known[c.client][c.key] = r.Version
		}
	}
	if w.line != nil {
		w.tracef("client %d: op=%s is %v %s %s %v", c.client, id, outcome, op.Val, op.Version, r.Err)
	}
	if c.final || c.alone {
		return
	}
	w.busy[c.client] = nil
	if w.mayRepeat(c) {
		return
	}
	pause := span(w.rand, w.conditions.think)
	if r.Err == errRefused {
		pause += span(w.rand, 200*time.Millisecond)
	}
	if w.rand.Float64() < w.conditions.idle {
		pause *= 100
	}
	client := c.client
	w.after(pause, func() { w.next(client) })
}

// breakConnections breaks the connections of a node that crashed.
func (w *world) breakConnections(n *process) {
	for _, c := range w.busy {
		if c != nil && c.node == n {
			w.close(w.run.History[c.at].ID, Unknown, cluster.Reply{Err: errBroken})
		}
	}
}
