package history

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"time"

	"capplayground/cluster"
)

// Config bounds a History.
type Config struct {
	// MaxOps is how many ended operations are kept to be shown. Older ones are forgotten,
	// and counted. The verdict does not need them. Default 20,000.
	MaxOps int
	// MaxKeys is how many keys are judged. Operations on more keys count only in the
	// figures. Default 2,000.
	MaxKeys int
	// Grace is how long an event waits for events that happened before it and arrive
	// after it. 0: the events arrive in their order.
	Grace time.Duration
	// Confirm is how long a key must look red before its verdict is red, because an event
	// that explains it may arrive later than Grace. 0: the events arrive in their order.
	Confirm time.Duration
	// Elsewhere reports whether a node runs on another machine. Its clock may differ from
	// the playground's, so the intervals of its operations are made longer at both ends
	// by the largest possible difference. nil: all nodes run on this machine.
	Elsewhere func(cluster.NodeID) bool
	// Now is the playground's clock; default time.Now.
	Now func() time.Time

	// often is a number of operations. After this many, a key's piece is judged even
	// without a report, and its settled part is forgotten. Default 200.
	often int
}

func (c *Config) validate() {
	if c.MaxOps <= 0 {
		c.MaxOps = 20_000
	}
	if c.MaxKeys <= 0 {
		c.MaxKeys = 2_000
	}
	if c.often <= 0 {
		c.often = 200
	}
	if c.Elsewhere == nil {
		c.Elsewhere = func(cluster.NodeID) bool { return false }
	}
	if c.Now == nil {
		c.Now = time.Now
	}
}

// maxUnderWay bounds the operations that have not ended.
const maxUnderWay = 20_000

// History folds the playground's events into what the clients saw. It is safe
// for concurrent use.
type History struct {
	mu  sync.Mutex
	cfg Config

	order       order
	epoch       int
	mode        cluster.Mode
	ops         []*Op // ended, in order of arrival
	forgotten   int
	unjudged    int // operations on keys beyond MaxKeys
	underWay    map[callID]*Op
	keys        map[string]*keyHistory
	node        map[cluster.NodeID]string // its status
	clocks      clocks
	unjudgeable string // if it is not "": why no key can be judged until the next epoch
	figures     *figures
	slow        slowMotion
	faults      faults
	traces      traces
	bad         []*Op // the newest reads that did not return the latest value
}

// New returns an empty History.
func New(cfg Config) *History {
	cfg.validate()
	h := &History{cfg: cfg, epoch: 1, node: map[cluster.NodeID]string{}}
	h.begin()
	return h
}

// begin forgets everything except the status of the nodes, and the pace.
func (h *History) begin() {
	h.ops, h.forgotten, h.unjudged, h.unjudgeable, h.bad = nil, 0, 0, "", nil
	h.underWay = map[callID]*Op{}
	h.keys = map[string]*keyHistory{}
	h.clocks = newClocks()
	h.figures = newFigures()
	h.traces = newTraces()
	h.faults.begin()
}

// Add takes an event. Events of different nodes may come in any order within Grace: they
// are ordered by T.
func (h *History) Add(ev cluster.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.cfg.Now()
	if why := h.clocks.check(&ev, now, h.cfg.Elsewhere(ev.Node)); why != "" {
		h.cannotTell(why)
	}
	switch ev.Body.(type) {
	case *cluster.ModeChanged, *cluster.Reset: // the events that still wait belong to the old epoch
		h.order.clear()
		h.fold(ev, now)
	default:
		h.order.add(ev, now)
		h.advance(now)
	}
}

// advance handles the events that have waited for Grace.
func (h *History) advance(now time.Time) {
	for {
		ev, ok := h.order.next(now, h.cfg.Grace)
		if !ok {
			return
		}
		h.fold(ev, now)
	}
}

// Waiting returns how many things may still change the report even if no event comes any
// more: events that wait for Grace, operations under way, and keys that look red.
func (h *History) Waiting() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.advance(h.cfg.Now())
	n := h.order.waiting() + len(h.underWay)
	for _, k := range h.keys {
		if k.judging() && !k.suspect.IsZero() {
			n++
		}
	}
	return n
}

// HasTaken reports whether all events that had arrived at the given time have been
// handled: none of them waits for Grace.
func (h *History) HasTaken(by time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.advance(h.cfg.Now())
	return !h.order.hasUntil(by)
}

func (h *History) fold(ev cluster.Event, now time.Time) {
	h.faults.fold(&ev)
	switch b := ev.Body.(type) {
	case *cluster.ModeChanged:
		h.epoch, h.mode = b.Epoch, b.Mode
		h.begin()
	case *cluster.Reset:
		h.begin()
	case *cluster.Gap:
		h.cannotTell(fmt.Sprintf("node %d lost %d events", ev.Node, b.N))
	case *cluster.PaceChanged:
		if b.Pace != nil {
			h.slow.fold(b.Pace, ev.T)
		}
	case *cluster.StatusChanged:
		h.status(ev, b.Status, now)
	case *cluster.Sent, *cluster.Delivered, *cluster.Lost:
		h.traces.fold(&ev)
	case *cluster.KeyChanged:
		h.hold(ev.Node, b, ev.T)
	case *cluster.Invoked:
		h.invoke(ev, b, now)
	case *cluster.Returned:
		h.endOperation(ev, b, now)
	}
}

func (h *History) cannotTell(why string) {
	if h.unjudgeable == "" {
		h.unjudgeable = why
	}
	for _, k := range h.keys {
		k.cannotTell(why)
	}
}

// status handles a node's status. The operations that a killed node has not answered end
// as unknown.
func (h *History) status(ev cluster.Event, status cluster.Status, now time.Time) {
	h.node[ev.Node] = string(status)
	if status != cluster.StatusKilled {
		return
	}
	var unanswered []*Op
	for _, op := range h.underWay {
		if op.Node == ev.Node {
			unanswered = append(unanswered, op)
		}
	}
	slices.SortFunc(unanswered, byInvoke)
	for _, op := range unanswered {
		op.Return, op.Status, op.unreached = max(ev.T, op.Invoke), 504, true
		h.ended(op, now)
		h.figures.count(op, now)
	}
}

func (h *History) hold(node cluster.NodeID, held *cluster.KeyChanged, t int64) {
	k := h.key(held.Key)
	if k == nil {
		return
	}
	k.hold(node, held)
	if !held.Gone {
		k.started(held.Hash, held.Version, t)
	}
	if held.ByHand {
		k.cannotTell("set by hand at node " + fmt.Sprint(int(node)))
	}
}

// key returns a key's history, or nil if there are too many keys to judge this one.
func (h *History) key(name string) *keyHistory {
	k := h.keys[name]
	if k != nil || len(h.keys) >= h.cfg.MaxKeys {
		return k
	}
	k = newKeyHistory(h.cfg)
	if h.unjudgeable != "" {
		k.cannotTell(h.unjudgeable)
	}
	h.keys[name] = k
	return k
}

func (h *History) invoke(ev cluster.Event, call *cluster.Invoked, now time.Time) {
	if h.underWay[callID{ev.Node, call.Op}] != nil || call.OpKind == cluster.OpHolds || call.Key == "" {
		return
	}
	if len(h.underWay) >= maxUnderWay {
		h.cannotTell(fmt.Sprintf("more than %d operations at once", maxUnderWay))
		return
	}
	op := &Op{
		ID: call.Op, Node: ev.Node, Client: call.Client, Kind: call.OpKind, Key: call.Key, Invoke: ev.T,
	}
	if h.cfg.Elsewhere(op.Node) {
		op.slack = h.clocks.maxDifference(op.Node)
	}
	if op.write() {
		op.Val, op.Hash = call.Val, call.Hash
	}
	h.underWay[op.call()] = op
	k := h.key(op.Key)
	if k == nil {
		h.unjudged++
		return
	}
	if op.write() {
		k.wroteAfterAll(op.Hash)
		k.written.add(op)
	}
	if op.byHand() {
		k.cannotTell(fmt.Sprintf("set by hand at node %d", op.Node))
	}
	k.invoke(op, now, h.doubt())
}

// doubt returns the largest possible error of any node's clock, in microseconds.
func (h *History) doubt() int64 {
	most := int64(0)
	for id := range h.node {
		if h.cfg.Elsewhere(id) {
			most = max(most, h.clocks.maxDifference(id))
		}
	}
	return most
}

func (h *History) endOperation(ev cluster.Event, returned *cluster.Returned, now time.Time) {
	op := h.underWay[callID{ev.Node, returned.Op}]
	if op == nil {
		return
	}
	op.Return, op.Status = ev.T, returned.Status.Code()
	if !op.write() && op.Status == 200 {
		op.Val, op.Hash, op.Split = returned.Val, returned.Hash, len(returned.Siblings) > 0
	}
	if op.write() {
		op.version = returned.Version
	}
	op.unreached = ev.LC == 0 && op.Outcome() != Accepted
	op.slowed = h.slow.touches(op)
	h.ended(op, now)
	h.figures.count(op, now)
}

// maxBad is how many reads that did not return the latest value a report contains.
const maxBad = 12

// ended moves an operation from those under way to those that are judged.
func (h *History) ended(op *Op, now time.Time) {
	delete(h.underWay, op.call())
	if k := h.key(op.Key); k != nil {
		h.judgeEnded(k, op, now)
	}
	h.ops = append(h.ops, op)
	if over := len(h.ops) - h.cfg.MaxOps; over >= h.cfg.MaxOps/10+1 {
		h.forgotten += over
		h.ops = slices.Clone(h.ops[over:])
	}
}

// judgeEnded adds an operation that has ended to the history of its key.
func (h *History) judgeEnded(k *keyHistory, op *Op, now time.Time) {
	if op.byHand() {
		delete(k.underWay, op.call())
		return
	}
	if op.Kind == cluster.OpRead && op.Outcome() == Accepted {
		h.value(k, op)
	}
	k.end(op, now)
}

// value sets the word of a read.
func (h *History) value(k *keyHistory, read *Op) {
	read.Word = k.word(read, h.node)
	if read.Word == nil || read.Word.Word == WordLatest {
		return
	}
	if read.Word.Newest != "" {
		read.Word.Cause = h.traces.cause(read.Word.Newest, read)
	}
	if len(h.bad) == maxBad {
		h.bad = slices.Delete(h.bad, 0, 1)
	}
	h.bad = append(h.bad, read)
}

func byInvoke(a, b *Op) int {
	return cmp.Or(cmp.Compare(a.Invoke, b.Invoke), cmp.Compare(a.ID, b.ID))
}

// Listing is a page of the history.
type Listing struct {
	Epoch     int  `json:"epoch"`
	Forgotten int  `json:"forgotten"` // how many older operations are not kept
	Ops       []Op `json:"ops"`       // by invoke; those under way last
}

// List returns the newest operations, at most n; n <= 0 means all.
func (h *History) List(n int) Listing {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.advance(h.cfg.Now())
	all := slices.Clone(h.ops)
	slices.SortStableFunc(all, byInvoke)
	waiting := make([]*Op, 0, len(h.underWay))
	for _, op := range h.underWay {
		waiting = append(waiting, op)
	}
	slices.SortFunc(waiting, byInvoke)
	all = append(all, waiting...)
	if n > 0 && len(all) > n {
		all = all[len(all)-n:]
	}
	list := Listing{Epoch: h.epoch, Forgotten: h.forgotten, Ops: make([]Op, len(all))}
	for i, op := range all {
		list.Ops[i] = *op
	}
	return list
}
