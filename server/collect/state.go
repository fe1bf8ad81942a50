package collect

import (
	"cmp"
	"container/list"
	"slices"
	"time"

	"capplayground/cluster"
)

// Bounds of what is remembered of the present.
const (
	maxKeys   = 20_000 // keys held, over all nodes
	maxOps    = 20_000 // open operations
	maxDone   = 16_384 // operations of which it is known that they returned
	maxTimers = 20_000
)

// state is the present, folded from the events.
type state struct {
	mode   cluster.Mode
	epoch  int
	pace   cluster.Pace
	quorum cluster.Quorum
	rules  []cluster.Rule
	links  map[pair]cluster.Link

	nodes  []node // by number, from 1
	timers map[timerID]cluster.Event
	keys   keys
	ops    map[cluster.OpID]*operation
	done   map[cluster.OpID]bool
	past   []cluster.OpID // the keys of done, a ring
	next   int
}

type node struct {
	url    string
	status cluster.Event
	role   cluster.Event
}

type timerID struct {
	node cluster.NodeID
	id   string
}

// operation is a client's, between its invoke and its return.
type operation struct {
	invoke   cluster.Event
	progress cluster.Event // Kind "" for none yet
}

func newState(cfg Config) state {
	s := state{
		mode: cfg.Mode, epoch: 1, pace: cfg.Pace, quorum: cfg.Quorum,
		links: make(map[pair]cluster.Link), nodes: make([]node, len(cfg.URLs)+1),
	}
	for i, url := range cfg.URLs {
		s.nodes[i+1] = node{url: url, status: cluster.Event{
			Kind: cluster.KindStatus, Node: cluster.NodeID(i + 1), Status: cluster.StatusStarting,
		}}
	}
	s.forget()
	return s
}

// forget empties what belongs to one epoch.
func (s *state) forget() {
	s.timers = make(map[timerID]cluster.Event)
	s.keys = newKeys()
	s.ops = make(map[cluster.OpID]*operation)
	s.done = make(map[cluster.OpID]bool)
	s.past, s.next = nil, 0
	for i := range s.nodes {
		s.nodes[i].role = cluster.Event{}
	}
}

// fold takes e into the present. It returns false for an event that must not
// be told: an operation's second beginning or end.
func (s *state) fold(e *cluster.Event) bool {
	switch e.Kind {
	case cluster.KindInvoke:
		return s.begin(e)
	case cluster.KindReturn:
		return s.finish(e)
	case cluster.KindMode:
		s.forget()
		s.mode, s.epoch = e.Mode, e.Epoch
	case cluster.KindPace:
		if e.Pace != nil {
			s.pace = *e.Pace
		}
	case cluster.KindQuorum:
		if e.Quorum != nil {
			s.quorum = *e.Quorum
		}
	case cluster.KindRule:
		s.rules = e.Rules
	case cluster.KindLink:
		if e.Link != nil {
			s.links[pair{e.Link.From, e.Link.To}] = *e.Link
		}
	case cluster.KindStatus:
		s.changed(e)
	}
	return true
}

// note keeps events whose seq the present has use for.
func (s *state) note(e *cluster.Event) {
	switch e.Kind {
	case cluster.KindTimer:
		id := timerID{e.Node, cluster.Timer{Name: e.Name, Op: e.Op}.ID()}
		if e.State != cluster.TimerSet {
			delete(s.timers, id)
		} else if len(s.timers) < maxTimers {
			s.timers[id] = *e
		}
	case cluster.KindInvoke:
		if op := s.ops[e.Op]; op != nil {
			op.invoke.Seq = e.Seq
		}
	case cluster.KindProgress:
		if op := s.ops[e.Op]; op != nil {
			op.progress = *e
		}
	case cluster.KindKey:
		s.keys.put(e)
	case cluster.KindRole:
		if n := s.node(e.Node); n != nil {
			n.role = *e
		}
	}
}

func (s *state) begin(e *cluster.Event) bool {
	if s.done[e.Op] || s.ops[e.Op] != nil {
		return false
	}
	if len(s.ops) < maxOps {
		s.ops[e.Op] = &operation{invoke: *e}
	}
	return true
}

func (s *state) finish(e *cluster.Event) bool {
	if s.done[e.Op] {
		return false
	}
	delete(s.ops, e.Op)
	if len(s.past) < maxDone {
		s.past = append(s.past, e.Op)
	} else {
		delete(s.done, s.past[s.next])
		s.past[s.next] = e.Op
		s.next = (s.next + 1) % maxDone
	}
	s.done[e.Op] = true
	return true
}

func (s *state) changed(e *cluster.Event) {
	n := s.node(e.Node)
	if n == nil {
		return
	}
	n.status = *e
	if e.Status != cluster.StatusKilled {
		return
	}
	n.role = cluster.Event{}
	for id := range s.timers { // they died with its process
		if id.node == e.Node {
			delete(s.timers, id)
		}
	}
}

// node is nil for a number beyond the cluster.
func (s *state) node(id cluster.NodeID) *node {
	if id < 1 || int(id) >= len(s.nodes) {
		return nil
	}
	return &s.nodes[id]
}

// settled says whether a node is dead, or has been up since before a time: it
// has then said what it had to say.
func (s *state) settled(id cluster.NodeID, before time.Time) bool {
	n := s.node(id)
	if n == nil {
		return true
	}
	switch n.status.Status {
	case cluster.StatusKilled, cluster.StatusUp:
		return n.status.T < before.UnixMicro()
	}
	return false
}

// openAt returns the invoke events of what is open at a node, 0 for all, in
// their order.
func (s *state) openAt(id cluster.NodeID) []cluster.Event {
	var open []cluster.Event
	for _, op := range s.ops {
		if id == 0 || op.invoke.Node == id {
			open = append(open, op.invoke)
		}
	}
	slices.SortFunc(open, func(a, b cluster.Event) int { return cmp.Or(cmp.Compare(a.T, b.T), cmp.Compare(a.Op, b.Op)) })
	return open
}

// keys is what nodes hold, the least recently changed forgotten first.
type keys struct {
	byID   map[keyID]*list.Element
	recent *list.List // of cluster.Event, newest in front
}

type keyID struct {
	node, hintFor cluster.NodeID
	key           string
}

func newKeys() keys { return keys{make(map[keyID]*list.Element), list.New()} }

func (k *keys) put(e *cluster.Event) {
	id := keyID{e.Node, e.HintFor, e.Key}
	if at, ok := k.byID[id]; ok {
		k.recent.Remove(at)
		delete(k.byID, id)
	}
	if e.Gone {
		return
	}
	k.byID[id] = k.recent.PushFront(*e)
	if k.recent.Len() > maxKeys {
		oldest := k.recent.Remove(k.recent.Back()).(cluster.Event)
		delete(k.byID, keyID{oldest.Node, oldest.HintFor, oldest.Key})
	}
}

// newest returns up to n, oldest first.
func (k *keys) newest(n int) []cluster.Event {
	var events []cluster.Event
	for at := k.recent.Front(); at != nil && len(events) < n; at = at.Next() {
		events = append(events, at.Value.(cluster.Event))
	}
	slices.Reverse(events)
	return events
}
