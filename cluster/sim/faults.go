package sim

import (
	"slices"
	"time"

	"capplayground/cluster"
	"capplayground/cluster/modes"
)

// fault is one kind of fault. It ends after d, or when all faults end.
type fault struct {
	name   string
	inject func(w *world, d time.Duration)
}

// faultWipe is the loss of a database. Only modes whose promises do not need every disk
// have it.
const faultWipe = "wipe"

// faultByHand fires timers before they are due, as a user of the playground can.
const faultByHand = "by hand"

// faultsOf lists the kinds of faults that a mode must survive.
func faultsOf(mode cluster.Mode) []fault {
	all := []fault{
		{"partition", (*world).partition},
		{"one way", (*world).oneWay},
		{"isolate", (*world).isolate},
		{"cut in turn", (*world).cutInTurn},
		{"slow", (*world).slowDown},
		{"crash", (*world).crashOne},
		{"outage", (*world).crashAll},
		{"freeze", (*world).freezeSome},
		{"skew", (*world).skewClock},
		{faultByHand, (*world).fireSome},
	}
	d := modes.Of(mode)
	if !d.Disk {
		all = append(all, fault{faultWipe, (*world).wipeOne})
	}
	if d.Sizes {
		all = append(all, fault{"quorum", (*world).changeQuorum})
	}
	if modes.Of(mode).ByHand {
		all = append(all, fault{"proposals by hand", (*world).proposeByHand})
	}
	return all
}

// startFault starts one fault and plans the next.
func (w *world) startFault() {
	if w.faultsEnded {
		return
	}
	if w.faults < w.conditions.atOnce {
		f := pick(w.rand, w.conditions.faults...)
		d := span(w.rand, w.conditions.lasts)
		w.tracef("fault: %s for %v", f.name, d)
		w.faults++
		w.later(d, func() { w.faults-- })
		f.inject(w, d)
	}
	w.after(time.Millisecond+span(w.rand, w.conditions.every), w.startFault)
}

// later plans a part of a fault, such as its end. The plan is skipped after all faults have
// ended.
func (w *world) later(d time.Duration, f func()) {
	w.schedule.add(w.now.Add(d), plan{do: f, fault: true})
}

// endFaults ends all faults: every link is perfect, and every node is up and not frozen.
// Wrong clocks stay wrong.
func (w *world) endFaults() {
	w.tracef("peace")
	w.faultsEnded = true
	for i := range w.net.links {
		for j := range w.net.links[i] {
			w.net.links[i][j].cuts = 0
			w.net.links[i][j].slow = 0
		}
	}
	w.ownMembers()
	for _, n := range w.nodes {
		if n.frozen {
			n.thaw()
		}
		n.repairDisk()
		n.restart()
		n.endRule()
	}
}

// cut cuts one direction of a link for the time d.
func (w *world) cut(from, to cluster.NodeID, d time.Duration) {
	w.net.cut(from, to)
	w.later(d, func() { w.net.heal(from, to) })
}

// partition cuts all links between two groups of nodes.
func (w *world) partition(d time.Duration) {
	group := make([]bool, len(w.nodes))
	for i := range group {
		group[i] = w.rand.IntN(2) == 0
	}
	for i, a := range w.nodes {
		for j, b := range w.nodes {
			if group[i] != group[j] {
				w.cut(a.id, b.id, d)
			}
		}
	}
}

// oneWay cuts single directions of links.
func (w *world) oneWay(d time.Duration) {
	for _, a := range w.nodes {
		for _, b := range w.nodes {
			if a != b && w.rand.IntN(4) == 0 {
				w.cut(a.id, b.id, d)
			}
		}
	}
}

// isolate cuts all links to a node, all links from it, or both.
func (w *world) isolate(d time.Duration) {
	n := pick(w.rand, w.nodes...)
	how := w.rand.IntN(3)
	for _, other := range w.nodes {
		if other == n {
			continue
		}
		if how != 0 {
			w.cut(n.id, other.id, d)
		}
		if how != 1 {
			w.cut(other.id, n.id, d)
		}
	}
}

// cutInTurn cuts the links of some nodes, one node after the other, and restores
// them in another order. FoundationDB found that this fault finds many mistakes.
func (w *world) cutInTurn(d time.Duration) {
	var some []*process
	for _, n := range w.nodes {
		if w.rand.IntN(2) == 0 {
			some = append(some, n)
		}
	}
	stops, ends := w.rand.Perm(len(some)), w.rand.Perm(len(some))
	step := d / time.Duration(2*len(some)+1)
	for i, n := range some {
		from := step * time.Duration(stops[i])
		to := step * time.Duration(len(some)+ends[i])
		w.later(from, func() {
			for _, other := range w.nodes {
				if other != n {
					w.cut(n.id, other.id, to-from)
					w.cut(other.id, n.id, to-from)
				}
			}
		})
	}
}

// slowDown delays all messages to a node, or all messages from it.
func (w *world) slowDown(d time.Duration) {
	n := pick(w.rand, w.nodes...)
	by := pick(w.rand, 50*time.Millisecond, 500*time.Millisecond, 3*time.Second)
	inward := w.rand.IntN(2) == 0
	for _, other := range w.nodes {
		l := &w.net.links[n.id][other.id]
		if inward {
			l = &w.net.links[other.id][n.id]
		}
		l.slow += by
		w.later(d, func() { l.slow -= by })
	}
}

// crashOne kills a process and restarts it after the time d. It prefers a process that is
// making records durable.
func (w *world) crashOne(d time.Duration) {
	var busy []*process
	for _, n := range w.nodes {
		if n.saving != nil {
			busy = append(busy, n)
		}
	}
	if len(busy) == 0 {
		busy = w.nodes
	}
	w.crash(pick(w.rand, busy...), d)
}

// crashAll kills all processes, as a power failure does.
func (w *world) crashAll(d time.Duration) {
	for _, n := range w.nodes {
		w.crash(n, span(w.rand, d))
	}
}

func (w *world) crash(n *process, d time.Duration) bool {
	if !n.up {
		return false
	}
	n.crash()
	w.later(d, n.restart)
	return true
}

// wipeOne kills a process and deletes its database. It happens at most once in a run.
// Because W is 2 or more, another node still holds every acknowledged write.
func (w *world) wipeOne(d time.Duration) {
	if n := pick(w.rand, w.nodes...); w.wipeOK && w.called > w.cfg.Ops/5 && w.crash(n, d) {
		w.wipeOK = false
		n.wipe()
	}
}

// freezeSome freezes one or several processes.
func (w *world) freezeSome(d time.Duration) {
	nodes := slices.Clone(w.nodes)
	w.rand.Shuffle(len(nodes), func(i, j int) { nodes[i], nodes[j] = nodes[j], nodes[i] })
	for _, n := range nodes[:1+w.rand.IntN(len(nodes))] {
		if !n.up || n.frozen {
			continue
		}
		n.freeze()
		boot := n.boot
		w.later(d, func() {
			if n.frozen && n.boot == boot {
				n.thaw()
			}
		})
	}
}

// fireSome repeatedly fires timers of a node by hand.
func (w *world) fireSome(d time.Duration) {
	n := pick(w.rand, w.nodes...)
	for at := time.Duration(0); at < d; at += span(w.rand, 200*time.Millisecond) + time.Millisecond {
		w.later(at, n.fireOne)
	}
}

// skewClock sets a node's wall clock forward or back by up to 30 s.
func (w *world) skewClock(time.Duration) {
	n := pick(w.rand, w.nodes...)
	n.skew = span(w.rand, time.Minute) - 30*time.Second
	w.tracef("%v has its clock wrong by %v", n.id, n.skew)
}

// changeQuorum sets the quorum sizes of operations that start later. A node that is frozen
// gets, when it thaws, the sizes that are in force then: a launcher does not send a node
// old settings after new ones.
func (w *world) changeQuorum(time.Duration) {
	w.quorum = w.anyQuorum()
	w.tracef("quorum %+v", w.quorum)
	for _, n := range w.nodes {
		if n.up {
			n.later(0, func() { n.setQuorum(w.quorum) })
		}
	}
}

// anyQuorum draws quorum sizes. If a node may lose its database, W is at least 2.
func (w *world) anyQuorum() cluster.Quorum {
	least := 1
	if w.conditions.wiping && w.cfg.Nodes > 1 {
		least = 2
	}
	n := least + w.rand.IntN(w.cfg.Nodes-least+1)
	return cluster.Quorum{N: n, R: 1 + w.rand.IntN(n), W: least + w.rand.IntN(n-least+1)}
}
