package sim

import (
	"time"

	"capplayground/cluster"
)

// link is one direction between two nodes.
type link struct {
	cuts int           // how many active faults cut it
	gen  int           // counts the cuts; a cut loses the messages in flight
	slow time.Duration // the longest extra delay of a delivery, while there are faults
	wait time.Duration // added to every delivery, also without faults
}

// network holds all links.
type network struct {
	w     *world
	links [cluster.MaxNodes + 1][cluster.MaxNodes + 1]link
	sent  int
	ended []*flight // flights that can be used again
}

// flight is one copy of a message that is under way.
type flight struct {
	net       *network
	m         cluster.Message
	gen, boot int // of the link and of the receiver, when the message left

	// The methods of this flight as functions. They are made once for each flight and
	// used again, because a run has millions of messages.
	arriving, receiving func()
}

func newNetwork(w *world) *network { return &network{w: w} }

func (net *network) cut(from, to cluster.NodeID) {
	l := &net.links[from][to]
	l.cuts++
	l.gen++
}

func (net *network) heal(from, to cluster.NodeID) { net.links[from][to].cuts-- }

// send gives a message to the network.
func (net *network) send(m cluster.Message) {
	net.sent++
	w := net.w
	if m.Class == cluster.ClassDecide {
		w.run.recordDecision(m)
	}
	if net.links[m.From][m.To].cuts > 0 {
		net.refuse(m, cluster.WhyCut)
		return
	}
	if !w.faultsEnded && w.rand.Float64() < w.conditions.loss {
		net.refuse(m, cluster.WhyLoss)
		return
	}
	net.sendCopy(m)
	if !w.faultsEnded && w.rand.Float64() < w.conditions.dup {
		if w.line != nil {
			w.tracef("%v is doubled", m)
		}
		if w.cfg.Events != nil {
			n := w.node(m.From)
			m = n.driver.RecordDuplicate(m, n.moment())
		}
		net.sendCopy(m)
	}
}

// sendCopy delivers one copy to its receiver after a random time. So messages can overtake each
// other.
func (net *network) sendCopy(m cluster.Message) {
	w := net.w
	l := &net.links[m.From][m.To]
	d := l.wait + 50*time.Microsecond + span(w.rand, time.Millisecond)
	if !w.faultsEnded {
		d += span(w.rand, l.slow)
		if w.rand.Float64() < w.conditions.slow {
			d += span(w.rand, w.conditions.slowest)
		}
	}
	f := net.flight()
	f.m, f.gen, f.boot = m, l.gen, w.node(m.To).boot
	w.after(d, f.arriving)
}

// flight returns an empty flight.
func (net *network) flight() *flight {
	if last := len(net.ended) - 1; last >= 0 {
		f := net.ended[last]
		net.ended = net.ended[:last]
		return f
	}
	f := &flight{net: net}
	f.arriving, f.receiving = f.arrive, f.receive
	return f
}

// end makes a flight ready to be used again.
func (f *flight) end() {
	f.m = cluster.Message{}
	f.net.ended = append(f.net.ended, f)
}

// arrive delivers the message to its receiver, unless the message is lost by then.
func (f *flight) arrive() {
	w := f.net.w
	n := w.node(f.m.To)
	why := ""
	switch {
	case f.net.links[f.m.From][f.m.To].gen != f.gen:
		why = cluster.WhyCut
	// A message in flight is lost when its receiver crashes. Sometimes the network keeps
	// the message until the node has restarted.
	case !n.up, n.boot != f.boot && w.rand.IntN(2) == 0:
		why = cluster.WhyDown
	default:
		n.later(0, f.receiving)
		return
	}
	f.net.lost(f.m, why)
	f.end()
}

// receive gives the message to the process.
func (f *flight) receive() {
	f.net.w.node(f.m.To).receive(f.m)
	f.end()
}

// refuse loses a message when it is sent. The sender is informed.
func (net *network) refuse(m cluster.Message, why string) {
	net.trace(m, why)
	net.w.node(m.From).lost(m, why)
}

// lost loses a message in flight. Neither its sender nor its receiver is informed.
func (net *network) lost(m cluster.Message, why string) {
	net.trace(m, why)
	net.w.recordLost(m, why)
}

func (net *network) trace(m cluster.Message, why string) {
	if net.w.line != nil {
		net.w.tracef("%v is lost: %s", m, why)
	}
}

func (w *world) node(id cluster.NodeID) *process { return w.nodes[id-1] }
