package collect

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"

	"capplayground/cluster"
	"capplayground/cluster/modes"
)

// How many of the newest events and of the newest keys a hello holds.
const (
	helloEvents = 1000
	helloKeys   = 200
)

// Cluster is the answer of GET /api/cluster.
type Cluster struct {
	Mode   cluster.Mode   `json:"mode"`
	Epoch  int            `json:"epoch"`
	Pace   cluster.Pace   `json:"pace"`
	Quorum cluster.Quorum `json:"quorum"`
	Nodes  []Node         `json:"nodes"`
	Links  []cluster.Link `json:"links"` // the links that are not perfect
}

// Node is one node of a Cluster.
type Node struct {
	ID          cluster.NodeID `json:"id"`
	URL         string         `json:"url"`
	Status      cluster.Status `json:"status"`
	Role        string         `json:"role"`
	Term        uint64         `json:"term,omitempty"`
	Badges      map[string]int `json:"badges,omitempty"`
	PID         int            `json:"pid"`
	Incarnation string         `json:"incarnation,omitempty"`
	Silent      bool           `json:"silent"`
	Freeze      string         `json:"freeze,omitempty"`
}

// Hello is what a viewer must know before the first event that it gets.
type Hello struct {
	Kind     cluster.EventKind    `json:"kind"`
	Seq      uint64               `json:"seq"`
	Epoch    int                  `json:"epoch"`
	Boot     string               `json:"boot"`
	Cluster  Cluster              `json:"cluster"`
	Modes    []cluster.Descriptor `json:"modes"` // all modes
	Pace     cluster.Pace         `json:"pace"`
	Links    []cluster.Link       `json:"links"` // the links that ever changed
	Rules    []cluster.Rule       `json:"rules"`
	Quorum   cluster.Quorum       `json:"quorum"`
	Inflight []cluster.Event      `json:"inflight"`
	Timers   []cluster.Event      `json:"timers"`
	Roles    []cluster.Event      `json:"roles"`
	Keys     []cluster.Event      `json:"keys"`
	Ops      []cluster.Event      `json:"ops"`            // of the open operations and of the newest, which may have ended
	Talk     json.RawMessage      `json:"talk,omitempty"` // the report of the newest event about the talk
	Events   [0]cluster.Event     `json:"events"`         // the newest events: withEvents writes them
}

// Feed implements hub.Source.
func (c *Collector) Feed(publish func([]cluster.Event, [][]byte)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.feed = publish
}

// Tap makes take the receiver of all events from now on, in their order and
// before any viewer, with their JSON, which never changes. take is called under
// the lock, so it must copy what it needs of the events and return at once.
func (c *Collector) Tap(take func([]cluster.Event, [][]byte)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tap = take
}

// Subscribe implements hub.Source.
func (c *Collector) Subscribe(since uint64, boot string) (greeting []byte, backlog [][]byte, at uint64) {
	c.mu.Lock()
	at = c.seq
	first := c.past.first()
	if boot == c.cfg.Boot && since > 0 && since <= at && (since == at || (first != 0 && first <= since+1)) {
		backlog = c.past.last(int(at - since))
		c.mu.Unlock()
		return nil, backlog, at
	}
	h, newest := c.hello(), c.past.last(helloEvents)
	c.mu.Unlock()
	return h.withEvents(newest), nil, at // encoded outside the lock, because a hello is long
}

// withEvents returns the hello as JSON, with events that are JSON already.
func (h Hello) withEvents(events [][]byte) []byte {
	b, err := json.Marshal(h)
	if err != nil {
		// Only a NaN in a link or in the pace cannot be written as JSON, and
		// package control accepts no NaN.
		b, _ = json.Marshal(Hello{Kind: h.Kind, Seq: h.Seq, Boot: h.Boot})
	}
	b = append(bytes.TrimSuffix(b, []byte(`"events":[]}`)), `"events":[`...)
	return append(append(b, bytes.Join(events, []byte(","))...), "]}"...)
}

// hello copies the present state. The lock is held.
func (c *Collector) hello() Hello {
	h := Hello{
		Kind: cluster.KindHello, Seq: c.seq, Epoch: c.state.epoch, Boot: c.cfg.Boot,
		Cluster: c.state.cluster(), Modes: modes.All(), Pace: c.state.pace, Quorum: c.state.quorum,
		Links: c.state.everyLink(), Rules: nonNil(c.state.rules),
		Inflight: c.inflight(), Timers: c.state.everyTimer(), Roles: []cluster.Event{},
		Keys: nonNil(c.state.keys.newest(helloKeys)), Ops: []cluster.Event{},
		Talk: c.state.talk,
	}
	for _, n := range c.state.nodes {
		for _, e := range []cluster.Event{n.role, n.log, n.ballots} {
			if e.Body != nil {
				h.Roles = append(h.Roles, e)
			}
		}
	}
	for _, op := range c.state.shown() {
		h.Ops = append(h.Ops, op.events()...)
	}
	return h
}

// Cluster returns the present state of the cluster.
func (c *Collector) Cluster() Cluster {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state.cluster()
}

func (s *state) cluster() Cluster {
	cl := Cluster{Mode: s.mode, Epoch: s.epoch, Pace: s.pace, Quorum: s.quorum, Nodes: []Node{}, Links: []cluster.Link{}}
	for i, n := range s.nodes[1:] {
		var role cluster.RoleChanged
		if b, ok := n.role.Body.(*cluster.RoleChanged); ok {
			role = *b
		}
		cl.Nodes = append(cl.Nodes, Node{
			ID: cluster.NodeID(i + 1), URL: n.url, Status: n.status.Status, Role: role.Role, Term: role.Term,
			Badges: role.Badges, PID: n.status.PID, Incarnation: n.status.Incarnation,
			Silent: n.status.Silent, Freeze: n.status.Freeze,
		})
	}
	for _, l := range s.everyLink() {
		if !l.Perfect() {
			cl.Links = append(cl.Links, l)
		}
	}
	return cl
}

// Rules returns the rules in force.
func (c *Collector) Rules() []cluster.Rule {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(nonNil(c.state.rules))
}

func (s *state) everyLink() []cluster.Link {
	links := make([]cluster.Link, 0, len(s.links))
	for _, l := range s.links {
		links = append(links, l)
	}
	slices.SortFunc(links, func(a, b cluster.Link) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
	})
	return links
}

func (s *state) everyTimer() []cluster.Event {
	// Events are large, and in step mode there are many timers. So small structs
	// are sorted, not the events.
	type place struct {
		due cluster.Time
		seq uint64
		at  int
	}
	all := make([]cluster.Event, 0, len(s.timers))
	order := make([]place, 0, len(s.timers))
	for _, e := range s.timers {
		order = append(order, place{e.Body.(*cluster.TimerChanged).Due, e.Seq, len(all)})
		all = append(all, e)
	}
	slices.SortFunc(order, func(a, b place) int { return cmp.Or(cmp.Compare(a.due, b.due), cmp.Compare(a.seq, b.seq)) })
	timers := make([]cluster.Event, len(all))
	for i, p := range order {
		timers[i] = all[p.at]
	}
	return timers
}

func (c *Collector) inflight() []cluster.Event {
	events := []cluster.Event{}
	for _, f := range c.transit.all() {
		events = append(events, f.sent)
	}
	return events
}

// Inflight returns the sent events of the messages under way, in their order,
// and the timer events of the timers that are set, in the order of their dues.
func (c *Collector) Inflight() (messages, timers []cluster.Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.inflight(), c.state.everyTimer()
}

// Message returns a message that is under way, and false if there is none with
// that id.
func (c *Collector) Message(id string) (cluster.Transit, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f, ok := c.transit.flying[id]
	if !ok {
		return cluster.Transit{}, false
	}
	return *f.sent.Message(), true
}

// Status returns a node's status, "" for a number that no node has.
func (c *Collector) Status(id cluster.NodeID) cluster.Status {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n := c.state.node(id); n != nil {
		return n.status.Status
	}
	return ""
}

// Key returns the newest key event of each node for a key, hints included,
// ordered by node.
func (c *Collector) Key(key string) []cluster.Event {
	c.mu.Lock()
	defer c.mu.Unlock()
	var held []cluster.Event
	for _, at := range c.state.keys.byID {
		if e := eventOf(at); e.Body.(*cluster.KeyChanged).Key == key {
			held = append(held, *e)
		}
	}
	slices.SortFunc(held, func(a, b cluster.Event) int {
		return cmp.Or(cmp.Compare(a.Node, b.Node), cmp.Compare(a.Body.(*cluster.KeyChanged).HintFor, b.Body.(*cluster.KeyChanged).HintFor))
	})
	return held
}

// Wiped publishes that a node holds no key any more, because its disk was
// emptied.
func (c *Collector) Wiped(id cluster.NodeID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.forgetKeys(id, func(*cluster.KeyChanged) bool { return true })
	c.deliver()
}

// forgetKeys publishes that a node does not hold the keys for which gone is true.
func (c *Collector) forgetKeys(id cluster.NodeID, gone func(*cluster.KeyChanged) bool) {
	for _, e := range c.state.keys.newest(maxKeys) {
		if k := e.Body.(*cluster.KeyChanged); e.Node == id && gone(k) {
			c.accept(cluster.Event{Node: id, T: e.T, Body: &cluster.KeyChanged{Key: k.Key, HintFor: k.HintFor, Gone: true}})
		}
	}
}

// isOnlyLock reports whether a key has a lock and no value. A process that ends may
// take such a lock with it: the coordinator's own lock is not on its disk. A new
// process reports the locks that are on its disk, and all values.
func isOnlyLock(k *cluster.KeyChanged) bool { return k.LockedBy != "" && k.Version == "" }

// Operation reports whether the invoke and the return of an operation at a node
// have arrived.
func (c *Collector) Operation(node cluster.NodeID, op cluster.OpID) (invoked, returned bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	id := callID{node, op}
	return c.state.ops[id] != nil || c.state.done.Has(id), c.state.done.Has(id)
}

// Retained returns the hello of the present without events, and all events that
// are retained, as JSON. at is the seq of the newest event that ever was.
func (c *Collector) Retained() (greeting []byte, events [][]byte, at uint64) {
	c.mu.Lock()
	h, events := c.hello(), c.past.last(c.past.count)
	c.mu.Unlock()
	return h.withEvents(nil), events, h.Seq
}

func nonNil[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}
