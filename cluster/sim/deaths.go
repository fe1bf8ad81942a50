package sim

import (
	"fmt"
	"time"

	"capplayground/cluster"
	"capplayground/cluster/modes"
)

// diesAhead crashes a coordinator after a message about a write has left ahead of the
// coordinator's own record. One other node takes the write, and the coordinator may have
// lost it. Then the links of that other node are cut, and the client uses the same id for
// another value. Only linearizable modes that send ahead must distinguish the two writes.
func (w *world) diesAhead(key int) {
	d := modes.Of(w.cfg.Mode)
	if !d.Linearizable || d.ByHand || len(w.nodes) < 3 {
		return
	}
	n, taker := w.nodes[0], w.nodes[1]
	w.writeAt(n, key)
	for until := w.now.Add(callTimeout); n.saving != nil && w.now < until; {
		w.runNext()
	}
	w.called++
	id := cluster.OpID(fmt.Sprint(w.called))
	c := call{client: w.conditions.clients, key: key, node: n, alone: true}
	w.call(c, cluster.Request{Op: id, Kind: cluster.OpWrite, Key: w.keys[key], Val: "v" + string(id)})
	for w.open[id] != nil && n.saving == nil {
		w.runNext()
	}
	if w.open[id] == nil {
		return
	}
	for _, other := range w.nodes[1:] {
		if other != taker {
			w.net.cut(n.id, other.id)
			w.net.heal(n.id, other.id)
		}
	}
	n.crash()
	w.close(id, Unknown, cluster.Reply{Err: errBroken})
	w.until(w.now.Add(10 * time.Millisecond))
	n.restart()
	w.until(w.now.Add(10 * time.Millisecond))
	for _, other := range w.nodes {
		if other != taker {
			w.net.cut(taker.id, other.id)
			w.net.cut(other.id, taker.id)
		}
	}
	c.repeats = 1
	w.call(c, cluster.Request{Op: id, Kind: cluster.OpWrite, Key: w.keys[key], Val: "v" + string(id) + "-1"})
	for w.open[id] != nil {
		w.runNext()
	}
	for _, other := range w.nodes {
		if other != taker {
			w.net.heal(taker.id, other.id)
			w.net.heal(other.id, taker.id)
		}
	}
	for _, reader := range []*process{taker, w.nodes[2], taker} {
		w.called++
		id := cluster.OpID(fmt.Sprint(w.called))
		w.call(call{client: w.conditions.clients, key: key, node: reader, alone: true}, cluster.Request{Op: id, Kind: cluster.OpRead, Key: w.keys[key]})
		for w.open[id] != nil {
			w.runNext()
		}
	}
}
