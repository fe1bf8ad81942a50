package script

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"capplayground/cluster"
)

// Config says what a script drives.
type Config struct {
	// New makes one node's machine.
	New func(cluster.Config) cluster.Machine
	// Bug is handed to every machine.
	Bug string
	// Check looks for broken invariants; nil where there is nothing to check.
	// The command "check" calls it, and its error is a violation.
	Check func(*World) error
	// Checks are more of them, for what holds only now and then, as when all
	// is healed and quiet: "check settled" calls Checks["settled"].
	Checks map[string]func(*World) error
}

// World is a cluster without time, disk or network but its own.
type World struct {
	cfg    Config
	nodes  []*node // [0] is n1
	quorum cluster.Quorum
	now    cluster.Time
	count  int // of things that need an order: timers, operations, copies

	flight []flying
	timers []set
	holds  []selector
	cuts   []selector
	ops    []*Operation

	violations []string
	transcript strings.Builder
	depth      int
}

type node struct {
	id       cluster.NodeID
	machine  cluster.Machine // nil while it is down
	disk     map[string][]byte
	database int // how often it was wiped
	frozen   bool
	waiting  []cluster.Request // asked while it was frozen
	skew     time.Duration
}

type flying struct {
	cluster.Message
	nth int
}

type set struct {
	cluster.Timer
	node *node
	nth  int
}

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
	return status(o.Request.Kind, o.Reply.Err)
}

// New returns an empty world. The first command makes the nodes.
func New(cfg Config) *World { return &World{cfg: cfg} }

// Snapshot is what node n holds, and whether it is up.
func (w *World) Snapshot(n cluster.NodeID) (cluster.Snapshot, bool) {
	if int(n) > len(w.nodes) || w.nodes[n-1].machine == nil {
		return cluster.Snapshot{}, false
	}
	return w.nodes[n-1].machine.Snapshot(), true
}

// Records is what node n's disk holds, ascending by key.
func (w *World) Records(n cluster.NodeID) []cluster.Record {
	if int(n) > len(w.nodes) {
		return nil
	}
	return w.nodes[n-1].records()
}

// IDs are the nodes, up or not.
func (w *World) IDs() []cluster.NodeID {
	ids := make([]cluster.NodeID, len(w.nodes))
	for i := range ids {
		ids[i] = cluster.NodeID(i + 1)
	}
	return ids
}

// Operations are all client operations so far, in the order of their calls.
func (w *World) Operations() []Operation {
	ops := make([]Operation, len(w.ops))
	for i, o := range w.ops {
		ops[i] = *o
	}
	return ops
}

// Quiet says that no message is in flight.
func (w *World) Quiet() bool { return len(w.flight) == 0 }

// Violations are the checks and expectations that did not hold so far.
func (w *World) Violations() []string { return slices.Clone(w.violations) }

func (w *World) violated(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	w.violations = append(w.violations, text)
	w.print("VIOLATED %s", text)
}

func (w *World) open(n int, q cluster.Quorum) {
	w.quorum = q
	for i := range n {
		w.nodes = append(w.nodes, &node{id: cluster.NodeID(i + 1), disk: map[string][]byte{}})
	}
	for _, n := range w.nodes {
		w.start(n)
	}
}

// start makes a machine for a node that is down, and gives it what its disk
// holds.
func (w *World) start(n *node) {
	name := fmt.Sprintf("d%d", n.id)
	if n.database > 0 {
		name += fmt.Sprintf(".%d", n.database)
	}
	n.machine = w.cfg.New(cluster.Config{ID: n.id, Nodes: w.IDs(), Database: name, Quorum: w.quorum, Bug: w.cfg.Bug})
	w.step(n, cluster.Input{Kind: cluster.InputStart, Records: n.records()})
}

func (n *node) records() []cluster.Record {
	var rs []cluster.Record
	for k, v := range n.disk {
		rs = append(rs, cluster.Record{Key: k, Val: slices.Clone(v)})
	}
	slices.SortFunc(rs, func(a, b cluster.Record) int { return cmp.Compare(a.Key, b.Key) })
	return rs
}

// step lets one node take one input and carries its Output out, as the loop
// of a real node does.
func (w *World) step(n *node, in cluster.Input) {
	in.Now = w.now
	in.Wall = epoch + int64(w.now) + n.skew.Microseconds()
	out := n.machine.Step(in)
	for _, r := range out.Records {
		if r.Val == nil {
			delete(n.disk, r.Key)
		} else {
			n.disk[r.Key] = slices.Clone(r.Val)
		}
	}
	w.printOutput(n.id, out)
	for _, m := range slices.Concat(out.Ahead, out.Messages) {
		m.From = n.id
		w.send(m)
	}
	for _, t := range out.Timers {
		w.count++
		w.timers = append(w.timers, set{t, n, w.count})
	}
	for _, r := range out.Replies {
		w.answer(n, r)
	}
}

// epoch is the wall time at virtual time 0, so that nobody takes one for the
// other: the first microsecond of 2020.
const epoch = 1_577_836_800_000_000

func (w *World) send(m cluster.Message) {
	switch {
	case matches(w.cuts, m):
		w.print("lost %v: cut", m)
	case int(m.To) > len(w.nodes) || m.To < 1 || m.To == m.From:
		w.violated("a message to nobody or to itself: %v", m)
	case w.nodes[m.To-1].machine == nil:
		w.print("lost %v: down", m)
	default:
		w.count++
		w.flight = append(w.flight, flying{m, w.count})
	}
}

func (w *World) request(n *node, r cluster.Request) error {
	if n.machine == nil {
		return fmt.Errorf("%v is down", n.id)
	}
	w.count++
	w.ops = append(w.ops, &Operation{Node: n.id, Request: r, Invoked: w.now, invoked: w.count})
	if n.frozen {
		n.waiting = append(n.waiting, r)
		return nil
	}
	w.step(n, cluster.Input{Kind: cluster.InputRequest, Request: r})
	return nil
}

func (w *World) answer(n *node, r cluster.Reply) {
	o := w.op(r.Op)
	switch {
	case o == nil || o.Node != n.id:
		w.violated("%v answers op=%s, which nobody asked it", n.id, r.Op)
	case o.Reply != nil:
		w.violated("%v answers op=%s twice", n.id, r.Op)
	default:
		w.count++
		o.Reply, o.Replied, o.replied = &r, w.now, w.count
	}
}

func (w *World) op(id cluster.OpID) *Operation {
	for _, o := range w.ops {
		if o.Request.Op == id {
			return o
		}
	}
	return nil
}

// deliver takes one message in at its receiver, unless that is frozen or the
// message is no longer in flight.
func (w *World) deliver(nth int) {
	i := slices.IndexFunc(w.flight, func(f flying) bool { return f.nth == nth })
	if i < 0 {
		return
	}
	m := w.flight[i].Message
	n := w.nodes[m.To-1]
	if n.frozen {
		return
	}
	w.flight = slices.Delete(w.flight, i, i+1)
	w.print("%v", m)
	w.depth++
	w.step(n, cluster.Input{Kind: cluster.InputMessage, Message: m})
	w.depth--
}

// fire takes a timer out and hands it to its node.
func (w *World) fire(s set) {
	w.timers = slices.DeleteFunc(w.timers, func(t set) bool { return t.nth == s.nth })
	if !s.Quiet {
		w.print("%v fires %s", s.node.id, s.ID())
	}
	w.depth++
	w.step(s.node, cluster.Input{Kind: cluster.InputTimer, Timer: s.Timer})
	w.depth--
}

// next is the timer that falls due first among those of nodes that run.
func (w *World) next(until cluster.Time) (set, bool) {
	var first *set
	for i, t := range w.timers {
		if t.node.frozen || t.Due > until {
			continue
		}
		if first == nil || t.Due < first.Due || t.Due == first.Due && t.nth < first.nth {
			first = &w.timers[i]
		}
	}
	if first == nil {
		return set{}, false
	}
	return *first, true
}

// pass lets time go by; settle says whether messages are taken in meanwhile.
func (w *World) pass(d time.Duration, settle bool) error {
	until := w.now.Add(d)
	for range limit {
		if settle {
			if err := w.settle(); err != nil {
				return err
			}
		}
		s, ok := w.next(until)
		if !ok {
			w.now = until
			return nil
		}
		w.now = max(w.now, s.Due)
		w.fire(s)
	}
	return fmt.Errorf("still timers after %d of them", limit)
}

// limit ends what would never end by itself.
const limit = 10_000

var errNeverQuiet = errors.New("messages without end")

// settle takes messages in, in the order in which they were sent, until none
// is left but those held or on the way to a frozen node.
func (w *World) settle() error {
	for range limit {
		i := slices.IndexFunc(w.flight, func(f flying) bool {
			return !w.nodes[f.To-1].frozen && !matches(w.holds, f.Message)
		})
		if i < 0 {
			return nil
		}
		w.deliver(w.flight[i].nth)
	}
	return errNeverQuiet
}

func (w *World) crash(n *node) {
	n.machine, n.frozen, n.waiting = nil, false, nil
	w.timers = slices.DeleteFunc(w.timers, func(t set) bool { return t.node == n })
	w.lose("down", func(m cluster.Message) bool { return m.To == n.id })
}

func (w *World) lose(why string, which func(cluster.Message) bool) {
	w.flight = slices.DeleteFunc(w.flight, func(f flying) bool {
		if which(f.Message) {
			w.print("lost %v: %s", f.Message, why)
			return true
		}
		return false
	})
}

func (w *World) thaw(n *node) {
	n.frozen = false
	asked := n.waiting
	n.waiting = nil
	for _, r := range asked {
		w.print("%v takes op=%s", n.id, r.Op)
		w.depth++
		w.step(n, cluster.Input{Kind: cluster.InputRequest, Request: r})
		w.depth--
	}
}
