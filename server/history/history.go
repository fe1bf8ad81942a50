package history

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"capplayground/cluster"
)

// Config bounds a History.
type Config struct {
	// MaxOps is how many ended operations are kept for showing; older ones are
	// forgotten, and counted. The verdict does not need them. Default 20,000.
	MaxOps int
	// MaxKeys is how many keys are judged; operations on further keys count in
	// the figures only. Default 2,000.
	MaxKeys int
	// Now is the clock of the figures; default time.Now.
	Now func() time.Time
}

func (c *Config) validate() {
	if c.MaxOps <= 0 {
		c.MaxOps = 20_000
	}
	if c.MaxKeys <= 0 {
		c.MaxKeys = 2_000
	}
	if c.Now == nil {
		c.Now = time.Now
	}
}

// History folds the playground's events into what the clients saw. Its
// methods may be called from several goroutines.
type History struct {
	mu  sync.Mutex
	cfg Config

	epoch     int
	ops       []*Op // ended, in order of arrival
	forgotten int
	unjudged  int // operations on keys beyond MaxKeys
	underWay  map[cluster.OpID]*Op
	keys      map[string]*keyHistory
	writes    map[string]*writes
	holds     map[string]map[cluster.NodeID]string // key, node: the hash it holds
	node      map[cluster.NodeID]string            // its status
	clock     map[cluster.NodeID]int64
	blind     string // why nothing can be told until the next epoch
	figures   *figures
}

// New returns an empty History.
func New(cfg Config) *History {
	cfg.validate()
	h := &History{cfg: cfg, node: map[cluster.NodeID]string{}}
	h.begin()
	return h
}

// Reset forgets everything but the nodes.
func (h *History) Reset() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.begin()
}

func (h *History) begin() {
	h.ops, h.forgotten, h.unjudged, h.blind = nil, 0, 0, ""
	h.underWay = map[cluster.OpID]*Op{}
	h.keys = map[string]*keyHistory{}
	h.writes = map[string]*writes{}
	h.holds = map[string]map[cluster.NodeID]string{}
	h.clock = map[cluster.NodeID]int64{}
	h.figures = newFigures()
}

// clockStep is how far one node's clock may fall behind its own past before
// the intervals stop meaning anything: events of one node may arrive a little
// out of order, but not by this.
const clockStep = int64(time.Second / time.Microsecond)

// Add takes in one event. Order between nodes does not matter; only t does.
func (h *History) Add(ev cluster.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if ev.Node != 0 {
		if last := h.clock[ev.Node]; ev.T < last-clockStep {
			h.goBlind(fmt.Sprintf("the clock of node %d jumped back", ev.Node))
		} else {
			h.clock[ev.Node] = max(last, ev.T)
		}
	}
	switch ev.Kind {
	case cluster.KindMode:
		h.epoch = ev.Epoch
		h.begin()
	case cluster.KindReset:
		h.begin()
	case cluster.KindGap:
		h.goBlind(fmt.Sprintf("node %d lost %d events", ev.Node, ev.N))
	case cluster.KindStatus:
		h.status(ev)
	case cluster.KindKey:
		h.hold(ev)
	case cluster.KindInvoke:
		h.invoke(ev)
	case cluster.KindReturn:
		h.ret(ev)
	}
}

func (h *History) goBlind(why string) {
	if h.blind == "" {
		h.blind = why
	}
	for _, k := range h.keys {
		k.cannotTell(why)
	}
}

// status notes a node's state. What a killed node was asked and never
// answered stays open for ever.
func (h *History) status(ev cluster.Event) {
	h.node[ev.Node] = string(ev.Status)
	if string(ev.Status) != cluster.StatusKilled {
		return
	}
	var orphans []*Op
	for _, op := range h.underWay {
		if op.Node == ev.Node {
			orphans = append(orphans, op)
		}
	}
	slices.SortFunc(orphans, byInvoke)
	for _, op := range orphans {
		h.ended(op)
	}
}

func (h *History) hold(ev cluster.Event) {
	if ev.HintFor != 0 {
		return
	}
	at := h.holds[ev.Key]
	if at == nil {
		at = map[cluster.NodeID]string{}
		h.holds[ev.Key] = at
	}
	at[ev.Node] = ev.Hash
	if ev.ByHand {
		h.key(ev.Key).cannotTell("set by hand at node " + fmt.Sprint(int(ev.Node)))
	}
}

func (h *History) key(name string) *keyHistory {
	k := h.keys[name]
	if k == nil {
		k = newKeyHistory()
		if h.blind != "" {
			k.cannotTell(h.blind)
		}
		if len(h.keys) < h.cfg.MaxKeys {
			h.keys[name] = k
		} else {
			k.cannotTell("too many keys to judge")
			h.unjudged++
		}
	}
	return k
}

func (h *History) invoke(ev cluster.Event) {
	if h.underWay[ev.Op] != nil || ev.OpKind == cluster.OpHolds {
		return
	}
	op := &Op{ID: ev.Op, Node: ev.Node, Client: ev.Client, Kind: ev.OpKind, Key: ev.Key, Invoke: ev.T}
	if op.write() {
		op.Val, op.Hash = ev.Val, ev.Hash
		h.written(op.Key).add(op)
	}
	h.underWay[op.ID] = op
	k := h.key(op.Key)
	if op.byHand() {
		k.cannotTell(fmt.Sprintf("set by hand at node %d", op.Node))
	}
	k.invoke(op)
}

func (h *History) ret(ev cluster.Event) {
	op := h.underWay[ev.Op]
	if op == nil || op.Node != ev.Node {
		return
	}
	op.Return, op.Status = ev.T, ev.Status.Code()
	if !op.write() && op.Status == 200 {
		op.Val, op.Hash, op.Split = ev.Val, ev.Hash, len(ev.Siblings) > 0
	}
	h.ended(op)
	h.figures.count(op, h.cfg.Now())
}

// ended moves an operation from those under way to those that are judged.
func (h *History) ended(op *Op) {
	delete(h.underWay, op.ID)
	if op.byHand() {
		delete(h.key(op.Key).underWay, op.ID)
	} else {
		if op.Kind == cluster.OpRead && op.Outcome() == Accepted {
			op.Word = h.word(op)
		}
		h.key(op.Key).end(op)
	}
	h.ops = append(h.ops, op)
	if over := len(h.ops) - h.cfg.MaxOps; over >= h.cfg.MaxOps/10+1 {
		h.forgotten += over
		h.ops = slices.Clone(h.ops[over:])
	}
}

func byInvoke(a, b *Op) int {
	if a.Invoke != b.Invoke {
		return int(a.Invoke - b.Invoke)
	}
	return 0
}

// Listing is a page of the history.
type Listing struct {
	Epoch     int  `json:"epoch"`
	Forgotten int  `json:"forgotten"` // how many older operations are not kept
	Ops       []Op `json:"ops"`       // by invoke; those under way last
}

// List returns the newest operations, at most n; n <= 0 is all.
func (h *History) List(n int) Listing {
	h.mu.Lock()
	defer h.mu.Unlock()
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
