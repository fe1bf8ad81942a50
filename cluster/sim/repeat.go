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

// A client may bring its write again, under the same id, to any node: above all one
// that did not learn what became of it. Most bring the same write. Some use the id for another
// value, where the mode promises to tell the two apart.

// bringAgain lets a client bring its write again, and says whether it does.
func (w *world) bringAgain(c *call) bool {
	op := w.run.History[c.at]
	likely := w.wx.repeats
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

// callWhenUp calls a node soon, or as soon as it is up again.
func (w *world) callWhenUp(c call, req cluster.Request, tries int) {
	w.after(span(w.rand, 50*time.Millisecond), func() {
		if !c.node.up && tries > 0 {
			w.callWhenUp(c, req, tries-1)
			return
		}
		w.call(c, req)
	})
}

// asked counts what a node was asked, so that it does not answer more often.
type asked struct {
	node cluster.NodeID
	op   cluster.OpID
}

// checkReply checks that a machine replies only to what it was asked, and no more
// often.
func (w *world) checkReply(n *process, id cluster.OpID) {
	if strings.HasPrefix(string(id), handPrefix) {
		return
	}
	w.asked[asked{n.id, id}]--
	if w.asked[asked{n.id, id}] < 0 {
		w.breach("%v answered op=%q more often than it was asked", n.id, id)
	}
}

// handPrefix is how the ids begin of requests for transactions by hand.
const handPrefix = "hand-"

// byHandKey is a key that only transactions by hand write.
const byHandKey = "hand"

// hand is a transaction that a person has proposed to a node.
type hand struct {
	node *process
	tx   cluster.OpID
}

// proposeByHand lets a person propose a transaction to a node, under a name that
// is the id of a client's operation, now or soon, and end it after a while.
func (w *world) proposeByHand(d time.Duration) {
	h := hand{pick(w.rand, w.nodes...), cluster.OpID(fmt.Sprint(max(1, w.called-2+w.rand.IntN(5))))}
	if !h.node.up || h.node.frozen {
		return
	}
	w.hands = append(w.hands, h)
	w.askByHand(h, cluster.OpPropose)
	end := pick(w.rand, cluster.OpCommit, cluster.OpRollback)
	w.later(d, func() { w.askByHand(h, end) })
}

func (w *world) askByHand(h hand, kind cluster.RequestKind) {
	if !h.node.up || h.node.frozen {
		return
	}
	w.handed++
	h.node.request(cluster.Request{Op: cluster.OpID(fmt.Sprint(handPrefix, w.handed)), Kind: kind, Tx: h.tx, Key: byHandKey, Val: "by hand"}, "person", func(cluster.Reply) {})
}

// endByHand rolls back what people proposed and did not end.
func (w *world) endByHand() {
	for _, h := range w.hands {
		w.askByHand(h, cluster.OpRollback)
	}
}

// writesInPeace lets one client write one value after the other, each at another
// node, as soon as it has the answer to the one before. Nothing is wrong now.
func (w *world) writesInPeace() {
	for i := range 3 * len(w.nodes) {
		w.writeAt(pick(w.rand, w.nodes...), i%len(w.keys))
	}
}

// repeatsInPeace lets a client bring a write again after a newer one, and brings a
// write to two nodes at once. Nothing is wrong now, so the first coordinator is
// asked again. On a slow disk a node may be taken for silent all the same.
func (w *world) repeatsInPeace() {
	d := modes.Of(w.cfg.Mode)
	if !w.run.Quick || slices.Contains(d.Roles, "leader") { // a leader's log remembers an id for a while only
		return
	}
	for key := range w.keys {
		first := w.writeInPeace(key, "", nil)
		w.writeInPeace(key, "", nil)
		w.until(w.now.Add(2 * callTimeout)) // its coordinator looks after it no more
		w.writeInPeace(key, first, nil)
		w.diesAhead(key)
		if d.Copies == cluster.CopiesHomes && len(w.nodes) > 1 {
			w.writeInPeace(key, "", pick(w.rand, w.nodes[1:]...))
			w.lateForward(key)
		}
	}
}

// lateForward lets one client write twice. The first write is forwarded to the first
// node of the walk and arrives so late there that the next node coordinates it. The
// second one is called at the first node, before the forward of the first arrives.
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

// writeAt lets one client write at a node, and waits for the answer.
func (w *world) writeAt(n *process, key int) {
	w.called++
	id := cluster.OpID(fmt.Sprint(w.called))
	w.call(call{client: w.wx.clients, key: key, node: n, final: true},
		cluster.Request{Op: id, Kind: cluster.OpWrite, Key: w.keys[key], Val: "v" + string(id)})
	for w.open[id] != nil {
		w.turn()
	}
}

// writeInPeace lets one client write, under a new id or again, and waits for the
// answer. also, if not nil, is asked for the same at the same time, and must answer.
func (w *world) writeInPeace(key int, again cluster.OpID, also *process) cluster.OpID {
	c := call{client: w.wx.clients, key: key, node: pick(w.rand, w.nodes...), final: true}
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
		w.also = asked{also.id, id}
		w.asked[w.also]++
		also.later(0, func() { also.request(req, c.name(), func(r cluster.Reply) { w.reply(also, r) }) })
	}
	w.call(c, req)
	for until := w.now.Add(callTimeout); w.open[id] != nil || also != nil && w.also != (asked{}); {
		if w.turn(); w.now > until {
			w.breach("%v did not answer op=%s, which came to another node too", also.id, id)
			w.also = asked{}
		}
	}
	return id
}

// checkRepeats: a write that came again in peace is the write that it was.
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

// checkPeace: with nothing wrong in the cluster, a client that does one thing
// after the other is never refused. On a slow disk some node may be late.
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
