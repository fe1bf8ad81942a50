package sim

import (
	"fmt"
	"strings"
	"time"

	"capplayground/cluster"
	"capplayground/cluster/modes"
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
	h.node.request(cluster.Request{Op: cluster.OpID(fmt.Sprint(handPrefix, w.handed)), Kind: kind, Tx: h.tx, Key: byHandKey, Val: "by hand"}, "person")
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
		w.called++
		id := cluster.OpID(fmt.Sprint(w.called))
		w.call(call{client: w.wx.clients, key: i % len(w.keys), node: pick(w.rand, w.nodes...), final: true},
			cluster.Request{Op: id, Kind: cluster.OpWrite, Key: w.keys[i%len(w.keys)], Val: "v" + string(id)})
		for w.open[id] != nil {
			w.turn()
		}
	}
}

// checkPeace: with nothing wrong in the cluster, a client that does one thing
// after the other is never refused.
func checkPeace(r *Run) error {
	for _, op := range r.History {
		if op.Final && op.Kind == cluster.OpWrite && op.Outcome != OK {
			return fmt.Errorf("op=%s at %v wrote %s=%s with nothing wrong, and was answered %w", op.ID, op.Node, op.Key, op.Val, op.Err)
		}
	}
	return nil
}
