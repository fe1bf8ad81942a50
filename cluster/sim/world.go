package sim

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"time"

	"capplayground/cluster"
	"capplayground/cluster/modes"
)

// epoch is where virtual time begins in a run: as in a real node, near the
// wall clock and far from zero.
const epoch = cluster.Time(1_800_000_000_000_000)

// world is the state of one simulation. One goroutine runs it. Things happen one
// after the other, in the order of their time; at the same time in the order in
// which they were planned.
type world struct {
	cfg    Config
	rand   *rand.Rand
	points *rand.Rand // draws the rules that act at a point; nil: this run has none
	wx     weather
	now    cluster.Time
	agenda agenda
	nodes  []*process // node i at i-1
	net    *network
	logs   *logs          // of all nodes, where the mode has logs
	quorum cluster.Quorum // the sizes, as last set

	run    *Run
	open   map[cluster.OpID]*call // operations that a client waits for
	busy   []*call                // the same, by client, the final reads aside
	keys   []string
	known  [][]string // where writes name versions: the version that each client last saw, by client and key
	called int        // how many operations have begun
	stamps int64      // the newest Call or Return
	faults int        // how many faults last now
	calm   bool       // the faults are over: all links are perfect, all nodes are up
	byHand bool       // timers may be fired by hand in this run
	wipeOK bool       // a database may be lost in this run, and none was so far
	homes  bool       // the mode keeps each key at homes of its own
	line   func(string)
	asked  map[asked]int
	also   asked  // the second of two calls of one operation at once, while it has no answer
	hands  []hand // what people proposed
	handed int    // requests of people
	// invoked has the open operations as their invoke events told them, where events are made.
	invoked map[openOp]cluster.ClientCall
}

// Simulate runs one simulation. The error is about the Config. [Run.Check] tells
// which promises the run broke.
func Simulate(cfg Config) (run *Run, err error) {
	cfg, err = cfg.validate()
	if err != nil {
		return nil, err
	}
	r := rand.New(rand.NewPCG(cfg.Seed, stream(cfg.Mode)))
	w := &world{
		cfg: cfg, rand: r, wx: draw(r, cfg.Mode), now: epoch,
		run:  &Run{Config: cfg, History: make([]Op, 0, cfg.Ops*5/4), decided: make(map[cluster.OpID]verdict)},
		open: make(map[cluster.OpID]*call), asked: make(map[asked]int), invoked: make(map[openOp]cluster.ClientCall),
		logs: newLogs(),
	}
	if err := w.populate(); err != nil {
		return nil, err
	}
	defer func() {
		if p := recover(); p != nil {
			w.breach("panic: %v\n%s", p, debug.Stack())
			run = w.finish()
		}
	}()
	w.homes = modes.Of(cfg.Mode).Copies == cluster.CopiesHomes
	w.run.Quick = w.wx.sync <= quick
	w.play()
	return w.finish(), nil
}

// quick is how long a synced write takes at most, on a disk for which no node is
// taken for silent when nothing is wrong.
const quick = 50 * time.Millisecond

// populate makes nodes, links, keys and clients.
func (w *world) populate() error {
	if w.cfg.Trace != nil {
		h := fnv.New64a()
		w.line = func(s string) {
			_, _ = h.Write([]byte(s))
			_, _ = h.Write([]byte{'\n'})
			w.run.Hash = h.Sum64()
			w.cfg.Trace(s)
		}
	}
	if modes.Of(w.cfg.Mode).Sizes {
		w.wipeOK = w.wx.wiping && w.cfg.Nodes > 1
		w.quorum = w.anyQuorum()
		if w.cfg.Nodes >= 3 && w.rand.IntN(3) > 0 {
			w.quorum = cluster.DefaultQuorum()
		}
	}
	w.drawPoints()
	w.byHand = slices.ContainsFunc(w.wx.faults, func(f fault) bool { return f.name == faultByHand })
	w.net = newNetwork(w)
	ids := make([]cluster.NodeID, w.cfg.Nodes)
	for i := range ids {
		ids[i] = cluster.NodeID(i + 1)
	}
	for _, id := range ids {
		n := newProcess(w, id, ids)
		if err := n.build(); err != nil {
			return err
		}
		w.nodes = append(w.nodes, n)
	}
	for i := range w.wx.keys {
		w.keys = append(w.keys, "k"+string(rune('a'+i)))
	}
	w.busy = make([]*call, w.wx.clients)
	for range w.wx.clients {
		w.known = append(w.known, make([]string, len(w.keys)))
	}
	return nil
}

// play is the whole run: operations under faults; then the faults end and the
// nodes settle; then the nodes and their disks are recorded; then every key is
// read at every node.
func (w *world) play() {
	for _, n := range w.nodes {
		n.start()
	}
	for c := range w.wx.clients {
		w.after(span(w.rand, w.wx.think), func() { w.next(c) })
	}
	if len(w.wx.faults) > 0 {
		w.after(span(w.rand, w.wx.every), w.strike)
	}
	if w.points != nil {
		w.after(span(w.points, w.wx.every), w.setPoint)
	}
	for w.called < w.cfg.Ops || len(w.open) > 0 {
		w.turn()
	}
	w.makePeace()
	w.endByHand()
	w.settle(settleTime(w.cfg.Mode))
	w.writesInPeace()
	w.repeatsInPeace()
	w.until(w.now.Add(settleTime(w.cfg.Mode) / 10))
	for _, n := range w.nodes {
		w.run.Settled = append(w.run.Settled, n.driver.Snapshot())
		w.run.Disks = append(w.run.Disks, n.records())
	}
	for _, n := range w.nodes {
		for k := range w.keys {
			w.finalRead(n, k)
		}
	}
	w.until(w.now.Add(2 * callTimeout))
}

// settle lets the cluster come to rest, and notes when its copies are equal.
func (w *world) settle(d time.Duration) {
	began := w.now
	for until := w.now.Add(d); w.now < until; {
		w.until(min(until, w.now.Add(settleStep)))
		if w.run.Converged == 0 && w.copiesEqual() {
			w.run.Converged = w.now.Sub(began)
		}
	}
}

// settleStep is how exactly Run.Converged is measured.
const settleStep = 100 * time.Millisecond

// copiesEqual says whether all nodes that must hold a key hold the same of it.
func (w *world) copiesEqual() bool {
	if !w.homes {
		return false // only measured where copies may differ for a while
	}
	look := &Run{}
	for _, n := range w.nodes {
		look.Settled = append(look.Settled, n.driver.Snapshot())
	}
	return checkHomes(look) == nil
}

func (w *world) finish() *Run {
	w.run.Virtual = w.now.Sub(epoch)
	w.run.Messages = w.net.sent
	return w.run
}

// breach records that a machine broke its contract.
func (w *world) breach(format string, args ...any) {
	w.run.breaches = append(w.run.breaches, fmt.Errorf("at %s: %w", w.clock(), fmt.Errorf(format, args...)))
}

// tracef writes one line of the transcript. Callers look at w.line first where
// the arguments are expensive to make.
func (w *world) tracef(format string, args ...any) {
	if w.line != nil {
		w.line(w.clock() + " " + fmt.Sprintf(format, args...))
	}
}

// clock is the time since the run began, for people.
func (w *world) clock() string { return fmt.Sprintf("%11.6f", w.now.Sub(epoch).Seconds()) }

// stamp is the next number in the order of calls and returns.
func (w *world) stamp() int64 {
	w.stamps++
	return w.stamps
}

// after plans f for d from now.
func (w *world) after(d time.Duration, f func()) { w.agenda.add(w.now.Add(d), plan{do: f}) }

// turn does what is planned next.
func (w *world) turn() {
	at, p := w.agenda.take()
	w.now = max(w.now, at)
	switch {
	case p.fault && w.calm:
	case p.in != nil:
		p.in.do(p.boot, p.do)
	default:
		p.do()
	}
}

// until does everything that is planned up to t.
func (w *world) until(t cluster.Time) {
	for w.agenda.next() <= t {
		w.turn()
	}
	w.now = t
}
