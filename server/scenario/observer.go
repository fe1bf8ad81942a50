package scenario

import (
	"slices"
	"sync"

	"capplayground/cluster"
)

// maxSeen bounds the messages of one step that are kept for counting.
const maxSeen = 50_000

// observer folds the playground's events into what conditions ask for. It
// listens only while a scenario is played; Begin starts with a new epoch, so it
// misses nothing that counts.
type observer struct {
	mu      sync.Mutex
	on      bool
	changed chan struct{} // closed and replaced at every change

	flying  []cluster.Event // sent, and not ended; the oldest first
	seen    []cluster.Event // sent, delivered and lost since the step began
	timers  []cluster.Event // set, and neither fired nor stale
	holds   map[holding]*cluster.KeyChanged
	roles   map[cluster.NodeID]string
	invokes map[cluster.NodeID]int // operations that began at a node
	rules   []cluster.Rule
	stopped bool // virtual time stands still
}

// holding identifies what one node holds of a key: its own copy, or a hint for one home.
type holding struct {
	node, home cluster.NodeID
	key        string
}

func newObserver() *observer {
	o := &observer{changed: make(chan struct{})}
	o.forget()
	return o
}

func (o *observer) forget() {
	o.flying, o.seen, o.timers = nil, nil, nil
	o.holds = map[holding]*cluster.KeyChanged{}
	o.roles = map[cluster.NodeID]string{}
	o.invokes = map[cluster.NodeID]int{}
}

func (o *observer) listen(on bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.on = on
	o.rules, o.stopped = nil, false
	o.forget()
}

// mark begins the counting of a new step.
func (o *observer) mark() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.seen = nil
}

// take receives the events in their order. It is called under the collector's lock
// and returns at once.
func (o *observer) take(events []cluster.Event) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.on {
		return
	}
	for i := range events {
		o.fold(&events[i])
	}
	close(o.changed)
	o.changed = make(chan struct{})
}

// waiter returns a channel that is closed at the next change.
func (o *observer) waiter() <-chan struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.changed
}

func (o *observer) fold(e *cluster.Event) {
	switch b := e.Body.(type) {
	case *cluster.ModeChanged:
		o.forget()
	case *cluster.Sent:
		o.flying = append(o.flying, *e)
		o.count(e)
	case *cluster.Delivered, *cluster.Lost:
		o.flying = slices.DeleteFunc(o.flying, func(f cluster.Event) bool { return f.Message().Msg == e.Message().Msg })
		o.count(e)
	case *cluster.TimerChanged:
		o.timers = slices.DeleteFunc(o.timers, func(t cluster.Event) bool { return t.Node == e.Node && timerID(t) == timerID(*e) })
		if b.State == cluster.TimerSet {
			o.timers = append(o.timers, *e)
		}
	case *cluster.KeyChanged:
		at := holding{e.Node, b.HintFor, b.Key}
		if b.Gone {
			delete(o.holds, at)
		} else {
			o.holds[at] = b
		}
	case *cluster.Invoked:
		o.invokes[e.Node]++
	case *cluster.RoleChanged:
		o.roles[e.Node] = b.Role
	case *cluster.StatusChanged:
		if b.Status == cluster.StatusKilled {
			delete(o.roles, e.Node)
			o.timers = slices.DeleteFunc(o.timers, func(t cluster.Event) bool { return t.Node == e.Node })
		}
	case *cluster.RulesChanged:
		o.rules = b.Rules
	case *cluster.PaceChanged:
		o.stopped = b.Pace != nil && b.Pace.Rate == 0
	}
}

func timerID(e cluster.Event) string {
	t := cluster.BodyOf[cluster.TimerChanged](e)
	return cluster.Timer{Name: t.Name, Op: t.Op}.ID()
}

func (o *observer) count(e *cluster.Event) {
	if len(o.seen) < maxSeen {
		o.seen = append(o.seen, *e)
	}
}

// message returns the id of the oldest message under way that fits, or "".
func (o *observer) message(g Args) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	for i := range o.flying {
		if m := o.flying[i].Message(); fits(m, g.From, g.To, g.Type) {
			return m.Msg
		}
	}
	return ""
}

func fits(m *cluster.Transit, from, to cluster.AnyNode, kind string) bool {
	return (from == 0 || cluster.NodeID(from) == m.From) && (to == 0 || cluster.NodeID(to) == m.To) &&
		(kind == "" || kind == "*" || kind == m.Type)
}

// timer returns the id of the oldest timer of a node with this name, or "".
func (o *observer) timer(node cluster.NodeID, name string) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	for i := range o.timers {
		if o.timers[i].Node == node && cluster.BodyOf[cluster.TimerChanged](o.timers[i]).Name == name {
			return timerID(o.timers[i])
		}
	}
	return ""
}

// matching returns the ids of the rules that an unrule ends.
func (o *observer) matching(g Args) []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	var ids []string
	for _, r := range o.rules {
		if (g.From == 0 || g.From == r.From) && (g.To == 0 || g.To == r.To) && (g.Type == "" || g.Type == "*" || g.Type == r.Type) {
			ids = append(ids, r.ID)
		}
	}
	return ids
}

// counted returns how many messages of a kind there were since the step began.
func (o *observer) counted(kind cluster.EventKind, c *Count) (n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for i := range o.seen {
		e := o.seen[i]
		m := e.Message()
		if e.Kind() == kind && fits(m, c.From, c.To, c.Type) && (c.Via == "" || c.Via == m.Via) &&
			(c.For == 0 || c.For == m.For) && (c.Why == "" || c.Why == cluster.BodyOf[cluster.Lost](e).Why) {
			n++
		}
	}
	return n
}

// holding returns what a node holds of a key, or false.
func (o *observer) holding(node cluster.NodeID, key string) (*cluster.KeyChanged, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	e, ok := o.holds[holding{node: node, key: key}]
	return e, ok && (e.Val != "" || e.Version != "" && e.Version != "0")
}

// locked returns which nodes hold a lock on a key, in order.
func (o *observer) locked(key string) []cluster.NodeID {
	o.mu.Lock()
	defer o.mu.Unlock()
	var nodes []cluster.NodeID
	for at, e := range o.holds {
		if at.key == key && at.home == 0 && e.LockedBy != "" {
			nodes = append(nodes, at.node)
		}
	}
	slices.Sort(nodes)
	return nodes
}

// hints returns how many hints a node keeps for a home; 0 is any.
func (o *observer) hints(node, home cluster.NodeID) (n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for at := range o.holds {
		if at.home != 0 && (node == 0 || node == at.node) && (home == 0 || home == at.home) {
			n++
		}
	}
	return n
}

// invoked returns how many operations have begun at a node.
func (o *observer) invoked(node cluster.NodeID) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.invokes[node]
}

func (o *observer) role(node cluster.NodeID) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.roles[node]
}

func (o *observer) standsStill() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.stopped
}
