package sim

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"capplayground/cluster"
	"capplayground/cluster/modes"
	"capplayground/cluster/quorum"
)

// A client may repeat its write at any node, with the same id. A client that did not learn
// the outcome is the most likely to do so. Most repeated writes have the same value. In
// modes that promise to distinguish the two values, some use the id for another value.

// mayRepeat may let a client repeat its write, and reports whether the client does so.
func (w *world) mayRepeat(c *call) bool {
	op := w.run.History[c.at]
	likely := w.conditions.repeats
	if op.Outcome == OK {
		likely /= 10
	}
	if likely < 0 || c.final || op.Kind != cluster.OpWrite || op.Outcome == Aborted || w.rand.Float64() >= likely {
		return false
	}
	again := *c
	again.repeats = op.Attempt + 1
	if w.rand.IntN(2) == 0 {
		again.node = pick(w.rand, w.nodes...)
	}
	req := cluster.Request{Op: op.ID, Kind: op.Kind, Key: op.Key, Val: op.Val, IfMatch: op.IfMatch}
	if modes.Of(w.cfg.Mode).Linearizable && w.rand.IntN(4) == 0 {
		req.Val += fmt.Sprintf("-%d", again.repeats)
	}
	w.callWhenUp(again, req, 40)
	return true
}

// callWhenUp calls a node soon. If the node is down, it tries again, tries times at most,
// and then calls it anyway.
func (w *world) callWhenUp(c call, req cluster.Request, tries int) {
	w.after(span(w.rand, 50*time.Millisecond), func() {
		if !c.node.up && tries > 0 {
			w.callWhenUp(c, req, tries-1)
			return
		}
		w.call(c, req)
	})
}

// requestKey is the key under which the requests of one operation at one node are
// counted. A node must not answer an operation more often than clients have sent it.
type requestKey struct {
	node cluster.NodeID
	op   cluster.OpID
}

// checkReply checks that a machine replies only to requests that it got, and to each of
// them once.
func (w *world) checkReply(n *process, id cluster.OpID) {
	if strings.HasPrefix(string(id), handPrefix) {
		return
	}
	w.asked[requestKey{n.id, id}]--
	if w.asked[requestKey{n.id, id}] < 0 {
		w.recordBreach("%v answered op=%q more often than it was asked", n.id, id)
	}
}

// handPrefix is the prefix of the ids of requests for transactions by hand.
const handPrefix = "hand-"

// byHandKey is a key that only transactions by hand write.
const byHandKey = "hand"

// byHandTx is a transaction that was proposed to a node by hand.
type byHandTx struct {
	node *process
	tx   cluster.OpID
}

// proposeByHand proposes a transaction to a node by hand, and ends it after the time d. The
// id of the transaction is also the id of a client's recent or coming operation.
func (w *world) proposeByHand(d time.Duration) {
	h := byHandTx{pick(w.rand, w.nodes...), cluster.OpID(fmt.Sprint(max(1, w.called-2+w.rand.IntN(5))))}
	if !h.node.up || h.node.frozen {
		return
	}
	w.hands = append(w.hands, h)
	w.askByHand(h, cluster.OpPropose)
	end := pick(w.rand, cluster.OpCommit, cluster.OpRollback)
	w.later(d, func() { w.askByHand(h, end) })
}

func (w *world) askByHand(h byHandTx, kind cluster.RequestKind) {
	if !h.node.up || h.node.frozen {
		return
	}
	w.handed++
	h.node.request(cluster.Request{Op: cluster.OpID(fmt.Sprint(handPrefix, w.handed)), Kind: kind, Tx: h.tx, Key: byHandKey, Val: "by hand"}, "person", func(cluster.Reply) {})
}

// endByHand rolls back the transactions that were proposed by hand and are still open.
func (w *world) endByHand() {
	for _, h := range w.hands {
		w.askByHand(h, cluster.OpRollback)
	}
}

// writesInPeace lets one client write one value after the other, each at a random node.
// Each write begins after the answer to the write before. There are no faults at this
// time.
func (w *world) writesInPeace() {
	for i := range 3 * len(w.nodes) {
		w.writeAt(pick(w.rand, w.nodes...), i%len(w.keys))
	}
}

// repeatsInPeace repeats a write after a newer write, and sends one write to two nodes at
// once. There are no faults at this time, so the repeated write must reach the first
// coordinator. With a slow disk, nodes may suspect a node even without faults, so slow
// runs are left out.
func (w *world) repeatsInPeace() {
	d := modes.Of(w.cfg.Mode)
	if !w.run.Quick || slices.Contains(d.Roles, "leader") { // the log of a leader remembers an id only for some time
		return
	}
	for key := range w.keys {
		first := w.writeInPeace(key, "", nil)
		w.writeInPeace(key, "", nil)
		w.until(w.now.Add(2 * callTimeout)) // so that its coordinator has finished it
		w.writeInPeace(key, first, nil)
		w.diesAhead(key)
		if d.Copies == cluster.CopiesHomes && len(w.nodes) > 1 {
			w.writeInPeace(key, "", pick(w.rand, w.nodes[1:]...))
			w.lateForward(key)
		}
	}
}

// lateForward lets one client write twice. The first write is forwarded to the first node
// of the walk. The forward arrives so late that the next node coordinates the write. The
// second write is called at the first node before that forward arrives.
func (w *world) lateForward(key int) {
	walk := quorum.Walk(w.keys[key], w.nodes[0].all)
	first, last := w.node(walk[0]), w.node(walk[len(walk)-1])
	for from := range w.net.links {
		w.net.links[from][first.id].wait = time.Second
	}
	w.writeAt(last, key)
	for from := range w.net.links {
		w.net.links[from][first.id].wait = 0
	}
	w.writeAt(first, key)
	w.until(w.now.Add(callTimeout))
}

// writeAt lets one client write at a node, and runs until the answer comes.
func (w *world) writeAt(n *process, key int) {
	w.called++
	id := cluster.OpID(fmt.Sprint(w.called))
	w.call(call{client: w.conditions.clients, key: key, node: n, final: true},
		cluster.Request{Op: id, Kind: cluster.OpWrite, Key: w.keys[key], Val: "v" + string(id)})
	for w.open[id] != nil {
		w.runNext()
	}
}

// writeInPeace lets one client write, and runs until the answer comes. again is the id of a
// write to repeat; empty: a new write. If also is not nil, that node gets the same request
// at the same time, and must answer it, too.
func (w *world) writeInPeace(key int, again cluster.OpID, also *process) cluster.OpID {
	c := call{client: w.conditions.clients, key: key, node: pick(w.rand, w.nodes...), final: true}
	id := again
	if again == "" {
		w.called++
		id = cluster.OpID(fmt.Sprint(w.called))
	} else {
		c.repeats = 1
	}
	req := cluster.Request{Op: id, Kind: cluster.OpWrite, Key: w.keys[key], Val: "v" + string(id)}
	if also != nil {
		c.node = w.nodes[0]
		w.also = requestKey{also.id, id}
		w.asked[w.also]++
		also.later(0, func() { also.request(req, c.name(), func(r cluster.Reply) { w.reply(also, r) }) })
	}
	w.call(c, req)
	for until := w.now.Add(callTimeout); w.open[id] != nil || also != nil && w.also != (requestKey{}); {
		if w.runNext(); w.now > until {
			w.recordBreach("%v did not answer op=%s, which came to another node too", also.id, id)
			w.also = requestKey{}
		}
	}
	return id
}

// checkRepeats checks that a write that is repeated without faults keeps its version.
func checkRepeats(r *Run) error {
	version := make(map[cluster.OpID]string)
	for _, op := range r.History {
		switch was := version[op.ID]; {
		case !op.Final || op.Kind != cluster.OpWrite:
		case op.Attempt == 0:
			version[op.ID] = op.Version
		case op.Version != was:
			return fmt.Errorf("op=%s came again at %v with nothing wrong: it has version %s now, and had %s", op.ID, op.Node, op.Version, was)
		}
	}
	return nil
}

// checkPeace checks that without faults every write of a client that does one operation
// after the other succeeds. With a slow disk a node may be late, so slow runs are not
// checked.
func checkPeace(r *Run) error {
	if !r.Quick {
		return nil
	}
	for _, op := range r.History {
		if op.Final && op.Kind == cluster.OpWrite && op.Outcome != OK {
			return fmt.Errorf("op=%s at %v wrote %s=%s with nothing wrong, and was answered %w", op.ID, op.Node, op.Key, op.Val, op.Err)
		}
	}
	return nil
}
