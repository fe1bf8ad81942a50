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

// epoch is the virtual time at the start of a run. As in a real node, it is near the wall
// clock and far from zero.
const epoch = cluster.Time(1_800_000_000_000_000)

// world is the state of one simulation. One goroutine runs it. Plans are carried out one
// after the other, in the order of their time. Plans with equal times are carried out in
// the order in which they were added.
type world struct {
	cfg        Config
	rand       *rand.Rand
	points     *rand.Rand // draws the rules that act at a point; nil: this run has no such rules
	conditions conditions
	now        cluster.Time
	schedule   schedule
	nodes      []*process // node i at i-1
	net        *network
	logs       *logs          // logs of all nodes, if the mode has logs
	quorum     cluster.Quorum // the quorum sizes, as last set

	run         *Run
	open        map[cluster.OpID]*call // operations that a client waits for
	busy        []*call                // the same, by client, without the final reads
	keys        []string
	known       [][]string // the version that each client last saw, for IfMatch; by client and key
	called      int        // how many operations have begun
	lastNumber  int64      // the last number given to a Call or Return
	faults      int        // how many faults are active now
	faultsEnded bool       // the faults are over: all links are perfect, all nodes are up
	byHand      bool       // timers may be fired by hand in this run
	smaller     bool       // only some of the nodes make up the cluster, see otherMembers
	wipeOK      bool       // a node may lose its database in this run, and none has lost it yet
	homes       bool       // the mode keeps each key at the homes of that key
	line        func(string)
	asked       map[requestKey]int
	also        requestKey // the second of two simultaneous calls of one operation, until it is answered
	hands       []byHandTx // the transactions that were proposed by hand
	handed      int        // how many requests were made by hand
	// invoked holds the open operations, as in their Invoked events, if events are made.
	invoked map[openOp]cluster.ClientCall
}

// Simulate runs one simulation. The error is about the Config. [Run.Check] reports which
// promises the run broke.
func Simulate(cfg Config) (run *Run, err error) {
	cfg, err = cfg.validate()
	if err != nil {
		return nil, err
	}
	r := rand.New(rand.NewPCG(cfg.Seed, stream(cfg.Mode)))
	w := &world{
		cfg: cfg, rand: r, conditions: draw(r, cfg.Mode), now: epoch,
		run:  &Run{Config: cfg, History: make([]Op, 0, cfg.Ops*5/4), decided: make(map[cluster.OpID]verdict)},
		open: make(map[cluster.OpID]*call), asked: make(map[requestKey]int), invoked: make(map[openOp]cluster.ClientCall),
		logs: newLogs(),
	}
	if cfg.Disk != nil {
		w.conditions.faults = append(w.conditions.faults, diskFaults()...)
	}
	if err := w.populate(); err != nil {
		return nil, err
	}
	defer func() {
		if p := recover(); p != nil {
			w.recordBreach("panic: %v\n%s", p, debug.Stack())
			run = w.finish()
		}
	}()
	w.homes = modes.Of(cfg.Mode).Copies == cluster.CopiesHomes
	w.run.Quick = w.conditions.sync <= quick
	w.play()
	return w.finish(), nil
}

// quick is the longest synced write of a disk that counts as quick. With such a disk no
// node is suspected while there are no faults.
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
		w.wipeOK = w.conditions.wiping && w.cfg.Nodes > 1
		w.quorum = w.anyQuorum()
		if w.cfg.Nodes >= 3 && w.rand.IntN(3) > 0 {
			w.quorum = cluster.DefaultQuorum()
		}
	}
	w.drawPoints()
	w.byHand = slices.ContainsFunc(w.conditions.faults, func(f fault) bool { return f.name == faultByHand })
	w.net = newNetwork(w)
	ids := w.ids()
	for _, id := range ids {
		n := newProcess(w, id, ids)
		if err := n.build(); err != nil {
			return err
		}
		w.nodes = append(w.nodes, n)
	}
	for i := range w.conditions.keys {
		w.keys = append(w.keys, "k"+string(rune('a'+i)))
	}
	w.busy = make([]*call, w.conditions.clients)
	for range w.conditions.clients {
		w.known = append(w.known, make([]string, len(w.keys)))
	}
	return nil
}

// ids returns the numbers of all nodes.
func (w *world) ids() []cluster.NodeID {
	ids := make([]cluster.NodeID, w.cfg.Nodes)
	for i := range ids {
		ids[i] = cluster.NodeID(i + 1)
	}
	return ids
}

// play is the whole run. First come operations under faults. Then the faults end and the
// nodes settle. Then writes and repeated writes are made without faults. Then the state
// of the nodes and of their disks is recorded. Last, every key is read at every node.
func (w *world) play() {
	for _, n := range w.nodes {
		n.start()
	}
	for c := range w.conditions.clients {
		w.after(span(w.rand, w.conditions.think), func() { w.next(c) })
	}
	if len(w.conditions.faults) > 0 {
		w.after(span(w.rand, w.conditions.every), w.startFault)
	}
	if w.points != nil {
		w.after(span(w.points, w.conditions.every), w.setPoint)
	}
	for w.called < w.cfg.Ops || len(w.open) > 0 {
		w.runNext()
	}
	w.endFaults()
	w.endByHand()
	w.settle(settleTime(w.cfg.Mode))
	w.writesInPeace()
	w.repeatsInPeace()
	w.until(w.now.Add(settleTime(w.cfg.Mode) / 10))
	for _, n := range w.nodes {
		w.run.Settled = append(w.run.Settled, n.driver.Snapshot())
		w.run.Disks = append(w.run.Disks, n.disk.Records())
	}
	for _, n := range w.nodes {
		for k := range w.keys {
			w.finalRead(n, k)
		}
	}
	w.until(w.now.Add(2 * callTimeout))
}

// settle runs the cluster for the time d, and records when its copies are equal.
func (w *world) settle(d time.Duration) {
	began := w.now
	for until := w.now.Add(d); w.now < until; {
		w.until(min(until, w.now.Add(settleStep)))
		if w.run.Converged == 0 && w.copiesEqual() {
			w.run.Converged = w.now.Sub(began)
		}
	}
}

// settleStep is the resolution of Run.Converged.
const settleStep = 100 * time.Millisecond

// copiesEqual reports whether all homes of each key hold the same value and version.
func (w *world) copiesEqual() bool {
	if !w.homes {
		return false // it is measured only in modes in which copies may differ for some time
	}
	look := &Run{}
	for _, n := range w.nodes {
		look.Settled = append(look.Settled, n.driver.Snapshot())
	}
	return checkHomes(look) == nil
}

func (w *world) finish() *Run {
	for _, n := range w.nodes {
		n.disk.Stop()
	}
	w.run.Virtual = w.now.Sub(epoch)
	w.run.Messages = w.net.sent
	return w.run
}

// recordBreach records that a machine broke its contract.
func (w *world) recordBreach(format string, args ...any) {
	w.run.breaches = append(w.run.breaches, fmt.Errorf("at %s: %w", w.clock(), fmt.Errorf(format, args...)))
}

// tracef writes one line of the transcript. A caller whose arguments are expensive to
// make checks first that w.line is not nil.
func (w *world) tracef(format string, args ...any) {
	if w.line != nil {
		w.line(w.clock() + " " + fmt.Sprintf(format, args...))
	}
}

// clock returns the time since the run began, in seconds, for errors and the transcript.
func (w *world) clock() string { return fmt.Sprintf("%11.6f", w.now.Sub(epoch).Seconds()) }

// nextNumber returns the next number in the order of calls and returns.
func (w *world) nextNumber() int64 {
	w.lastNumber++
	return w.lastNumber
}

// after plans f for d from now.
func (w *world) after(d time.Duration, f func()) { w.schedule.add(w.now.Add(d), plan{do: f}) }

// runNext carries out the next plan.
func (w *world) runNext() {
	at, p := w.schedule.take()
	w.now = max(w.now, at)
	switch {
	case p.fault && w.faultsEnded:
	case p.in != nil:
		p.in.do(p.boot, p.do)
	default:
		p.do()
	}
}

// until carries out all plans up to t.
func (w *world) until(t cluster.Time) {
	for w.schedule.next() <= t {
		w.runNext()
	}
	w.now = t
}
