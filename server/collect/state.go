package collect

import (
	"container/list"
	"encoding/json"
	"slices"
	"time"

	"capplayground/cluster"
	"capplayground/server/bounded"
)

// Bounds of the present state.
const (
	maxKeys   = 20_000 // keys held, over all nodes
	maxOps    = 20_000 // open operations
	maxDone   = 16_384 // calls that are remembered as returned
	maxTimers = 20_000 // timers that are set
)

// state is the present state of the cluster, folded from the events.
type state struct {
	mode   cluster.Mode
	epoch  int
	pace   cluster.Pace
	quorum cluster.Quorum
	rules  []cluster.Rule
	talk   json.RawMessage // the report of the newest event about the talk; nil if there was none
	links  map[pair]cluster.Link

	nodes  []node // by number, from 1
	timers map[timerID]cluster.Event
	keys   keys
	ops    map[callID]*operation     // those that are open
	newest newest                    // what a page shows, even if it has ended
	done   bounded.Map[callID, bool] // the newest calls that returned, each true
}

type node struct {
	url      string
	status   cluster.StatusChanged
	statusAt int64 // when it changed, microseconds since the epoch
	// The newest event of each kind; Body is nil if there was none.
	role, log, ballots cluster.Event
}

type timerID struct {
	node cluster.NodeID
	id   string
}

// callID names a client's call. Two calls at two nodes may have the same
// operation id: the second is a retry, with its own beginning and end.
type callID struct {
	node cluster.NodeID
	op   cluster.OpID
}

func newState(cfg Config) state {
	s := state{
		mode: cfg.Mode, epoch: 1, pace: cfg.Pace, quorum: cfg.Quorum,
		links: make(map[pair]cluster.Link), nodes: make([]node, len(cfg.URLs)+1),
	}
	for i, url := range cfg.URLs {
		s.nodes[i+1] = node{url: url, status: cluster.StatusChanged{Status: cluster.StatusStarting}}
	}
	s.forget()
	return s
}

// forget drops the state that belongs to one epoch.
func (s *state) forget() {
	s.timers = make(map[timerID]cluster.Event)
	s.keys = newKeys()
	s.ops = make(map[callID]*operation)
	s.newest = nil
	s.done = bounded.NewMap[callID, bool](maxDone)
	for i := range s.nodes {
		s.nodes[i].forget()
	}
}

// forget drops what the node's process reported about itself.
func (n *node) forget() { n.role, n.log, n.ballots = cluster.Event{}, cluster.Event{}, cluster.Event{} }

// fold changes the state by e. It returns false for an event that viewers must
// not get: a second beginning or end of a call.
func (s *state) fold(e *cluster.Event) bool {
	switch b := e.Body.(type) {
	case *cluster.Invoked:
		return s.begin(e, callID{e.Node, b.Op})
	case *cluster.Returned:
		return s.finish(callID{e.Node, b.Op})
	case *cluster.ModeChanged:
		s.forget()
		s.mode, s.epoch = b.Mode, b.Epoch
	case *cluster.PaceChanged:
		if b.Pace != nil {
			s.pace = *b.Pace
		}
	case *cluster.QuorumChanged:
		if b.Quorum != nil {
			s.quorum = *b.Quorum
		}
	case *cluster.RulesChanged:
		s.rules = b.Rules
	case *cluster.LinkChanged:
		if b.Link != nil {
			s.links[pair{b.Link.From, b.Link.To}] = *b.Link
		}
	case *cluster.StatusChanged:
		s.changed(e, b)
	}
	return true
}

// keep stores the events that a hello repeats. It is called once e has its seq.
func (s *state) keep(e *cluster.Event) {
	switch b := e.Body.(type) {
	case *cluster.TimerChanged:
		id := timerID{e.Node, cluster.Timer{Name: b.Name, Op: b.Op}.ID()}
		if b.State != cluster.TimerSet {
			delete(s.timers, id)
		} else if len(s.timers) < maxTimers {
			s.timers[id] = *e
		}
	case *cluster.Invoked:
		if op := s.ops[callID{e.Node, b.Op}]; op != nil {
			op.invoke.Seq = e.Seq
		}
	case *cluster.Progressed:
		for node := range cluster.NodeID(len(s.nodes)) {
			if op := s.ops[callID{node, b.Op}]; op != nil {
				op.advance(*e)
			}
		}
		s.newest.advance(e)
		if n := s.node(e.Node); n != nil && b.Op == "" {
			n.ballots = *e // of an election
		}
	case *cluster.Returned:
		s.newest.end(e)
	case *cluster.KeyChanged:
		s.keys.put(e, b)
	case *cluster.RoleChanged:
		if n := s.node(e.Node); n != nil {
			n.role, n.ballots = *e, cluster.Event{}
		}
	case *cluster.LogChanged:
		if n := s.node(e.Node); n != nil {
			n.log = *e
		}
	case interface{ TalkReport() json.RawMessage }:
		s.talk = b.TalkReport()
	}
}

// begin opens a call. It returns false if the call has begun before.
func (s *state) begin(e *cluster.Event, id callID) bool {
	if s.done.Has(id) || s.ops[id] != nil {
		return false
	}
	if len(s.ops) < maxOps {
		op := &operation{invoke: *e}
		s.ops[id] = op
		s.newest.add(op)
	}
	return true
}

// finish closes a call. It returns false if the call has returned before.
func (s *state) finish(id callID) bool {
	if s.done.Has(id) {
		return false
	}
	delete(s.ops, id)
	s.done.Set(id, true)
	return true
}

// changed takes in a node's new status, and adds the status before to its event. The body
// that was published stays as it is: its publisher may keep it.
func (s *state) changed(e *cluster.Event, b *cluster.StatusChanged) {
	n := s.node(e.Node)
	if n == nil {
		return
	}
	if b.Was == "" { // an event of a recording has it already
		own := *b
		own.Was, own.WasSilent = n.status.Status, n.status.Silent
		b, e.Body = &own, &own
	}
	n.status, n.statusAt = *b, e.T
	if b.Status != cluster.StatusKilled {
		return
	}
	n.forget()
	for id := range s.timers { // the timers died with the process
		if id.node == e.Node {
			delete(s.timers, id)
		}
	}
}

// node returns nil for a number that no node of the cluster has.
func (s *state) node(id cluster.NodeID) *node {
	if id < 1 || int(id) >= len(s.nodes) {
		return nil
	}
	return &s.nodes[id]
}

// settled reports whether a node has been dead or up since before the given
// time. It has then reported all that it had to report.
func (s *state) settled(id cluster.NodeID, before time.Time) bool {
	n := s.node(id)
	if n == nil {
		return true
	}
	switch n.status.Status {
	case cluster.StatusKilled, cluster.StatusUp:
		return n.statusAt < before.UnixMicro()
	}
	return false
}

// answers reports whether a node can answer now.
func (s *state) answers(id cluster.NodeID) bool {
	n := s.node(id)
	return n != nil && n.status.Status == cluster.StatusUp && !n.status.Silent
}

// openAt returns the invoke events of the operations that are open at a node,
// or at all nodes for 0, ordered by time.
func (s *state) openAt(id cluster.NodeID) []cluster.Event {
	var open []cluster.Event
	for _, op := range s.ops {
		if id == 0 || op.invoke.Node == id {
			open = append(open, op.invoke)
		}
	}
	slices.SortFunc(open, byBeginning)
	return open
}

// keys holds what each node holds of each key. When it is full, the least
// recently changed entry is forgotten.
type keys struct {
	byID   map[keyID]*list.Element
	recent *list.List // of *cluster.Event, the newest in front
}

type keyID struct {
	node, hintFor cluster.NodeID
	key           string
}

func idOf(e *cluster.Event) keyID {
	k := e.Body.(*cluster.KeyChanged)
	return keyID{e.Node, k.HintFor, k.Key}
}

func newKeys() keys { return keys{make(map[keyID]*list.Element), list.New()} }

// put takes in an event whose body is b.
func (k *keys) put(e *cluster.Event, b *cluster.KeyChanged) {
	id := idOf(e)
	at := k.byID[id]
	switch {
	case b.Gone:
		if at != nil {
			k.recent.Remove(at)
			delete(k.byID, id)
		}
		return
	case at == nil && len(k.byID) < maxKeys:
		at = k.recent.PushFront(new(cluster.Event))
		k.byID[id] = at
	case at == nil: // full: the oldest entry becomes this one
		at = k.recent.Back()
		delete(k.byID, idOf(eventOf(at)))
		k.byID[id] = at
	}
	*eventOf(at) = *e
	k.recent.MoveToFront(at)
}

func eventOf(at *list.Element) *cluster.Event { return at.Value.(*cluster.Event) }

// newest returns up to n of the newest events, the oldest of them first.
func (k *keys) newest(n int) []cluster.Event {
	var events []cluster.Event
	for at := k.recent.Front(); at != nil && len(events) < n; at = at.Next() {
		events = append(events, *eventOf(at))
	}
	slices.Reverse(events)
	return events
}
